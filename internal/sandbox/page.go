package sandbox

import (
	"cmp"
	"embed"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"shopbot/internal/sandbox/telegram"
)

//go:embed page
var pageFiles embed.FS

// page is the chat page and its API.
type page struct {
	world *World
	hosts []string

	mu     sync.Mutex
	read   map[chatKey]int // the last message that was seen
	outage outage
}

// chatKey names a chat.
type chatKey struct {
	token string
	user  int64
}

func newPage(w *World, hosts []string) *page {
	return &page{world: w, hosts: hosts, read: map[chatKey]int{}}
}

// handler serves the page to those who may see it.
func (p *page) handler() http.Handler {
	routes := p.routes()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !safeHost(r.Host, p.hosts) {
			http.Error(w, "open the page as localhost, or by an address", http.StatusMisdirectedRequest)
			return
		}
		secure(w.Header())
		routes.ServeHTTP(w, r)
	})
}

func (p *page) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", p.index)
	mux.HandleFunc("GET /ui/page/{name}", p.asset)
	mux.HandleFunc("GET /ui/events", p.events)
	mux.HandleFunc("GET /ui/file", p.file)
	mux.Handle("GET /ui/invoice", question(p.invoice))
	mux.Handle("GET /ui/check", question(p.check))
	mux.Handle("POST /ui/join", action(p.join))
	mux.Handle("POST /ui/say", action(p.say))
	mux.Handle("POST /ui/tap", action(p.tap))
	mux.HandleFunc("POST /ui/upload", p.upload)
	mux.Handle("POST /ui/read", action(p.markRead))
	mux.Handle("POST /ui/pay", action(p.pay))
	mux.Handle("POST /ui/activate", action(p.activate))
	mux.Handle("POST /ui/webhook", action(p.setWebhook))
	mux.Handle("POST /ui/resend", action(p.resend))
	mux.Handle("POST /ui/break", action(p.flip))
	return mux
}

// contentPolicy allows what the page itself brings, and nothing else.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

func secure(h http.Header) {
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-cache")
}

func (p *page) index(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, pageFiles, "page/page.html")
}

func (p *page) asset(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, pageFiles, "page/"+r.PathValue("name")) //nolint:gosec // an embedded file system refuses paths that climb
}

// actor is who does something, and to which bot: part of most requests.
type actor struct {
	As  string `json:"as"`  // key or Telegram id
	Bot string `json:"bot"` // digits of the token; empty: the first that has called
}

// chat finds what the actor names.
func (p *page) chat(a actor) (chatKey, error) {
	who, err := p.person(a.As)
	if err != nil {
		return chatKey{}, err
	}
	token, err := pick(p.world.telegram.Bots(), a.Bot, "bot")
	return chatKey{token, who.ID}, err
}

// person finds somebody by key or Telegram id.
func (p *page) person(name string) (Person, error) {
	people := p.people()
	i := slices.IndexFunc(people, func(who Person) bool {
		return who.Key == name || strconv.FormatInt(who.ID, 10) == name
	})
	if i < 0 {
		return Person{}, refused(http.StatusNotFound, "no_person", fmt.Sprintf("nobody is called %.20q", name))
	}
	return people[i], nil
}

// people are all users of Telegram. Those who joined later have their id as key.
func (p *page) people() []Person {
	first := People()
	var all []Person
	for _, u := range p.world.telegram.Users() {
		who := Person{User: u, Key: strconv.FormatInt(u.ID, 10)}
		if i := slices.IndexFunc(first, func(f Person) bool { return f.ID == u.ID }); i >= 0 {
			who.Key, who.Owner = first[i].Key, first[i].Owner
		}
		all = append(all, who)
	}
	return all
}

// pick finds a token by its key among those that have called; an empty key
// means the first.
func pick(tokens []string, key, what string) (string, error) {
	for i, token := range tokens {
		if key == "" || tokenKey(tokens, i) == key {
			return token, nil
		}
	}
	return "", refused(http.StatusNotFound, "no_"+what, "no such "+what+" has called yet")
}

// tokenKey names a token without telling it: by its digits, and where several
// have the same, by a count too.
func tokenKey(tokens []string, i int) string {
	digits := idOf(tokens[i])
	same := 1
	for _, other := range tokens[:i] {
		if idOf(other) == digits {
			same++
		}
	}
	if same == 1 {
		return digits
	}
	return digits + "-" + strconv.Itoa(same)
}

func idOf(token string) string {
	digits, _, _ := strings.Cut(token, ":")
	return digits
}

// unread counts what the bot has written to the person since they looked.
func (p *page) unread(k chatKey, sent []telegram.Message) int {
	p.mu.Lock()
	seen := p.read[k]
	p.mu.Unlock()
	n := 0
	for _, m := range sent {
		if m.ID > seen {
			n++
		}
	}
	return n
}

// displayName is what a person is called in a list.
func displayName(u telegram.User) string {
	return cmp.Or(strings.TrimSpace(u.FirstName+" "+u.LastName), u.Username, strconv.FormatInt(u.ID, 10))
}
