package e2e

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
)

// tapsToTheGoods presses buttons as a buyer who knows what to buy, and returns how many: those of the
// bot, the pay button, and the wallet's own.
func (env *testEnv) tapsToTheGoods(who int64, category, product string) int {
	env.T.Helper()
	var pressed []string
	for len(env.KeysOf(who)) == 0 {
		require.Less(env.T, len(pressed), 20, "%q leads nowhere:\n%s", pressed, env.Transcript(who))
		screen := env.Last(who)
		if _, err := env.CryptoPay().Invoice(env.PayLink(who)); err == nil {
			env.Pay(who)
			pressed = append(pressed, "the pay button", "Pay in the wallet")
			continue
		}
		// The nearest to the goods first.
		labels := []string{"Buy ·", "Buy", product, category, "Shop"}
		i := slices.IndexFunc(labels, func(label string) bool {
			_, found := testenv.FindButton(screen, label)
			return found
		})
		require.GreaterOrEqual(env.T, i, 0, "nothing leads on from:\n%s", env.Transcript(who))
		env.Tap(who, labels[i])
		pressed = append(pressed, labels[i])
	}
	env.T.Logf("%q", pressed)
	return len(pressed)
}

// The limits are those of the table in docs/commands.md.
func TestTheGoodsAreFewTapsAway(t *testing.T) {
	for first, limit := range map[string]int{"/start": 5, "/start p_vpn": 3, "/buy vpn": 2} {
		run(t, func(t *testing.T, env *testEnv) {
			env.Say(alice, first)
			require.LessOrEqual(t, env.tapsToTheGoods(alice, "Games", "VPN <30> days"), limit, first)
		})
	}
}
