package e2e

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/broadcast"
	"shopbot/internal/e2e/testenv"
	"shopbot/internal/sandbox/telegram"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

// withCrowd runs a test in which n more people have written to the bot.
func withCrowd(t *testing.T, n int, test func(t *testing.T, env *testEnv, crowd []int64)) {
	t.Helper()
	run(t, func(t *testing.T, env *testEnv) {
		test(t, env, env.addCrowd(n))
	})
}

// addCrowd has n people write to the bot.
func (env *testEnv) addCrowd(n int) (crowd []int64) {
	env.T.Helper()
	for i := range n {
		id := int64(5_000_000 + i)
		env.Telegram().AddUser(telegram.User{ID: id, FirstName: fmt.Sprintf("Buyer %d", i), LanguageCode: "en"})
		require.NoError(env.T, env.Telegram().Say(botToken, id, "/start"))
		crowd = append(crowd, id)
	}
	time.Sleep(time.Duration(n) * 100 * time.Millisecond)
	env.Settle()
	return crowd
}

// draft has Olga write a broadcast up to the screen with its buttons.
func (env *testEnv) draft(text string) {
	env.T.Helper()
	env.Say(olga, "/broadcast")
	env.Tap(olga, "New broadcast")
	env.Say(olga, text)
}

// send has Olga send her draft.
func (env *testEnv) send() {
	env.T.Helper()
	env.Tap(olga, "Send to")
	env.Tap(olga, "Yes, send it")
}

// broadcastOf reads the latest broadcast of the stopped shop, and starts the shop again.
func (env *testEnv) latestBroadcast() (b broadcast.Broadcast) {
	env.T.Helper()
	env.Stop()
	env.WithDatabase(func(db *storage.DB) {
		list, err := db.Broadcasts(env.T.Context(), 1)
		require.NoError(env.T, err)
		require.Len(env.T, list, 1)
		b = list[0]
	})
	env.Start()
	return b
}

// got counts the messages with a text that each of some people got.
func (env *testEnv) got(text string, people ...int64) (counts []int) {
	for _, id := range people {
		counts = append(counts, env.CountSent(id, text))
	}
	return counts
}

func each(n, of int) []int { return slices.Repeat([]int{n}, of) }

func TestADraftOutlivesTheOtherFormsOfItsWriter(t *testing.T) {
	withCrowd(t, 3, func(t *testing.T, env *testEnv, crowd []int64) {
		env.draft("Hello all")
		env.Say(olga, "/find")
		env.Say(olga, "nobody")
		env.Say(olga, "/addstock vpn\nNEW-1")
		env.Say(olga, "/broadcast")
		env.Tap(olga, "Go on with the draft")
		env.send()
		time.Sleep(time.Minute)
		require.Equal(t, each(1, 3), env.got("Hello all", crowd...))
		env.Say(olga, "/broadcast")
		require.False(t, env.hasButton("cast:draft"), "it is sent")
	})
}

