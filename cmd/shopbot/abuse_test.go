package main

import (
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
	inTown(t, func(t *testing.T, w *town) {
		for _, minutes := range []int{30, 15, 8, 5, 5} {
			w.say(alice, "/buy vpn")
			require.Contains(t, w.last(alice).Text, fmt.Sprintf("Held for you for %d minutes", minutes))
			all := w.CryptoPay().Invoices(appToken)
			in := all[len(all)-1]
			require.InDelta(t, float64(minutes), in.ExpiresAt.Sub(in.CreatedAt).Minutes(), 0.6, "the invoice ends with the hold")
			time.Sleep(time.Until(in.ExpiresAt) + 20*time.Second)
			w.settle()
		}
		w.say(alice, "/buy vpn")
		w.pay(alice)
		w.say(alice, "/buy vpn")
		require.Contains(t, w.last(alice).Text, "Held for you for 30 minutes", "a payment makes up for it")
		w.say(boris, "/buy vpn")
		require.Contains(t, w.last(boris).Text, "на 30 минут", "and nobody else was concerned")
	})
}

// Somebody orders all there is, again and again, for a day. The window is empty for two hours at
// most, and not for the day.
func TestNobodyEmptiesTheWindowWithoutPaying(t *testing.T) {
	t.Parallel() // it takes long
	inTown(t, func(t *testing.T, w *town) {
		empty, looks := 0, 0
		for begun := time.Now(); time.Since(begun) < 24*time.Hour; time.Sleep(4*time.Minute - 9*time.Second) {
			w.say(alice, "/buy vpn 4")
			w.say(alice, "/buy vpn 3")
			looks++
			if strings.Contains(w.stockLine(), "· 3 free") || strings.Contains(w.last(olga).Text, "· 0 free") {
				empty++
			}
		}
		require.Equal(t, 360, looks)
		require.Less(t, empty, 34, "137.5 minutes at most")
		require.Positive(t, empty)
		require.Contains(t, w.last(alice).Text, "all left unpaid")
		require.LessOrEqual(t, len(w.CryptoPay().Invoices(appToken)), 10)
		time.Sleep(24 * time.Hour)
		w.say(alice, "/buy vpn")
		require.Contains(t, w.last(alice).Text, "Held for you", "it is forgotten after a day")
	})
}

func TestTooManyMessagesGetOnePoliteAnswer(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		for range 300 {
			require.NoError(t, w.Telegram().Say(botToken, alice, "/help"))
		}
		w.say(boris, "/buy vpn")
		require.NotEmpty(t, w.bill(boris), "nobody else waits")
		time.Sleep(2 * time.Minute)
		require.Equal(t, 1, w.heard(alice, "That was a lot at once"))
		require.Equal(t, 10, w.heard(alice, "How buying works"))
		require.Contains(t, w.askOps("GET", "/metrics"), "shopbot_updates_dropped_total 290")

		w.say(alice, "/catalog")
		require.Contains(t, w.last(alice).Text, "What are you looking for?", "and then all is well again")
		card := w.last(alice)
		for range 100 {
			require.NoError(t, w.Telegram().TapData(botToken, alice, card.ID, "help"))
		}
		time.Sleep(2 * time.Minute)
		require.Equal(t, 2, w.heard(alice, "That was a lot at once"), "presses count as well")
	})
}

func TestAnOwnerMayForwardManyListsAtOnce(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.say(olga, "/addstock vpn")
		for i := range 60 {
			require.NoError(t, w.Telegram().Upload(botToken, olga, "keys.txt", fmt.Appendf(nil, "LIST-%02d\n", i), ""))
		}
		time.Sleep(5 * time.Minute)
		w.say(olga, "/done")
		require.Contains(t, w.stockLine(), "70 free")
		require.Zero(t, w.heard(olga, "That was a lot at once"))
	})
}

// mean are the texts that somebody with bad intentions sends.
func mean() []string {
	long := strings.Repeat("x", 4090)
	return []string{
		"/" + long, "/buy " + long, "/buy vpn " + strings.Repeat("9", 4000), "/buy vpn -1", "/buy vpn 9223372036854775808", "/buy vpn ٣",
		"/buy vpn ２", "/buy vpn 1\u202e0", "/buy \u202evpn", "/buy <b>vpn", "/buy vpn' OR 1=1", "/buy ../../etc/passwd", "/buy %s%n%x",
		"/start p_" + long[:60], "/start o_" + long[:60], "/start p_<b>", "/start p_../..", "/start o_1P8M2QX-7KD93HWA", "/start \u0000\u0007", "/start p_\u200b",
		"/language <i>", "/language ../en", "/help@other_bot", "/orders \u2028\u2029", "/cancel 1", "/HELP", "//", "/", "/ help", "/buy\nvpn\n2\n2", "/buy\tvpn\t2x",
		"<b>", "&lt;script&gt;", "\u202eevil\u202c", strings.Repeat("👩‍👩‍👧‍👦", 150), strings.Repeat("ก\u0e49\u0e49\u0e49\u0e49", 500), "\ufeff/buy vpn 0",
		"/stats", "/refund x", "/order x", "/held", "/addstock vpn\nKEY-99", "/done", "/audit x",
	}
}

