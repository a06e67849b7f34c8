package search

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
)

// shelf is a catalog for the tables below.
func shelf() *catalog.Catalog {
	text := func(pairs ...string) catalog.Text {
		t := catalog.Text{}
		for ; len(pairs) > 0; pairs = pairs[2:] {
			t[pairs[0]] = pairs[1]
		}
		return t
	}
	product := func(sku, category string, title, description catalog.Text) catalog.Product {
		return catalog.Product{SKU: sku, Category: category, Title: title, Description: description}
	}
	hidden := product("secret", "games", catalog.Plain("Steam secret"), nil)
	hidden.Hidden = true
	return &catalog.Catalog{
		Categories: []catalog.Category{
			{ID: "games", Title: text("en", "Games", "ru", "Игры")},
			{ID: "apps", Title: text("en", "Apps", "ru", "Приложения")},
			{ID: "attic", Title: catalog.Plain("Attic"), Hidden: true},
		},
		Products: []catalog.Product{
			product("wallet", "apps", catalog.Plain("Wallet code"), catalog.Plain("Works with Steam too")),
			product("steamer", "apps", catalog.Plain("Steamers guide"), nil),
			product("steam-10", "games", text("en", "Steam card", "ru", "Карта Steam", "uk", "Картка Steam", "es", "Tarjeta Steam", "de", "Steam-Guthaben"), nil),
			product("steam-20", "games", text("en", "Steam card 20", "ru", "Карта Steam 20"), nil),
			product("vpn-30d", "apps", text("en", "VPN for 30 days", "ru", "VPN на 30 дней"), text("en", "Keys at once", "ru", "Ключи сразу")),
			product("netflix", "apps", catalog.Plain("Netflix"), nil),
			product("musica", "apps", text("es", "Música sin límites", "de", "Müllers Schlüssel"), nil),
			product("rtl", "apps", catalog.Plain("\u202eבטיחות\u200f כרטיס"), nil),
			product("stolen", "attic", catalog.Plain("Steam of the attic"), nil),
			hidden,
		},
	}
}

func found(x *Index, query string) (skus []string) {
	for _, p := range x.Find(query).Products {
		skus = append(skus, p.SKU)
	}
	return skus
}

func TestWordsFindProductsInAllLanguagesInSpiteOfTyposAndEndings(t *testing.T) {
	x := NewIndex(shelf())
	for _, tt := range []struct {
		query string
		want  []string
	}{
		{"steam", []string{"steam-10", "steam-20", "steamer", "wallet"}}, // word, prefix, description
		{"STEAM!", []string{"steam-10", "steam-20", "steamer", "wallet"}},
		{"ste", []string{"steamer", "steam-10", "steam-20", "wallet"}}, // all begin with it: the catalog's order
		{"staem", []string{"steam-10", "steam-20"}},                    // swapped letters
		{"steem", []string{"steam-10", "steam-20"}},
		{"steam-10", []string{"steam-10"}},
		{"Steam-10", []string{"steam-10"}},
		{"card steam", []string{"steam-10", "steam-20"}},
		{"steam 20", []string{"steam-20"}},
		{"карту стим", []string{"steam-10", "steam-20"}}, // another ending, and a word that nothing has
		{"карты", []string{"steam-10", "steam-20"}},
		{"картка", []string{"steam-10", "steam-20"}}, // the Ukrainian word first, then the Russian one
		{"tarjetas", []string{"steam-10"}},
		{"guthaben", []string{"steam-10"}},
		{"gutaben", []string{"steam-10"}},
		{"впн", []string{"vpn-30d"}},
		{"нетфликс", []string{"netflix"}},
		{"steamer", []string{"steamer", "steam-10", "steam-20", "wallet"}}, // the SKU first, then other endings
		{"ключ", []string{"vpn-30d"}},
		{"ключами", []string{"vpn-30d"}},
		{"musica", []string{"musica"}},
		{"MÚSICA", []string{"musica"}},
		{"schlussel", []string{"musica"}},
		{"игра", []string{"steam-10", "steam-20"}}, // the category's title
		{"כרטיס", []string{"rtl"}},
		{"do you have a steam card for me please", []string{"steam-10", "steam-20", "vpn-30d"}}, // "for" is in its title
		{"secret", nil},
		{"attic", nil},
		{"zzzz", nil},
		{"", nil},
		{"🙂🙂🙂", nil},
	} {
		require.Equal(t, tt.want, found(x, tt.query), tt.query)
	}
}

