package catalog

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"shopbot/internal/money"
)

// PayWay is a way of paying, in the word of the catalog file.
type PayWay string

// The ways of paying.
const (
	PayCrypto PayWay = "crypto" // coins, by Crypto Pay
	PayStars  PayWay = "stars"  // Telegram Stars
)

// Stars is the currency code of Telegram Stars, which come in whole ones.
const Stars money.Currency = "XTR"

// Invite is where the way Invitation lets its buyer in. Orders keep it on disk.
type Invite struct {
	// Chat is Telegram's id of a channel or group, negative.
	Chat int64 `json:"chat"`
	// Expires is for how long a link may be used.
	Expires time.Duration `json:"expires,omitempty"`
}

// Server is what the way FromServer asks for the goods. Orders keep it on disk.
type Server struct {
	URL string `json:"url"`
}

// Manual are the terms of the way ByHand. Orders keep them on disk.
type Manual struct {
	// Within is what buyers are promised, counted from payment.
	Within time.Duration `json:"within"`
}

// Question is something that a buyer is asked before the order is made. Orders keep it on disk.
type Question struct {
	Ask     Text       `json:"ask"`
	Kind    AnswerKind `json:"kind"`
	Choices []Text     `json:"choices,omitempty"` // of AnswerChoice, at least two
	// Min and Max bound an AnswerNumber; nil for no bound.
	Min *int64 `json:"min,omitempty"`
	Max *int64 `json:"max,omitempty"`
}

// InRange reports whether a number is within the bounds of q.
func (q *Question) InRange(n int64) bool {
	return (q.Min == nil || n >= *q.Min) && (q.Max == nil || n <= *q.Max)
}

// AnswerKind is what a question is answered by, in the word of the catalog file.
type AnswerKind string

// The kinds of answers.
const (
	AnswerText   AnswerKind = "text"
	AnswerNumber AnswerKind = "number" // a whole one
	AnswerChoice AnswerKind = "choice"
	AnswerFile   AnswerKind = "file"
)

// Limits of what is set for the ways of delivery.
const (
	// DefaultInviteExpires is for how long a link may be used if the catalog does not say.
	DefaultInviteExpires = 7 * 24 * time.Hour

	minDuration = time.Hour
	maxDuration = 3660 * 24 * time.Hour // ten years

	maxQuestions = 10
	maxChoices   = 20
	maxQuestion  = 300 // in the units in which Telegram counts
	maxChoice    = 40
)

func (r *reader) payWays(n *node) (ways []PayWay) {
	for _, item := range r.list(n, "pay") {
		word := r.word(item, "pay")
		if word == "" || !r.among(item, "way of paying", word, []string{string(PayCrypto), string(PayStars)}) {
			continue
		}
		if slices.Contains(ways, PayWay(word)) {
			r.add(item.at, "keep it once", "pay: %s is here twice", word)
			continue
		}
		ways = append(ways, PayWay(word))
	}
	return ways
}

// invite reads invite: {chat: …, expires: …}.
func (r *reader) invite(n *node) Invite {
	rec, ok := r.record(n, "invite")
	if !ok {
		return Invite{}
	}
	in := Invite{Expires: DefaultInviteExpires}
	chat := r.required(rec, "invite", "chat", "add chat: and the id of the channel or group, such as -1001234567890")
	if s := r.word(chat, "chat"); s != "" {
		id, err := strconv.ParseInt(s, 10, 64)
		if err != nil || id >= 0 {
			r.add(chat.at, "write the id of a channel or group, such as -1001234567890", "chat %s", quote(s))
			id = 0
		}
		in.Chat = id
	}
	if expires := rec.get("expires"); expires != nil {
		in.Expires = r.duration(expires, "expires")
	}
	return in
}