func TestABroadcastReachesEverybodyOnceAsItWasPreviewed(t *testing.T) {
	withCrowd(t, 40, func(t *testing.T, env *testEnv, crowd []int64) {
		env.Say(boris, "/start")
		env.Telegram().Block(botToken, crowd[3], true)
		env.makeCoupon("SPRING", "10%", "No limit")
		env.Tap(olga, "Make it")
		env.Say(olga, "/broadcast")
		require.Contains(t, env.Last(olga).Text, "None yet")
		env.Tap(olga, "New broadcast")
		require.NoError(t, env.Telegram().SayFormatted(botToken, olga, "Sale & more <today>", telegram.Entity{Type: "bold", Length: 4}))
		env.Settle()
		env.Tap(olga, "Button")
		env.Tap(olga, "To a product")
		env.Tap(olga, "VPN <30> days")
		env.Tap(olga, "Button")
		env.Tap(olga, "To a web address")
		env.Say(olga, "Our channel http://insecure.test")
		require.Contains(t, env.Last(olga).Text, "no address that begins with https://")
		env.Say(olga, "Our channel https://t.me/example")
		env.Tap(olga, "Button")
		env.Tap(olga, "To a coupon")
		env.Say(olga, "SPRINK")
		require.Contains(t, env.Last(olga).Text, "There is no coupon SPRINK")
		env.Say(olga, "spring")
		require.Contains(t, env.Last(olga).Text, "42 people get it")
		sent := env.Telegram().Sent(botToken, olga)
		preview := sent[len(sent)-2]
		env.send()
		time.Sleep(time.Minute)
		require.Equal(t, 1, env.CountSent(boris, "Sale & more <today>"))
		for _, id := range slices.Delete(slices.Clone(crowd), 3, 4) {
			require.Equal(t, 1, env.CountSent(id, "Sale & more"))
			m := env.Last(id)
			require.Equal(t, preview.Text, m.Text)
			require.Equal(t, preview.Entities, m.Entities)
			require.Equal(t, "bold", m.Entities[0].Type)
			require.Equal(t, preview.Buttons, m.Buttons)
		}
		require.Contains(t, preview.URLs(), "https://t.me/"+env.Telegram().BotName(botToken)+"?start=c_SPRING")
		require.Contains(t, env.Last(olga).Text, "The broadcast is done")
		require.Contains(t, env.Last(olga).Text, "Sent: 41")
		require.Contains(t, env.Last(olga).Text, "Blocked the bot: 1")

		env.Tap(crowd[0], "VPN <30> days")
		require.Contains(t, env.Last(crowd[0]).Text, "VPN <30> days")
		require.Equal(t, 1, env.CountSent(crowd[0], "Sale & more"), "the broadcast stays what it is")

		// Those who blocked the bot are left out, until they write again.
		env.draft("Second")
		require.Contains(t, env.Last(olga).Text, "41 people get it")
		require.Contains(t, env.Last(olga).Text, "1 more is left out")
		env.Telegram().Block(botToken, crowd[3], false)
		env.Say(crowd[3], "/start")
		env.Tap(olga, "Test send")
		env.Tap(olga, "Language")
		env.Tap(olga, "Русский")
		require.Contains(t, env.Last(olga).Text, "1 person gets it")
		env.Tap(olga, "Language")
		env.Tap(olga, "Any language")
		require.Contains(t, env.Last(olga).Text, "42 people get it")
		require.Contains(t, env.latestBroadcast().Message.Text, "Sale", "the draft is not sent")
	})
}

func TestSegmentsOfABroadcast(t *testing.T) {
	withCrowd(t, 3, func(t *testing.T, env *testEnv, _ []int64) {
		env.sold()
		env.Say(boris, "/buy guide") // and does not pay
		env.draft("Hello")
		reach := func(taps ...string) string {
			for _, tap := range taps {
				env.Tap(olga, tap)
			}
			_, said, _ := strings.Cut(env.Last(olga).Text, "To: ")
			return said
		}
		require.Contains(t, reach(), "everybody\n\n6 people get it")
		require.Contains(t, reach("To whom", "Who bought a product", "VPN"), "who bought VPN <30> days\n\n1 person gets it")
		require.Contains(t, reach("To whom", "Who bought a product", "Guide"), "Nobody would get it")
		require.Contains(t, reach("To whom", "Who never bought"), "5 people get it")
		require.Contains(t, reach("Language", "Русский"), "who never bought, language ru\n\n1 person gets it")
		require.Contains(t, reach("Language", "Any", "To whom", "not bought for 30"), "Nobody would get it")
		time.Sleep(23 * time.Hour)
		env.Say(olga, "/broadcast")
		env.Tap(olga, "Go on with the draft")
		time.Sleep(7*24*time.Hour - 22*time.Hour)
		env.Tap(olga, "To whom")
		alerts := env.Telegram().Alerts(botToken, olga)
		require.Contains(t, alerts[len(alerts)-1].Text, "draft is gone")
		env.draft("Hello again")
		require.Contains(t, reach("To whom", "not bought for 7 days"), "1 person gets it", "Alice bought more than seven days ago")
		env.send()
		time.Sleep(time.Minute)
		require.Equal(t, []int{1, 0}, env.got("Hello again", alice, boris))
	})
}

