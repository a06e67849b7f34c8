package bot

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/go-telegram/bot/models"

	"shopbot/internal/shop"
)

// formStock is the form of an owner who loads or removes units: from /addstock SKU or /removestock
// SKU on, every text and file belongs to the list of that product, until any command, a button of
// the menu, or until it was quiet for loadingFor. The lists themselves wait longer for their Add.
const (
	formStock  = "stock"
	loadingFor = 10 * time.Minute
	listLife   = nonceLife
)

// Bounds of what one owner has waiting.
const (
	maxLists  = 5
	maxPieces = 100
	maxPasted = 256 << 10 // bytes of the texts of one list; files are only referred to
)

// stockForm is what an owner's lists consist of. It is kept as a draft in shop.Forms, so that the
// lists outlive the program, and whatever other form the owner fills in meanwhile.
type stockForm struct {
	Lists []*stockList `json:"lists,omitempty"`
	// Open is the ID of the list that takes the next messages, until Until in Unix seconds.
	Open  string `json:"open,omitempty"`
	Until int64  `json:"until,omitempty"`
	// Seen is the id of the latest message that a list was begun or continued with, and SeenAt its
	// date. After a crash earlier ones may come again, also when their list is long on sale.
	Seen   int `json:"seen,omitempty"`
	SeenAt int `json:"seen_at,omitempty"`
}

// stockList is a list of units that waits for the owner's Add. Nothing of it is for sale yet.
type stockList struct {
	ID     string  `json:"id"`            // a nonce; the buttons name it
	SKU    string  `json:"sku,omitempty"` // "" until the owner says which product it is for
	Remove bool    `json:"remove,omitempty"`
	Pieces []piece `json:"pieces,omitempty"`
	// Preview is the id of the message that says what Add would do.
	Preview int `json:"preview,omitempty"`
	// Begun is when adding began, in Unix milliseconds; 0 before.
	Begun int64 `json:"begun,omitempty"`
}

// stockForm reads the lists of the person.
func (b *Bot) stockForm(ctx context.Context, user int64) (*stockForm, error) {
	f, _, err := b.chat.memory.Draft(ctx, user, formStock)
	return cmp.Or(formValue[stockForm](f, formStock, "lists"), &stockForm{}), err
}

// takeInto makes a list the one that the next messages belong to, and stores the lists.
func (b *Bot) takeInto(ctx context.Context, user int64, s *stockForm, l *stockList) error {
	until := time.Now().Add(loadingFor)
	s.Open, s.Until = l.ID, until.Unix()
	if err := b.chat.memory.SetForm(ctx, user, shop.Form{Name: formStock, Until: until}); err != nil {
		return err
	}
	return b.keepStockForm(ctx, user, s)
}

// keepStockForm stores the lists. Those without any piece are dropped unless they take messages.
// Without any list, the form still says what was handled.
func (b *Bot) keepStockForm(ctx context.Context, user int64, s *stockForm) error {
	s.Lists = slices.DeleteFunc(s.Lists, func(l *stockList) bool { return len(l.Pieces) == 0 && l.ID != s.Open })
	f, err := valueForm(formStock, "lists", s, listLife)
	if err != nil {
		return err
	}
	return b.chat.memory.SetDraft(ctx, user, f)
}

func (s *stockForm) list(id string) *stockList {
	i := slices.IndexFunc(s.Lists, func(l *stockList) bool { return l.ID == id })
	if i < 0 {
		return nil
	}
	return s.Lists[i]
}

// open returns the list that takes messages now, or nil.
func (s *stockForm) open(now time.Time) *stockList {
	if s.Open == "" || now.Unix() >= s.Until {
		return nil
	}
	return s.list(s.Open)
}

// repeated reports whether an earlier run of the program handled a message. It returns the list that
// holds the message, or nil if that list was added or dropped since.
func (s *stockForm) repeated(m *models.Message) (*stockList, bool) {
	for _, l := range s.Lists {
		if slices.ContainsFunc(l.Pieces, func(p piece) bool { return p.Message == m.ID }) {
			return l, true
		}
	}
	// The latest command may come again before its answer was sent; its list then is still open.
	return nil, (m.ID < s.Seen || m.ID == s.Seen && s.list(s.Open) == nil) && m.Date <= s.SeenAt
}

func (s *stockForm) remove(l *stockList) {
	s.Lists = slices.DeleteFunc(s.Lists, func(other *stockList) bool { return other == l })
	if s.Open == l.ID {
		s.Open = ""
	}
}