func TestNothingFoundOffersWhatIsClose(t *testing.T) {
	x := NewIndex(shelf())
	for query, want := range map[string][]string{
		"steamcard": {"steam-10", "steam-20"}, // run together
		"stxxm":     {"steam-10", "steam-20"}, // two typos in a short word
	} {
		f := x.Find(query)
		require.True(t, f.Close, query)
		require.Empty(t, f.Words, query)
		require.Equal(t, want, found(x, query), query)
	}
	require.False(t, x.Find("steam").Close)
}

func TestTheWordsThatMatteredFindTheSameAgain(t *testing.T) {
	x := NewIndex(shelf())
	f := x.Find("please, the STEAM-10 or карту!")
	require.Equal(t, []string{"steam-10", "карту"}, f.Words)
	require.Equal(t, f.Products, x.Find(strings.Join(f.Words, " ")).Products)
}

func TestTheIndexFollowsTheCatalog(t *testing.T) {
	now := shelf()
	s := NewSearcher(func() *catalog.Catalog { return now })
	before := s.Index()
	require.Same(t, before, s.Index())
	now = &catalog.Catalog{Products: []catalog.Product{{SKU: "new", Title: catalog.Plain("Newcomer")}}}
	require.Equal(t, []string{"new"}, found(s.Index(), "newcomer"))
	require.Empty(t, found(s.Index(), "steam"))
}

func TestALongListIsCut(t *testing.T) {
	c := &catalog.Catalog{}
	for i := range 3 * MaxFound {
		c.Products = append(c.Products, catalog.Product{SKU: fmt.Sprintf("p%d", i), Title: catalog.Plain("Same")})
	}
	f := NewIndex(c).Find("same")
	require.Len(t, f.Products, MaxFound)
	require.Equal(t, "p0", f.Products[0].SKU)
}

// FuzzFind searches for what anybody may write. A product must be found by the words of its title,
// and nothing hidden ever.
func FuzzFind(f *testing.F) {
	for _, q := range []string{"steam", "карту Стим", "🙂", "\u202eabc", "a\u0301\u0301\u0301", strings.Repeat("щ", 4096), strings.Repeat("a b ", 1024), "\xff\xfe", "ﷺ"} {
		f.Add(q)
	}
	x := NewIndex(shelf())
	f.Fuzz(func(t *testing.T, query string) {
		r := x.Find(query)
		require.LessOrEqual(t, len(r.Words), maxWords)
		for _, w := range r.Words {
			require.True(t, utf8.ValidString(w))
			require.LessOrEqual(t, utf8.RuneCountInString(w), maxWord)
		}
		for _, p := range r.Products {
			require.NotEqual(t, "secret", p.SKU)
			require.NotEqual(t, "stolen", p.SKU)
		}
		again := x.Find(strings.Join(r.Words, " "))
		if !r.Close {
			require.Equal(t, r.Products, again.Products, "the words that mattered find the same")
		}

		c := &catalog.Catalog{Products: []catalog.Product{{SKU: "it", Title: catalog.Plain(query)}}}
		if words := wordsOf(fold(cutQuery(query))); len(words) > 0 {
			require.NotEmpty(t, NewIndex(c).Find(words[0]).Products, "a title's first word finds it: %q", words[0])
		}
	})
}

func TestTheSameWordOnceOrTwiceIsTheSameQuery(t *testing.T) {
	x := NewIndex(shelf())
	require.Equal(t, found(x, "steam card"), found(x, "steam card steam card"))
	require.True(t, slices.Equal(found(x, "steam"), found(x, strings.Repeat("steam ", 200))))
}