func TestADoubleTapSendsOneBroadcastAndASecondOneWaits(t *testing.T) {
	withCrowd(t, 200, func(t *testing.T, env *testEnv, crowd []int64) {
		env.draft("First")
		env.Tap(olga, "Send to")
		yes, found := telegram.Button{}, false
		m := env.Last(olga)
		for _, b := range slices.Concat(m.Buttons...) {
			if strings.HasPrefix(b.Data, "cast:yes:") {
				yes, found = b, true
			}
		}
		require.True(t, found)
		for range 3 {
			require.NoError(t, env.Telegram().TapData(botToken, olga, m.ID, yes.Data))
		}
		env.Say(olga, "/broadcast")
		env.Tap(olga, "New broadcast")
		alerts := env.Telegram().Alerts(botToken, olga)
		require.Contains(t, alerts[len(alerts)-1].Text, "One broadcast at a time")
		time.Sleep(time.Minute)
		require.NoError(t, env.Telegram().TapData(botToken, olga, m.ID, yes.Data))
		time.Sleep(time.Minute)
		require.Equal(t, each(1, 200), env.got("First", crowd...))
		require.Equal(t, 1, int(env.latestBroadcast().ID))
	})
}

func TestABroadcastIsPausedResumedAndStopped(t *testing.T) {
	withCrowd(t, 600, func(t *testing.T, env *testEnv, crowd []int64) {
		env.Telegram().SetFaults(telegram.Faults{RealLimits: true})
		sum := func() (n int) {
			for _, c := range env.got("Hello", crowd...) {
				n += c
			}
			return n
		}
		env.draft("Hello")
		env.send()
		time.Sleep(2 * time.Second)
		require.Contains(t, env.Last(olga).Text, "▓")
		env.Tap(olga, "Pause")
		time.Sleep(time.Minute)
		paused := sum()
		require.Less(t, paused, 600)
		require.Contains(t, env.Last(olga).Text, "is paused")
		env.Stop()
		env.Start()
		time.Sleep(time.Hour)
		require.Equal(t, paused, sum(), "a pause outlasts a restart")
		env.Say(olga, "/broadcast")
		env.Tap(olga, "⏸ ")
		env.Tap(olga, "Go on")
		env.Tap(olga, "Stop")
		require.Contains(t, env.Last(olga).Text, "Stop the broadcast?")
		env.Tap(olga, "Yes, stop it")
		time.Sleep(time.Minute)
		require.Greater(t, sum(), paused)
		require.Contains(t, env.Last(olga).Text, "was stopped")
		b := env.latestBroadcast()
		require.Equal(t, broadcast.Stopped, b.State)
		require.Equal(t, sum()+env.CountSent(olga, "Hello")-env.CountSent(olga, "“Hello”")-1, b.Counts.Sent, "and the preview")
		require.Zero(t, b.Counts.Unknown)
	})
}

func TestARestartAmidABroadcastRepeatsNothingAndLosesNobody(t *testing.T) {
	withCrowd(t, 200, func(t *testing.T, env *testEnv, crowd []int64) {
		env.draft("Hello")
		env.send()
		for range 4 {
			env.Stop()
			env.Start()
		}
		time.Sleep(time.Minute)
		require.Equal(t, each(1, 200), env.got("Hello", crowd...))
		b := env.latestBroadcast()
		require.Equal(t, broadcast.Counts{Sent: 201}, b.Counts)
	})
}

func TestAnOutageLeavesFewInDoubtAndAFloodLimitNobody(t *testing.T) {
	withCrowd(t, 200, func(t *testing.T, env *testEnv, crowd []int64) {
		env.draft("Hello")
		env.Tap(olga, "Send to")
		env.Telegram().FailNext("sendMessage", 7, telegram.Failure{Status: http.StatusTooManyRequests, RetryAfter: 20})
		env.Tap(olga, "Yes, send it")
		time.Sleep(19 * time.Second)
		env.Telegram().FailNext("", 1000, telegram.Failure{Status: http.StatusBadGateway, HTML: true})
		time.Sleep(time.Minute)
		env.Telegram().FailNext("", 0, telegram.Failure{})
		// It answers, and takes no messages.
		env.Telegram().FailNext("sendMessage", 1000, telegram.Failure{Status: http.StatusBadGateway, HTML: true})
		time.Sleep(10 * time.Minute)
		env.Telegram().FailNext("sendMessage", 0, telegram.Failure{})
		time.Sleep(10 * time.Minute)
		b := env.latestBroadcast()
		require.Equal(t, broadcast.Done, b.State)
		require.Equal(t, 201, b.Counts.Sent+b.Counts.Unknown)
		require.LessOrEqual(t, b.Counts.Unknown, 12+15, "one more at each try")
		require.Positive(t, b.Counts.Unknown)
		for i, n := range env.got("Hello", crowd...) {
			require.LessOrEqual(t, n, 1, "%d", i)
		}
	})
}

