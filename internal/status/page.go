package status

import (
	"bytes"
	"context"
	_ "embed"
	"html/template"
	"log/slog"
	"net/http"
	"strconv"
	"time"
)

var (
	//go:embed assets/page.html
	pageSource string
	//go:embed assets/style.css
	styleSheet []byte

	pages = template.Must(template.New("page").Funcs(template.FuncMap{
		"moment": moment, "plain": plain, "coord": func(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) },
	}).Parse(pageSource))
)

// refreshAfter is when the browser asks for the page again.
const refreshAfter = time.Minute

// Page serves the status to who came by a one-time link, and to nobody else.
type Page struct {
	status func(context.Context) Status
	log    *slog.Logger
	entry  *entry
	mux    *http.ServeMux
}

// NewPage returns a page. cookie names its cookie, apart from those of other shops on the machine.
func NewPage(status func(context.Context) Status, cookie string, log *slog.Logger) *Page {
	p := &Page{status: status, log: log, entry: newEntry(cookie), mux: http.NewServeMux()}
	p.mux.HandleFunc("GET /{$}", p.show)
	p.mux.HandleFunc("GET /enter", p.enter)
	p.mux.HandleFunc("POST /leave", p.leave)
	p.mux.HandleFunc("GET /status.css", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		_, _ = w.Write(styleSheet) // if it fails, the client has gone
	})
	return p
}

// OneTimeLink is the path that lets in the first who asks for it, within two minutes.
func (p *Page) OneTimeLink() string { return "/enter?code=" + p.entry.links.issue() }

// ServeHTTP implements http.Handler.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin") // with no-referrer a form has no Origin either, and is refused
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	p.mux.ServeHTTP(w, r)
}

func (p *Page) enter(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet { // HEAD, by which programs look at links
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	if !p.entry.links.spend(r.URL.Query().Get("code")) {
		p.refuse(w, r, "This link was used before, or is older than two minutes.")
		return
	}
	p.entry.begin(w)
	p.log.InfoContext(r.Context(), "status page opened by a one-time link")
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (p *Page) leave(w http.ResponseWriter, r *http.Request) {
	p.entry.end(w, r)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (p *Page) show(w http.ResponseWriter, r *http.Request) {
	if !p.entry.admits(r) {
		p.refuse(w, r, "This page is for the person who runs the shop.")
		return
	}
	s := p.status(r.Context())
	w.Header().Set("Refresh", strconv.Itoa(int(refreshAfter.Seconds())))
	p.render(w, r, http.StatusOK, "status", struct {
		*Status

		Headline           string
		Facts              []fact
		Charts             []Chart
		Today, Week, Month Day
	}{&s, s.headline(), s.facts(), s.charts(), s.sum(1), s.sum(7), s.sum(len(s.Days))})
}

func (p *Page) refuse(w http.ResponseWriter, r *http.Request, why string) {
	p.render(w, r, http.StatusForbidden, "refused", why)
}

func (p *Page) render(w http.ResponseWriter, r *http.Request, status int, name string, data any) {
	var page bytes.Buffer
	if err := pages.ExecuteTemplate(&page, name, data); err != nil {
		p.log.ErrorContext(r.Context(), "render status page failed", "error", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = page.WriteTo(w) // if it fails, the client has gone
}
