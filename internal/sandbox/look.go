package sandbox

import (
	"cmp"
	"encoding/json"
	"hash/maphash"
	"time"

	"shopbot/internal/sandbox/telegram"
)

// patience is how long a button shows that it waits for its answer.
const patience = 20 * time.Second

// looker is one window: it makes views, and remembers what it has shown.
type looker struct {
	page     *page
	person   Person
	wanted   string // key of a bot; empty: the first
	seed     maphash.Seed
	token    string         // of the bot shown; empty: none yet
	shown    map[int]uint64 // fingerprints of messages; nil: nothing was shown yet
	answered map[int]bool   // presses whose answer was shown, by their place in the list
}

func newLooker(p *page, who Person, bot string) *looker {
	return &looker{page: p, person: who, wanted: bot, seed: maphash.MakeSeed()}
}

// look makes the next view.
func (l *looker) look() view {
	v := view{
		As: l.person.Key, Whole: l.shown == nil,
		// Scripts want a list where there is nothing.
		People: []personView{}, Bots: []botView{}, Messages: []messageView{}, Gone: []int{},
		Pressed: []pressView{}, Answers: []answerView{}, Commands: []telegram.Command{},
	}
	bots := l.page.world.telegram.Bots()
	if token, err := pick(bots, l.wanted, "bot"); err == nil && token != l.token {
		l.token, l.shown, v.Whole = token, nil, true
	}
	if l.shown == nil {
		l.shown, l.answered = map[int]uint64{}, map[int]bool{}
	}
	l.chat(&v)
	l.others(&v, bots)
	v.Wallet = l.page.wallet(l.person.ID)
	v.Trouble = l.page.trouble(chatKey{l.token, l.person.ID})
	return v
}

// chat fills in what is between the person and the bot.
func (l *looker) chat(v *view) {
	if l.token == "" {
		return
	}
	t := l.page.world.telegram
	present := map[int]bool{}
	for _, m := range t.Chat(l.token, l.person.ID) {
		present[m.ID] = true
		shown := messageViewOf(m)
		if now := l.fingerprint(shown); l.shown[m.ID] != now {
			l.shown[m.ID] = now
			v.Messages = append(v.Messages, shown)
		}
	}
	for id := range l.shown {
		if !present[id] {
			delete(l.shown, id)
			v.Gone = append(v.Gone, id)
		}
	}
	l.presses(v, t.Alerts(l.token, l.person.ID))
	v.Commands = append(v.Commands, t.Commands(l.token, l.person.ID)...)
	v.Blocked = t.Blocked(l.token, l.person.ID)
}

func (l *looker) fingerprint(m messageView) uint64 {
	body, err := json.Marshal(m)
	if err != nil { // plain data can always be encoded
		return 0
	}
	return maphash.Bytes(l.seed, body)
}

// presses tells which buttons wait, and which answers are new. Those from before
// the window was opened are old.
func (l *looker) presses(v *view, alerts []telegram.Alert) {
	for i, a := range alerts {
		switch {
		case !a.Answered:
			if time.Since(a.Pressed) < patience {
				v.Pressed = append(v.Pressed, pressView{a.Message, a.Data})
			}
		case !l.answered[i]:
			l.answered[i] = true
			if !v.Whole && a.Text+a.URL != "" {
				v.Answers = append(v.Answers, answerView{a.Text, a.Modal, a.URL})
			}
		}
	}
}

// others fills in the lists of people and bots.
func (l *looker) others(v *view, bots []string) {
	p := l.page
	for _, who := range p.people() {
		pv := personView{
			Key: who.Key, Name: displayName(who.User), Username: who.Username,
			Language: who.LanguageCode, Owner: who.Owner,
		}
		for i, token := range bots {
			sent := p.world.telegram.Sent(token, who.ID)
			unread := p.unread(chatKey{token, who.ID}, sent)
			pv.Unread += unread
			if who.ID == l.person.ID {
				v.Bots = append(v.Bots, l.bot(token, tokenKey(bots, i), unread, sent))
			}
			if token == l.token {
				v.Bot = tokenKey(bots, i)
			}
		}
		v.People = append(v.People, pv)
	}
}

func (l *looker) bot(token, key string, unread int, sent []telegram.Message) botView {
	profile := l.page.world.telegram.Profile(token, l.person.LanguageCode)
	b := botView{Key: key, Name: profile.Name, Username: profile.Username, Unread: unread}
	b.About = cmp.Or(profile.Description, profile.ShortDescription)
	if len(sent) > 0 {
		b.Last = cut(sent[len(sent)-1].Text, 80)
	}
	return b
}

// cut shortens a text to so many characters.
func cut(text string, limit int) string {
	runes := []rune(text)
	if len(runes) <= limit {
		return text
	}
	return string(runes[:limit]) + "…"
}
