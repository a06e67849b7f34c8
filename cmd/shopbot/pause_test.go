package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/storage"
)

func TestWhileSalesArePausedNobodyOrdersAndWhatIsOrderedGoesOn(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.say(alice, "/buy vpn")
		w.say(olga, "/pause")
		w.say(olga, "/pause")
		w.close()
		w.open()
		w.say(boris, "/buy vpn")
		require.Contains(t, w.last(boris).Text, "не принимает новые заказы")
		require.Empty(t, w.bill(boris))
		w.say(boris, "/catalog")
		require.Contains(t, w.last(boris).Text, "Что ищете", "looking is free")
		w.Telegram().Repeat(botToken)
		w.settle()
		w.pay(alice)
		require.Equal(t, []string{"KEY-01"}, w.keysOf(alice))
		w.say(olga, "/stats")
		require.Contains(t, w.last(olga).Text, "Sales are paused")

		w.say(olga, "/resume")
		w.say(boris, "/buy vpn")
		require.NotEmpty(t, w.bill(boris))
		w.close()
		acts := ""
		w.inDatabase(func(db *storage.DB) {
			trail, err := db.AuditTrail(t.Context(), 0, 100)
			require.NoError(t, err)
			for _, e := range trail {
				if e.By == olga {
					acts += string(e.Act) + " "
				}
			}
		})
		require.Equal(t, "stock_added paused resumed ", acts)
		w.open()
	})
}

func TestTheOwnerSeesTheBalance(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.say(olga, "/balance")
		require.Regexp(t, `At Crypto Pay: .*USDT.* ≈`, w.last(olga).Text)
		w.CryptoPay().FailNext("getBalance", 100, cryptopay.Failure{Status: 502})
		w.say(olga, "/balance")
		w.settle()
		w.settle()
		require.Contains(t, w.last(olga).Text, "does not tell the balance")
	})
}
