package bot

import (
	"context"
	"strings"

	"shopbot/internal/catalog"
	"shopbot/internal/search"
)

// searchCommand is "/search WORDS".
func (b *Bot) searchCommand(ctx context.Context, r *request) error {
	if strings.TrimSpace(r.args) == "" {
		return b.menu(ctx, r, "search_ask")
	}
	return b.searchWords(ctx, r, r.args, 0)
}

// searchButton shows another page of what was found.
func (b *Bot) searchButton(ctx context.Context, r *request) error {
	page, words, _ := strings.Cut(r.args, ":")
	n, _ := quantity(page)
	return b.searchWords(ctx, r, words, n)
}

// searchWords shows the products that are found by what somebody wrote. The only one is opened at
// once.
func (b *Bot) searchWords(ctx context.Context, r *request, query string, page int) error {
	index := b.searcher.Index()
	f := index.Find(query)
	words := strings.Join(f.Words, " ")
	if fitting := cutBytes(words, maxSearchWords); fitting != words { // so that all pages are of one search
		words, f = fitting, index.Find(fitting)
	}
	switch {
	case len(f.Products) == 1 && !f.Close:
		return b.showProduct(ctx, r, f.Products[0].SKU, 1)
	case len(f.Products) == 0 || f.Close:
		return b.show(ctx, r, notFoundScreen(r.loc, r.catalog, f.Products, r.today()))
	}
	s := searchScreen(r.loc, f, words, page, &r.catalog.Shop, r.today(), func(p *catalog.Product) bool { return b.isSoldOut(ctx, p) })
	return b.showList(ctx, r, s, data(actSearch, itoa(page), words))
}

// maxSearchWords is how many bytes of words fit into the data of the buttons that lead to other
// pages.
const maxSearchWords = maxData - len(actSearch+":99:")

// cutBytes cuts a text to at most limit bytes, between two letters.
func cutBytes(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	cut := 0
	for at := range s {
		if at > limit {
			break
		}
		cut = at
	}
	return s[:cut]
}

// searchScreen lists one page of what was found, from 0.
func searchScreen(l localizer, f search.Found, words string, page int, of *catalog.Shop, on catalog.Date, soldOut func(*catalog.Product) bool) screen {
	number := itoa(len(f.Products))
	if len(f.Products) == search.MaxFound {
		number += "+"
	}
	s := screen{Text: l.Say("search_found", "Query", words, "Count", len(f.Products), "Number", number)}
	products, paging := pageOf(f.Products, page, func(page int) string { return data(actSearch, itoa(page), words) })
	for _, p := range products {
		s.Rows = append(s.Rows, row(productButton(l, of, p, on, soldOut(p))))
	}
	s.Rows = append(s.Rows, paging, row(l.button("orders", actOrders), l.button("home", actHome)))
	return s
}

// maxClose is how many products are offered that come close to what was not found.
const maxClose = 3

// notFoundScreen says that nothing was found, and offers what comes close, and the categories. It
// does not repeat the words: they may be a key.
func notFoundScreen(l localizer, c *catalog.Catalog, similar []*catalog.Product, on catalog.Date) screen {
	s := screen{Text: l.Say("search_none")}
	if len(similar) > 0 {
		s.Text = l.Say("search_close")
	}
	for _, p := range similar[:min(len(similar), maxClose)] {
		s.Rows = append(s.Rows, row(productButton(l, &c.Shop, p, on, false)))
	}
	s.Rows = append(s.Rows, categoryRows(l, c, 0)...)
	s.Rows = append(s.Rows, row(l.button("orders", actOrders), l.button("home", actHome)))
	return s
}
