package telegram

import (
	"html"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestHTMLBecomesTextAndEntities(t *testing.T) {
	tests := []struct {
		src, text string
		entities  []Entity
	}{
		{"plain", "plain", nil},
		{"<b>a</b><i>b</i><u>c</u><s>d</s>", "abcd", []Entity{
			{Type: "bold", Length: 1},
			{Type: "italic", Offset: 1, Length: 1},
			{Type: "underline", Offset: 2, Length: 1},
			{Type: "strikethrough", Offset: 3, Length: 1},
		}},
		{"<STRONG>a</strong><em>b</em><ins>c</ins><strike>d</strike><del>e</del>", "abcde", []Entity{
			{Type: "bold", Length: 1},
			{Type: "italic", Offset: 1, Length: 1},
			{Type: "underline", Offset: 2, Length: 1},
			{Type: "strikethrough", Offset: 3, Length: 1},
			{Type: "strikethrough", Offset: 4, Length: 1},
		}},
		{"🎮<b>я🎮</b>", "🎮я🎮", []Entity{{Type: "bold", Offset: 2, Length: 3}}},
		{"<b>a<i>b</i></b>", "ab", []Entity{{Type: "bold", Length: 2}, {Type: "italic", Offset: 1, Length: 1}}},
		{`<span class="tg-spoiler">a</span><tg-spoiler>b</tg-spoiler>`, "ab", []Entity{
			{Type: "spoiler", Length: 1}, {Type: "spoiler", Offset: 1, Length: 1},
		}},
		{`<a href="https://t.me/x?a=1&amp;b=2">go</a>`, "go", []Entity{{Type: "text_link", Length: 2, URL: "https://t.me/x?a=1&b=2"}}},
		{`<a href='example.com'>go</a>`, "go", []Entity{{Type: "text_link", Length: 2, URL: "http://example.com/"}}},
		{`<a href="javascript:x">no</a>`, "no", nil},
		{`<a href="tg://user?id=501">Alice</a>`, "Alice", []Entity{{Type: "text_mention", Length: 5, UserID: 501}}},
		{"<code>K-1</code>", "K-1", []Entity{{Type: "code", Length: 3}}},
		{"<pre>a\nb</pre>", "a\nb", []Entity{{Type: "pre", Length: 3}}},
		{`<pre><code class="language-go">x</code></pre>`, "x", []Entity{{Type: "pre", Length: 1, Language: "go"}}},
		{"<blockquote>q</blockquote>", "q", []Entity{{Type: "blockquote", Length: 1}}},
		{"<blockquote expandable>q</blockquote>", "q", []Entity{{Type: "expandable_blockquote", Length: 1}}},
		{`<tg-emoji emoji-id="53">👍</tg-emoji>`, "👍", []Entity{{Type: "custom_emoji", Length: 2, CustomEmojiID: "53"}}},
		{`<tg-time unix="1647531900" format="wDT">22:45 tomorrow</tg-time>`, "22:45 tomorrow", []Entity{
			{Type: "date_time", Length: 14, UnixTime: 1647531900, TimeFormat: "wDT"},
		}},
		{`<tg-time unix="1647531900">a</tg-time><tg-time unix="soon">b</tg-time>`, "ab", []Entity{{Type: "date_time", Length: 1, UnixTime: 1647531900}}},
		{"&lt;&gt;&amp;&quot;&#33;&#x1F3AE;", `<>&"!🎮`, nil},
		{"&nbsp; & &; &#0; &ltx", "&nbsp; & &; &#0; &ltx", nil},
		{"<b></b>x", "x", nil},
		{"<b>x</>", "x", []Entity{{Type: "bold", Length: 1}}},
		{"a > b", "a > b", nil},
	}
	for _, tt := range tests {
		t.Run(tt.src, func(t *testing.T) {
			got, err := parseHTML(tt.src)
			require.NoError(t, err)
			require.Equal(t, tt.text, got.text)
			require.Equal(t, tt.entities, got.entities)
		})
	}
}

func TestBrokenHTMLIsRefusedWithItsPosition(t *testing.T) {
	tests := map[string]string{
		"<b>x":                `Can't find end tag corresponding to start tag "b"`,
		"x</b>":               "Unexpected end tag at byte offset 1",
		"<b><i>x</b></i>":     `Unmatched end tag at byte offset 7, expected "</i>", found "</b>"`,
		"<br>":                `Unsupported start tag "br" at byte offset 0`,
		"1 < 2":               `Unsupported start tag "" at byte offset 2`,
		"1 < 2 > 3":           `Unsupported start tag "" at byte offset 2`,
		"<b":                  "Unclosed start tag at byte offset 0",
		"<b>x</b":             "Unclosed end tag at byte offset 4",
		`<a href="x>y</a>`:    "Unclosed start tag at byte offset 0",
		`<a ="x">y</a>`:       `Empty attribute name in the tag "a" at byte offset 0`,
		`<a href=x"y>z</a>`:   "Unexpected end of name token at byte offset 8",
		`<span>x</span>`:      `Tag "span" must have class "tg-spoiler" at byte offset 0`,
		"я<script>x</script>": `Unsupported start tag "script" at byte offset 2`,
		"<!-- a comment -->":  `Unsupported start tag "!--" at byte offset 0`,
		`<tg-time unix="1" format="x">y</tg-time>`: wrongTimeFormat,
		"<blockquote expanda>":                     `Can't find end tag corresponding to start tag "blockquote"`,
	}
	for src, want := range tests {
		t.Run(src, func(t *testing.T) {
			_, err := parseHTML(src)
			require.EqualError(t, err, "400 Bad Request: can't parse entities: "+want)
		})
	}
}

func TestEscapedTextIsShownAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		got, err := parseHTML("<b>" + html.EscapeString(text) + "</b>")
		require.NoError(t, err)
		require.Equal(t, text, got.text)
		if text != "" {
			require.Equal(t, []Entity{{Type: "bold", Length: units16(text)}}, got.entities)
		}
	})
}

func FuzzHTML(f *testing.F) {
	for _, seed := range []string{
		"<b>a</b>", "<a href='x.com'>y</a>", "&lt;&#33;", "<pre><code class=\"language-go\">x</code></pre>",
		"<blockquote expandable>q</blockquote>", "<b>🎮<code> x </code></b>", "<", "&", "</>",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, src string) {
		src, err := cleanText(src)
		if err != nil {
			return
		}
		got, err := parseHTML(src)
		if err != nil {
			return
		}
		checkFormatted(t, got)
		checkFormatted(t, got.normal())
		if !strings.ContainsAny(src, "<&") {
			require.Equal(t, src, got.text)
		}
	})
}

// checkFormatted checks the invariants of a text with entities.
func checkFormatted(t *testing.T, f formatted) {
	t.Helper()
	require.True(t, utf8.ValidString(f.text))
	total := units16(f.text)
	for i, e := range f.entities {
		require.NotEmpty(t, e.Type)
		require.GreaterOrEqual(t, e.Offset, 0)
		require.Positive(t, e.Length)
		require.LessOrEqual(t, e.Offset+e.Length, total)
		require.Equal(t, e.Length, units16(cut16(f.text, e.Offset, e.Length)), "no half characters")
		if i > 0 {
			require.LessOrEqual(t, f.entities[i-1].Offset, e.Offset)
		}
	}
}
