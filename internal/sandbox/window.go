package sandbox

import (
	"cmp"
	"reflect"
	"time"

	"shopbot/internal/sandbox/telegram"
)

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
		Pressed: []telegram.Alert{}, Answers: []telegram.Alert{}, Commands: []telegram.Command{},
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
	v.Wallet = w.page.wallet(w.user.ID)
	v.Faults = w.page.faults(chatKey{w.token, w.user.ID})
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
