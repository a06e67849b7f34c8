package search

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/vellum"
	"github.com/blevesearch/vellum/levenshtein"

	"shopbot/internal/catalog"
)

// Index holds the words of one catalog. It never changes, and is safe for concurrent use.
type Index struct {
	catalog *catalog.Catalog
	// skus maps: SKU => index of its product.
	skus map[string]int
	// words are sorted, and places are where each of them stands.
	words  []string
	places [][]place
	// byTypo maps: word => its index in words. nil if it could not be made; then no typo is forgiven.
	byTypo *vellum.FST
}

// place is where a word stands: the index of a product, and whether in its title (or SKU) or only in
// its description (or the title of its category).
type place uint32

func placeOf(product int, title bool) place {
	p := place(product) << 1 //nolint:gosec // an index
	if title {
		p++
	}
	return p
}

func (p place) product() int  { return int(p >> 1) }
func (p place) inTitle() bool { return p&1 == 1 }

// NewIndex makes the index of a catalog. Products that buyers cannot see are not in it.
func NewIndex(c *catalog.Catalog) *Index {
	x := &Index{catalog: c, skus: map[string]int{}}
	categories := map[string]catalog.Category{}
	for _, category := range c.Categories {
		categories[category.ID] = category
	}
	all := map[string][]place{}
	for i := range c.Products {
		p := &c.Products[i]
		category := categories[p.Category]
		if p.Hidden || category.Hidden {
			continue
		}
		x.skus[p.SKU] = i
		add := func(text string, title bool) {
			for _, w := range wordsOf(fold(text)) {
				had := all[w]
				if n := len(had); n == 0 || had[n-1].product() != i { // titles come first
					all[strings.Clone(w)] = append(had, placeOf(i, title))
				}
			}
		}
		add(p.SKU, true)
		addTexts(p.Title, true, add)
		addTexts(p.Description, false, add)
		addTexts(category.Title, false, add)
	}
	x.words = slices.Sorted(maps.Keys(all))
	x.places = make([][]place, 0, len(x.words))
	for _, w := range x.words {
		x.places = append(x.places, slices.Clip(all[w]))
	}
	x.byTypo = transducer(x.words)
	return x
}

func addTexts(t catalog.Text, title bool, add func(text string, title bool)) {
	for _, text := range t {
		add(text, title)
	}
}

// transducer makes the index of sorted words in which typos are found; nil if it cannot be made,
// which no list of words leads to.
func transducer(words []string) *vellum.FST {
	var b bytes.Buffer
	builder, err := vellum.New(&b, nil)
	if err != nil {
		return nil
	}
	for i, w := range words {
		if err := builder.Insert([]byte(w), uint64(i)); err != nil {
			return nil
		}
	}
	if err := builder.Close(); err != nil {
		return nil
	}
	fst, err := vellum.Load(b.Bytes())
	if err != nil {
		return nil
	}
	return fst
}

// lookUp notes the products that match a word. Typos are only forgiven if no title has the word, nor
// a longer one or one with another ending. A Cyrillic word that no title has is also looked for in
// Latin letters.
func (x *Index) lookUp(word string, note func(product int, m match)) {
	if x.exactly(word, note) || x.mistyped(word, typosIn(word), note) {
		return
	}
	if l := latin(word); l != "" && !x.exactly(l, note) {
		x.mistyped(l, typosIn(l), note)
	}
}

// exactly notes the products that have a word, the beginning of whose words it is, or whose words
// have another ending. It reports whether one has it in its title.
func (x *Index) exactly(word string, note func(product int, m match)) (inTitles bool) {
	letters := utf8.RuneCountInString(word)
	// Words with another ending begin with this, see sameButForEnding.
	begin := firstLetters(word, min(letters, max(shortestStem, letters-longestEnding)))
	first, _ := slices.BinarySearch(x.words, begin)
	for i, w := range x.words[first:] {
		if !strings.HasPrefix(w, begin) {
			break
		}
		var m match
		switch {
		case w == word:
			m = inTitle
		case letters > 1 && strings.HasPrefix(w, word):
			m = byPrefix
		case sameButForEnding(word, w):
			m = byEnding
		default:
			continue
		}
		whole := m == inTitle || letters > 2 // "st" begins a word of most descriptions
		inTitles = x.noteAll(first+i, m, whole, note) || inTitles
	}
	return inTitles
}

