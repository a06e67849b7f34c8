package shop

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// list makes n lines.
func listOf(n int, line func(i int) string) string {
	var text strings.Builder
	for i := range n {
		text.WriteString(line(i) + "\n")
	}
	return text.String()
}

func suspicionsOf(t *testing.T, text string) []Suspicion {
	t.Helper()
	list, err := ReadUnits([]byte(text), "")
	require.NoError(t, err)
	return list.Suspect()
}

func TestUsualListsAreNotSuspected(t *testing.T) {
	var random *rand.Rand
	text := func(alphabet string, n int) string {
		var b strings.Builder
		for range n {
			b.WriteByte(alphabet[random.IntN(len(alphabet))])
		}
		return b.String()
	}
	const upper, word, base64 = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789", "abcdefghijklmnopqrstuvwxyz0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	const secret = base64 + "!#%^&*(){}[].,:;-_=?@~|<>"
	for name, line := range map[string]func(i int) string{
		"licence keys":  func(int) string { return text(upper, 5) + "-" + text(upper, 5) + "-" + text(upper, 5) },
		"letters alone": func(int) string { return text("ABCDEFGH", 16) },
		"logins":        func(int) string { return text(word, 4+random.IntN(12)) + ":" + text(secret, 6+random.IntN(20)) },
		"mail and logins": func(int) string {
			return text(word, 4+random.IntN(8)) + "@mail.example:" + text(secret, 10) + ":" + text(word, 8)
		},
		"addresses": func(int) string {
			return "https://example.com/redeem?code=" + text(word, 12) + "&x=" + text(word, 1+random.IntN(5))
		},
		"serials":        func(i int) string { return fmt.Sprint("SN", i+1) },
		"numbers":        func(i int) string { return fmt.Sprint(i + 1) },
		"PINs":           func(int) string { return text("0123456789", 16) + " " + text("0123456789", 4) },
		"tokens":         func(int) string { return text(base64, 40+random.IntN(300)) },
		"random secrets": func(int) string { return "x" + text(secret, 12+random.IntN(12)) },
		"UUIDs":          func(int) string { return text(word, 8) + "-" + text(word, 4) + "-" + text(word, 12) },
		"one":            func(int) string { return "promo" },
		"card and PIN":   func(int) string { return text(upper, 16) + " PIN " + text("0123456789", 4) },
	} {
		random = rand.New(rand.NewPCG(1, uint64(len(name)))) //nolint:gosec // the same lists each time
		for _, n := range []int{1, 2, 9, 30, 500} {
			for _, s := range suspicionsOf(t, listOf(n, line)) {
				t.Errorf("%d %s: %s: %v", n, name, s.Rule, s.Examples)
			}
		}
	}
}

func TestStrangeLinesAreSuspected(t *testing.T) {
	keys := listOf(40, func(i int) string { return fmt.Sprintf("KEY%02d-ABCDE-FGH%02d", i, i) })
	for _, c := range []struct {
		strange string
		rule    SuspicionRule
		line    int
	}{
		{"ok thanks, where do I find the refunds?", SuspectChat, 41},
		{"ok thanks", SuspectChat, 41},
		{"is 5 enough?", SuspectChat, 41},
		{"what?", SuspectChat, 41},
		{"/done", SuspectChat, 41},
		{"/addstock vpn", SuspectChat, 41},
		{"KEY41", SuspectShort, 41},
		{"KEY41-ABCDE-FGH", SuspectShort, 41},
		{"KEY41-ABCDEFGH4141", SuspectShape, 41},
		{"- KEY41-ABCDE-FGH41", SuspectFormatting, 41},
		{"• KEY41-ABCDE-FGH41", SuspectFormatting, 41},
		{"41. KEY41-ABCDE-FGH41", SuspectFormatting, 41},
		{`"KEY41-ABCDE-FGH41",`, SuspectFormatting, 41},
		{"`KEY41-ABCDE-FGH41`", SuspectFormatting, 41},
		{"**KEY41-ABCDE-FGH41**", SuspectFormatting, 41},
		{"<b>KEY41-ABCDE-FGH41</b>", SuspectFormatting, 41},
		{"KEY41-ABCDE-FGH41<br>", SuspectFormatting, 41},
		{"```", SuspectFormatting, 41},
	} {
		s := suspicionsOf(t, keys+c.strange+"\n")
		require.Len(t, s, 1, c.strange)
		require.Equal(t, Suspicion{Rule: c.rule, Count: 1, Examples: []FoundUnit{{Line: c.line, Unit: c.strange}}}, s[0], c.strange)
	}
	for _, header := range []string{"Key", "Activation code", "steam keys:", "Ключи", "login:password", "E-Mail"} {
		s := suspicionsOf(t, header+"\n"+keys)
		require.Len(t, s, 1, header)
		require.Equal(t, SuspectHeader, s[0].Rule, header)
		require.Equal(t, 1, s[0].Examples[0].Line)
	}
	s := suspicionsOf(t, "ok thanks\n")
	require.Len(t, s, 1, "also alone")
	s = suspicionsOf(t, strings.Repeat("no digits here\n", 1)+listOf(30, func(i int) string { return "well done " + strings.Repeat("x", i) }))
	require.Equal(t, 31, s[0].Count)
	require.Len(t, s[0].Examples, previewShown)
}