func (in Invite) entries() []entry {
	if in == (Invite{}) {
		return nil
	}
	return []entry{
		{name: "chat", word: strconv.FormatInt(in.Chat, 10), style: unquoted},
		{name: "expires", word: duration(in.Expires), style: unquoted, usual: in.Expires == DefaultInviteExpires},
	}
}

// server reads server: {url: …}.
func (r *reader) server(n *node) Server {
	rec, ok := r.record(n, "server")
	if !ok {
		return Server{}
	}
	address := r.required(rec, "server", "url", "add url: and the address that is asked for the goods")
	s := r.word(address, "url")
	if s == "" {
		return Server{}
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.Fragment != "" {
		r.add(address.at, "write an address such as https://shop.example/goods", "url %s", quote(s))
		return Server{}
	}
	return Server{URL: s}
}

func (s Server) entries() []entry {
	if s.URL == "" {
		return nil
	}
	return []entry{{name: "url", word: s.URL, style: quoted}}
}

// manual reads manual: {within: …}.
func (r *reader) manual(n *node) Manual {
	rec, ok := r.record(n, "manual")
	if !ok {
		return Manual{}
	}
	within := r.required(rec, "manual", "within", "add within: and the time that buyers are promised, such as 48h")
	if within == nil {
		return Manual{}
	}
	return Manual{Within: r.duration(within, "within")}
}

func (m Manual) entries() []entry {
	if m.Within == 0 {
		return nil
	}
	return []entry{{name: "within", word: duration(m.Within), style: unquoted}}
}

// questions reads questions: [{ask: …, kind: …, choices: […], min: …, max: …}, …].
func (r *reader) questions(n *node) (all []Question) {
	for _, item := range r.list(n, "questions") {
		rec, ok := r.record(item, "a question")
		if !ok {
			continue
		}
		kinds := []string{string(AnswerText), string(AnswerNumber), string(AnswerChoice), string(AnswerFile)}
		kind := r.required(rec, "a question", "kind", "add kind: and one of "+strings.Join(kinds, ", "))
		q := Question{
			Ask:  r.text(r.required(rec, "a question", "ask", "add ask: and what buyers are asked"), "ask", length{most: maxQuestion}),
			Kind: AnswerKind(r.word(kind, "kind")),
		}
		if kind != nil && !r.among(kind, "kind of answer", string(q.Kind), kinds) {
			continue
		}
		choices := rec.get("choices")
		for _, choice := range r.list(choices, "choices") {
			c := r.text(choice, "a choice", length{most: maxChoice, oneLine: true})
			if slices.ContainsFunc(q.Choices, func(had Text) bool { return maps.Equal(had, c) }) {
				r.add(choice.at, "keep it once", "a choice is here twice")
			}
			q.Choices = append(q.Choices, c)
		}
		r.bounds(rec, &q)
		switch {
		case q.Kind == AnswerChoice && choices == nil:
			r.add(rec.at, "add choices: [red, blue]", "a question of kind choice without choices")
		case q.Kind == AnswerChoice && (len(q.Choices) < 2 || len(q.Choices) > maxChoices):
			r.add(choices.at, "list 2 to "+strconv.Itoa(maxChoices), "%d choices", len(q.Choices))
		case q.Kind != AnswerChoice && choices != nil:
			r.add(choices.at, "write kind: choice, or take choices out", "choices of a question of kind %s", q.Kind)
		}
		all = append(all, q)
	}
	if len(all) > maxQuestions {
		r.add(n.at, "ask "+strconv.Itoa(maxQuestions)+" at most", "%d questions", len(all))
	}
	return all
}

// bounds reads min: and max: of a question of kind number.
func (r *reader) bounds(rec record, q *Question) {
	for _, bound := range []struct {
		name string
		to   **int64
	}{{"min", &q.Min}, {"max", &q.Max}} {
		n := rec.get(bound.name)
		s := r.word(n, bound.name)
		if n == nil || s == "" {
			continue
		}
		v, err := strconv.ParseInt(s, 10, 64)
		switch {
		case q.Kind != AnswerNumber:
			r.add(n.at, "write kind: number, or take "+bound.name+" out", "%s of a question of kind %s", bound.name, q.Kind)
		case err != nil:
			r.add(n.at, "write a whole number such as 1", "%s %s", bound.name, quote(s))
		default:
			*bound.to = &v
		}
	}
	if q.Min != nil && q.Max != nil && *q.Min > *q.Max {
		r.add(rec.get("max").at, "write a max: that is not below min:", "no number is from %d to %d", *q.Min, *q.Max)
	}
}

// starsRate reads what one Star is worth in the shop's currency.
func (r *reader) starsRate(n *node, c money.Currency) money.Amount {
	s := r.word(n, "stars_rate")
	if s == "" {
		return money.Amount{}
	}
	if c == "" {
		c = anyCurrency
	}
	rate, err := money.Parse(s, c)
	if err != nil || rate.Sign() <= 0 {
		r.add(n.at, `write what one Star is worth in the shop's currency, such as "0.013"`, "stars_rate %s", quote(s))
		return money.Amount{}
	}
	return rate
}

// starsPrice reads a price in whole Stars.
func (r *reader) starsPrice(n *node) money.Amount {
	s := r.word(n, "stars")
	if s == "" {
		return money.Amount{}
	}
	price, err := money.Parse(s, Stars)
	if count, bad := strconv.Atoi(s); err != nil || bad != nil || count < 1 || strconv.Itoa(count) != s {
		r.add(n.at, "write a whole number of Stars, such as 500", "stars %s", quote(s))
		return money.Amount{}
	}
	return price
}

// questionList writes each as {ask: …, kind: …}.
func questionList(all []Question) (written []string) {
	for _, q := range all {
		s := "{ask: " + inlineText(q.Ask) + ", kind: " + string(q.Kind)
		var choices []string
		for _, c := range q.Choices {
			choices = append(choices, inlineText(c))
		}
		if choices != nil {
			s += ", choices: [" + strings.Join(choices, ", ") + "]"
		}
		if q.Min != nil {
			s += ", min: " + strconv.FormatInt(*q.Min, 10)
		}
		if q.Max != nil {
			s += ", max: " + strconv.FormatInt(*q.Max, 10)
		}
		written = append(written, s+"}")
	}
	return written
}

// inlineText writes a text inside brackets.
func inlineText(t Text) string {
	if plain, ok := t[anyLanguage]; ok && len(t) == 1 {
		return inline(plain, inBrackets)
	}
	var parts []string
	for _, code := range slices.Sorted(maps.Keys(t)) {
		parts = append(parts, inline(code, inBrackets)+": "+inline(t[code], inBrackets))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

var durationWord = regexp.MustCompile(`^([1-9][0-9]{0,5})([dh])$`)

// duration reads a time such as 30d or 48h; 0 after a fault.
func (r *reader) duration(n *node, name string) time.Duration {
	s := r.word(n, name)
	if s == "" {
		return 0
	}
	parts := durationWord.FindStringSubmatch(s)
	if parts == nil {
		r.add(n.at, "write days or hours, such as 30d or 48h", "%s %s", name, quote(s))
		return 0
	}
	count, _ := strconv.Atoi(parts[1]) // six digits
	d := time.Duration(count) * time.Hour
	if parts[2] == "d" {
		d *= 24
	}
	if d < minDuration || d > maxDuration {
		r.add(n.at, "write 1h to 3660d", "%s %s", name, quote(s))
		return 0
	}
	return d
}

// duration is a time as people write it, such as 30d or 36h; "" for none.
func duration(d time.Duration) string {
	hours := int(d / time.Hour)
	switch {
	case hours == 0:
		return ""
	case hours%24 == 0:
		return strconv.Itoa(hours/24) + "d"
	}
	return strconv.Itoa(hours) + "h"
}
