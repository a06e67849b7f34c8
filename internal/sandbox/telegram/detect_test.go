package telegram

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTelegramDetectsCommandsAndAddresses(t *testing.T) {
	tests := []struct {
		text string
		want []Entity
	}{
		{"/buy steam-10 2", []Entity{{Type: "bot_command", Length: 4}}},
		{"/start@shop_1000_bot", []Entity{{Type: "bot_command", Length: 20}}},
		{"🎮 /buy", []Entity{{Type: "bot_command", Offset: 3, Length: 4}}},
		{"a/b /c/d </e", nil},
		{"see https://t.me/x?start=p_1, ok", []Entity{{Type: "url", Offset: 4, Length: 24}}},
		{"(example.com)", []Entity{{Type: "url", Offset: 1, Length: 11}}},
		{"me@example.com @pixel_help", []Entity{{Type: "email", Length: 14}, {Type: "mention", Offset: 15, Length: 11}}},
		{"#sale a#b", []Entity{{Type: "hashtag", Length: 5}}},
		{"10.50 USDT, v1.2.3", nil},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			require.Equal(t, tt.want, formatted{text: tt.text}.normal().entities)
		})
	}
}

func TestNothingIsDetectedInsideCode(t *testing.T) {
	f, err := parseHTML("<code>/buy</code> <a href='t.me/x'>example.com</a> /help")
	require.NoError(t, err)
	require.Equal(t, []Entity{
		{Type: "code", Length: 4},
		{Type: "text_link", Offset: 5, Length: 11, URL: "http://t.me/x"},
		{Type: "bot_command", Offset: 17, Length: 5},
	}, f.normal().entities)
}

func TestSpacesAroundATextAreTrimmedWithItsEntities(t *testing.T) {
	f, err := parseHTML("\n  <b>a </b>b<i> \n</i>")
	require.NoError(t, err)
	f = f.normal()
	require.Equal(t, "a b", f.text)
	require.Equal(t, []Entity{{Type: "bold", Length: 2}}, f.entities)
}

func TestCodeContainsNoOtherFormatting(t *testing.T) {
	f, err := parseHTML("<b>Key <code>K-1</code> is <i>yours</i></b>")
	require.NoError(t, err)
	require.Equal(t, []Entity{
		{Type: "bold", Length: 4},
		{Type: "code", Offset: 4, Length: 3},
		{Type: "bold", Offset: 7, Length: 9},
		{Type: "italic", Offset: 11, Length: 5},
	}, f.normal().entities)
}
