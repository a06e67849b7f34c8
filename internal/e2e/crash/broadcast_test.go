package crash

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/broadcast"
	"shopbot/internal/e2e/testenv"
	"shopbot/internal/sandbox/telegram"
	"shopbot/internal/storage"
)

// The shop is killed again and again while it sends a broadcast, and its network fails once. Nobody
// gets the message twice, and everybody gets it but a few, who are counted.
func TestABroadcastReachesNobodyTwiceThoughTheShopIsKilled(t *testing.T) {
	t.Parallel()
	const people, kills, inFlight = 600, 8, 12
	random, e := newRand(t), newEnv(t, testenv.BuildShop(t))
	e.shop.env = append(e.shop.env, fmt.Sprintf("SHOPBOT_ADMINS=%d", olga))
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	e.shop.start()
	crowd := []int64{olga}
	for i := range people {
		id := int64(5_000_000 + i)
		e.addPerson(id)
		require.NoError(t, e.Telegram().Say(botToken, id, "/start"))
		crowd = append(crowd, id)
	}
	for _, id := range crowd[1:] {
		_, err := e.awaitMessage(ctx, id, func(telegram.Message) bool { return true })
		require.NoError(t, err)
	}
	e.shop.kill()
	e.shop.env = append(e.shop.env, "SHOPBOT_TELEGRAM_RATE_LIMIT=120")
	e.shop.start()

	press := func(text, verb string) {
		t.Helper()
		data := ""
		m, err := e.awaitMessage(ctx, olga, func(m telegram.Message) bool {
			if !strings.Contains(m.Text, text) {
				return false
			}
			for _, row := range m.Buttons {
				for _, b := range row {
					if strings.HasPrefix(b.Data, verb) {
						data = b.Data
						return true
					}
				}
			}
			return false
		})
		require.NoError(t, err, "%s: %v", text, e.Telegram().Sent(botToken, olga))
		require.NoError(t, e.Telegram().TapData(botToken, olga, m.ID, data))
	}
	require.NoError(t, e.Telegram().Say(botToken, olga, "/broadcast"))
	press("Broadcasts", "cast:new")
	_, err := e.awaitMessage(ctx, olga, func(m telegram.Message) bool { return strings.Contains(m.Text, "Now send me") })
	require.NoError(t, err)
	require.NoError(t, e.Telegram().Say(botToken, olga, "Spring sale"))
	press("people get it", "cast:send")
	press("Send this to", "cast:yes")
	for range kills {
		time.Sleep(200*time.Millisecond + upTo(random, 400*time.Millisecond))
		e.shop.kill()
		e.checkDatabase()
		e.shop.start()
	}
	e.cutNetwork(100*time.Millisecond, func() { time.Sleep(200 * time.Millisecond) })
	_, err = e.awaitMessage(ctx, olga, func(m telegram.Message) bool { return strings.Contains(m.Text, "The broadcast is done") })
	require.NoError(t, err)
	e.shop.awaitReady(ctx)
	e.shop.stop()

	db, err := storage.Open(t.Context(), e.database())
	require.NoError(t, err)
	list, err := db.Broadcasts(t.Context(), 10)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	require.Len(t, list, 1)
	counts := list[0].Counts
	t.Logf("%+v", counts)
	got, missed := 0, 0
	for _, id := range crowd {
		n := 0
		for _, m := range e.Telegram().Sent(botToken, id) {
			if m.Text == "Spring sale" {
				n++
			}
		}
		if id == olga {
			n-- // the preview
		}
		require.LessOrEqual(t, n, 1, "%d got it twice", id)
		got += n
		missed += 1 - n
	}
	require.Equal(t, broadcast.Counts{Sent: counts.Sent, Unknown: counts.Unknown}, counts)
	require.Equal(t, len(crowd), counts.Sent+counts.Unknown)
	require.LessOrEqual(t, counts.Sent, got)
	require.LessOrEqual(t, missed, counts.Unknown)
	require.LessOrEqual(t, counts.Unknown, (kills+1)*inFlight)
	require.Contains(t, e.shop.command("check", "--database"), "is sound")
}
