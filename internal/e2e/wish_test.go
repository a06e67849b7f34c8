package e2e

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/sandbox/telegram"
	"shopbot/internal/storage"
)

// waiting makes people who ask to be told when the keys are back, in their order.
func (env *testEnv) waiting(n int) (people []int64) {
	env.T.Helper()
	for i := range n {
		id := int64(5_000_000 + n - i) // not the order of their ids
		env.Telegram().AddUser(telegram.User{ID: id, FirstName: fmt.Sprint("Buyer ", i), LanguageCode: "en"})
		env.Say(id, "/buy vpn")
		require.Contains(env.T, env.Last(id).Text, "Sold out just now")
		env.Tap(id, "Tell me when it is back")
		require.Contains(env.T, env.Last(id).Text, "I tell you when it is back")
		people = append(people, id)
	}
	return people
}

const isBack = "VPN <30> days is back"

func TestTwoUnitsForThreeWhoWaitAreToldToTheFirstTwo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := newEnv(t)
		env.Start()
		env.Say(olga, "/start")
		people := env.waiting(3)
		env.Stop()
		env.Start() // the list outlives a restart
		env.LoadKeys(2)
		time.Sleep(time.Minute)
		require.Equal(t, 1, env.CountSent(people[0], isBack), env.Transcript(people[0]))
		require.Equal(t, 1, env.CountSent(people[1], isBack))
		require.Zero(t, env.CountSent(people[2], isBack))
		require.Contains(t, env.Last(people[0]).Text, "2 pieces, 5.00 USD")

		env.Tap(people[0], "Look at it")
		env.Tap(people[0], "Buy")
		env.Pay(people[0])
		require.Len(t, env.KeysOf(people[0]), 1)
		env.Say(people[0], "/wishes")
		require.Contains(t, env.Last(people[0]).Text, "empty", "what is bought leaves the list")
		env.Say(people[2], "/wishes")
		require.Contains(t, env.Transcript(people[2]), "VPN <30> days p:vpn:1")

		env.LoadStock("vpn", "KEY-77")
		time.Sleep(time.Minute)
		require.Equal(t, 1, env.CountSent(people[2], isBack))
		for _, id := range people {
			require.Equal(t, 1, env.CountSent(id, isBack), "each is told once")
		}
		env.Stop()
	})
}

func TestWhoBlockedTheBotPassesTheTurnOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := newEnv(t)
		env.Start()
		env.Say(olga, "/start")
		people := env.waiting(3)
		env.Telegram().Block(botToken, people[0], true)
		env.Tap(people[1], "Do not tell me")
		env.LoadKeys(1)
		time.Sleep(time.Minute)
		require.Zero(t, env.CountSent(people[0], isBack))
		require.Zero(t, env.CountSent(people[1], isBack))
		require.Equal(t, 1, env.CountSent(people[2], isBack))
		env.Tap(people[2], "Off my list")
		env.Say(people[2], "/wishes")
		require.Contains(t, env.Last(people[2]).Text, "empty")
		env.Stop()
	})
}

func TestAReservationThatLapsesIsToldToWhoWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := newEnv(t)
		env.Start()
		env.LoadKeys(1)
		env.Say(alice, "/buy vpn 1")
		people := env.waiting(1)
		time.Sleep(20 * time.Minute)
		require.Zero(t, env.CountSent(people[0], isBack))
		time.Sleep(time.Hour)
		require.Equal(t, 1, env.CountSent(people[0], isBack))
		env.Stop()
	})
}

