package sandbox

import (
	"io"
	"net/http"
	"slices"
	"strconv"

	"shopbot/internal/money"
	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/sandbox/telegram"
)

// maxPageUpload is the largest file that a person can send, in bytes: what a bot
// may download, and some more to see it refuse.
const maxPageUpload = 32 << 20

// maxPeople is how many people there may be: each is in the list that every window shows.
const maxPeople = 10_000

type joinRequest struct {
	ID       int64  `json:"id"` // the Telegram id
	Name     string `json:"name"`
	Language string `json:"language"`
}

// join brings somebody new into the world, so that a script can be a crowd. The people of the beginning stay
// who they are.
func (p *page) join(in joinRequest) (any, error) {
	users := p.world.telegram.Users()
	known := slices.ContainsFunc(users, func(u telegram.User) bool { return u.ID == in.ID })
	switch {
	case in.ID <= 0 || in.Name == "":
		return nil, refused(http.StatusBadRequest, "no_person", "want an id above 0 and a name")
	case slices.ContainsFunc(People(), func(first Person) bool { return first.ID == in.ID }):
		return nil, refused(http.StatusConflict, "taken", "this id is taken")
	case !known && len(users) >= maxPeople:
		return nil, refused(http.StatusConflict, "full", "there are "+strconv.Itoa(maxPeople)+" people already")
	}
	p.world.telegram.AddUser(telegram.User{ID: in.ID, FirstName: in.Name, LanguageCode: in.Language})
	return nil, nil //nolint:nilnil // nothing to tell
}

type sayRequest struct {
	actor
	Text string `json:"text"`
}

func (p *page) say(in sayRequest) (any, error) {
	k, err := p.chat(in.actor)
	if err != nil {
		return nil, err
	}
	return nil, p.world.telegram.Say(k.token, k.user, in.Text)
}

type tapRequest struct {
	actor
	Message int    `json:"message"`
	Data    string `json:"data"`
}

// tap presses a button that the person has before them. Tap finds a button by
// its text first, and two may have the same, so that is no use here.
func (p *page) tap(in tapRequest) (any, error) {
	k, err := p.chat(in.actor)
	if err != nil {
		return nil, err
	}
	return nil, p.world.telegram.TapData(k.token, k.user, in.Message, in.Data)
}

func (p *page) upload(w http.ResponseWriter, r *http.Request) {
	respond(w, nil, p.uploaded(w, r))
}

func (p *page) uploaded(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	k, err := p.chat(actor{q.Get("as"), q.Get("bot")})
	if err != nil {
		return err
	}
	content, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPageUpload))
	if err != nil {
		return refused(http.StatusRequestEntityTooLarge, "too_big", "a file may have "+strconv.Itoa(maxPageUpload>>20)+" MiB here")
	}
	return p.world.telegram.Upload(k.token, k.user, q.Get("name"), content, q.Get("caption"))
}

type readRequest struct {
	actor
	Message int `json:"message"`
}

func (p *page) markRead(in readRequest) (any, error) {
	k, err := p.chat(in.actor)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	p.read[k] = max(p.read[k], in.Message)
	p.mu.Unlock()
	p.world.changes.tell()
	return nil, nil //nolint:nilnil // nothing to tell
}

type payRequest struct {
	As        string         `json:"as"`
	Ref       string         `json:"ref"`
	Asset     money.Currency `json:"asset"`
	Comment   string         `json:"comment"`
	Anonymous bool           `json:"anonymous"`
}

// pay answers with the invoice as it is afterwards.
func (p *page) pay(in payRequest) (any, error) {
	who, err := p.person(in.As)
	if err != nil {
		return nil, err
	}
	paid, err := p.world.cryptopay.PayWith(in.Ref, who.ID, in.Asset,
		cryptopay.Extras{Comment: in.Comment, Anonymous: in.Anonymous})
	if err != nil {
		return nil, err
	}
	return p.invoiceView(paid, who.ID), nil
}

type activateRequest struct {
	As  string `json:"as"`
	Ref string `json:"ref"`
}

func (p *page) activate(in activateRequest) (any, error) {
	who, err := p.person(in.As)
	if err != nil {
		return nil, err
	}
	c, err := p.world.cryptopay.ActivateCheck(in.Ref, who.ID, who.Username)
	if err != nil {
		return nil, err
	}
	return p.checkView(c, who), nil
}
