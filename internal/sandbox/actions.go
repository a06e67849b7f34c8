package sandbox

import (
	"cmp"
	"io"
	"net/http"
	"slices"
	"strconv"

	"shopbot/internal/money"
	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/sandbox/telegram"
)

const (
	maxPageUpload = 32 << 20 // bytes: what a bot may download, and more to see it refuse
	maxUsers      = 10_000   // all of them are in the list that every window shows
)

type joinRequest struct {
	ID       int64  `json:"id"` // the Telegram id
	Name     string `json:"name"`
	Language string `json:"language"`
}

// join adds a user, so a script can be a crowd. The initial users cannot be changed.
func (p *page) join(in joinRequest) error {
	users := p.world.telegram.Users()
	known := slices.ContainsFunc(users, func(u telegram.User) bool { return u.ID == in.ID })
	switch {
	case in.ID <= 0 || in.Name == "":
		return pageError{http.StatusBadRequest, "no_person", "want an id above 0 and a name"}
	case slices.ContainsFunc(People(), func(first Person) bool { return first.ID == in.ID }):
		return pageError{http.StatusConflict, "taken", "this id is taken"}
	case !known && len(users) >= maxUsers:
		return pageError{http.StatusConflict, "full", "there are already " + strconv.Itoa(maxUsers) + " users"}
	}
	p.world.telegram.AddUser(telegram.User{ID: in.ID, FirstName: in.Name, LanguageCode: in.Language})
	return nil
}

// chatRequest is what a user does in a chat.
type chatRequest struct {
	As      string `json:"as"`  // key or Telegram id of the user
	Bot     string `json:"bot"` // digits of the token; empty: the first that has called
	Text    string `json:"text"`
	Message int    `json:"message"`
	Data    string `json:"data"`
	Kind    string `json:"kind"` // of what is shared
}

// inChat serves a POST of a user in a chat.
func (p *page) inChat(do func(chatKey, chatRequest) error) http.HandlerFunc {
	return post(func(in chatRequest) error {
		k, err := p.chat(in.As, in.Bot)
		if err != nil {
			return err
		}
		return do(k, in)
	})
}

func (p *page) say(k chatKey, in chatRequest) error {
	return p.world.telegram.Paste(k.token, k.user, in.Text)
}

// tap presses a button by its data: two buttons may have the same text.
func (p *page) tap(k chatKey, in chatRequest) error {
	return p.world.telegram.TapData(k.token, k.user, in.Message, in.Data)
}

// share sends a location, or the user's own contact.
func (p *page) share(k chatKey, in chatRequest) error {
	switch in.Kind {
	case "location":
		return p.world.telegram.SendLocation(k.token, k.user, 48.8584, 2.2945)
	case "contact":
		user, err := p.user(strconv.FormatInt(k.user, 10))
		if err != nil {
			return err
		}
		// A number of the range that is kept for fiction.
		return p.world.telegram.SendContact(k.token, k.user, telegram.Contact{
			Phone: "+12025550" + strconv.FormatInt(100+k.user%100, 10), FirstName: user.FirstName, LastName: user.LastName, UserID: k.user,
		})
	default:
		return pageError{http.StatusBadRequest, "kind", "want a location or a contact"}
	}
}

func (p *page) askInline(k chatKey, in chatRequest) error {
	return p.world.telegram.AskInline(k.token, k.user, in.Text)
}

func (p *page) moreInline(k chatKey, _ chatRequest) error {
	return p.world.telegram.MoreInline(k.token, k.user)
}

func (p *page) chooseInline(k chatKey, in chatRequest) error {
	return p.world.telegram.ChooseInline(k.token, k.user, in.Data)
}

func (p *page) markRead(k chatKey, in chatRequest) error {
	p.mu.Lock()
	p.read[k] = max(p.read[k], in.Message)
	p.mu.Unlock()
	p.world.notify()
	return nil
}

func (p *page) upload(w http.ResponseWriter, r *http.Request) {
	respond(w, struct{}{}, func() error {
		q := r.URL.Query()
		k, err := p.chat(q.Get("as"), q.Get("bot"))
		if err != nil {
			return err
		}
		content, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPageUpload))
		if err != nil {
			return pageError{
				http.StatusRequestEntityTooLarge, "too_big", "a file may have " + strconv.Itoa(maxPageUpload>>20) + " MiB here",
			}
		}
		return p.world.telegram.UploadAs(k.token, k.user, cmp.Or(q.Get("kind"), "document"), q.Get("name"), content, q.Get("caption"))
	}())
}

// payRequest pays an invoice or activates a check.
type payRequest struct {
	As        string         `json:"as"`
	Ref       string         `json:"ref"`
	Asset     money.Currency `json:"asset"`
	Comment   string         `json:"comment"`
	Anonymous bool           `json:"anonymous"`
}

// pay answers with the paid invoice.
func (p *page) pay(in payRequest) (invoiceView, error) {
	return viewFor(p, in.As, func(user Person) (cryptopay.Invoice, error) {
		return p.world.cryptopay.PayWith(in.Ref, user.ID, in.Asset, cryptopay.Extras{Comment: in.Comment, Anonymous: in.Anonymous})
	}, p.invoiceView)
}

// activate answers with the activated check.
func (p *page) activate(in payRequest) (checkView, error) {
	return viewFor(p, in.As, func(user Person) (cryptopay.Check, error) {
		return p.world.cryptopay.ActivateCheck(in.Ref, user.ID, user.Username)
	}, p.checkView)
}
