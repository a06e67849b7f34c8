package e2e

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox/telegram"
)

func TestWhoLetsReservationsLapseIsHeldThingsForShorter(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		for _, minutes := range []int{30, 15, 8, 5, 5} {
			env.Say(alice, "/buy vpn")
			require.Contains(t, env.Last(alice).Text, fmt.Sprintf("Held for you for %d minutes", minutes))
			all := env.CryptoPay().Invoices(appToken)
			in := all[len(all)-1]
			require.InDelta(t, float64(minutes), in.ExpiresAt.Sub(in.CreatedAt).Minutes(), 0.6, "the invoice ends with the hold")
			time.Sleep(time.Until(in.ExpiresAt) + 20*time.Second)
			env.Settle()
		}
		env.Say(alice, "/buy vpn")
		env.Pay(alice)
		env.Say(alice, "/buy vpn")
		require.Contains(t, env.Last(alice).Text, "Held for you for 30 minutes", "a payment makes up for it")
		env.Say(boris, "/buy vpn")
		require.Contains(t, env.Last(boris).Text, "на 30 минут", "and nobody else was concerned")
	})
}

// Somebody orders the whole stock again and again for a day. The product is sold out for two hours
// at most, and not all day.
func TestNobodyEmptiesTheWindowWithoutPaying(t *testing.T) {
	t.Parallel() // it takes long
	run(t, func(t *testing.T, env *testEnv) {
		soldOut, looks := 0, 0
		for start := time.Now(); time.Since(start) < 24*time.Hour; time.Sleep(4*time.Minute - 9*time.Second) {
			env.Say(alice, "/buy vpn 4")
			env.Say(alice, "/buy vpn 3")
			looks++
			if strings.Contains(env.stockLine(), "· 3 free") || strings.Contains(env.Last(olga).Text, "· 0 free") {
				soldOut++
			}
		}
		require.Equal(t, 360, looks)
		require.Less(t, soldOut, 34, "137.5 minutes at most")
		require.Positive(t, soldOut)
		require.Contains(t, env.Last(alice).Text, "ran out unpaid while their goods were held for you")
		require.LessOrEqual(t, len(env.CryptoPay().Invoices(appToken)), 10)
		time.Sleep(24 * time.Hour)
		env.Say(alice, "/buy vpn")
		require.Contains(t, env.Last(alice).Text, "Held for you", "it is forgotten after a day")
	})
}

func TestTooManyMessagesGetOnePoliteAnswer(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		for range 300 {
			require.NoError(t, env.Telegram().Say(botToken, alice, "/help"))
		}
		env.Say(boris, "/buy vpn")
		require.NotEmpty(t, env.PayLink(boris), "nobody else waits")
		time.Sleep(2 * time.Minute)
		require.Equal(t, 1, env.CountSent(alice, "That was a lot at once"))
		require.Equal(t, 10, env.CountSent(alice, "How buying works"))
		require.Contains(t, env.askOps("GET", "/metrics"), "shopbot_updates_dropped_total 290")

		env.Say(alice, "/catalog")
		require.Contains(t, env.Last(alice).Text, "What are you looking for?", "and then all is well again")
		card := env.Last(alice)
		for range 100 {
			require.NoError(t, env.Telegram().TapData(botToken, alice, card.ID, "help"))
		}
		time.Sleep(2 * time.Minute)
		require.Equal(t, 2, env.CountSent(alice, "That was a lot at once"), "presses count as well")
	})
}

func TestAnOwnerMayForwardManyListsAtOnce(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(olga, "/addstock vpn")
		for i := range 60 {
			require.NoError(t, env.Telegram().Upload(botToken, olga, "keys.txt", fmt.Appendf(nil, "LIST-%02d\n", i), ""))
		}
		time.Sleep(5 * time.Minute)
		require.Contains(t, env.Last(olga).Text, "60 files")
		env.Press(olga, "stock:add")
		require.Contains(t, env.stockLine(), "70 free")
		require.Zero(t, env.CountSent(olga, "That was a lot at once"))
	})
}

// hostileTexts are texts that an attacker sends.
func hostileTexts() []string {
	long := strings.Repeat("x", 4090)
	return []string{
		"/" + long, "/buy " + long, "/buy vpn " + strings.Repeat("9", 4000), "/buy vpn -1", "/buy vpn 9223372036854775808", "/buy vpn ٣",
		"/buy vpn ２", "/buy vpn 1\u202e0", "/buy \u202evpn", "/buy <b>vpn", "/buy vpn' OR 1=1", "/buy ../../etc/passwd", "/buy %s%n%x",
		"/start p_" + long[:60], "/start o_" + long[:60], "/start p_<b>", "/start p_../..", "/start o_1P8M2QX7KD93HWA", "/start \u0000\u0007", "/start p_\u200b",
		"/language <i>", "/language ../en", "/help@other_bot", "/orders \u2028\u2029", "/cancel 1", "/HELP", "//", "/", "/ help", "/buy\nvpn\n2\n2", "/buy\tvpn\t2y",
		"<b>", "&lt;script&gt;", "\u202eevil\u202c", strings.Repeat("👩‍👩‍👧‍👦", 150), strings.Repeat("ก\u0e49\u0e49\u0e49\u0e49", 500), "\ufeff/buy vpn 0",
		"/stats", "/refund x", "/order x", "/held", "/addstock vpn\nKEY-99", "/done", "/audit x",
	}
}

