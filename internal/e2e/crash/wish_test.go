package crash

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/sandbox/telegram"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

// The shop is killed again and again while it tells people that a product is back. As many are told as
// there are units, in the order of asking; a kill repeats one message at most.
func TestWhoWaitsIsToldInOrderThoughTheShopIsKilled(t *testing.T) {
	t.Parallel()
	const people, units, kills = 60, 40, 4
	random, e := newRand(t), newEnv(t, testenv.BuildShop(t))
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	e.shop.env = append(e.shop.env, "SHOPBOT_TELEGRAM_RATE_LIMIT=20")
	var crowd []int64
	for i := range people {
		id := int64(6_000_000 - i)
		e.addPerson(id)
		crowd = append(crowd, id)
	}
	withDatabase := func(use func(db *storage.DB)) {
		t.Helper()
		db, err := storage.Open(t.Context(), e.database())
		require.NoError(t, err)
		use(db)
		require.NoError(t, db.Close())
	}
	withDatabase(func(db *storage.DB) {
		for _, id := range crowd {
			require.NoError(t, e.Telegram().Say(botToken, id, "/start")) // a bot may not write first
			_, err := db.AddWish(t.Context(), id, "vpn")
			require.NoError(t, err)
		}
	})
	e.shop.start()
	for _, id := range crowd {
		_, err := e.awaitMessage(ctx, id, func(telegram.Message) bool { return true })
		require.NoError(t, err)
	}
	e.shop.kill()
	load := func(from, to int) {
		t.Helper()
		withDatabase(func(db *storage.DB) {
			_, err := db.AddStock(t.Context(), shop.StockLoad{SKU: "vpn", Units: slices.Values(testenv.Keys(to)[from:])})
			require.NoError(t, err)
		})
	}
	told := func(id int64) (n int) {
		for _, m := range e.Telegram().Sent(botToken, id) {
			if strings.Contains(m.Text, "is back") {
				n++
			}
		}
		return n
	}
	load(0, units/2)
	for i := range kills {
		e.shop.start()
		time.Sleep(5*time.Second + upTo(random, 500*time.Millisecond)) // the first look, and some messages
		e.shop.kill()
		e.checkDatabase()
		if i == 1 { // while messages go out
			load(units/2, units)
		}
	}
	e.shop.start()
	require.NoError(t, e.Await(ctx, func() bool { return told(crowd[units-1]) > 0 }), "the last of them is told")
	e.shop.awaitReady(ctx)
	time.Sleep(6 * time.Second) // one more look
	e.shop.stop()
	repeated := 0
	for i, id := range crowd {
		n := told(id)
		if i >= units {
			require.Zero(t, n, "person %d of %d units", i, units)
			continue
		}
		require.GreaterOrEqual(t, n, 1, "person %d", i)
		repeated += n - 1
	}
	t.Log(fmt.Sprint("repeated by kills: ", repeated))
	require.LessOrEqual(t, repeated, kills, "at most one message a kill")
	e.checkByCommands()
}
