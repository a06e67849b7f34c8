package sandbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"time"

	"shopbot/internal/sandbox/telegram"
)

const (
	// minInterval is the least time between two views of a stream, so a burst of changes is one
	// view.
	minInterval = 40 * time.Millisecond
	// heartbeat keeps a quiet stream open, and detects that nobody reads it.
	heartbeat = 15 * time.Second
)

// events serves a window's stream of views until the window or the world closes. An unknown user
// sees what the first one sees: a browser could not read an error.
func (p *page) events(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	user, err := p.user(q.Get("as"))
	if err != nil {
		user = p.users()[0]
	}
	changed, forget := p.world.listen()
	defer forget()
	w.Header().Set("Content-Type", "text/event-stream")
	s := stream{w, http.NewResponseController(w)}
	window := &window{page: p, user: user, bot: q.Get("bot")}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for err = s.send(window.next()); err == nil; {
		select {
		case <-changed:
			time.Sleep(minInterval)
			select {
			case <-changed: // the next view covers these changes too
			default:
			}
			err = s.send(window.next())
		case <-beat.C:
			err = s.write(": still here\n\n")
		case <-p.world.done:
			return
		case <-r.Context().Done():
			return
		}
	}
}

// stream writes server-sent events.
type stream struct {
	http.ResponseWriter
	*http.ResponseController
}

func (s stream) send(v view) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode view: %w", err)
	}
	return s.write(fmt.Sprintf("retry: 1000\ndata: %s\n\n", body))
}

// write sends a text at once. It fails if the window reads nothing for a while, whatever the
// server's own timeout is.
func (s stream) write(text string) error {
	// A writer without deadlines, as in tests, has no clients that stall.
	_ = s.SetWriteDeadline(time.Now().Add(2 * heartbeat))
	if _, err := s.Write([]byte(text)); err != nil {
		return err
	}
	return s.Flush()
}

// pressTimeout is how long a button shows that it waits for its answer.
const pressTimeout = 20 * time.Second

// window is one open page: it makes views, and remembers what it has sent.
type window struct {
	page     *page
	user     Person
	bot      string              // key of the bot to show; empty: the first
	token    string              // of the bot shown; empty: none yet
	shown    map[int]messageView // by id; nil: no view was sent yet
	answered map[int]bool        // presses whose answer was sent, by their index in the list
}

// next makes the next view.
func (w *window) next() view {
	v := view{
		As: w.user.Key, Whole: w.shown == nil,
		// Scripts expect an empty list, not null.
		People: []personView{}, Bots: []botView{}, Messages: []messageView{}, Gone: []int{},
		Pressed: []telegram.Alert{}, Answers: []telegram.Alert{}, Commands: []telegram.Command{}, Inline: telegram.InlineAnswer{Results: []telegram.InlineResult{}},
	}
	bots := w.page.world.telegram.Bots()
	if token, err := pick(bots, w.bot, "bot"); err == nil && token != w.token {
		w.token, w.shown, v.Whole = token, nil, true
	}
	if w.shown == nil {
		w.shown, w.answered = map[int]messageView{}, map[int]bool{}
	}
	w.addChat(&v)
	w.addLists(&v, bots)
	k := chatKey{w.token, w.user.ID}
	v.Wallet, v.Stars, v.Groups = w.page.wallet(w.user.ID), w.page.stars(k), w.page.groups(k)
	v.Faults = w.page.faults(k)
	return v
}

// addChat adds the chat of the user and the bot.
func (w *window) addChat(v *view) {
	if w.token == "" {
		return
	}
	t := w.page.world.telegram
	present := map[int]bool{}
	for _, m := range t.Chat(w.token, w.user.ID) {
		present[m.ID] = true
		message := newMessageView(m)
		if !reflect.DeepEqual(w.shown[m.ID], message) {
			w.shown[m.ID] = message
			v.Messages = append(v.Messages, message)
		}
	}
	for id := range w.shown {
		if !present[id] {
			delete(w.shown, id)
			v.Gone = append(v.Gone, id)
		}
	}
	w.addPresses(v, t.Alerts(w.token, w.user.ID))
	v.Commands = append(v.Commands, t.Commands(w.token, w.user.ID)...)
	v.Inline = t.Inline(w.token, w.user.ID)
	v.Blocked = t.Blocked(w.token, w.user.ID)
}

// addPresses adds the buttons that wait, and the new answers. Answers from before the window was
// opened are old.
func (w *window) addPresses(v *view, alerts []telegram.Alert) {
	for i, a := range alerts {
		switch {
		case !a.Answered:
			if time.Since(a.Pressed) < pressTimeout {
				v.Pressed = append(v.Pressed, a)
			}
		case !w.answered[i]:
			w.answered[i] = true
			if !v.Whole && a.Text+a.URL != "" {
				v.Answers = append(v.Answers, a)
			}
		}
	}
}

// addLists adds the lists of users and bots.
func (w *window) addLists(v *view, bots []string) {
	p := w.page
	for _, user := range p.users() {
		pv := personView{
			Key: user.Key, Name: displayName(user.User), Username: user.Username,
			Language: user.LanguageCode, Owner: user.Owner,
		}
		for i, token := range bots {
			sent := p.world.telegram.Sent(token, user.ID)
			unread := p.unread(chatKey{token, user.ID}, sent)
			pv.Unread += unread
			if user.ID == w.user.ID {
				v.Bots = append(v.Bots, w.botView(token, tokenKey(bots, i), unread, sent))
			}
			if token == w.token {
				v.Bot = tokenKey(bots, i)
			}
		}
		v.People = append(v.People, pv)
	}
}

func (w *window) botView(token, key string, unread int, sent []telegram.Message) botView {
	profile := w.page.world.telegram.Profile(token, w.user.LanguageCode)
	b := botView{Key: key, Name: profile.Name, Username: profile.Username, Unread: unread}
	b.About = cmp.Or(profile.Description, profile.ShortDescription)
	if len(sent) > 0 {
		b.Last = truncate(sent[len(sent)-1].Text, 80)
	}
	return b
}

// truncate shortens a text to limit characters.
func truncate(text string, limit int) string {
	runes := []rune(text)
	if len(runes) <= limit {
		return text
	}
	return string(runes[:limit]) + "…"
}
