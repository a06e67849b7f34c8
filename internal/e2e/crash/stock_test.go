package crash

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/sandbox/telegram"
)

// The shop is killed while an owner looks at a list, and again while the list is put on sale. Each
// list is on sale once in the end, and the owner reads how many keys that were.
func TestAListIsAddedOnceThoughTheShopIsKilled(t *testing.T) {
	t.Parallel()
	random, e := newRand(t), newEnv(t, testenv.BuildShop(t))
	e.shop.env = append(e.shop.env, fmt.Sprintf("SHOPBOT_ADMINS=%d", olga))
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	e.shop.start()
	restart := func() {
		e.shop.kill()
		e.checkDatabase()
		e.shop.start()
	}
	const rounds, size = 3, 2500 // three transactions each
	for round := range rounds {
		var list strings.Builder
		for i := range size {
			fmt.Fprintf(&list, "LIST-%d-%06d\n", round, i)
		}
		name := fmt.Sprintf("keys-%d.txt", round)
		require.NoError(t, e.Telegram().Upload(botToken, olga, name, []byte(list.String()), "/addstock vpn"))
		preview, err := e.awaitMessage(ctx, olga, func(m telegram.Message) bool {
			return strings.Contains(m.Text, name) && strings.Contains(m.Text, "2500 new keys")
		})
		require.NoError(t, err, "round %d: %v", round, e.Telegram().Sent(botToken, olga))
		restart()

		time.Sleep(upTo(random, 100*time.Millisecond))
		require.NoError(t, e.Telegram().TapData(botToken, olga, preview.ID, preview.Buttons[0][0].Data))
		time.Sleep(upTo(random, 300*time.Millisecond))
		restart()
		added, err := e.awaitMessage(ctx, olga, func(m telegram.Message) bool {
			return strings.Contains(m.Text, "keys added") && strings.Contains(m.Text, fmt.Sprintf("Now free: %d.", size*(round+1)))
		})
		require.NoError(t, err, "round %d: %v", round, e.Telegram().Sent(botToken, olga))
		require.Contains(t, added.Text, "2500 keys added.", "the owner reads of the whole list")
	}
	e.shop.awaitReady(ctx)
	e.shop.stop()
	require.Equal(t, rounds*size, e.readDatabase().stock.Free)
	e.checkByCommands()
}