// noteAll notes all products that have the i-th word. It reports whether one has it in its title.
func (x *Index) noteAll(i int, m match, descriptions bool, note func(product int, m match)) (inTitles bool) {
	for _, p := range x.places[i] {
		switch {
		case p.inTitle():
			note(p.product(), m)
			inTitles = true
		case descriptions:
			note(p.product(), inDescription)
		}
	}
	return inTitles
}

// typosIn is how many typos a word may have: none if it is short or has digits.
func typosIn(word string) uint8 {
	letters := utf8.RuneCountInString(word)
	switch {
	case letters < 4 || strings.ContainsFunc(word, unicode.IsNumber):
		return 0
	case letters < 8:
		return 1
	}
	return 2
}

// automata makes the automata that accept a word with at most so many typos, of which swapped
// letters are one.
var automata = sync.OnceValue(func() (made [3]*levenshtein.LevenshteinAutomatonBuilder) {
	for typos := uint8(1); typos <= 2; typos++ {
		made[typos], _ = levenshtein.NewLevenshteinAutomatonBuilder(typos, true) // only fails for many more
	}
	return made
})

// mistyped notes the products that have a word with at most so many typos in their titles, and
// reports whether there is one.
func (x *Index) mistyped(word string, typos uint8, note func(product int, m match)) (found bool) {
	if typos == 0 || x.byTypo == nil {
		return false
	}
	automaton, err := automata()[typos].BuildDfa(word, typos)
	if err != nil { // too long a word
		return false
	}
	hits, err := x.byTypo.Search(automaton, nil, nil)
	for ; err == nil; err = hits.Next() {
		w, i := hits.Current()
		m := oneTypo
		if _, distance := automaton.MatchAndDistance(string(w)); distance > 1 {
			m = twoTypos
		}
		found = x.noteAll(int(i), m, false, note) || found //nolint:gosec // an index
	}
	return found
}

// lookUpClose notes the products whose titles have a word that is a little like one that nothing
// matches: with more typos, or run together with others.
func (x *Index) lookUpClose(word string, note func(product int, m match)) {
	const shortest = 4
	letters := utf8.RuneCountInString(word)
	for n := letters - 1; n >= shortest; n-- {
		if i, found := slices.BinarySearch(x.words, firstLetters(word, n)); found && x.noteAll(i, byEnding, false, note) {
			return
		}
	}
	if letters > shortest {
		x.mistyped(word, 2, note)
	}
}

// Searcher has the index of the catalog in force.
type Searcher struct {
	current func() *catalog.Catalog
	making  sync.Mutex
	index   atomic.Pointer[Index]
}

// NewSearcher returns a Searcher in the catalog that current returns.
func NewSearcher(current func() *catalog.Catalog) *Searcher { return &Searcher{current: current} }

// Index is the index of the catalog in force. The first call after a change of the catalog makes it.
func (s *Searcher) Index() *Index {
	if x := s.index.Load(); x != nil && x.catalog == s.current() {
		return x
	}
	s.making.Lock()
	defer s.making.Unlock()
	now := s.current()
	if x := s.index.Load(); x != nil && x.catalog == now {
		return x // another call has made it meanwhile
	}
	x := NewIndex(now)
	s.index.Store(x)
	return x
}

// indexInterval is how often Run looks whether the catalog has changed.
const indexInterval = 2 * time.Second

// Run makes the index of each new catalog soon after its change, so that hardly a search waits for
// it, until ctx ends.
func (s *Searcher) Run(ctx context.Context) {
	tick := time.NewTicker(indexInterval)
	defer tick.Stop()
	for {
		s.Index()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