func TestHostileInputChangesNothingAndIsAnswered(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		for _, text := range hostileTexts() {
			before := len(env.Telegram().Sent(botToken, alice))
			if err := env.Telegram().Say(botToken, alice, text); err != nil {
				continue // Telegram itself does not take it
			}
			env.Settle()
			require.Greater(t, len(env.Telegram().Sent(botToken, alice)), before, "%.80q is answered", text)
		}
		data := []string{
			"", ":", "::::", "w", "w:", "m:'", "ret", "ret:", "ret:x:y", "ret:1P8M2QX7KD93HWA:-1", "ret:1P8M2QX7KD93HWA:99999999999999999999",
			"held:<b>", "b:vpn:٣:x", "b:vpn:1:0000000000000", "n:n:n:home", "n:", "p:vpn:-9", "p:vpn:999999999", "c:games:-1", "c:games:999999999",
			"os:\u202e", "l:\u0000", "refund:::", "\u202e", strings.Repeat("é", 32), "free:1P8M2QX7KD93HWA", "det:x", "e:x", "g:x", "k:x", "x:x", "o:x",
		}
		env.Say(alice, "/start")
		menu := env.Last(alice).ID
		for _, d := range data {
			require.NoError(t, env.Telegram().TapData(botToken, alice, menu, d))
			env.Settle()
		}
		for _, a := range env.Telegram().Alerts(botToken, alice) {
			require.True(t, a.Answered, "the button goes on spinning: %q", a.Data)
		}
		require.Empty(t, env.CryptoPay().Invoices(appToken))
		require.NotContains(t, env.Log.String(), "level=ERROR")
		require.Contains(t, env.stockLine(), "10 free")
	})
}

func TestUpdatesWithMissingPartsDisturbNobody(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		for _, update := range []string{
			`{}`, `{"message":{}}`, `{"message":null}`, `{"message":{"message_id":1,"chat":{"id":0,"type":"private"},"from":{"id":0},"text":"/start"}}`,
			`{"message":{"message_id":1,"chat":{"id":5,"type":"private"},"text":"/start"}}`,
			`{"message":{"message_id":1,"from":{"id":5},"text":"/buy vpn"}}`,
			fmt.Sprintf(`{"message":{"message_id":-1,"date":-1,"from":{"id":%d},"chat":{"id":%d,"type":"private"},"text":"/start"}}`, alice, alice),
			fmt.Sprintf(`{"message":{"message_id":1,"from":{"id":%d},"chat":{"id":%d,"type":"private"},"document":{}}}`, olga, olga),
			fmt.Sprintf(`{"message":{"message_id":1,"from":{"id":%d},"chat":{"id":%d,"type":"private"}}}`, olga, olga),
			`{"callback_query":{}}`, `{"callback_query":{"id":"","from":{"id":5}}}`, `{"callback_query":{"id":"1","from":{"id":5},"data":"cat","message":{}}}`,
			`{"callback_query":{"id":"1","from":{"id":5},"data":"cat","message":{"message_id":3,"date":0,"chat":{"id":5,"type":"private"}}}}`,
			`{"callback_query":{"id":"1","from":{"id":5},"inline_message_id":"x","game_short_name":"y"}}`,
			`{"my_chat_member":{}}`, `{"edited_message":{"message_id":1}}`, `{"inline_query":{"id":"1"}}`, `{"message":[1,2]}`, `{"message":"text"}`,
		} {
			require.NoError(t, env.Telegram().Inject(botToken, json.RawMessage(update)), update)
			env.Settle()
		}
		time.Sleep(time.Minute)
		require.NotContains(t, env.Log.String(), "update handler panicked")
		env.Say(alice, "/buy vpn")
		env.Pay(alice)
		require.Equal(t, []string{"KEY-01"}, env.KeysOf(alice))
	})
}

// trickyNames are names by which people try to look like somebody or something else.
var trickyNames = []string{
	"\u202eecilA", "A\u200bl\u200dice", "Al\u2066ice\u2069", "<b>Eve</b>", "a&amp;b", "</a><a href=\"x\">", "line\nbreak\ttab", "\u0000\u0007\u001b[31mred",
	"\u3164", "\u2800\u2800", "", " \u00a0 ", "x\u2028y\u2029z", "\U000e0041\U000e0042", "Z" + strings.Repeat("\u0301", 60), strings.Repeat("W", 200), "\ufeff\u00ad",
}

