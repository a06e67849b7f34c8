package e2e

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox"
	"shopbot/internal/sandbox/telegram"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

// snapshot is all that a stranger must not be able to change: orders, stock, the audit trail,
// invoices and transfers.
func (env *testEnv) snapshot() string {
	env.T.Helper()
	env.Stop()
	var b strings.Builder
	write := func(v any, err error) {
		require.NoError(env.T, err)
		require.NoError(env.T, json.NewEncoder(&b).Encode(v))
	}
	env.WithDatabase(func(db *storage.DB) {
		orders, err := db.Orders(env.T.Context(), shop.Filter{Limit: 1000})
		for i := range orders {
			orders[i].Message = shop.MessageRef{} // where it is shown may change
		}
		write(orders, err)
		stock, err := db.Stock(env.T.Context())
		write(stock, err)
		trail, err := db.AuditTrail(env.T.Context(), 0, 1000)
		write(trail, err)
	})
	write(env.CryptoPay().Transfers(appToken), nil)
	write(env.CryptoPay().Invoices(appToken), nil)
	env.Start()
	return b.String()
}

// buttonData lists the data of all buttons that people were ever shown.
func (env *testEnv) buttonData(people ...int64) (data []string) {
	for _, who := range people {
		for _, m := range env.Chat(who) {
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

// A stranger who knows every command, the data of every button and every order id can do nothing
// with them.
func TestAStrangerReachesNothingOfOwnersAndOtherBuyers(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/start")
		env.Say(alice, "/buy")
		env.Say(alice, "/buy vpn")
		in := env.Pay(alice)
		env.Say(alice, "/buy vpn 2")
		env.Say(alice, "/buy guide")
		env.Say(alice, "/orders")
		env.Say(alice, "/language")
		env.Say(olga, "/start")
		for _, command := range []string{"/admin", "/staff", "/stats", "/stock", "/order ", "/audit ", "/refund "} {
			if strings.HasSuffix(command, " ") {
				command += in.Payload
			}
			env.Say(olga, command)
		}
		env.LoadStock("vpn", "LATER-1", "LATER-2")
		env.Say(olga, "/stock vpn")
		env.Tap(olga, "#2")
		env.Tap(olga, "📤 Remove")
		env.Say(olga, "/removestock vpn\nLATER-1")
		env.upload("keys.txt", "LATER-3", "")
		env.Say(olga, "/addstock vpn\nLATER-4") // waits for a list now, in her chat alone
		before := env.snapshot()

		env.Say(boris, "/start")
		help, err := os.ReadFile("../../internal/localize/texts/en.yaml")
		require.NoError(t, err)
		commands := regexp.MustCompile(`(?m)^help_\w+: "(/[a-z]+)`).FindAllStringSubmatch(string(help), -1)
		require.Greater(t, len(commands), 10)
		for _, found := range commands {
			command := found[1]
			for _, args := range []string{"", " " + in.Payload, " vpn\nSTOLEN-1", " " + in.Payload + " 1"} {
				env.Say(boris, command+args)
				require.Contains(t, env.Last(boris).Text, "Я не знаю такой команды", command)
			}
		}
		require.NoError(t, env.Telegram().Upload(botToken, boris, "keys.txt", []byte("STOLEN-2"), "/addstock vpn"))
		require.NoError(t, env.Telegram().Album(botToken, boris, "/removestock vpn", 1,
			telegram.Attached{Name: "a.txt", Data: []byte("KEY-03")}, telegram.Attached{Name: "b.txt", Data: []byte("KEY-04")}))
		env.Settle()
		buttons := env.buttonData(alice, olga)
		for _, verb := range []string{"stock:add:", "stock:remove:", "stock:no:", "stock:undo:", "stock:removebatch:", "stock:l:"} {
			require.True(t, slices.ContainsFunc(buttons, func(data string) bool { return strings.HasPrefix(data, verb) }), verb)
		}
		require.Greater(t, len(buttons), 15)
		for _, data := range buttons {
			if strings.HasPrefix(data, "b:") || strings.HasPrefix(data, "l:") {
				continue // these make something of the stranger's own
			}
			require.NoError(t, env.Telegram().TapData(botToken, boris, 1, data))
			env.Settle()
		}
		env.Say(boris, "/start o_"+in.Payload)
		require.Empty(t, env.KeysOf(boris))
		require.NotContains(t, env.Transcript(boris), "Alice")
		require.Zero(t, env.CountSent(sandbox.Boris, "KEY-"))

		after := env.snapshot()
		require.Equal(t, before, after)
		env.Press(olga, "stock:add")
		require.Equal(t, 1, env.CountSent(olga, "1 key added"), "her list still waits")
	})
}