func TestHostileInputChangesNothingAndIsAnswered(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		for _, text := range mean() {
			before := len(w.Telegram().Sent(botToken, alice))
			if err := w.Telegram().Say(botToken, alice, text); err != nil {
				continue // Telegram itself does not take it
			}
			w.settle()
			require.Greater(t, len(w.Telegram().Sent(botToken, alice)), before, "%.80q is answered", text)
		}
		data := []string{
			"", ":", "::::", "w", "w:", "m:'", "ret", "ret:", "ret:x:y", "ret:1P8M2QX-7KD93HWA:-1", "ret:1P8M2QX-7KD93HWA:99999999999999999999",
			"held:<b>", "b:vpn:٣:x", "b:vpn:1:0000000000000", "n:n:n:home", "n:", "p:vpn:-9", "p:vpn:999999999", "c:games:-1", "c:games:999999999",
			"os:\u202e", "l:\u0000", "refund:::", "\u202e", strings.Repeat("é", 32), "free:1P8M2QX-7KD93HWA", "det:x", "e:x", "g:x", "k:x", "x:x", "o:x",
		}
		w.say(alice, "/start")
		menu := w.last(alice).ID
		for _, d := range data {
			require.NoError(t, w.Telegram().TapData(botToken, alice, menu, d))
			w.settle()
		}
		for _, a := range w.Telegram().Alerts(botToken, alice) {
			require.True(t, a.Answered, "no button spins for ever: %q", a.Data)
		}
		require.Empty(t, w.CryptoPay().Invoices(appToken))
		require.NotContains(t, w.log.String(), "level=ERROR")
		require.Contains(t, w.stockLine(), "10 free")
	})
}

func TestUpdatesWithMissingPartsDisturbNobody(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
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
			require.NoError(t, w.Telegram().Inject(botToken, json.RawMessage(update)), update)
			w.settle()
		}
		time.Sleep(time.Minute)
		require.NotContains(t, w.log.String(), "update handler panicked")
		w.say(alice, "/buy vpn")
		w.pay(alice)
		require.Equal(t, []string{"KEY-01"}, w.keysOf(alice))
	})
}

// tricky are names by which people try to look like somebody or something else.
var tricky = []string{
	"\u202eecilA", "A\u200bl\u200dice", "Al\u2066ice\u2069", "<b>Eve</b>", "a&amp;b", "</a><a href=\"x\">", "line\nbreak\ttab", "\u0000\u0007\u001b[31mred",
	"\u3164", "\u2800\u2800", "", " \u00a0 ", "x\u2028y\u2029z", "\U000e0041\U000e0042", "Z" + strings.Repeat("\u0301", 60), strings.Repeat("W", 200), "\ufeff\u00ad",
}

func TestTrickyNamesAreHarmlessOnTheOwnersScreens(t *testing.T) {
	for i, name := range tricky {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			inTown(t, func(t *testing.T, w *town) {
				const eve = 777
				w.Telegram().AddUser(telegram.User{ID: eve, FirstName: name, LastName: "\u202e", LanguageCode: "en"})
				w.say(eve, "/buy vpn")
				order := orderOf(w.pay(eve))
				require.Equal(t, []string{"KEY-01"}, w.keysOf(eve))
				w.say(olga, "/order "+order)
				require.Contains(t, w.last(olga).Text, "Buyer: ")
				for _, m := range w.Telegram().Sent(botToken, olga) {
					for _, r := range m.Text {
						hidden := unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) || r == 0x3164 || r == 0x2800
						require.False(t, hidden || unicode.IsControl(r) && r != '\n', "%U in %q", r, m.Text)
					}
					require.NotContains(t, m.Text, strings.Repeat("\u0301", 4))
				}
				require.Regexp(t, `Buyer: \S`, w.last(olga).Text, "somebody can be seen")
			})
		})
	}
}

func TestABigDocumentIsTakenFromAnOwnerAlone(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		big := []byte(strings.Repeat(strings.Repeat("k", 1999)+"\n", 20<<20/2000))
		require.NoError(t, w.Telegram().Upload(botToken, alice, "keys.txt", big, "/addstock vpn"))
		w.settle()
		require.Contains(t, w.last(alice).Text, "did not understand")
		require.NotContains(t, w.log.String(), "method=getFile", "a stranger's file is not even fetched")
		w.say(olga, "/addstock vpn")
		require.NoError(t, w.Telegram().Upload(botToken, olga, "keys.txt", append(big, make([]byte, 1<<20)...), ""))
		w.settle()
		require.Contains(t, w.last(olga).Text, "too big")
		require.NoError(t, w.Telegram().Upload(botToken, olga, "keys.txt", big, ""))
		time.Sleep(time.Minute)
		require.Contains(t, w.last(olga).Text, "1 key added")
	})
}

func TestKeysWithMarkupArriveToTheLetter(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.say(olga, "/addstock vpn")
		for _, bad := range []string{"\u0000", "\u0007", "\u001b", "\u0085"} {
			require.NoError(t, w.Telegram().Upload(botToken, olga, "keys.txt", []byte("ok\nbad"+bad+"key\n"), ""))
			w.settle()
			require.Contains(t, w.last(olga).Text, "line 2 holds a control character")
		}
		w.say(olga, "/done")
		require.Contains(t, w.stockLine(), "10 free", "nothing of such a list is loaded")
		w.say(alice, "/buy vpn 10")
		w.pay(alice)
		const key = `<b>&amp;</b> </code> "quoted" \ %s {{.Key}}`
		w.say(olga, "/addstock vpn\n"+key)
		w.say(olga, "/done")
		w.say(alice, "/buy vpn")
		w.pay(alice)
		require.Contains(t, w.last(alice).Text, key)
	})
}
