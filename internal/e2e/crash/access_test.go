package crash

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/shop"
)

// placeEnv is a shop that sells places in a channel, just before a process starts that dies.
func placeEnv(t *testing.T, process *dyingProcess) (env *testenv.Env, chat int64, restartIfDead func()) {
	t.Helper()
	env = testenv.New(t, nil)
	env.Setenv("SYNC_INTERVAL", "1h")
	env.Start()
	chat = env.AddChannel(olga, "Club")
	env.WriteCatalog(testenv.Catalog + fmt.Sprintf(`
  - {sku: club, category: games, title: Club, price: "5", deliver: invite, invite: {chat: %d}, access: 30d}
`, chat))
	return env, chat, startDying(env, process)
}

// The process dies before and after each of the writes of a sale, of the join, and of the refund of a
// place in a channel. Whenever it dies, there is one link in the end by which somebody can join, the
// buyer has it, and after the refund there is none and the buyer is out.
func TestAPlaceAndItsRefundSurviveACrashAtEveryWrite(t *testing.T) {
	t.Parallel()
	dieAtEachWrite(t, 1, func(t *testing.T, process *dyingProcess) {
		env, chat, restartIfDead := placeEnv(t, process)
		env.Say(alice, "/buy club")
		restartIfDead()
		env.Pay(alice)
		restartIfDead()
		time.Sleep(10 * time.Minute)
		restartIfDead()
		require.Equal(t, []string{env.InviteLink(alice)}, env.Telegram().UsableLinks(botToken, chat))
		env.Join(alice)
		restartIfDead()
		require.Empty(t, env.Telegram().UsableLinks(botToken, chat))
		require.Contains(t, env.Telegram().Members(botToken, chat), alice)
		order := env.CryptoPay().Invoices(appToken)[0].Payload
		env.Say(olga, "/order "+order)
		restartIfDead()
		require.Contains(t, env.Transcript(olga), "in the chat since")
		env.Say(olga, "/refund "+order)
		restartIfDead()
		env.Tap(olga, "Yes, send")
		restartIfDead()
		time.Sleep(time.Hour)
		restartIfDead()
		require.NotContains(t, env.Telegram().Members(botToken, chat), alice)
		require.Empty(t, env.Telegram().UsableLinks(botToken, chat))
		env.Stop()
		for _, o := range env.StoredOrders() {
			require.Equal(t, shop.StateRefunded, o.State)
			require.Empty(t, o.Jobs(), "nothing is left to do")
		}
	})
}

// The process dies before and after each write of the reminders, the grace and the end. A message is
// repeated once at most, nobody is taken out early, and everybody is in the end.
func TestTheEndOfAccessSurvivesACrashAtEveryWrite(t *testing.T) {
	t.Parallel()
	dieAtEachWrite(t, 1, func(t *testing.T, process *dyingProcess) {
		env, chat, _ := placeEnv(t, &dyingProcess{left: -1})
		env.Say(alice, "/buy club")
		env.Pay(alice)
		bought := time.Now()
		env.Join(alice)
		standStill := standStill(env, process)
		pass := func(d time.Duration) { standStill(d, 10*time.Minute) }
		pass(27 * 24 * time.Hour)
		pass(2 * 24 * time.Hour)
		pass(time.Until(bought.Add(30 * 24 * time.Hour)))
		require.Contains(t, env.Telegram().Members(botToken, chat), alice, "a grace of a day")
		pass(24 * time.Hour)
		require.NotContains(t, env.Telegram().Members(botToken, chat), alice)
		repeated := -4
		for _, said := range []string{"ends on", "is over. You keep", "has ended. You can"} {
			n := env.CountSent(alice, said)
			require.Positive(t, n, said)
			repeated += n
		}
		require.LessOrEqual(t, repeated, 1)
		env.Stop()
	})
}
