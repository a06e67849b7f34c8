package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Bounds of a query. Telegram lets people write 4,096 characters, and forge more.
const (
	maxQuery = 400 // bytes that are looked at
	maxWords = 8   // words that are looked for
	maxWord  = 32  // letters of a word
)

// fold makes forms of one word equal: in lower case, without accents and marks that cannot be seen,
// styled and wide letters plain.
func fold(text string) string {
	return cases.Fold().String(strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Mn, unicode.Cf) {
			return -1
		}
		return r
	}, norm.NFKD.String(text)))
}

// wordsOf splits folded text into its words, each at most maxWord letters long.
func wordsOf(folded string) []string {
	words := strings.FieldsFunc(folded, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
	for i, w := range words {
		words[i] = firstLetters(w, maxWord)
	}
	return words
}

// firstLetters is a word's first n letters, or all of it.
func firstLetters(word string, n int) string {
	for at := range word {
		if n == 0 {
			return word[:at]
		}
		n--
	}
	return word
}

// cutQuery is the part of a query that is looked at, as valid UTF-8.
func cutQuery(query string) string {
	if len(query) > maxQuery {
		query = query[:maxQuery]
		for i := 0; i < utf8.UTFMax && !utf8.ValidString(query); i++ {
			query = query[:len(query)-1]
		}
	}
	return strings.ToValidUTF8(query, " ")
}

// latin writes a word in Latin letters, as names of brands are heard: впн for VPN. It returns "" for
// a word without Cyrillic letters.
func latin(word string) string {
	var b strings.Builder
	found := false
	for _, r := range word {
		if s, ok := romanized[r]; ok {
			found = true
			b.WriteString(s)
			continue
		}
		b.WriteRune(r)
	}
	if !found {
		return ""
	}
	return b.String()
}

// romanized maps: folded Cyrillic letter => Latin letters.
var romanized = map[rune]string{
	'а': "a", 'б': "b", 'в': "v", 'г': "g", 'ґ': "g", 'д': "d", 'е': "e", 'є': "e", 'ж': "zh", 'з': "z", 'и': "i", 'і': "i",
	'к': "k", 'л': "l", 'м': "m", 'н': "n", 'о': "o", 'п': "p", 'р': "r", 'с': "s", 'т': "t", 'у': "u", 'ф': "f", 'х': "h",
	'ц': "c", 'ч': "ch", 'ш': "sh", 'щ': "sch", 'ъ': "", 'ы': "y", 'ь': "", 'э': "e", 'ю': "yu", 'я': "ya",
}

// isVowel reports whether a folded letter is a vowel of a language that is written in Latin or
// Cyrillic letters. й is и after folding.
func isVowel(r rune) bool { return strings.ContainsRune("aeiouyаеиоуыэюяієь", r) }

// commonPrefix is how many letters two words begin with alike, and how many bytes these are.
func commonPrefix(a, b string) (letters, size int) {
	for at, r := range a {
		other, width := utf8.DecodeRuneInString(b[min(at, len(b)):])
		if width == 0 || other != r {
			return letters, at
		}
		letters++
		size = at + width
	}
	return letters, size
}

// What sameButForEnding takes for an ending and what comes before it, in letters.
const (
	shortestStem  = 3
	longestEnding = 3
)

// sameButForEnding reports whether two words differ in nothing but their endings, such as карту and
// карта, or games and game. It knows no grammar: endings are short, together no longer than what comes
// before them, and have a vowel if both words have one.
func sameButForEnding(a, b string) bool {
	common, size := commonPrefix(a, b)
	restA, restB := a[size:], b[size:]
	endA, endB := utf8.RuneCountInString(restA), utf8.RuneCountInString(restB)
	switch {
	case common < shortestStem || max(endA, endB) > longestEnding:
		return false
	case endA == 0 || endB == 0:
		return true
	}
	return endA+endB <= common && strings.ContainsFunc(restA, isVowel) && strings.ContainsFunc(restB, isVowel)
}
