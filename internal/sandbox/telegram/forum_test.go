package telegram

import (
	"strconv"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

func TestTopicsOfAForum(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, chat := newGroup(t, "supergroup")
		require.Equal(t, "Bad Request: the chat is not a forum", ask(s, "createForumTopic", values{"chat_id": chat, "name": "Order 1"}).Description)
		group, err := strconv.ParseInt(chat, 10, 64)
		require.NoError(t, err)
		require.NoError(t, s.MakeForum(token, group))
		require.False(t, ask(s, "createForumTopic", values{"chat_id": chat, "name": ""}).OK)
		made := must[struct {
			Thread int `json:"message_thread_id"`
		}](t, ask(s, "createForumTopic", values{"chat_id": chat, "name": "Order 1"}))
		thread := itoa(int64(made.Thread))
		require.True(t, ask(s, "sendMessage", values{"chat_id": chat, "message_thread_id": thread, "text": "A question"}).OK)
		require.Equal(t, "Bad Request: message thread not found",
			ask(s, "sendMessage", values{"chat_id": chat, "message_thread_id": "99", "text": "A question"}).Description)
		last := s.Sent(token, group)
		require.Equal(t, made.Thread, last[len(last)-1].Topic)

		require.NoError(t, s.SayIn(token, group, made.Thread, boris, "An answer"))
		require.ErrorIs(t, s.SayIn(token, group, 99, boris, "An answer"), ErrNoTopic)
		require.NoError(t, s.TapIn(token, group, boris, last[len(last)-1].ID, "close"))
		require.NoError(t, s.CloseTopic(token, group, made.Thread, boris))
		updates := string(ask(s, "getUpdates", values{"allowed_updates": `["message","callback_query"]`}).Result)
		require.Contains(t, updates, `"is_forum":true`)
		require.Contains(t, updates, `"message_thread_id":`+thread+`,"is_topic_message":true`)
		require.Contains(t, updates, `"text":"An answer"`)
		require.Contains(t, updates, `"from":{"id":502`)
		require.Contains(t, updates, `"forum_topic_closed":{}`)
		require.Contains(t, updates, `"data":"close"`)
		require.True(t, ask(s, "reopenForumTopic", values{"chat_id": chat, "message_thread_id": thread}).OK)

		require.True(t, ask(s, "closeForumTopic", values{"chat_id": chat, "message_thread_id": thread}).OK)
		require.Equal(t, "Bad Request: TOPIC_NOT_MODIFIED", ask(s, "closeForumTopic", values{"chat_id": chat, "message_thread_id": thread}).Description)
		require.Equal(t, []Topic{{made.Thread, "Order 1", true}}, s.Topics(token, group))
		require.True(t, ask(s, "reopenForumTopic", values{"chat_id": chat, "message_thread_id": thread}).OK)
		require.NoError(t, s.SetRights(token, group, false))
		require.False(t, ask(s, "createForumTopic", values{"chat_id": chat, "name": "Order 2"}).OK)
	})
}
