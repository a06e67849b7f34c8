package bot

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestNamesStayReadable(t *testing.T) {
	for name, want := range map[string]string{
		"Alice":                                  "Alice",
		"Ольга Ивановна":                         "Ольга Ивановна",
		"José Ñuñez":                             "José Ñuñez",
		"José":                                   "José",
		"นี้":                                    "นี้",
		"李雷 🎮":                                   "李雷 🎮",
		"\u202eecilA":                            "ecilA",
		"A\u200bl\u2066ice\ufeff":                "Alice",
		"two\nlines\tand \u00a0 blanks":          "two lines and blanks",
		"\u3164\u2800 ":                          "",
		"a" + strings.Repeat("\u0301", 50) + "b": "a" + strings.Repeat("\u0301", 3) + "b",
		strings.Repeat("W", 200):                 strings.Repeat("W", 79) + "…",
	} {
		require.Equal(t, want, cleanName(name), "%q", name)
	}
}

// Whatever somebody is called, what is left is one short line that can be seen, and cleaning it
// again changes nothing.
func FuzzCleanName(f *testing.F) {
	for _, seed := range []string{"Alice", "\u202e", "a\u0301", "\xff\xfe", "👩‍👩‍👧‍👦", "\U000e0041", "\u2028", " x "} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		clean := cleanName(name)
		require.True(t, utf8.ValidString(clean))
		require.LessOrEqual(t, utf8.RuneCountInString(clean), maxName)
		require.Equal(t, strings.TrimSpace(clean), clean)
		for _, r := range clean {
			require.False(t, unicode.In(r, unicode.C, unicode.Zl, unicode.Zp), "%U", r)
		}
		require.Equal(t, clean, cleanName(clean))
	})
}
