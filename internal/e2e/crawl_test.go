package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox/telegram"
)

// buttonsSent collects the callback data of all buttons that the bot ever sends, by chat.
type buttonsSent struct {
	http.RoundTripper

	mu    sync.Mutex
	data  map[string][]string // chat => callback data, each once
	calls map[string]int      // chat => what was sent or edited there
}

var (
	sentTo   = regexp.MustCompile(`name="chat_id"\r\n\r\n(\d+)`)
	sentData = regexp.MustCompile(`"callback_data":("(?:[^"\\]|\\.)*")`)
)

func (s *buttonsSent) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil && strings.Contains(r.URL.Path, "/bot") {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if to := sentTo.FindSubmatch(body); to != nil {
			s.mu.Lock()
			s.calls[string(to[1])]++
			for _, m := range sentData.FindAllSubmatch(body, -1) {
				var data string
				if json.Unmarshal(m[1], &data) == nil && !slices.Contains(s.data[string(to[1])], data) {
					s.data[string(to[1])] = append(s.data[string(to[1])], data)
				}
			}
			s.mu.Unlock()
		}
	}
	return s.RoundTripper.RoundTrip(r)
}

func (s *buttonsSent) to(who int64) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.data[fmt.Sprint(who)])
}

func (s *buttonsSent) callsTo(who int64) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[fmt.Sprint(who)]
}

// collectButtons has the next start of the shop collect buttons.
func (env *testEnv) collectButtons() *buttonsSent {
	s := &buttonsSent{RoundTripper: env.Network.Transport(), data: map[string][]string{}, calls: map[string]int{}}
	env.Transport = s
	return s
}

var numbers = regexp.MustCompile(`[0-9A-Za-z_-]{12,}|\d+`)

// likeness is what buttons that do the same to different things have in common.
func likeness(data string) string { return numbers.ReplaceAllString(data, "#") }

// busyShop fills the shop with orders in each state that staff have to do with.
func (env *testEnv) busyShop() {
	env.makeCoupon("spring", "20%", "No limit")
	env.Tap(olga, "Make it")
	env.Say(alice, "/buy vpn 2")
	env.Pay(alice)
	env.Say(alice, "/buy guide")
	env.Pay(alice)
	order := env.lastOrder()
	env.payAgain(alice, order, "5", "USDT") // twice
	env.Say(alice, "/buy vpn")
	env.payAgain(alice, env.lastOrder(), "1", "USDT") // held
	env.Say(alice, "/buy vpn")                        // open
	env.Say(alice, "/support")
	env.Press(alice, "ask:new")
	env.Say(alice, "Where is it?")
}

// crawl has the owner press every button that she is sent, one of each likeness, and write something
// after some of the presses.
func (env *testEnv) crawl(sent *buttonsSent, presses int, words func(n int)) {
	env.T.Helper()
	pressed := map[string]int{}
	for n := range presses {
		next := ""
		for _, data := range sent.to(olga) {
			if l := likeness(data); pressed[l] == 0 {
				next = data
				break
			}
		}
		if next == "" {
			break
		}
		pressed[likeness(next)]++
		at := env.Last(olga).ID
		for _, m := range slices.Backward(env.Chat(olga)) {
			if slices.ContainsFunc(slices.Concat(m.Buttons...), func(b telegram.Button) bool { return b.Data == next }) {
				at = m.ID
				break
			}
		}
		require.NoError(env.T, env.Telegram().TapData(botToken, olga, at, next))
		env.Settle()
		words(n)
	}
}

// commandsOfStaff lead to all screens that no button leads to.
func commandsOfStaff(order string) []string {
	return []string{
		"/admin", "/staff", "/stats", "/order " + order, "/audit " + order, "/balance", "/held", "/find", "/questions", "/products",
		"/refund " + order, "/stock vpn", "/addstock vpn\nNEW-1\nNEW-2", "/removestock vpn\nKEY-09", "/broadcast", "/export", "/morning",
		"/coupons", "/start", "/catalog", "/orders", "/coupon", "/invite", "/language", "/help", "/support", "/unblock " + fmt.Sprint(alice),
	}
}

