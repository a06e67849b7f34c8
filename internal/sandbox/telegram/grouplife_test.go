package telegram

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAGroupThatMigratesHasANewID(t *testing.T) {
	s, chat := newGroup(t, "group")
	var id int64
	decodeJSON(t, chat, &id)
	invite := link(t, s, values{"chat_id": chat})
	_, err := s.Join(invite, boris)
	require.NoError(t, err)
	drain(t, s, "message")

	to, err := s.Migrate(token, id)
	require.NoError(t, err)
	moved := drain(t, s, "message")
	require.EqualValues(t, to, moved[0]["migrate_to_chat_id"])
	require.EqualValues(t, id, moved[1]["migrate_from_chat_id"])
	answer := ask(s, "createChatInviteLink", values{"chat_id": chat})
	require.Equal(t, "Bad Request: group chat was upgraded to a supergroup chat", answer.Description)
	require.Equal(t, to, answer.Parameters.MigratedTo)
	require.Equal(t, []int64{alice, boris}, s.Members(token, to))
	require.Equal(t, "supergroup", must[map[string]any](t, ask(s, "getChat", values{"chat_id": itoa(to)}))["type"])
	_, err = s.Migrate(token, to)
	require.ErrorIs(t, err, ErrNoGroup)
	require.Len(t, s.Groups(token), 1)
}

func TestABotThatIsOutOfAGroupReadsWhy(t *testing.T) {
	for kind, deleted := range map[string]string{
		"group": "Forbidden: the group chat was deleted", "channel": "Forbidden: bot was kicked from the channel chat",
	} {
		s, chat := newGroup(t, kind)
		var id int64
		decodeJSON(t, chat, &id)
		drain(t, s, "my_chat_member")
		invite := func() reply { return ask(s, "createChatInviteLink", values{"chat_id": chat}) }
		require.NoError(t, s.RemoveBot(token, id))
		require.ErrorIs(t, s.RemoveBot(token, id), ErrNotMember)
		require.Equal(t, "Forbidden: bot was kicked from the "+kind+" chat", invite().Description)
		require.Equal(t, "kicked", s.Groups(token)[0].Bot)
		require.NoError(t, s.SetRights(token, id, true))
		require.True(t, invite().OK)
		require.NoError(t, s.Demote(token, id))
		require.Equal(t, "Bad Request: not enough rights to manage chat invite link", invite().Description)
		changes := drain(t, s, "my_chat_member")
		require.Len(t, changes, 3)
		require.Equal(t, "member", changes[2]["new_chat_member"].(map[string]any)["status"])

		require.NoError(t, s.DeleteGroup(token, id))
		require.Empty(t, drain(t, s, "my_chat_member"))
		require.Equal(t, deleted, invite().Description)
		require.ErrorIs(t, s.SetRights(token, id, true), ErrNoGroup)
	}
}

func TestAnAdministratorMayLackARight(t *testing.T) {
	s, chat := newGroup(t, "channel")
	var id int64
	decodeJSON(t, chat, &id)
	require.NoError(t, s.SetRights(token, id, true, "can_invite_users"))
	me := must[map[string]any](t, ask(s, "getChatMember", values{"chat_id": chat, "user_id": "1000"}))
	require.Equal(t, false, me["can_invite_users"])
	require.Equal(t, true, me["can_restrict_members"])
	require.Equal(t, "Bad Request: not enough rights to manage chat invite link", ask(s, "createChatInviteLink", values{"chat_id": chat}).Description)
	ban := values{"chat_id": chat, "user_id": "502"}
	require.True(t, ask(s, "banChatMember", ban).OK)
	require.NoError(t, s.SetRights(token, id, true, "can_restrict_members", "can_post_messages"))
	require.Equal(t, "Bad Request: not enough rights to restrict/unrestrict chat member", ask(s, "banChatMember", ban).Description)
	require.Equal(t, "Bad Request: need administrator rights in the channel chat", ask(s, "sendMessage", values{"chat_id": chat, "text": "a"}).Description)
}

func TestRequestsToJoinAreApprovedOrDeclined(t *testing.T) {
	s, chat := newGroup(t, "channel")
	s.AddUser(User{ID: 503, FirstName: "Cy"})
	ask(s, "getUpdates", values{"offset": "-1", "allowed_updates": `["chat_join_request","chat_member"]`})
	invite := link(t, s, values{"chat_id": chat, "creates_join_request": "true"})
	for _, user := range []int64{boris, boris, 503} {
		seen, err := s.Invitation(invite, user)
		require.NoError(t, err)
		require.True(t, seen.Asks)
		_, err = s.Join(invite, user)
		require.ErrorIs(t, err, ErrAsked)
	}
	asked := drain(t, s, "chat_join_request")
	require.Len(t, asked, 2, "asking again changes nothing")
	require.Equal(t, invite, asked[0]["invite_link"].(map[string]any)["invite_link"])
	answer := func(method, user string) string {
		return ask(s, method, values{"chat_id": chat, "user_id": user}).Description
	}
	require.Empty(t, answer("approveChatJoinRequest", "502"))
	require.Empty(t, answer("declineChatJoinRequest", "503"))
	require.Equal(t, "Bad Request: USER_ALREADY_PARTICIPANT", answer("approveChatJoinRequest", "502"))
	require.Equal(t, "Bad Request: HIDE_REQUESTER_MISSING", answer("approveChatJoinRequest", "503"))
	joined := drain(t, s, "chat_member")
	require.Len(t, joined, 1)
	require.Equal(t, true, joined[0]["via_join_request"])
	require.Equal(t, invite, joined[0]["invite_link"].(map[string]any)["invite_link"])
}

func TestGroupsButNoChannelsTellOfMembersInMessages(t *testing.T) {
	for kind, want := range map[string]int{"group": 1, "supergroup": 1, "channel": 0} {
		s, chat := newGroup(t, kind)
		var id int64
		decodeJSON(t, chat, &id)
		invite := link(t, s, values{"chat_id": chat})
		drain(t, s, "message")
		_, err := s.Join(invite, boris)
		require.NoError(t, err)
		require.Len(t, drain(t, s, "message"), want, kind)
		require.NoError(t, s.Kick(token, id, boris))
		require.Len(t, told(t, s, "left_chat_member"), want, kind)
		_, err = s.Join(invite, boris)
		if kind == "group" {
			require.NoError(t, err, "basic groups have no bans")
		} else {
			require.ErrorIs(t, err, ErrBanned)
		}
	}
}

func TestMembersOfOthersAreNoBusinessOfABotWithoutRights(t *testing.T) {
	s, chat := newGroup(t, "channel")
	var id int64
	decodeJSON(t, chat, &id)
	ask(s, "getUpdates", values{"offset": "-1", "allowed_updates": `["chat_member"]`})
	invite := link(t, s, values{"chat_id": chat})
	require.NoError(t, s.Demote(token, id))
	_, err := s.Join(invite, boris)
	require.NoError(t, err)
	require.Empty(t, drain(t, s, "chat_member"))
	require.Equal(t, "Bad Request: member list is inaccessible", ask(s, "getChatMember", values{"chat_id": chat, "user_id": "502"}).Description)
	require.NoError(t, json.Unmarshal(ask(s, "getChat", values{"chat_id": chat}).Result, &struct{}{}))
}
