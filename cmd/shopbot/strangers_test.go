package main

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

// everything is what a stranger must not be able to change: orders, stock, the audit trail, and coins.
func (w *town) everything() string {
	w.t.Helper()
	w.close()
	var b strings.Builder
	write := func(v any, err error) {
		require.NoError(w.t, err)
		require.NoError(w.t, json.NewEncoder(&b).Encode(v))
	}
	w.inDatabase(func(db *storage.DB) {
		orders, err := db.Orders(w.t.Context(), shop.Filter{Limit: 1000})
		for i := range orders {
			orders[i].Place = shop.Place{} // where it is shown may change
		}
		write(orders, err)
		stock, err := db.Stock(w.t.Context())
		write(stock, err)
		trail, err := db.AuditTrail(w.t.Context(), 0, 1000)
		write(trail, err)
	})
	write(w.CryptoPay().Transfers(appToken), nil)
	write(w.CryptoPay().Invoices(appToken), nil)
	w.open()
	return b.String()
}

// pressable are the data of all buttons that people were ever shown.
func (w *town) pressable(people ...int64) (data []string) {
	for _, who := range people {
		for _, m := range w.chat(who) {
			for _, row := range m.Buttons {
				for _, b := range row {
					if b.Data != "" {
						data = append(data, b.Data)
					}
				}
			}
		}
	}
	slices.Sort(data)
	return slices.Compact(data)
}

// A stranger who knows every command and every button's data, and every number of an order, gets nowhere.
func TestAStrangerReachesNothingOfOwnersAndOtherBuyers(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.say(alice, "/start")
		w.say(alice, "/buy")
		w.say(alice, "/buy vpn")
		in := w.pay(alice)
		w.say(alice, "/buy vpn 2")
		w.say(alice, "/buy guide")
		w.say(alice, "/orders")
		w.say(alice, "/language")
		w.say(olga, "/start")
		for _, command := range []string{"/stats", "/stock", "/order ", "/audit ", "/refund "} {
			if strings.HasSuffix(command, " ") {
				command += orderOf(in)
			}
			w.say(olga, command)
		}
		w.say(olga, "/addstock vpn") // waits for a list now, in her chat alone
		before := w.everything()

		w.say(boris, "/start")
		help, err := os.ReadFile("../../internal/bot/texts/en.yaml")
		require.NoError(t, err)
		ownersHelp := regexp.MustCompile(`(?m)^help_owner: .*$`).FindString(string(help))
		commands := regexp.MustCompile(`\\n/[a-z]+`).FindAllString(ownersHelp, -1)
		require.Greater(t, len(commands), 5)
		for _, command := range commands {
			command = strings.TrimPrefix(command, `\n`)
			for _, args := range []string{"", " " + orderOf(in), " vpn\nSTOLEN-1", " " + orderOf(in) + " 1"} {
				w.say(boris, command+args)
				require.Contains(t, w.last(boris).Text, "Я не знаю такой команды", command)
			}
		}
		buttons := w.pressable(alice, olga)
		require.Greater(t, len(buttons), 15)
		for _, data := range buttons {
			if strings.HasPrefix(data, "b:") || strings.HasPrefix(data, "l:") {
				continue // these make something of the stranger's own
			}
			require.NoError(t, w.Telegram().TapData(botToken, boris, 1, data))
			w.settle()
		}
		w.say(boris, "/start o_"+orderOf(in))
		require.Empty(t, w.keysOf(boris))
		require.NotContains(t, w.transcript(boris), "Alice")
		require.Zero(t, w.heard(sandbox.Boris, "KEY-"))

		after := w.everything()
		require.Equal(t, before, after)
	})
}