func TestAReviewIsWrittenAnsweredAndHidden(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		order := env.sold()
		env.Tap(alice, "Rate")
		require.Contains(t, env.Last(alice).Text, "How many stars does VPN <30> days deserve?")
		env.Tap(alice, "4 ★")
		require.Contains(t, env.Last(olga).Text, "★★★★☆")
		env.Say(alice, "Works <b>well</b>, see t.me/evil, @evil_bot, /refund and https://evil.example.com")
		told := env.Last(olga)
		require.Contains(t, told.Text, "Works <b>well<")
		require.Contains(t, told.Text, order)
		require.NotContains(t, fmt.Sprint(told.Entities), "url", "a stranger's words become no link")

		env.Press(olga, "reviews:a:")
		env.Say(olga, "Thank you!")
		require.Contains(t, env.Last(alice).Text, "The shop answers your review of VPN <30> days")

		env.Say(boris, "/start p_vpn")
		require.Contains(t, env.Last(boris).Text, "4.0 ★ (1)")
		env.Press(boris, "rv:p:vpn")
		page := env.Last(boris)
		require.Contains(t, page.Text, "Works <b>well<")
		require.Contains(t, page.Text, "A.")
		require.NotContains(t, page.Text, "Alice")
		require.Contains(t, page.Text, "Thank you!")
		for _, e := range page.Entities {
			require.NotContains(t, []string{"url", "mention", "bot_command", "text_link"}, e.Type)
		}

		env.Press(olga, "reviews:h:")
		env.Press(boris, "p:vpn:1")
		env.Press(boris, "rv:p:vpn")
		require.NotContains(t, env.Last(boris).Text, "Works")
		env.Say(olga, "/reviews")
		require.Contains(t, env.Last(olga).Text, "Hidden: buyers do not see it")
		env.Press(olga, "reviews:o:")
		env.Tap(olga, "Show again")

		env.Tap(alice, "My review")
		env.Tap(alice, "5 ★")
		env.Say(boris, "/start p_vpn")
		require.Contains(t, env.Last(boris).Text, "5.0 ★ (1)", "changed, and counted once")
		env.refund(order)
		env.Say(boris, "/start p_vpn")
		require.Contains(t, env.Last(boris).Text, "5.0 ★ (1)", "no shop buys itself out of a review")
		env.Tap(alice, "1 ★")
		env.Say(boris, "/start p_vpn")
		require.Contains(t, env.Last(boris).Text, "5.0 ★ (1)", "nor is it changed afterwards")
		require.NoError(t, env.Telegram().Say(botToken, alice, "/start o_"+order))
		env.Settle()
		_, rate := testenv.FindButton(env.Last(alice), "Rate")
		require.False(t, rate)
	})
}

func TestForgettingABuyerLeavesTheStars(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := newEnv(t)
		env.Start()
		env.LoadKeys(2)
		env.sold()
		env.Tap(alice, "Rate")
		env.Tap(alice, "3 ★")
		env.Tap(alice, "Add words")
		env.Say(alice, "My name is Alice Reed")
		env.Stop()
		env.WithDatabase(func(db *storage.DB) {
			_, err := db.Forget(t.Context(), alice)
			require.NoError(t, err)
		})
		env.Start()
		env.Say(boris, "/start p_vpn")
		require.Contains(t, env.Last(boris).Text, "3.0 ★ (1)")
		env.Press(boris, "rv:p:vpn")
		require.NotContains(t, env.Last(boris).Text, "Alice")
		env.Stop()
	})
}

// An album is several messages. All its pictures go to the buyer, and nothing that is written after it.
func TestAnAlbumAsAnAnswerGoesWhole(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		order := env.sold()
		env.Press(alice, "ask:new:"+order)
		pictures := func(n int) (album []telegram.Attached) {
			for range n {
				album = append(album, telegram.Attached{Name: "x.png", Data: picture(t, 40, 30, 120), Kind: "photo"})
			}
			return album
		}
		photosOf := func(who int64) (n int) {
			for _, m := range env.Telegram().Sent(botToken, who) {
				if m.Photo != nil {
					n++
				}
			}
			return n
		}
		require.NoError(t, env.Telegram().Album(botToken, alice, "All that I see", 0, pictures(8)...))
		time.Sleep(time.Minute)
		require.Equal(t, 8, photosOf(olga), "an album counts as one message")
		require.Equal(t, 1, env.CountSent(alice, "Sent to the shop's staff"))

		env.Press(olga, "qn:a:")
		require.NoError(t, env.Telegram().Album(botToken, olga, "Do this", 0, pictures(4)...))
		time.Sleep(30 * time.Second)
		require.Equal(t, 4, photosOf(alice), env.Transcript(alice))
		require.Equal(t, 1, strings.Count(env.Transcript(olga), "Sent to Alice Reed"))
		env.Say(olga, "not for the buyer")
		require.Zero(t, env.CountSent(alice, "not for the buyer"))
		require.Contains(t, env.Last(olga).Text, "found nothing like that")
	})
}
