package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

func TestTheAuditTrailTellsTheStoryOfAnOrder(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/buy vpn")
		in := env.Pay(alice)
		env.Say(olga, "/refund "+in.Payload+" 2")
		env.Tap(olga, "Yes, send")
		env.Say(olga, "/audit "+in.Payload)
		said := env.Last(olga).Text
		for _, want := range []string{
			"ordered, goods reserved", "paid, 1 of the stock, 4.9990002 USDT (fee", "Delivered:", "refund asked for, 1.99960008 USDT", "by the owner", "refund sent, 1.99960008 USDT",
		} {
			require.Contains(t, said, want)
		}
		env.Say(olga, "/audit NONE")
		require.Contains(t, env.Last(olga).Text, "There is no order")
		env.Say(olga, "/audit")
		require.Contains(t, env.Last(olga).Text, "/audit ORDER")
		env.Say(alice, "/audit "+in.Payload)
		require.Contains(t, env.Last(alice).Text, "do not know this command", "for owners only")

		env.Stop()
		require.Contains(t, env.Log.String(), "audit head")
		env.WithDatabase(func(db *storage.DB) {
			trail, err := db.AuditTrail(t.Context(), 0, 10)
			require.NoError(t, err)
			require.Equal(t, shop.AuditStockAdded, trail[0].Act)
			require.Equal(t, sandbox.Olga, trail[0].By)
		})
		env.Start()
	})
}
