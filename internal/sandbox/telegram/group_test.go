package telegram

import (
	"encoding/json"
	"maps"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// newGroup returns a service in which Alice owns a group with the bot, and the group's id.
func newGroup(t *testing.T, kind string) (*Service, string) {
	t.Helper()
	s := newService(t)
	id, err := s.AddGroup(token, alice, kind, "Club")
	require.NoError(t, err)
	return s, itoa(id)
}

// link creates an invite link and returns it.
func link(t *testing.T, s *Service, v values) string {
	t.Helper()
	return must[struct {
		Link string `json:"invite_link"`
	}](t, ask(s, "createChatInviteLink", v)).Link
}

func TestPeopleJoinByInviteLinksWithinTheirLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, chat := newGroup(t, "channel")
		s.AddUser(User{ID: 503, FirstName: "Cy"})
		once := link(t, s, values{"chat_id": chat, "member_limit": "1", "name": "order 1"})
		id, err := s.Join(once, boris)
		require.NoError(t, err)
		require.Equal(t, chat, itoa(id))
		_, err = s.Join(once, boris)
		require.NoError(t, err, "a member stays one")
		_, err = s.Join(once, 503)
		require.ErrorIs(t, err, ErrNoInvite, "the link is used up")
		require.Equal(t, []int64{alice, boris}, s.Members(token, id))
		require.Equal(t, 3, must[int](t, ask(s, "getChatMemberCount", values{"chat_id": chat})))

		require.NoError(t, s.Leave(token, id, boris))
		_, err = s.Join(once, 503)
		require.NoError(t, err, "who leaves makes room for another")
		_, err = s.Join(once, boris)
		require.ErrorIs(t, err, ErrNoInvite)
		require.NoError(t, s.Leave(token, id, 503))

		hour := itoa(time.Now().Add(time.Hour).Unix())
		short := link(t, s, values{"chat_id": chat, "expire_date": hour})
		time.Sleep(time.Hour)
		_, err = s.Join(short, 503)
		require.ErrorIs(t, err, ErrNoInvite, "the link has expired")

		open := link(t, s, values{"chat_id": chat})
		edited := must[map[string]any](t, ask(s, "editChatInviteLink", values{"chat_id": chat, "invite_link": open, "member_limit": "5", "name": "five"}))
		require.EqualValues(t, 5, edited["member_limit"])
		require.Equal(t, "five", edited["name"])
		require.Equal(t, true, must[map[string]any](t, ask(s, "revokeChatInviteLink", values{"chat_id": chat, "invite_link": open}))["is_revoked"])
		_, err = s.Join(open, 503)
		require.ErrorIs(t, err, ErrNoInvite, "the link is revoked")

		first := must[string](t, ask(s, "exportChatInviteLink", values{"chat_id": chat}))
		require.NotEqual(t, first, must[string](t, ask(s, "exportChatInviteLink", values{"chat_id": chat})))
		_, err = s.Join(first, 503)
		require.ErrorIs(t, err, ErrNoInvite, "a new primary link replaces the old one")
	})
}

func TestMembersAreBannedUnbannedAndLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, chat := newGroup(t, "supergroup")
		invite := link(t, s, values{"chat_id": chat})
		id, err := s.Join(invite, boris)
		require.NoError(t, err)
		member := values{"chat_id": chat, "user_id": "502"}
		status := func() any {
			return must[map[string]any](t, ask(s, "getChatMember", member))["status"]
		}
		require.Equal(t, "member", status())
		ban := maps.Clone(member)
		ban["until_date"] = itoa(time.Now().Add(time.Hour).Unix())
		require.True(t, ask(s, "banChatMember", ban).OK)
		require.Equal(t, "kicked", status())
		_, err = s.Join(invite, boris)
		require.ErrorIs(t, err, ErrBanned)
		time.Sleep(time.Hour)
		require.Equal(t, "left", status(), "the ban is over")
		_, err = s.Join(invite, boris)
		require.NoError(t, err)

		require.True(t, ask(s, "unbanChatMember", values{"chat_id": chat, "user_id": "502", "only_if_banned": "true"}).OK)
		require.Equal(t, "member", status())
		require.True(t, ask(s, "restrictChatMember", values{"chat_id": chat, "user_id": "502", "permissions": `{"can_send_messages":true}`}).OK)
		require.Equal(t, "restricted", status())
		require.True(t, ask(s, "promoteChatMember", values{"chat_id": chat, "user_id": "502", "can_invite_users": "true"}).OK)
		require.Equal(t, "administrator", status())
		require.Len(t, must[[]any](t, ask(s, "getChatAdministrators", values{"chat_id": chat})), 3)
		require.Equal(t, "Bad Request: user is an administrator of the chat", ask(s, "banChatMember", member).Description)
		require.True(t, ask(s, "promoteChatMember", member).OK)
		require.Equal(t, "member", status(), "no right at all demotes")
		require.NoError(t, s.Leave(token, id, boris))
		require.Equal(t, "left", status())
		require.ErrorIs(t, s.Leave(token, id, boris), ErrNotMember)
		require.ErrorIs(t, s.Leave(token, id, alice), ErrNotMember, "the owner stays")
	})
}

