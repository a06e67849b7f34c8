package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/ops"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

func TestEveryShopAnswersWhatTelegramAsksFor(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		for command, answers := range map[string][]string{
			"/paysupport": {"Questions about a payment", "Write to @help"},
			"/terms":      {"Terms of Test Shop", "Contact: @help"},
			"/privacy":    {"What Test Shop keeps about you", "Contact: @help"},
		} {
			env.Say(alice, command)
			for _, answer := range answers {
				require.Contains(t, env.Last(alice).Text, answer, command)
			}
		}
		env.Say(boris, "/privacy")
		require.Contains(t, env.Last(boris).Text, "хранит о вас")
	})
}

func TestABuyerWhoAsksForItIsForgotten(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		order := env.sold()
		env.Say(alice, "/buy guide")
		env.Stop()
		env.WithDatabase(func(db *storage.DB) {
			done, err := ops.ClosedShop{DB: db}.Forget(t.Context(), alice)
			require.NoError(t, err)
			require.Equal(t, 1, done.Orders)
			require.Len(t, done.Open, 1, "she may still pay the guide")
		})
		for _, o := range env.StoredOrders() {
			if string(o.ID) == order {
				require.Equal(t, shop.Buyer{}, o.Buyer)
				require.Len(t, o.Lines[0].Goods, 1, "the books stay true")
				require.Len(t, o.Payments, 1)
			}
		}
		env.Start()
		env.Settle()
		env.Say(olga, "/order "+order)
		require.Contains(t, env.Last(olga).Text, "Buyer: data deleted")
		env.Say(olga, "/refund "+order)
		require.Contains(t, env.Last(olga).Text, "does not know whom to pay back")
		env.Say(olga, "/stats all")
		require.Contains(t, env.Last(olga).Text, "1", "what was sold stays in the statistics")
		require.Empty(t, env.CryptoPay().Transfers(appToken))
	})
}