// Whatever button the bot sent to the staff, in a stranger's hands it changes and shows nothing.
func TestNoButtonOfTheStaffWorksForAStranger(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Stop()
		sent := env.collectButtons()
		env.Start()
		env.busyShop()
		for _, command := range commandsOfStaff(env.CryptoPay().Invoices(appToken)[0].Payload) {
			env.Say(olga, command)
		}
		answers := []string{"5", "10%", "EXTRA", "2000-02-01", "hello"}
		env.crawl(sent, 1000, func(n int) { env.Say(olga, answers[n%len(answers)]) })
		env.wait(2 * time.Hour) // until nothing is open
		all := sent.to(olga)
		require.Greater(t, len(all), 150)
		require.NotContains(t, env.Log.String(), "level=ERROR")
		env.Say(boris, "/start")
		before := env.snapshot()
		heard := len(env.Telegram().Sent(botToken, boris))
		for _, data := range all {
			require.NoError(t, env.Telegram().TapData(botToken, boris, env.Last(boris).ID, data))
			env.Settle()
		}
		for _, m := range env.Telegram().Sent(botToken, boris)[heard:] {
			for _, secret := range []string{"KEY-", "NEW-", "Alice", "spring", "SPRING", "j_"} {
				require.NotContains(t, m.Text, secret)
			}
		}
		for _, a := range env.Telegram().Alerts(botToken, boris) {
			require.True(t, a.Answered, a.Data)
		}
		require.NotContains(t, env.Log.String(), "level=ERROR")
		require.Equal(t, before, env.snapshot())
	})
}

// hostileWords are what a member of the staff may send by mistake or by malice in any form.
func hostileWords() []string {
	return append(hostileTexts(),
		strings.Repeat("x", 4096), strings.Repeat("<&>", 1365), strings.Repeat("😀", 2048), "\u202e\u2066abc\u202c", "\u200b\u200d\ufeff",
		"a\x00b\x07", "5", "-5", "1e309", "0.000000001", "99999999999999999999999999999", "5%", "101%", "2026-13-45", "01.01.2000", "https://x", "http://[::1",
		"@"+strings.Repeat("a", 100), "/admin@other_bot", "/cancel@test_bot", "-", "no", "vpn", "KEY-01", "10+ = 4.50\n20+ = 4", "1=1", "\n\n\n", "{{.Order}}", "{Order}", "%!s", "𝓐𝓑", "a\u0300\u0301\u0302"+strings.Repeat("\u0300", 500),
	)
}

// Whatever the staff send in the middle of whatever form: each press and message is answered, nothing
// that is sent is refused by Telegram, and the shop stays sound.
func TestTheStaffMaySendAnythingAnywhere(t *testing.T) {
	for seed := range uint64(2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			run(t, func(t *testing.T, env *testEnv) {
				env.Stop()
				sent := env.collectButtons()
				env.Start()
				env.busyShop()
				random := rand.New(rand.NewPCG(seed, 7)) //nolint:gosec // repeatable
				words := hostileWords()
				commands := commandsOfStaff(env.CryptoPay().Invoices(appToken)[0].Payload)
				random.Shuffle(len(commands), func(i, j int) { commands[i], commands[j] = commands[j], commands[i] })
				hostile := func(int) {
					heard := sent.callsTo(olga)
					what := ""
					switch random.IntN(8) {
					case 0:
						what = "a picture"
						require.NoError(t, env.Telegram().UploadAs(botToken, olga, "photo", "p.jpg", picture(t, 20, 20, 9), "KEY <b>"))
					case 1:
						what = "a file"
						require.NoError(t, env.Telegram().Upload(botToken, olga, "list\u202e.txt", []byte("A-1\x00\nB-2"), "vpn"))
					case 2:
						what = "an edited message"
						require.NoError(t, env.Telegram().Inject(botToken, json.RawMessage(fmt.Sprintf(
							`{"edited_message":{"message_id":1,"date":1,"edit_date":2,"from":{"id":%d,"is_bot":false,"first_name":"O"},"chat":{"id":%[1]d,"type":"private"},"text":"5 USDT"}}`, olga))))
					default:
						what = words[random.IntN(len(words))]
						if env.Telegram().Say(botToken, olga, what) != nil {
							what = ""
						}
					}
					env.Settle()
					if what != "" && what != "an edited message" {
						env.Settle()
						require.Greater(t, sent.callsTo(olga), heard, "no answer to %.80q in\n%s", what, env.Transcript(olga))
					}
				}
				for _, command := range commands {
					env.Say(olga, command)
					hostile(0)
				}
				env.crawl(sent, 120, hostile)
				for _, a := range env.Telegram().Alerts(botToken, olga) {
					require.True(t, a.Answered, a.Data)
				}
				for line := range strings.Lines(env.Log.String()) {
					if strings.Contains(line, "level=ERROR") || strings.Contains(line, "Bad Request") && !strings.Contains(line, "before they press Start") {
						t.Error(line)
					}
				}
				env.sound()
			})
		})
	}
}
