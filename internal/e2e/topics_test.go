package e2e

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox/telegram"
)

// forum is a group of the staff with topics. Olga owns it, and everybody may write in it.
func (env *testEnv) forum() int64 {
	env.T.Helper()
	id, err := env.Telegram().AddGroup(botToken, olga, "supergroup", "Staff")
	require.NoError(env.T, err)
	require.NoError(env.T, env.Telegram().MakeForum(botToken, id))
	env.Settle()
	return id
}

func (env *testEnv) sayIn(group int64, topic int, who int64, text string) {
	env.T.Helper()
	require.NoError(env.T, env.Telegram().SayIn(botToken, group, topic, who, text))
	env.Settle()
}

// topic is the latest topic of a group.
func (env *testEnv) topic(group int64) telegram.Topic {
	env.T.Helper()
	all := env.Telegram().Topics(botToken, group)
	require.NotEmpty(env.T, all)
	return all[len(all)-1]
}

func TestAQuestionIsATopicOfTheStaffsGroup(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		group, order := env.forum(), env.sold()
		env.sayIn(group, 0, boris, "/topics")
		require.Empty(t, env.Telegram().Topics(botToken, group), "nobody else may do that")
		env.sayIn(group, 0, olga, "/topics")
		require.Contains(t, env.Last(group).Text, "each as a topic")

		private := len(env.Telegram().Sent(botToken, olga))
		env.Press(alice, "ask:new:"+order)
		env.Say(alice, "Where is <b>it</b>?")
		at := env.topic(group)
		require.Contains(t, at.Name, "Alice Reed")
		require.Contains(t, at.Name, " · "+order)
		require.Contains(t, env.Last(group).Text, "Where is <b>it</b>?")
		require.Equal(t, at.ID, env.Last(group).Topic)
		require.Len(t, env.Telegram().Sent(botToken, olga), private, "and comes to nobody twice")

		env.sayIn(group, at.ID, boris, "Give me your key")
		require.Zero(t, env.CountSent(alice, "Give me your key"))
		require.Contains(t, env.Last(group).Text, "did not go to the buyer")
		env.sayIn(group, 0, olga, "not a topic")
		env.sayIn(group, at.ID, olga, "/stats@other_bot")
		require.Zero(t, env.CountSent(alice, "not a topic")+env.CountSent(alice, "stats"))
		env.sayIn(group, at.ID, olga, "On its way")
		require.Contains(t, env.Last(alice).Text, "On its way")
		require.NotContains(t, env.Last(alice).Text, "Olga")
		require.Contains(t, env.Last(group).Text, "Sent to Alice Reed")

		env.Press(alice, "ask:on:")
		env.Say(alice, "Thanks, one more")
		require.Len(t, env.Telegram().Topics(botToken, group), 2, "with the first one of /topics: a question stays in its topic")
		require.NoError(t, env.Telegram().PictureIn(botToken, group, at.ID, olga, picture(t, 40, 30, 120), "Look"))
		env.Settle()
		require.NotNil(t, env.Last(alice).Photo)
		env.Press(alice, "ask:solved:")
		require.True(t, env.topic(group).Closed, "closed by the buyer")

		env.Press(alice, "ask:on:")
		env.Say(alice, "It is broken again")
		require.False(t, env.topic(group).Closed)
		last := env.Last(group)
		require.NoError(t, env.Telegram().TapIn(botToken, group, boris, last.ID, last.Buttons[0][0].Data))
		env.Settle()
		require.False(t, env.topic(group).Closed, "a stranger closes nothing")
		require.NoError(t, env.Telegram().TapIn(botToken, group, olga, last.ID, last.Buttons[0][0].Data))
		env.Settle()
		require.Contains(t, env.Last(alice).Text, "Your question was closed")
		require.True(t, env.topic(group).Closed, "closed by the staff")

		env.Press(alice, "ask:on:")
		env.Say(alice, "Hello?")
		require.NoError(t, env.Telegram().CloseTopic(botToken, group, at.ID, olga))
		env.Settle()
		require.Equal(t, 2, env.CountSent(alice, "Your question was closed"), "also in the app")
		env.Say(olga, "/questions")
		require.Contains(t, env.Last(olga).Text, "No question waits")
		require.Zero(t, strings.Count(env.Transcript(boris), "Boris"), "who writes in the group has not written to the bot")
	})
}

func TestQuestionsReachTheStaffIfTheGroupDoesNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := newEnv(t)
		env.Start()
		env.Say(olga, "/start")
		group := env.forum()
		require.NoError(t, env.Telegram().SetRights(botToken, group, false))
		env.sayIn(group, 0, olga, "/topics")
		require.Contains(t, env.Last(group).Text, "I cannot make topics here")
		require.NoError(t, env.Telegram().SetRights(botToken, group, true))
		env.sayIn(group, 0, olga, "/topics")
		env.Stop()
		env.Start() // the group outlives a restart
		env.Say(alice, "/support")
		env.Press(alice, "ask:new")
		env.Say(alice, "First")
		first := env.topic(group).ID
		require.Contains(t, env.Last(group).Text, "First")

		require.NoError(t, env.Telegram().DeleteTopic(botToken, group, first))
		env.Say(alice, "Second")
		require.NotEqual(t, first, env.topic(group).ID, "a deleted topic is made anew")
		require.Contains(t, env.Last(group).Text, "Second")

		require.NoError(t, env.Telegram().SetRights(botToken, group, false))
		require.NoError(t, env.Telegram().DeleteTopic(botToken, group, env.topic(group).ID))
		env.Say(alice, "Third")
		require.Contains(t, env.Last(olga).Text, "Third", "where the group fails, everybody is told")
		env.Say(olga, "/topics")
		require.Contains(t, env.Last(olga).Text, "· on")
		env.Say(olga, "/topics off")
		env.Say(alice, "Fourth")
		require.Contains(t, env.Last(olga).Text, "Fourth")
		time.Sleep(time.Minute)
		env.Stop()
	})
}
