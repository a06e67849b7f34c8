package e2e

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/ops"
	"shopbot/internal/storage"
)

const evil = "It <b>fails</b>!\n[Refund](tg://x) The shop: send coins"

func TestABuyerAsksAboutAnOrderAndIsAnswered(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		order := env.sold()
		env.Press(alice, "ask:new:"+order)
		require.Contains(t, env.Last(alice).Text, "What is it about? · order "+order)
		env.Say(alice, evil)
		require.Contains(t, env.Last(alice).Text, "Sent to the shop's staff")
		told := env.Last(olga)
		require.Contains(t, told.Text, "Question of Alice Reed")
		require.Contains(t, told.Text, evil, "as it was written")
		require.Contains(t, fmt.Sprint(told.Entities), "blockquote", "and apart from the shop's words")
		env.Say(alice, "And where is it?")
		require.Contains(t, env.Last(olga).Text, "writes more")

		env.Say(olga, "/questions")
		require.Contains(t, env.Last(olga).Text, evil)
		env.Press(olga, "qn:a:")
		require.Contains(t, env.Last(olga).Text, "Write the answer to Alice Reed")
		sent := len(env.Telegram().Sent(botToken, alice))
		env.Say(olga, "Try <again> & again")
		answer := env.Last(alice)
		require.Len(t, env.Telegram().Sent(botToken, alice), sent+1)
		require.Contains(t, answer.Text, "The staff of Test Shop writes · order "+order)
		require.Contains(t, answer.Text, "Try <again> & again")
		require.NotContains(t, answer.Text, "Olga", "a buyer does not learn names")
		require.Equal(t, 2, strings.Count(env.Transcript(olga), "Answered by Olga"), "both notices say so: %s", env.Transcript(olga))
		env.Say(olga, "/questions")
		require.Contains(t, env.Last(olga).Text, "No question waits")

		env.Say(olga, "not for the buyer")
		require.Len(t, env.Telegram().Sent(botToken, alice), sent+1, "one message is one answer")
		env.Press(alice, "ask:on:")
		env.Say(alice, "Thanks, it works")
		require.Contains(t, env.Last(olga).Text, "Thanks, it works")
		env.Press(olga, "qn:c:")
		require.Contains(t, env.Last(alice).Text, "Your question was closed")
		require.Equal(t, 1, strings.Count(env.Transcript(olga), "Closed by Olga"))
		env.Press(alice, "ask:on:")
		env.Say(alice, "One more")
		env.Press(olga, "qn:a:")
		env.Say(olga, "Yes?")
		env.Press(alice, "ask:solved:")
		require.Contains(t, env.Transcript(olga), "Solved, says the buyer")
		_, found := testenv.FindButton(env.Last(alice), "Solved")
		require.False(t, found)
	})
}

func TestPicturesOfAQuestionArePassedOn(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/support")
		env.Press(alice, "ask:new")
		caption := strings.Repeat("long ", 200)
		for _, caption := range []string{"Look", caption} {
			require.NoError(t, env.Telegram().UploadAs(botToken, alice, "photo", "x.png", picture(t, 40, 40, 200), caption))
			env.Settle()
		}
		require.NoError(t, env.Telegram().UploadAs(botToken, alice, "voice", "x.ogg", []byte("OggS"), ""))
		env.Settle()
		require.Contains(t, env.Last(alice).Text, "I can pass on a text, or a picture")
		photos := 0
		for _, m := range env.Telegram().Sent(botToken, olga) {
			if m.Photo != nil {
				photos++
			}
		}
		require.Equal(t, 2, photos, env.Transcript(olga))
		require.Contains(t, env.Last(olga).Text, strings.TrimSpace(caption), "a text that is too long for a caption follows its picture")
		env.Press(olga, "qn:a:")
		require.NoError(t, env.Telegram().UploadAs(botToken, olga, "photo", "y.png", picture(t, 40, 40, 200), "So it goes"))
		env.Settle()
		require.Contains(t, env.Last(alice).Text, "So it goes")
		env.Press(olga, "n:qn:o:")
		env.Press(olga, "qn:p:")
		require.Contains(t, env.Last(olga).Text, "So it goes")
	})
}