func TestABroadcastThatIsStoppedDuringAFloodLimitSendsNothingMore(t *testing.T) {
	withCrowd(t, 200, func(t *testing.T, env *testEnv, crowd []int64) {
		env.draft("Hello")
		env.Tap(olga, "Send to")
		require.NoError(t, env.Telegram().TapData(botToken, olga, env.Last(olga).ID, callbackOf(t, env.Last(olga), "Yes, send it")))
		time.Sleep(500 * time.Millisecond)
		env.Telegram().FailNext("sendMessage", 1000, telegram.Failure{Status: http.StatusTooManyRequests, RetryAfter: 20})
		time.Sleep(10 * time.Second)
		// The limit is for edits as well. A counter that waits for it may take the place of the question.
		for i := 0; i < 20 && !hasButton(env.Last(olga), "Yes, stop it"); i++ {
			require.NoError(t, env.Telegram().TapData(botToken, olga, env.Last(olga).ID, callbackOf(t, env.Last(olga), "Stop")))
			time.Sleep(30 * time.Second)
		}
		require.NoError(t, env.Telegram().TapData(botToken, olga, env.Last(olga).ID, callbackOf(t, env.Last(olga), "Yes, stop it")))
		time.Sleep(time.Minute)
		env.Telegram().FailNext("sendMessage", 0, telegram.Failure{})
		time.Sleep(10 * time.Minute)
		got := 0
		for _, n := range env.got("Hello", crowd...) {
			require.LessOrEqual(t, n, 1)
			got += n
		}
		b := env.latestBroadcast()
		require.Equal(t, broadcast.Stopped, b.State)
		require.Less(t, b.Counts.Sent, 150)
		require.InDelta(t, b.Counts.Sent, got, 1, "but for the owner's own")
	})
}

func hasButton(m telegram.Message, label string) bool {
	_, found := testenv.FindButton(m, label)
	return found
}

// callbackOf is what a button of a message sends.
func callbackOf(t *testing.T, m telegram.Message, label string) string {
	t.Helper()
	b, found := testenv.FindButton(m, label)
	require.True(t, found, "%s in %v", label, m)
	return b.Data
}

func TestAMessageThatTelegramRefusesPausesTheBroadcast(t *testing.T) {
	withCrowd(t, 100, func(t *testing.T, env *testEnv, _ []int64) {
		env.draft("Hello")
		env.Tap(olga, "Send to")
		env.Telegram().FailNext("sendMessage", 1000, telegram.Failure{Status: http.StatusBadRequest, Description: "Bad Request: wrong"})
		env.Tap(olga, "Yes, send it")
		time.Sleep(time.Minute)
		env.Telegram().FailNext("sendMessage", 0, telegram.Failure{})
		require.Contains(t, env.Transcript(olga), "Telegram refuses the message: Bad Request: wrong")
		b := env.latestBroadcast()
		require.Equal(t, broadcast.Paused, b.State)
		require.LessOrEqual(t, b.Counts.Failed, 40)
	})
}

func TestWhoSentStopGetsNoOffersAndAllAboutTheirOrders(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/stop")
		require.Contains(t, env.Last(alice).Text, "no more offers")
		env.Say(boris, "/start")
		env.draft("Hello")
		require.Contains(t, env.Last(olga).Text, "2 people get it")
		env.send()
		time.Sleep(time.Minute)
		require.Equal(t, []int{0, 1}, env.got("Hello", alice, boris))
		env.sold()
		require.Equal(t, []string{"KEY-01"}, env.KeysOf(alice))
		env.Tap(alice, "offers again")
		require.Contains(t, env.Last(alice).Text, "offers from this shop again")
		env.Tap(boris, "Не присылать")
		require.Contains(t, env.Last(boris).Text, "больше не пришлёт")
		require.Equal(t, 1, env.CountSent(boris, "Hello"), "the broadcast stays")
		env.draft("Again")
		env.send()
		time.Sleep(time.Minute)
		require.Equal(t, []int{1, 0}, env.got("Again", alice, boris))
	})
}

