package shop_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

// A claim costs no commit, so a step whose result cannot be stored is due again at once.
func TestWhileTheDiskIsFullNobodyGetsTheGoodsOverAndOver(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		o := s.mustOrder("vpn", "game")
		synctest.Wait()
		repaired := false
		s.courier.fail = func(shop.Order, int) error {
			s.full.Store(!repaired)
			time.Sleep(time.Second) // Telegram takes one message a second for a chat
			return nil
		}
		s.pay(o)
		time.Sleep(10 * time.Minute)
		require.Less(t, len(s.courier.delivered), 12)
		repaired = true
		s.full.Store(false)
		time.Sleep(10 * time.Minute)
		require.Equal(t, shop.StateDelivered, s.state(o).State)
	})
}