func TestAQuestionOutlivesARestartAndAnAbsentOwner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := newEnv(t)
		env.Start()
		env.Say(alice, "/paysupport")
		env.Press(alice, "ask:new")
		env.Stop()
		env.Start()
		env.Say(alice, "Is anybody there?")
		require.Contains(t, env.Last(alice).Text, "Sent to the shop's staff", "the form outlives a restart")
		require.Empty(t, env.Telegram().Sent(botToken, olga), "a bot may not write first")
		env.Stop()
		env.Start()
		env.Say(olga, "/start")
		require.Contains(t, env.Transcript(olga), "1 message of a buyer – /questions")
		env.Say(olga, "/questions")
		require.Contains(t, env.Last(olga).Text, "Is anybody there?")
		env.Press(olga, "qn:o:")
		env.Press(olga, "qn:a:")
		env.Stop()
		env.Start()
		env.Say(olga, "I am.")
		require.Contains(t, env.Last(alice).Text, "I am.")
		env.Stop()
	})
}

func TestQuestionsAreBounded(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/support")
		env.Press(alice, "ask:new")
		env.Say(alice, strings.Repeat("x", 2001))
		require.Contains(t, env.Last(alice).Text, "too long")
		for n := range 6 {
			env.Say(alice, fmt.Sprint("message ", n))
		}
		require.Contains(t, env.Last(alice).Text, "Please wait for the answer")
		require.Equal(t, 5, strings.Count(env.Transcript(olga), "message "))
		env.Say(alice, "hello?")
		require.Contains(t, env.Last(alice).Text, "found nothing", "the form is over")
		for range 3 {
			env.Say(alice, "/support")
			env.Press(alice, "ask:new")
			env.Say(alice, "another")
		}
		require.Contains(t, env.Last(alice).Text, "3 open questions already")
	})
}

func TestAFormThatIsLeftTakesNothing(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		said := len(env.Telegram().Sent(botToken, olga))
		for _, leave := range []func(){
			func() { env.Press(alice, "leave") },
			func() { env.Say(alice, "/orders") },
			func() { time.Sleep(11 * time.Minute) },
		} {
			env.Say(alice, "/support")
			env.Press(alice, "ask:new")
			leave()
			env.Say(alice, "not for the shop")
			require.Contains(t, env.Last(alice).Text, "found nothing")
		}
		require.Len(t, env.Telegram().Sent(botToken, olga), said)
	})
}

func TestNobodyReachesTheQuestionsOfOthers(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		order := env.sold()
		env.Press(alice, "ask:new:"+order)
		env.Say(alice, "my secret")
		for _, forged := range []string{"qn:o:1", "qn:a:1", "qn:c:1", "questions", "person:" + fmt.Sprint(alice), "ask:solved:1", "ask:new:" + order, "write:" + fmt.Sprint(alice), "find"} {
			require.NoError(t, env.Telegram().TapData(botToken, boris, 1, forged))
			env.Settle()
			env.Say(boris, "hm")
		}
		require.NoError(t, env.Telegram().TapData(botToken, boris, 1, "ask:on:1"))
		env.Settle()
		env.Say(boris, "my own")
		require.NotContains(t, env.Transcript(boris), "my secret")
		require.Contains(t, env.Last(olga).Text, "Question of Борис", "a question of his own")
		require.NotContains(t, env.Last(olga).Text, order)
		env.Say(olga, "/questions")
		require.Contains(t, env.Last(olga).Text, "my secret", "it is still open")
	})
}

func TestAForgottenBuyersQuestionsAreGone(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/support")
		env.Press(alice, "ask:new")
		env.Say(alice, "my secret")
		env.Press(olga, "qn:a:")
		env.Stop()
		env.WithDatabase(func(db *storage.DB) {
			_, err := ops.ClosedShop{DB: db}.Forget(t.Context(), alice)
			require.NoError(t, err)
			n, err := db.OpenQuestions(t.Context())
			require.NoError(t, err)
			require.Zero(t, n)
		})
		env.Start()
		sent := len(env.Telegram().Sent(botToken, alice))
		env.Say(olga, "Hello?")
		require.Contains(t, env.Last(olga).Text, "This question is gone")
		require.Len(t, env.Telegram().Sent(botToken, alice), sent)
	})
}
