package sandbox

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"shopbot/internal/sandbox/telegram"
)

//go:embed page
var pageFiles embed.FS

// page is the chat page and its API.
type page struct {
	world *World
	hosts []string

	mu     sync.Mutex
	read   map[chatKey]int // id of the last message seen
	outage outage
}

// chatKey identifies a chat.
type chatKey struct {
	token string
	user  int64
}

// handler serves the page under safe host names.
func (p *page) handler() http.Handler {
	routes := p.routes()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !safeHost(r.Host, p.hosts) {
			http.Error(w, "open the page as localhost, or by an address", http.StatusMisdirectedRequest)
			return
		}
		setSecurityHeaders(w.Header())
		routes.ServeHTTP(w, r)
	})
}

func (p *page) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, pageFiles, "page/page.html")
	})
	mux.Handle("GET /ui/page/{name}", pageFolder("page/"))
	mux.Handle("GET /ui/page/words/{name}", pageFolder("page/words/"))
	mux.HandleFunc("GET /ui/events", p.events)
	mux.HandleFunc("GET /ui/file", p.file)
	mux.HandleFunc("GET /ui/invoice", query(p.invoice))
	mux.HandleFunc("GET /ui/check", query(p.check))
	mux.HandleFunc("POST /ui/join", post(p.join))
	mux.HandleFunc("POST /ui/say", p.inChat(p.say))
	mux.HandleFunc("POST /ui/tap", p.inChat(p.tap))
	mux.HandleFunc("POST /ui/upload", p.upload)
	mux.HandleFunc("POST /ui/share", p.inChat(p.share))
	mux.HandleFunc("POST /ui/inline", p.inChat(p.askInline))
	mux.HandleFunc("POST /ui/more", p.inChat(p.moreInline))
	mux.HandleFunc("POST /ui/choose", p.inChat(p.chooseInline))
	mux.HandleFunc("GET /ui/stars", query(p.starBill))
	mux.HandleFunc("POST /ui/stars", postFor(p.payStars))
	mux.HandleFunc("POST /ui/buystars", post(p.buyStars))
	mux.HandleFunc("POST /ui/subscription", post(p.subscription))
	mux.HandleFunc("POST /ui/group", postFor(p.group))
	mux.HandleFunc("POST /ui/enter", postFor(p.enter))
	mux.HandleFunc("POST /ui/ingroup", post(p.inGroup))
	mux.HandleFunc("POST /ui/read", p.inChat(p.markRead))
	mux.HandleFunc("POST /ui/pay", postFor(p.pay))
	mux.HandleFunc("POST /ui/activate", postFor(p.activate))
	mux.HandleFunc("POST /ui/webhook", post(p.setWebhook))
	mux.HandleFunc("POST /ui/resend", post(p.resend))
	mux.HandleFunc("POST /ui/break", post(p.flip))
	return mux
}

func pageFolder(folder string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, pageFiles, folder+r.PathValue("name")) //nolint:gosec // embed.FS refuses ".."
	}
}

// contentPolicy allows only what the page itself brings, and pictures on this machine, which inline
// results may name.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
	"img-src 'self' http://localhost:* http://127.0.0.1:*; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

func setSecurityHeaders(h http.Header) {
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-cache")
}

// file serves a file of a message: as a download, or inline if it is a picture and inline=1 asks
// for it.
func (p *page) file(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	f, found := p.world.telegram.File(q.Get("id"))
	if !found {
		respond(w, nil, pageError{http.StatusNotFound, "no_file", "no such file"})
		return
	}
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	contentType := http.DetectContentType(f.Data)
	pictures := []string{"image/png", "image/jpeg", "image/gif", "image/webp"}
	if q.Get("inline") == "1" && slices.Contains(pictures, contentType) {
		h.Set("Content-Type", contentType)
		h.Set("Cache-Control", "private, max-age=86400, immutable")
	} else {
		h.Set("Content-Type", "application/octet-stream")
		h.Set("Content-Disposition", cmp.Or(mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}), "attachment"))
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.Data))
}

// chat finds the chat of a user, named as in user, with a bot, named as in pick.
func (p *page) chat(as, bot string) (chatKey, error) {
	user, err := p.user(as)
	if err != nil {
		return chatKey{}, err
	}
	token, err := pick(p.world.telegram.Bots(), bot, "bot")
	return chatKey{token, user.ID}, err
}

// user finds a user by key or Telegram id.
func (p *page) user(name string) (Person, error) {
	users := p.users()
	i := slices.IndexFunc(users, func(u Person) bool {
		return u.Key == name || strconv.FormatInt(u.ID, 10) == name
	})
	if i < 0 {
		return Person{}, pageError{http.StatusNotFound, "no_person", fmt.Sprintf("no user is called %.20q", name)}
	}
	return users[i], nil
}

// users are all users of Telegram. The key of one who joined later is the id.
func (p *page) users() []Person {
	initial := People()
	var all []Person
	for _, u := range p.world.telegram.Users() {
		user := Person{User: u, Key: strconv.FormatInt(u.ID, 10)}
		if i := slices.IndexFunc(initial, func(first Person) bool { return first.ID == u.ID }); i >= 0 {
			user.Key, user.Owner = initial[i].Key, initial[i].Owner
		}
		all = append(all, user)
	}
	return all
}

// pick finds a token by its key among those that have called; an empty key means the first.
func pick(tokens []string, key, what string) (string, error) {
	for i, token := range tokens {
		if key == "" || tokenKey(tokens, i) == key {
			return token, nil
		}
	}
	return "", pageError{http.StatusNotFound, "no_" + what, "no such " + what + " has called yet"}
}

// tokenKey names a token without revealing it: its digits, and a count if several share them.
func tokenKey(tokens []string, i int) string {
	digits, _, _ := strings.Cut(tokens[i], ":")
	same := 1
	for _, other := range tokens[:i] {
		if strings.HasPrefix(other, digits+":") {
			same++
		}
	}
	if same == 1 {
		return digits
	}
	return digits + "-" + strconv.Itoa(same)
}

// unread counts the bot's messages that the user has not seen.
func (p *page) unread(k chatKey, sent []telegram.Message) int {
	p.mu.Lock()
	seen := p.read[k]
	p.mu.Unlock()
	first := slices.IndexFunc(sent, func(m telegram.Message) bool { return m.ID > seen })
	if first < 0 {
		return 0
	}
	return len(sent) - first
}

// displayName is what a user is called in a list.
func displayName(u telegram.User) string {
	return cmp.Or(strings.TrimSpace(u.FirstName+" "+u.LastName), u.Username, strconv.FormatInt(u.ID, 10))
}
