package telegram

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestProfileHasTextsByLanguage(t *testing.T) {
	s := newService(t)
	for _, set := range []struct {
		method string
		values values
	}{
		{"setMyName", values{"name": "Pixel Goods"}},
		{"setMyName", values{"name": "Пиксель", "language_code": "ru"}},
		{"setMyDescription", values{"description": "Keys at once"}},
		{"setMyShortDescription", values{"short_description": "Keys"}},
	} {
		require.True(t, ask(s, set.method, set.values).OK, set.method)
	}
	require.Equal(t, Profile{"Пиксель", "shop_1000_bot", "Keys at once", "Keys"}, s.Profile(token, "ru"))
	require.Equal(t, "Pixel Goods", s.Profile(token, "de").Name)
	require.JSONEq(t, `{"name":"Пиксель"}`, string(ask(s, "getMyName", values{"language_code": "ru"}).Result))
	require.JSONEq(t, `{"description":"Keys at once"}`, string(ask(s, "getMyDescription", nil).Result))
	require.JSONEq(t, `{"short_description":"Keys"}`, string(ask(s, "getMyShortDescription", nil).Result))

	require.True(t, ask(s, "setMyName", values{"language_code": "ru"}).OK)
	require.Equal(t, "Pixel Goods", s.Profile(token, "ru").Name, "an empty text is taken away")
	require.Equal(t, "Bad Request: BOT_TITLE_INVALID", ask(s, "setMyName", values{"name": strings.Repeat("x", 65)}).Description)
	require.Equal(t, "Bad Request: invalid language code specified", ask(s, "setMyName", values{"language_code": "eng"}).Description)
	require.Equal(t, Profile{}, s.Profile("nonsense", ""))
}

func TestCommandsAreReadBackAndDeleted(t *testing.T) {
	s := newService(t)
	list := `[{"command":"/buy","description":" Buy "},{"command":"orders","description":"My orders"}]`
	scope := `{"type":"all_private_chats"}`
	require.True(t, ask(s, "setMyCommands", values{"commands": list, "scope": scope}).OK)
	require.JSONEq(t, `[{"command":"buy","description":"Buy"},{"command":"orders","description":"My orders"}]`,
		string(ask(s, "getMyCommands", values{"scope": scope}).Result))
	require.JSONEq(t, `[]`, string(ask(s, "getMyCommands", nil).Result))
	require.True(t, ask(s, "deleteMyCommands", values{"scope": scope}).OK)
	require.Empty(t, s.Commands(token, alice))
	require.Equal(t, "Bad Request: can't parse BotCommandScope: Unsupported type specified",
		ask(s, "getMyCommands", values{"scope": `{"type":"galaxy"}`}).Description)
}

func TestMenuButtonBelongsToTheChatOrTheBot(t *testing.T) {
	s := newService(t)
	here := values{"chat_id": "501"}
	require.JSONEq(t, `{"type":"commands"}`, string(ask(s, "getChatMenuButton", here).Result))
	app := `{"type":"web_app","text":"Shop","web_app":{"url":"https://shop.example/"}}`
	require.True(t, ask(s, "setChatMenuButton", values{"menu_button": app}).OK)
	require.JSONEq(t, app, string(ask(s, "getChatMenuButton", here).Result))
	require.True(t, ask(s, "setChatMenuButton", values{"chat_id": "501", "menu_button": `{"type":"default"}`}).OK)
	require.JSONEq(t, `{"type":"default"}`, string(ask(s, "getChatMenuButton", here).Result))
	require.False(t, ask(s, "setChatMenuButton", values{"menu_button": `{"type":"web_app"}`}).OK)
	require.False(t, ask(s, "setChatMenuButton", values{"menu_button": `{"type":"party"}`}).OK)
}