func TestABroadcastWithAPicture(t *testing.T) {
	withCrowd(t, 3, func(t *testing.T, env *testEnv, crowd []int64) {
		var picture bytes.Buffer
		require.NoError(t, png.Encode(&picture, image.NewGray(image.Rect(0, 0, 40, 30))))
		file := telegram.Attached{Name: "a.txt", Data: []byte("a")}
		env.Say(olga, "/broadcast")
		env.Tap(olga, "New broadcast")
		require.NoError(t, env.Telegram().Album(botToken, olga, "", 0, file, file))
		env.Settle()
		require.Equal(t, 1, env.CountSent(olga, "That is an album"))
		require.NoError(t, env.Telegram().SendLocation(botToken, olga, 1, 1))
		env.Settle()
		require.Contains(t, env.Last(olga).Text, "neither a text nor a picture")
		require.NoError(t, env.Telegram().UploadAs(botToken, olga, "photo", "sale.png", picture.Bytes(), "Sale"))
		env.Settle()
		require.Contains(t, env.Last(olga).Text, "🖼 Sale")
		env.send()
		time.Sleep(time.Minute)
		for _, id := range crowd {
			m := env.Last(id)
			require.Equal(t, "Sale", m.Text)
			require.NotNil(t, m.Photo)
			require.Equal(t, picture.Bytes(), m.Photo.Data)
		}
	})
}

// Everything happens at Telegram's own pace: the sandbox would answer more with 429.
func TestGoodsGoBeforeABroadcast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := newEnv(t)
		env.Start()
		env.LoadKeys(10)
		env.addCrowd(600)
		env.Telegram().SetFaults(telegram.Faults{RealLimits: true})
		env.draft("Hello")
		env.send()
		for range 5 {
			env.Say(alice, "/buy vpn")
			require.NotEmpty(t, env.PayLink(alice))
			before := time.Now()
			keys := len(env.KeysOf(alice))
			env.Pay(alice)
			require.Len(t, env.KeysOf(alice), keys+1)
			sent := env.Telegram().Sent(botToken, alice)
			for _, m := range slices.Backward(sent) {
				if strings.Contains(m.Text, "KEY-") {
					require.Less(t, m.Date.Sub(before), time.Second)
					break
				}
			}
		}
		time.Sleep(time.Minute)
		require.NotContains(t, env.Log.String(), "outcome=flood")
		b := env.latestBroadcast()
		require.Equal(t, broadcast.Done, b.State)
		require.Equal(t, broadcast.Counts{Sent: 602}, b.Counts)
		require.Less(t, b.Ended.Sub(b.Started), 30*time.Second, "30 messages a second")
		env.Stop()
	})
}

func TestAForgottenPersonGetsNoBroadcast(t *testing.T) {
	withCrowd(t, 3, func(t *testing.T, env *testEnv, crowd []int64) {
		env.Stop()
		env.WithDatabase(func(db *storage.DB) {
			_, err := db.Forget(t.Context(), crowd[1])
			require.NoError(t, err)
			p, err := db.Person(t.Context(), crowd[1])
			require.NoError(t, err)
			require.Equal(t, shop.Person{ID: crowd[1]}, p)
		})
		env.Start()
		env.draft("Hello")
		env.send()
		time.Sleep(time.Minute)
		require.Equal(t, []int{1, 0, 1}, env.got("Hello", crowd...))
	})
}

func TestABlockedPersonGetsNoOffers(t *testing.T) {
	withCrowd(t, 3, func(t *testing.T, env *testEnv, crowd []int64) {
		env.Say(olga, fmt.Sprint("/find ", crowd[1]))
		env.Press(olga, fmt.Sprintf("person:%d:b", crowd[1]))
		env.Press(olga, fmt.Sprintf("person:%d:b:spam", crowd[1]))
		env.draft("Hello")
		require.Contains(t, env.Last(olga).Text, "3 people get it")
		require.Contains(t, env.Last(olga).Text, "1 more is left out")
		env.send()
		time.Sleep(time.Minute)
		require.Equal(t, []int{1, 0, 1}, env.got("Hello", crowd...))
		env.Say(olga, fmt.Sprint("/unblock ", crowd[1]))
		env.draft("Again")
		require.Contains(t, env.Last(olga).Text, "4 people get it")
	})
}