func TestChatMemberUpdatesComeOnlyToThoseWhoAsk(t *testing.T) {
	for allowed, want := range map[string]int{`[]`: 0, `["chat_member"]`: 1} {
		s, chat := newGroup(t, "channel")
		ask(s, "getUpdates", values{"allowed_updates": allowed, "offset": "-1"})
		invite := link(t, s, values{"chat_id": chat, "name": "order 1"})
		_, err := s.Join(invite, boris)
		require.NoError(t, err)
		var got []struct {
			ChatMember *struct {
				Chat   struct{ Title, Type string }
				From   struct{ ID int64 }
				Old    struct{ Status string }           `json:"old_chat_member"`
				New    struct{ Status string }           `json:"new_chat_member"`
				Invite struct{ InviteLink, Name string } `json:"invite_link"`
			} `json:"chat_member"`
		}
		require.NoError(t, json.Unmarshal(ask(s, "getUpdates", nil).Result, &got))
		found := 0
		for _, u := range got {
			if u.ChatMember != nil {
				found++
				require.Equal(t, "left", u.ChatMember.Old.Status)
				require.Equal(t, "member", u.ChatMember.New.Status)
				require.Equal(t, "order 1", u.ChatMember.Invite.Name)
				require.Equal(t, boris, u.ChatMember.From.ID)
			}
		}
		require.Equal(t, want, found, allowed)
	}
}

func TestGroupsRefuseWhatTelegramRefuses(t *testing.T) {
	tests := []struct {
		method string
		values values
		want   string
	}{
		{"createChatInviteLink", values{"expire_date": "1"}, "Bad Request: EXPIRE_DATE_INVALID"},
		{"createChatInviteLink", values{"creates_join_request": "true", "member_limit": "1"}, "Bad Request: member limit can't be specified for links requiring administrator approval"},
		{"revokeChatInviteLink", values{}, `Bad Request: parameter "invite_link" is required`},
		{"editChatInviteLink", values{"invite_link": "https://t.me/+x"}, "Bad Request: INVITE_HASH_EXPIRED"},
		{"banChatMember", values{"user_id": "501"}, "Bad Request: can't remove chat owner"},
		{"banChatMember", values{"user_id": "1000"}, "Bad Request: can't restrict self"},
		{"banChatMember", values{"user_id": "77"}, "Bad Request: PARTICIPANT_ID_INVALID"},
		{"restrictChatMember", values{"user_id": "502", "permissions": "{}"}, "Bad Request: method is available only for supergroups"},
		{"getChatMember", values{"user_id": "77"}, "Bad Request: PARTICIPANT_ID_INVALID"},
	}
	for _, tt := range tests {
		s, chat := newGroup(t, "channel")
		tt.values["chat_id"] = chat
		require.Equal(t, tt.want, ask(s, tt.method, tt.values).Description, tt.method)
	}

	s, chat := newGroup(t, "supergroup")
	var id int64
	decodeJSON(t, chat, &id)
	require.NoError(t, s.SetRights(token, id, false))
	require.Equal(t, "Bad Request: not enough rights to manage chat invite link", ask(s, "createChatInviteLink", values{"chat_id": chat}).Description)
	require.Equal(t, "Bad Request: not enough rights to restrict/unrestrict chat member", ask(s, "banChatMember", values{"chat_id": chat, "user_id": "502"}).Description)
	require.True(t, ask(s, "sendMessage", values{"chat_id": chat, "text": "hi"}).OK)
	require.True(t, ask(s, "leaveChat", values{"chat_id": chat}).OK)
	require.Equal(t, "Forbidden: bot is not a member of the supergroup chat", ask(s, "sendMessage", values{"chat_id": chat, "text": "hi"}).Description)
	require.ErrorIs(t, s.SetRights(token, 5, true), ErrNoGroup)
}

func TestAPostOfAChannelHasNoSender(t *testing.T) {
	s, chat := newGroup(t, "channel")
	post := must[map[string]json.RawMessage](t, ask(s, "sendMessage", values{"chat_id": chat, "text": "news"}))
	require.NotContains(t, post, "from")
	require.JSONEq(t, `{"id":`+chat+`,"title":"Club","type":"channel"}`, string(post["chat"]))
}
