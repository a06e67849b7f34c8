package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/storage"
)

func TestWhileSalesArePausedNobodyOrdersAndWhatIsOrderedGoesOn(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/buy vpn")
		env.Say(olga, "/pause")
		env.Say(olga, "/pause")
		env.Stop()
		env.Start()
		env.Say(boris, "/buy vpn")
		require.Contains(t, env.Last(boris).Text, "не принимает новые заказы")
		require.Empty(t, env.PayLink(boris))
		env.Say(boris, "/catalog")
		require.Contains(t, env.Last(boris).Text, "Что ищете", "looking is free")
		env.Telegram().Repeat(botToken)
		env.Settle()
		env.Pay(alice)
		require.Equal(t, []string{"KEY-01"}, env.KeysOf(alice))
		env.Say(olga, "/stats")
		require.Contains(t, env.Last(olga).Text, "Sales are paused")

		env.Say(olga, "/resume")
		env.Say(boris, "/buy vpn")
		require.NotEmpty(t, env.PayLink(boris))
		env.Stop()
		acts := ""
		env.WithDatabase(func(db *storage.DB) {
			trail, err := db.AuditTrail(t.Context(), 0, 100)
			require.NoError(t, err)
			for _, e := range trail {
				if e.By == olga {
					acts += string(e.Act) + " "
				}
			}
		})
		require.Equal(t, "stock_added paused resumed ", acts)
		env.Start()
	})
}

func TestTheOwnerSeesTheBalance(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(olga, "/balance")
		require.Regexp(t, `(?s)At Crypto Pay:.*• .*USDT\n.*Together about`, env.Last(olga).Text)
		env.CryptoPay().FailNext("getBalance", 100, cryptopay.Failure{Status: 502})
		env.Say(olga, "/balance")
		env.Settle()
		env.Settle()
		require.Contains(t, env.Last(olga).Text, "does not tell the balance")
	})
}
