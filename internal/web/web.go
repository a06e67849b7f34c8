// Package web is the shop's window on the web: its catalog as pages that need no script, with links
// that open the bot at the product. It takes no money, asks nothing, and keeps nothing about its
// visitors.
//
// Pages are made when they are first asked for and kept in memory. What they are made of (the
// catalog, the day, what is sold out, the bot's name) is a scene; another scene begins with no
// pages. Every page carries a hash of itself, so a browser that has it is answered with 304.
package web

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/localize"
	"shopbot/internal/shop"
)

// Config is what a Site gets from outside. All of it is required.
type Config struct {
	// Address is what all addresses of the site begin with, such as https://shop.example.com; no
	// slash at its end.
	Address string
	Texts   *localize.Texts
	// Catalog is the catalog in force.
	Catalog func() *catalog.Catalog
	// Stock reads what is in stock, by SKU.
	Stock func(ctx context.Context) (map[string]shop.Stock, error)
	// Bot is the bot's user name without its @; "" until it is known. Pages have no links into the
	// chat until then.
	Bot func() string
	Log *slog.Logger
}

// Site serves the pages. It is safe for concurrent use.
type Site struct {
	cfg  Config
	base string // the path of Config.Address, before all paths of the site

	scene    atomic.Pointer[scene]
	changing sync.Mutex // held while the scene changes
	pictures pictureStore
}

// New makes a Site.
func New(cfg Config) (*Site, error) {
	address, err := url.Parse(cfg.Address)
	if err != nil {
		return nil, fmt.Errorf("address of the web pages: %w", err)
	}
	return &Site{cfg: cfg, base: address.EscapedPath()}, nil
}

// headers are those of every answer. Nothing on a page may run, be framed or come from elsewhere.
var headers = map[string]string{
	"Content-Security-Policy": "default-src 'none'; img-src 'self'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	"X-Content-Type-Options":  "nosniff",
	"Referrer-Policy":         "same-origin",
}

// How long others may keep an answer.
const (
	askFirst = "no-cache"                            // keep it, and ask each time whether it is still right
	anHour   = "public, max-age=3600"                // for programs that look rarely
	forGood  = "public, max-age=31536000, immutable" // its address has a hash of it
)

// ServeHTTP answers GET and HEAD. Paths that the site does not have get a page that says so.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	for name, value := range headers {
		header.Set(name, value)
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	now := s.current(r.Context())
	path := r.URL.Path
	switch {
	case path == stylePath:
		serve(w, r, style, forGood)
	case path == robotsPath:
		serve(w, r, now.robots(s), anHour)
	case path == sitemapPath:
		serve(w, r, now.sitemap(s), anHour)
	case path == iconPath:
		serve(w, r, now.icon(), anHour)
	case len(path) > len(picturesPath) && path[:len(picturesPath)] == picturesPath:
		s.servePicture(w, r, now, path[len(picturesPath):])
	default:
		s.servePage(w, r, now, path)
	}
}

// document is an answer that is ready to be sent.
type document struct {
	body        []byte
	contentType string
	etag        string // with its quotes
}

func newDocument(contentType string, body []byte) *document {
	return &document{body: body, contentType: contentType, etag: `"` + hashOf(body) + `"`}
}

// serve sends a document, or 304 to those who have it.
func serve(w http.ResponseWriter, r *http.Request, d *document, keep string) {
	header := w.Header()
	header.Set("Content-Type", d.contentType)
	header.Set("Etag", d.etag)
	header.Set("Cache-Control", keep)
	if r.Method == http.MethodGet && wantsWhole(r.Header) {
		header.Set("Content-Length", strconv.Itoa(len(d.body)))
		_, _ = w.Write(d.body) //nolint:gosec // html/template has escaped it
		return
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(d.body))
}

// wantsWhole reports whether a request sets no conditions. Most do not, and ServeContent copies.
func wantsWhole(h http.Header) bool {
	for _, name := range [...]string{"Range", "If-None-Match", "If-Match", "If-Modified-Since", "If-Unmodified-Since"} {
		if _, set := h[name]; set {
			return false
		}
	}
	return true
}

// servePage serves the page at a path. A path without a language is answered in the one that its
// reader likes best. A language that is gone from the shop leads there.
func (s *Site) servePage(w http.ResponseWriter, r *http.Request, now *scene, path string) {
	language, rest := languageOf(path)
	if language != "" && !now.speaks(language) {
		if now.page(s, now.preferred(""), rest) != nil { // or anybody could write where this leads
			redirect(w, r, s.base+rest)
			return
		}
		language = ""
	}
	if language == "" {
		if len(now.catalog.Shop.Languages) > 1 {
			w.Header().Set("Vary", "Accept-Language")
		}
		language = now.preferred(r.Header.Get("Accept-Language"))
	}
	w.Header().Set("Content-Language", language)
	if d := now.page(s, language, rest); d != nil {
		serve(w, r, d, askFirst)
		return
	}
	d := now.page(s, language, notFound)
	w.Header().Set("Content-Type", d.contentType)
	w.Header().Set("Cache-Control", askFirst)
	w.WriteHeader(http.StatusNotFound)
	if r.Method == http.MethodGet {
		_, _ = w.Write(d.body)
	}
}

// redirect leads to the path of a page or a picture of the site for now.
func redirect(w http.ResponseWriter, r *http.Request, to string) {
	w.Header().Set("Cache-Control", askFirst)
	http.Redirect(w, r, to, http.StatusFound) //nolint:gosec // to is a path of the site
}
