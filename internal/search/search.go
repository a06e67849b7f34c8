// Package search finds products by words that people type: in all languages of a catalog at once,
// whatever the case, the accents and the endings, and in spite of a typo.
//
// It knows no chat and no stock. The one idea to keep in mind: an Index holds the words of one
// catalog, which never changes. It is made once for each catalog, and a search looks up words in it,
// so it takes no longer for ten thousand products than for a hundred.
//
// Typos are found by github.com/blevesearch/vellum: the words are in a finite-state transducer, and
// a Levenshtein automaton walks through it. What a match is worth is decided here.
package search

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"shopbot/internal/catalog"
)

// MaxFound is the most products that a search returns.
const MaxFound = 200

// Found is what a search found.
type Found struct {
	// Products are of the index's catalog, the best first, at most MaxFound. Among equals the
	// catalog's order decides.
	Products []*catalog.Product
	// Words are the words of the query that mattered, without those that no product has. Joined by
	// blanks they find the same products.
	Words []string
	// Close says that no product has any of the words, and Products are those whose words are
	// most like them.
	Close bool
}

// match is how well a product matches a word, worst first.
type match uint8

const (
	noMatch match = iota
	inDescription
	twoTypos
	oneTypo
	byEnding
	byPrefix
	inTitle
	bySKU
)

// worth maps: match => what it adds to a product's score, for a word that few products have.
var worth = [...]float64{
	inDescription: 1, twoTypos: 4, oneTypo: 5, byEnding: 7, byPrefix: 8, inTitle: 10, bySKU: 100,
}

// Find finds the products that buyers can see and that match a query. It returns those that match
// all words that any product matches, and others that come near the best of them.
func (x *Index) Find(query string) Found {
	t := newTally(len(x.catalog.Products))
	var f Found
	typed := strings.Fields(cutQuery(query))
	for _, field := range typed {
		sku := strings.ToLower(strings.Trim(field, ".,;:!?\"'()"))
		if at, ok := x.skus[sku]; ok && t.words < maxWords {
			t.note(at, bySKU)
			if words := wordsOf(sku); len(words) == 1 { // it may also be a word of others' titles
				x.lookUp(words[0], t.note)
			}
			f.Words = append(f.Words, sku)
			t.endWord()
			continue
		}
		for _, w := range wordsOf(fold(field)) {
			if t.words == maxWords {
				break
			}
			if slices.Contains(f.Words, w) {
				continue
			}
			x.lookUp(w, t.note)
			if t.endWord() {
				f.Words = append(f.Words, w)
			}
		}
	}
	if len(f.Words) == 0 {
		f.Close = true
		for _, w := range wordsOf(fold(strings.Join(typed, " "))) {
			if t.words == maxWords {
				break
			}
			x.lookUpClose(w, t.note)
			t.endWord()
		}
	}
	for _, at := range t.best() {
		f.Products = append(f.Products, &x.catalog.Products[at])
	}
	return f
}

// tally adds up what the words of a query are worth to each product.
type tally struct {
	scores  []float64
	matched []uint8 // words that a product matches
	words   int     // words that were looked for
	found   uint8   // words that any product matches
	any     []int   // products that match a word

	word    []match // how products match the word that is looked for
	touched []int   // products that match it
}

func newTally(products int) *tally {
	return &tally{scores: make([]float64, products), matched: make([]uint8, products), word: make([]match, products)}
}

// note notes that a product matches the word that is looked for. Its best match counts.
func (t *tally) note(product int, m match) {
	if t.word[product] == noMatch {
		t.touched = append(t.touched, product)
	}
	t.word[product] = max(t.word[product], m)
}

// endWord adds the word's matches to the scores. The fewer products a word finds the more it says.
// It returns false if it found none.
func (t *tally) endWord() bool {
	t.words++
	if len(t.touched) == 0 {
		return false
	}
	rare := math.Log1p(float64(len(t.word)) / float64(len(t.touched)))
	for _, product := range t.touched {
		if t.matched[product] == 0 {
			t.any = append(t.any, product)
		}
		t.matched[product]++
		t.scores[product] += rare * worth[t.word[product]]
		t.word[product] = noMatch
	}
	t.touched = t.touched[:0]
	t.found++
	return true
}

// best lists the products to show, the best first.
func (t *tally) best() []int {
	top := 0.0
	for _, product := range t.any {
		top = max(top, t.scores[product])
	}
	kept := slices.DeleteFunc(t.any, func(product int) bool {
		return t.matched[product] < t.found && t.scores[product] < top/2
	})
	slices.SortFunc(kept, func(a, b int) int {
		return cmp.Or(cmp.Compare(t.scores[b], t.scores[a]), cmp.Compare(a, b))
	})
	return kept[:min(len(kept), MaxFound)]
}