func TestTrickyNamesAreHarmlessOnTheOwnersScreens(t *testing.T) {
	for i, name := range trickyNames {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			run(t, func(t *testing.T, env *testEnv) {
				const eve = 777
				env.Telegram().AddUser(telegram.User{ID: eve, FirstName: name, LastName: "\u202e", LanguageCode: "en"})
				env.Say(eve, "/buy vpn")
				order := env.Pay(eve).Payload
				require.Equal(t, []string{"KEY-01"}, env.KeysOf(eve))
				env.Say(olga, "/order "+order)
				require.Contains(t, env.Last(olga).Text, "Buyer: ")
				for _, m := range env.Telegram().Sent(botToken, olga) {
					for _, r := range m.Text {
						hidden := unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) || r == 0x3164 || r == 0x2800
						require.False(t, hidden || unicode.IsControl(r) && r != '\n', "%U in %q", r, m.Text)
					}
					require.NotContains(t, m.Text, strings.Repeat("\u0301", 4))
				}
				require.Regexp(t, `Buyer: \S`, env.Last(olga).Text, "somebody can be seen")
			})
		})
	}
}

func TestABigDocumentIsTakenFromAnOwnerAlone(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		big := []byte(strings.Repeat(strings.Repeat("k", 1999)+"\n", 20<<20/2000))
		require.NoError(t, env.Telegram().Upload(botToken, alice, "keys.txt", big, "/addstock vpn"))
		env.Settle()
		require.Contains(t, env.Last(alice).Text, "do not know this command")
		require.NotContains(t, env.Log.String(), "method=getFile", "a stranger's file is not even fetched")
		env.Say(olga, "/addstock vpn")
		require.NoError(t, env.Telegram().Upload(botToken, olga, "keys.txt", append(big, make([]byte, 1<<20)...), ""))
		env.Settle()
		require.Contains(t, env.Last(olga).Text, "20 MB together are the most")
		require.NoError(t, env.Telegram().Upload(botToken, olga, "keys.txt", big, ""))
		time.Sleep(time.Minute)
		require.Contains(t, env.Last(olga).Text, "1 new key")
		env.Press(olga, "stock:add")
		require.Contains(t, env.Last(olga).Text, "1 key added")
	})
}

func TestKeysWithMarkupArriveToTheLetter(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(olga, "/addstock vpn")
		for _, bad := range []string{"\u0007", "\u001b", "\u0000"} {
			require.NoError(t, env.Telegram().Upload(botToken, olga, "keys.txt", []byte("ok\nbad"+bad+"key\n"), ""))
			env.Settle()
			require.Contains(t, env.Last(olga).Text, "line 2 holds a control character")
			require.Contains(t, env.Last(olga).Text, "No new key")
		}
		require.Contains(t, env.Last(olga).Text, "it is not a text file")
		env.Say(olga, "/done")
		require.Contains(t, env.stockLine(), "10 free", "nothing of such a list is loaded")
		env.Say(alice, "/buy vpn 10")
		env.Pay(alice)
		const key = `<b>&amp;</b> </code> "quoted" \ %s {{.Key}}`
		env.LoadStock("vpn", key)
		env.Say(alice, "/buy vpn")
		env.Pay(alice)
		require.Contains(t, env.Last(alice).Text, key)
	})
}

// Buyers may keep buttons for a day, and an order's number begins with the time at which its button
// was drawn. Their unpaid orders are counted by when they were made.
func TestOldButtonsAreNoWayAroundTheLimitOnUnpaidOrders(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		type button struct {
			message int
			data    string
		}
		var old []button
		for range 6 {
			env.Say(alice, "/start p_vpn")
			m := env.Last(alice)
			for _, row := range m.Buttons {
				for _, b := range row {
					if strings.HasPrefix(b.Data, "b:vpn:1:") {
						old = append(old, button{m.ID, b.Data})
					}
				}
			}
		}
		require.Len(t, old, 6)
		time.Sleep(time.Hour)
		for range 25 {
			env.Say(alice, "/buy guide")
			env.Pay(alice)
			time.Sleep(10 * time.Second)
		}
		for _, b := range old {
			require.NoError(t, env.Telegram().TapData(botToken, alice, b.message, b.data))
			env.Settle()
		}
		require.Contains(t, env.stockLine(), "7 free", "three are held, and no more")
	})
}

func TestAMadeUpButtonMakesNoOrder(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(boris, "/start p_vpn")
		var others string
		for _, row := range env.Last(boris).Buttons {
			for _, b := range row {
				if strings.HasPrefix(b.Data, "b:vpn:1:") {
					others = b.Data
				}
			}
		}
		require.NotEmpty(t, others)
		env.Say(alice, "/start p_vpn")
		card := env.Last(alice).ID
		yesterday := base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding).
			EncodeToString(binary.BigEndian.AppendUint64(nil, uint64(time.Now().Add(-23*time.Hour).Unix())<<32|7))
		for _, data := range []string{others, "b:vpn:1:" + yesterday, "b:vpn:1:" + base64.RawURLEncoding.EncodeToString(make([]byte, 12))} {
			require.NoError(t, env.Telegram().TapData(botToken, alice, card, data))
			env.Settle()
			alerts := env.Telegram().Alerts(botToken, alice)
			require.Contains(t, alerts[len(alerts)-1].Text, "out of date", data)
		}
		require.Empty(t, env.CryptoPay().Invoices(appToken))
		require.Contains(t, env.stockLine(), "10 free")
	})
}
