package web

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/language"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
)

// refreshInterval is how often it is looked what is sold out and which day it is.
const refreshInterval = 10 * time.Second

// scene is what pages are made of, and the pages that were made of it. Only its pages change.
type scene struct {
	*index
	bot     string
	texts   int64 // how often they were read again
	day     catalog.Date
	soldOut map[string]bool // by SKU

	checked time.Time
	pages   *pageStore
}

// index finds things of one catalog.
type index struct {
	catalog    *catalog.Catalog
	products   map[string]*catalog.Product // by SKU; those that buyers see
	categories []category                  // that have such products, in the order of the catalog
	byID       map[string]*category
	matcher    language.Matcher
	pictures   pictureIndex
}

// category is one that buyers see, with its products.
type category struct {
	catalog.Category

	products []*catalog.Product
}

func newIndex(c *catalog.Catalog) *index {
	x := &index{catalog: c, products: map[string]*catalog.Product{}, byID: map[string]*category{}}
	within := map[string][]*catalog.Product{}
	hidden := map[string]bool{}
	for _, of := range c.Categories {
		hidden[of.ID] = of.Hidden
	}
	for i := range c.Products {
		if p := &c.Products[i]; !p.Hidden && !hidden[p.Category] {
			x.products[p.SKU] = p
			within[p.Category] = append(within[p.Category], p)
		}
	}
	for _, of := range c.Categories {
		if len(within[of.ID]) > 0 {
			x.categories = append(x.categories, category{of, within[of.ID]})
		}
	}
	for i := range x.categories {
		x.byID[x.categories[i].ID] = &x.categories[i]
	}
	var tags []language.Tag
	for _, code := range c.Shop.Languages {
		tags = append(tags, language.Make(code))
	}
	x.matcher = language.NewMatcher(tags)
	return x
}

// current is the scene of this moment: with the catalog in force, and with a stock that is not older
// than refreshInterval.
func (s *Site) current(ctx context.Context) *scene {
	if now := s.scene.Load(); s.isCurrent(now) {
		return now
	}
	s.changing.Lock()
	defer s.changing.Unlock()
	before := s.scene.Load()
	if s.isCurrent(before) { // changed by another request meanwhile
		return before
	}
	c := s.cfg.Catalog()
	now := &scene{bot: s.cfg.Bot(), texts: s.cfg.Texts.Reloads(), checked: time.Now()}
	now.day = c.Shop.DateOf(now.checked)
	if before != nil && before.catalog == c {
		now.index = before.index
	} else {
		now.index = newIndex(c)
	}
	now.soldOut = s.readSoldOut(ctx, now.index, before)
	if before != nil && now.index == before.index && now.bot == before.bot && now.texts == before.texts && now.day == before.day && maps.Equal(now.soldOut, before.soldOut) {
		now.pages = before.pages
	} else {
		now.pages = &pageStore{}
	}
	s.scene.Store(now)
	return now
}

func (s *Site) isCurrent(now *scene) bool {
	return now != nil && now.catalog == s.cfg.Catalog() && now.bot == s.cfg.Bot() && now.texts == s.cfg.Texts.Reloads() && time.Since(now.checked) < refreshInterval
}

// readSoldOut reads which products are sold out. If that fails, they are those that were before.
func (s *Site) readSoldOut(ctx context.Context, x *index, before *scene) map[string]bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second) // all visitors wait for it
	defer cancel()
	stock, err := s.cfg.Stock(ctx)
	if err != nil {
		s.cfg.Log.WarnContext(ctx, "read stock for the web pages failed", "error", err)
		if before != nil {
			return before.soldOut
		}
		return nil
	}
	return soldOut(x, stock)
}

func soldOut(x *index, stock map[string]shop.Stock) map[string]bool {
	out := map[string]bool{}
	for sku, p := range x.products {
		if p.Deliver.FromStock() && stock[sku].Free == 0 {
			out[sku] = true
		}
	}
	return out
}

// languageOf splits a path such as /pt-br/p/steam-10 into its language and the rest; the language is
// "" if the path begins with none.
func languageOf(path string) (language, rest string) {
	first, rest, found := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if !found || !looksLikeLanguage(first) {
		return "", path
	}
	return first, path[len(path)-len(rest)-1:]
}

// looksLikeLanguage reports whether a step of a path can be a language of a catalog. No step of the
// site's own paths can.
func looksLikeLanguage(step string) bool {
	base, _, _ := strings.Cut(step, "-")
	return (len(base) == 2 || len(base) == 3) && strings.Trim(base, "abcdefghijklmnopqrstuvwxyz") == ""
}

func (now *scene) speaks(language string) bool {
	return len(now.catalog.Shop.Languages) > 1 && slices.Contains(now.catalog.Shop.Languages, language)
}

// preferred is the shop's language that somebody likes best, or its first.
func (now *scene) preferred(accept string) string {
	all := now.catalog.Shop.Languages
	if len(all) == 1 || accept == "" {
		return all[0]
	}
	tags, _, err := language.ParseAcceptLanguage(accept)
	if err != nil {
		return all[0]
	}
	// Without a match the matcher may give another one than the first.
	_, i, confidence := now.matcher.Match(tags...)
	if confidence == language.No {
		return all[0]
	}
	return all[i]
}

// maxPageBytes bounds the pages that are kept in memory.
const maxPageBytes = 32 << 20

// pageStore keeps the pages of a scene.
type pageStore struct {
	mu    sync.RWMutex
	made  map[pageKey]*document
	bytes int
}

type pageKey struct{ language, path string }

// get returns a page, and makes it if it is not there; nil if makeIt returns that.
func (p *pageStore) get(key pageKey, makeIt func() *document) *document {
	p.mu.RLock()
	d := p.made[key]
	p.mu.RUnlock()
	if d != nil {
		return d
	}
	if d = makeIt(); d == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.made == nil || p.bytes+len(d.body) > maxPageBytes {
		p.made, p.bytes = map[pageKey]*document{}, 0
	}
	key.path = strings.Clone(key.path) // it is a part of the request
	p.made[key] = d
	p.bytes += len(d.body)
	return d
}

// page returns the page at a path without its language, or nil if there is none.
func (now *scene) page(s *Site, language, path string) *document {
	return now.pages.get(pageKey{language, path}, func() *document {
		if v := s.view(now, language, path); v != nil {
			return v.render()
		}
		return nil
	})
}
