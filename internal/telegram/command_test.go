package telegram_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/go-telegram/bot/models"
	"github.com/stretchr/testify/require"

	"shopbot/internal/telegram"
)

func TestATextThatBeginsWithASlashAndANameIsACommand(t *testing.T) {
	long := strings.Repeat("a", 32)
	for _, c := range []struct {
		text, bot, name, args string
		ok                    bool
	}{
		{"/start", "shop_bot", "start", "", true},
		{"/start p_steam-10", "shop_bot", "start", "p_steam-10", true},
		{"/buy  vpn   2 ", "shop_bot", "buy", "vpn   2", true},
		{"/addstock vpn\nkey one\nkey two\n", "shop_bot", "addstock", "vpn\nkey one\nkey two", true},
		{"/Buy\u00a0vpn", "shop_bot", "Buy", "vpn", true},
		{"/buy@shop_bot vpn", "shop_bot", "buy", "vpn", true},
		{"/buy@SHOP_Bot", "@shop_bot", "buy", "", true},
		{"/buy@any_bot vpn", "", "buy", "vpn", true},
		{"/buy@other_bot vpn", "shop_bot", "", "", false},
		{"/buy@ vpn", "", "", "", false},
		{"/buy ключ 🎮🏳️‍🌈", "shop_bot", "buy", "ключ 🎮🏳️‍🌈", true},
		{"/" + long, "", long, "", true},
		{"/" + long + "a", "", "", "", false},
		{"/старт", "", "", "", false},
		{"/buyключ", "", "", "", false},
		{"/buy-vpn", "", "", "", false},
		{"//buy", "", "", "", false},
		{"/", "", "", "", false},
		{"/ buy", "", "", "", false},
		{" /buy", "", "", "", false},
		{"🎮/buy", "", "", "", false},
		{"buy", "", "", "", false},
		{"", "", "", "", false},
		{"/buy\xff", "", "", "", false},
	} {
		name, args, ok := telegram.Command(&models.Message{Text: c.text}, c.bot)
		require.Equal(t, []any{c.name, c.args, c.ok}, []any{name, args, ok}, "%q", c.text)
	}
	_, _, ok := telegram.Command(nil, "shop_bot")
	require.False(t, ok)
	name, args, ok := telegram.Command(&models.Message{Document: &models.Document{FileID: "f"}, Caption: "/addstock vpn"}, "")
	require.Equal(t, []any{"addstock", "vpn", true}, []any{name, args, ok}, "the caption of a document")
	_, _, ok = telegram.Command(&models.Message{Photo: []models.PhotoSize{{FileID: "f"}}, Caption: "/addstock vpn"}, "")
	require.False(t, ok)
}

// oracle says the same in another way.
var oracle = regexp.MustCompile(`(?s)^/([A-Za-z0-9_]{1,32})(?:@([A-Za-z0-9_]+))?(?:[\s\x{85}\p{Z}\x{0b}](.*))?$`)

func FuzzCommand(f *testing.F) {
	for _, s := range []string{"/start", "/buy@shop_bot x", "/buy\u00a0x", "/buy@other x", "/\xff", "/a\x0bb", "/a\u2028b", "/a\u200bb"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		name, args, ok := telegram.Command(&models.Message{Text: text}, "shop_bot")
		found := oracle.FindStringSubmatch(text)
		want := found != nil && (found[2] == "" || strings.EqualFold(found[2], "shop_bot"))
		require.Equal(t, want, ok)
		if ok {
			require.Equal(t, found[1], name)
			require.Equal(t, strings.TrimSpace(found[3]), args)
		}
	})
}
