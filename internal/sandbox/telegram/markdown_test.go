package telegram

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestMarkdownV2BecomesTextAndEntities(t *testing.T) {
	tests := []struct {
		src, text string
		entities  []Entity
	}{
		{"*a* _b_ __c__ ~d~ ||e||", "a b c d e", []Entity{
			{Type: "bold", Length: 1},
			{Type: "italic", Offset: 2, Length: 1},
			{Type: "underline", Offset: 4, Length: 1},
			{Type: "strikethrough", Offset: 6, Length: 1},
			{Type: "spoiler", Offset: 8, Length: 1},
		}},
		{`10\.50 \- ok\!`, "10.50 - ok!", nil},
		{"*a _b_*", "a b", []Entity{{Type: "bold", Length: 3}, {Type: "italic", Offset: 2, Length: 1}}},
		{"`a*b\\``", "a*b`", []Entity{{Type: "code", Length: 4}}},
		{"```go\nx_y```", "x_y", []Entity{{Type: "pre", Length: 3, Language: "go"}}},
		{"```x```", "x", []Entity{{Type: "pre", Length: 1}}},
		{`[go](https://t.me/a_b\))`, "go", []Entity{{Type: "text_link", Length: 2, URL: "https://t.me/a_b)"}}},
		{"[*go*](tg://user?id=501)", "go", []Entity{{Type: "bold", Length: 2}, {Type: "text_mention", Length: 2, UserID: 501}}},
		{"![22:45](tg://time?unix=1647531900&format=t)", "22:45", []Entity{{Type: "date_time", Length: 5, UnixTime: 1647531900, TimeFormat: "t"}}},
		{"![👍](tg://emoji?id=5)", "👍", []Entity{{Type: "custom_emoji", Length: 2, CustomEmojiID: "5"}}},
		{">a\n>b\nc", "a\nb\nc", []Entity{{Type: "blockquote", Length: 3}}},
		{">a\n>b||\nc", "a\nb\nc", []Entity{{Type: "expandable_blockquote", Length: 3}}},
		{">a\n**>b||", "a\nb", []Entity{{Type: "blockquote", Length: 1}, {Type: "expandable_blockquote", Offset: 2, Length: 1}}},
	}
	for _, tt := range tests {
		t.Run(tt.src, func(t *testing.T) {
			got, err := parseMarkdown(tt.src)
			require.NoError(t, err)
			require.Equal(t, tt.text, got.text)
			require.Equal(t, tt.entities, got.entities)
		})
	}
}

func TestBrokenMarkdownV2IsRefused(t *testing.T) {
	tests := map[string]string{
		"10.50":                           `Character '.' is reserved and must be escaped with the preceding '\'`,
		"a*b":                             "Can't find end of Bold entity at byte offset 1",
		"*a _b*_":                         "Can't find end of Italic entity at byte offset 6",
		"`a":                              "Can't find end of Code entity at byte offset 0",
		"[a](b":                           "Can't find end of a URL at byte offset 3",
		"![a](b.c)":                       "Invalid tg://emoji or tg://time URL specified",
		"![a](tg://time?unix=x)":          "Invalid tg://emoji or tg://time URL specified",
		"![a](tg://time?unix=1&format=x)": wrongTimeFormat,
		"a|b":                             `Character '|' is reserved and must be escaped with the preceding '\'`,
	}
	for src, want := range tests {
		t.Run(src, func(t *testing.T) {
			_, err := parseMarkdown(src)
			require.EqualError(t, err, "400 Bad Request: can't parse entities: "+want)
		})
	}
}

func TestEscapedMarkdownIsShownAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		var escaped strings.Builder
		for _, r := range text {
			if strings.ContainsRune("\\_*[]()~`>#+-=|{}.!", r) {
				escaped.WriteByte('\\')
			}
			escaped.WriteRune(r)
		}
		got, err := parseMarkdown("*" + escaped.String() + "*")
		require.NoError(t, err)
		require.Equal(t, text, got.text)
	})
}

func TestOldMarkdownBecomesTextAndEntities(t *testing.T) {
	got, err := parseOldMarkdown("*a* _b_ `c` [d](https://t.me/x) \\_ ```go\ne``` 1.0!")
	require.NoError(t, err)
	require.Equal(t, "a b c d _ e 1.0!", got.text)
	require.Equal(t, []Entity{
		{Type: "bold", Length: 1},
		{Type: "italic", Offset: 2, Length: 1},
		{Type: "code", Offset: 4, Length: 1},
		{Type: "text_link", Offset: 6, Length: 1, URL: "https://t.me/x"},
		{Type: "pre", Offset: 10, Length: 1, Language: "go"},
	}, got.entities)
}

func FuzzMarkdown(f *testing.F) {
	for _, seed := range []string{"*a _b_*", "```go\nx```", ">a\n>b||", "[a](b)", `\!`, "![👍](tg://emoji?id=5)", "**>a\n>b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, src string) {
		src, err := cleanText(src)
		if err != nil {
			return
		}
		for _, parse := range []func(string) (formatted, error){parseMarkdown, parseOldMarkdown} {
			if got, err := parse(src); err == nil {
				checkFormatted(t, got)
				checkFormatted(t, got.normal())
			}
		}
	})
}
