package search

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/agnivade/levenshtein"

	"shopbot/internal/catalog"
)

// bigCatalog has 10,000 products in five languages, with titles of four words and descriptions of
// twenty, out of 6,000 words a language. A few of the words are in most texts, as in life.
func bigCatalog(r *rand.Rand) *catalog.Catalog {
	const products, vocabulary = 10_000, 6_000
	alphabets := map[string][2]string{
		"en": {"bcdfghklmnprstvw", "aeiou"}, "de": {"bdfghklmnrstwz", "aeiouäöü"}, "es": {"bcdfglmnprstñ", "aeiouáé"},
		"ru": {"бвгджзклмнпрстхчш", "аеиоуыя"}, "uk": {"бвгджзклмнпрстхчщ", "аеиоуіїє"},
	}
	languages := []string{"en", "ru", "uk", "es", "de"}
	words := map[string][]string{}
	for _, l := range languages {
		consonants, vowels := []rune(alphabets[l][0]), []rune(alphabets[l][1])
		for range vocabulary {
			var b strings.Builder
			for range 1 + r.IntN(2) + r.IntN(3) {
				b.WriteRune(consonants[r.IntN(len(consonants))])
				b.WriteRune(vowels[r.IntN(len(vowels))])
				if r.IntN(2) == 0 {
					b.WriteRune(consonants[r.IntN(len(consonants))])
				}
			}
			words[l] = append(words[l], b.String())
		}
	}
	zipf := rand.NewZipf(r, 1.05, 20, vocabulary-1)
	text := func(n int) catalog.Text {
		t := catalog.Text{}
		for _, l := range languages {
			chosen := make([]string, n)
			for i := range chosen {
				chosen[i] = words[l][zipf.Uint64()]
			}
			t[l] = strings.Join(chosen, " ")
		}
		return t
	}
	c := &catalog.Catalog{}
	for i := range products {
		c.Products = append(c.Products, catalog.Product{SKU: fmt.Sprintf("sku-%d", i), Title: text(4), Description: text(20)})
	}
	return c
}

// bigQueries are what buyers type: words of titles in any language, half of them with a typo, a
// quarter cut short; some of one word and some of eight.
func bigQueries(r *rand.Rand, c *catalog.Catalog) (queries []string) {
	for range 2000 {
		var words []string
		for range 1 + r.IntN(3)*r.IntN(5) {
			p := c.Products[r.IntN(len(c.Products))]
			title := strings.Fields(p.Title[[]string{"en", "ru", "uk", "es", "de"}[r.IntN(5)]])
			w := []rune(title[r.IntN(len(title))])
			switch r.IntN(4) {
			case 0, 1:
				w[r.IntN(len(w))] = w[r.IntN(len(w))]
			case 2:
				w = w[:max(len(w)-2, 2)]
			}
			words = append(words, string(w))
		}
		queries = append(queries, strings.Join(words, " "))
	}
	return queries
}

// BenchmarkSearch reports the 99th percentile of searches by the index, its size in memory and the
// time it takes to make, beside a scan of all words of all titles.
func BenchmarkSearch(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a benchmark
	c := bigCatalog(r)
	queries := bigQueries(r, c)
	before := heap()
	began := time.Now()
	x := NewIndex(c)
	made := time.Since(began)
	size := heap() - before
	b.Run("index", func(b *testing.B) {
		p99(b, queries, func(q string) int { return len(x.Find(q).Products) })
		b.ReportMetric(float64(size)/1e6, "MB")
		b.ReportMetric(float64(made.Milliseconds()), "ms-to-make")
		b.ReportMetric(float64(len(x.words)), "words")
	})
	titles := make([][]string, len(c.Products))
	for i, p := range c.Products {
		for _, text := range p.Title {
			titles[i] = append(titles[i], wordsOf(fold(text))...)
		}
	}
	b.Run("scan", func(b *testing.B) {
		p99(b, queries[:20], func(q string) int { return scan(titles, q) })
	})
	runtime.KeepAlive(x)
}

// scan is a search without an index: every word of every title, with the same typos.
func scan(titles [][]string, query string) (found int) {
	words := wordsOf(fold(query))
	for _, title := range titles {
		for _, w := range words {
			typos := int(typosIn(w))
			if slices.ContainsFunc(title, func(has string) bool {
				return strings.HasPrefix(has, w) || typos > 0 && levenshtein.ComputeDistance(has, w) <= typos
			}) {
				found++
				break
			}
		}
	}
	return found
}

func p99(b *testing.B, queries []string, find func(string) int) {
	b.Helper()
	var took []time.Duration
	n := 0
	for b.Loop() {
		began := time.Now()
		find(queries[n%len(queries)])
		took = append(took, time.Since(began))
		n++
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
