package crash

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/sandbox/telegram"
)

// The shop is killed with -9 again and again while people buy places in a channel. In the end there
// are as many usable links as buyers, each buyer comes in by their own, and nobody else's works twice.
func TestEachBuyerHasOneLinkThoughTheShopIsKilled(t *testing.T) {
	t.Parallel()
	const people, kills = 10, 3
	random, e := newRand(t), newEnv(t, testenv.BuildShop(t))
	ctx, cancel := context.WithTimeout(t.Context(), 2*testTimeout)
	defer cancel()
	chat, err := e.Telegram().AddGroup(botToken, olga, "channel", "Club")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(e.dir, "catalog.yaml"), []byte(testenv.Catalog+fmt.Sprintf(`
  - {sku: club, category: games, title: Club, price: "5", deliver: invite, invite: {chat: %d}, access: 30d}
`, chat)), 0o600))
	e.shop.start()
	e.shop.awaitReady(ctx)

	// link is the newest link that somebody was sent.
	link := func(who int64) (found string) {
		for _, m := range e.Telegram().Sent(botToken, who) {
			for _, url := range m.URLs() {
				if strings.HasPrefix(url, "https://t.me/+") {
					found = url
				}
			}
		}
		return found
	}
	var buyers sync.WaitGroup
	for i := range int64(people) {
		who := firstBuyer + i
		e.addPerson(who)
		buyers.Go(func() {
			time.Sleep(time.Duration(i) * 100 * time.Millisecond)
			if err := e.Telegram().Say(botToken, who, "/buy club"); err != nil {
				t.Error(err)
				return
			}
			order, err := e.awaitMessage(ctx, who, func(m telegram.Message) bool { return len(m.URLs()) > 0 })
			if err != nil {
				t.Errorf("%d never got a pay link: %v", who, err)
				return
			}
			if _, err := e.CryptoPay().Pay(order.URLs()[0], who, "USDT"); err != nil {
				t.Error(err)
			}
		})
	}
	for range kills {
		time.Sleep(300*time.Millisecond + upTo(random, 400*time.Millisecond))
		e.shop.kill()
		e.checkDatabase()
		e.shop.start()
	}
	buyers.Wait()
	e.shop.awaitReady(ctx)
	e.webhooks.awaitDelivered()
	for i := range int64(people) {
		require.NoError(t, e.Await(ctx, func() bool { return link(firstBuyer+i) != "" }), "buyer %d has a link", i)
	}
	// Links that were never stored have expired a minute later.
	for len(e.Telegram().UsableLinks(botToken, chat)) > people && ctx.Err() == nil {
		time.Sleep(time.Second)
	}
	links := e.Telegram().UsableLinks(botToken, chat)
	require.Len(t, links, people)
	for i := range int64(people) {
		require.Contains(t, links, link(firstBuyer+i), "buyer %d", i)
		_, err := e.Telegram().Join(link(firstBuyer+i), firstBuyer+i)
		require.NoError(t, err)
	}
	require.Empty(t, e.Telegram().UsableLinks(botToken, chat))
	for i := range int64(people) {
		_, err := e.awaitMessage(ctx, firstBuyer+i, func(m telegram.Message) bool { return strings.Contains(m.Text, "in the chat since") })
		require.NoError(t, err, "buyer %d", i)
	}
	s := e.stopAndRead()
	require.Len(t, s.orders, people)
	for _, o := range s.orders {
		require.False(t, o.Lines[0].Invited.Joined.IsZero(), "order %s knows that its buyer came in", o.ID)
	}
}