func TestTheFirstLineOfEachFileIsAskedAbout(t *testing.T) {
	files := make([]UnitList, 0, 3)
	for _, text := range []string{"KEY-0\nKEY-1\n", "key,login,price\nAAAA-1,joe,1\nAAAA-2,jim,2\n", "Ключи\nKEY-3\n"} {
		list, err := ReadUnits([]byte(text), "")
		require.NoError(t, err)
		files = append(files, list)
	}
	all, err := JoinUnits(files)
	require.NoError(t, err)
	require.Equal(t, []Suspicion{{Rule: SuspectHeader, Count: 2, Examples: []FoundUnit{
		{Line: 3, Unit: "key,login,price"}, {Line: 6, Unit: "Ключи"},
	}}}, all.Suspect())
}

func TestTablesAndJSONAreExplained(t *testing.T) {
	for _, comma := range []string{",", ";", "\t"} {
		s := suspicionsOf(t, "login"+comma+"password\n"+listOf(5, func(i int) string { return fmt.Sprintf("user%d%sp%d", i, comma, i) }))
		require.Len(t, s, 1)
		require.Equal(t, SuspectCSV, s[0].Rule)
		require.Equal(t, 6, s[0].Count)
	}
	s := suspicionsOf(t, listOf(5, func(i int) string { return fmt.Sprintf(`{"key":"K%d"}`, i) }))
	require.Len(t, s, 1)
	require.Equal(t, SuspectJSON, s[0].Rule)
	s = suspicionsOf(t, listOf(5, func(i int) string { return fmt.Sprintf(`["a", %d],`, i) }))
	require.Equal(t, SuspectJSON, s[0].Rule)
}

func TestUnitsThatMayBeSplitWronglyAreAskedAbout(t *testing.T) {
	for name, c := range map[string]struct {
		text, catalog string
		asked         bool
	}{
		"lines alone":                       {"a\nb\n", "", false},
		"blocks that the catalog says":      {"a\nb\n---\nc\nd\n", "---", false},
		"blocks that the catalog says not":  {"a\nb\n---\nc\nd\n", "", true},
		"lines between separators":          {"a\n---\nb\n", "", false},
		"a list of keys in one piece":       {"KEY-1\nKEY-2\nKEY-3\n", "---", true},
		"a single configuration":            {"[Interface]\nKey = 1\n", "---", false},
		"a single key":                      {"KEY-1\n", "---", false},
		"files are units whatever they are": {string(zipped(t, "a", "x\ny", "b", "z")), "", false},
	} {
		list, err := ReadUnits([]byte(c.text), c.catalog)
		require.NoError(t, err, name)
		_, asked := list.suspectBlocks(c.catalog)
		require.Equal(t, c.asked, asked, name)
	}
}
