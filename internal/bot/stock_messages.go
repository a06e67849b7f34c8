package bot

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/go-telegram/bot/models"

	"shopbot/internal/shop"
)

// stockCommand is "/addstock SKU" or "/removestock SKU", with the units behind it, below it,
// attached, or to follow.
func (b *Bot) stockCommand(ctx context.Context, r *request, remove bool) error {
	usage, ask := "addstock_usage", "addstock_ask"
	if remove {
		usage, ask = "removestock_usage", "removestock_ask"
	}
	sku, rest := cutWord(r.args)
	if sku == "" {
		return b.say(ctx, r, usage)
	}
	s, l, title, err := b.openList(ctx, r, sku, remove)
	if err != nil || l == nil {
		return err
	}
	if strings.TrimSpace(rest) != "" || r.message.Document != nil {
		return b.takePieces(ctx, r, s, l, rest)
	}
	s.Seen, s.SeenAt = r.message.ID, r.message.Date
	if err := b.takeInto(ctx, r.user.ID, s, l); err != nil {
		return err
	}
	if len(l.Pieces) > 0 { // files that came before their command
		return b.showStockList(ctx, r, s, l, "")
	}
	return b.say(ctx, r, ask, "Title", title, "SKU", l.SKU)
}

// openList finds the list that takes units of a product from now on, and the product's title. If there
// is no such product, or the command was handled before, it says so and returns no list.
func (b *Bot) openList(ctx context.Context, r *request, sku string, remove bool) (s *stockForm, l *stockList, title string, err error) {
	title, sku, problem, err := b.stockProduct(ctx, r, sku, remove)
	switch {
	case err != nil:
		return nil, nil, "", err
	case problem != "":
		return nil, nil, "", b.reply(ctx, r, screen{Text: problem})
	}
	if s, err = b.stockForm(ctx, r.user.ID); err != nil {
		return nil, nil, "", err
	}
	if r.message != nil {
		if before, repeated := s.repeated(r.message); repeated {
			return nil, nil, "", b.showAgain(ctx, r, s, before)
		}
	}
	if l, err = b.listFor(r.user.ID, s, sku, remove); err == nil && l == nil {
		err = b.say(ctx, r, "stock_too_many_lists")
	}
	return s, l, title, err
}

// showAgain answers a message that was handled before: its answer may have got lost.
func (b *Bot) showAgain(ctx context.Context, r *request, s *stockForm, l *stockList) error {
	if l == nil || l.Begun != 0 {
		return nil
	}
	return b.showStockList(ctx, r, s, l, "")
}

// listFor is the list of a product that takes units from now on: the one that waits, or the files
// that came without a product, or a new one; nil if there are too many.
func (b *Bot) listFor(owner int64, s *stockForm, sku string, remove bool) (*stockList, error) {
	waiting := slices.IndexFunc(s.Lists, func(l *stockList) bool { return l.SKU == sku && l.Remove == remove && l.Begun == 0 })
	orphans := s.open(time.Now())
	if orphans != nil && orphans.SKU != "" {
		orphans = nil
	}
	switch {
	case waiting >= 0 && orphans != nil:
		l := s.Lists[waiting]
		l.Pieces = append(l.Pieces, orphans.Pieces...)
		l.Preview = max(l.Preview, orphans.Preview)
		s.remove(orphans)
		return l, nil
	case waiting >= 0:
		return s.Lists[waiting], nil
	case orphans != nil:
		orphans.SKU, orphans.Remove = sku, remove
		return orphans, nil
	case len(s.Lists) >= maxLists:
		return nil, nil //nolint:nilnil // documented
	}
	return b.newList(owner, s, sku, remove)
}

func (b *Bot) newList(owner int64, s *stockForm, sku string, remove bool) (*stockList, error) {
	id, err := b.nonces.draw(owner, time.Now())
	if err != nil {
		return nil, err
	}
	l := &stockList{ID: id, SKU: sku, Remove: remove}
	s.Lists = append(s.Lists, l)
	return l, nil
}

// cutWord splits a text after its first word. The rest begins with the next word of the line, or
// with the next line.
func cutWord(text string) (word, rest string) {
	end := strings.IndexFunc(text, unicode.IsSpace)
	if end < 0 {
		return text, ""
	}
	return text[:end], strings.TrimPrefix(strings.TrimLeft(text[end:], " \t\u00a0"), "\n")
}

// takeUnits takes a message of the form: false if none is open any more.
func (b *Bot) takeUnits(ctx context.Context, r *request, _ shop.Form) (bool, error) {
	s, err := b.stockForm(ctx, r.user.ID)
	if err != nil {
		return false, err
	}
	l := s.open(time.Now())
	if l == nil {
		return false, nil
	}
	if l.SKU == "" && r.message.Document == nil {
		return true, b.nameProduct(ctx, r, s, l, strings.TrimSpace(r.message.Text))
	}
	return true, b.takePieces(ctx, r, s, l, r.message.Text)
}

// nameProduct says which product files are for that came without one.
func (b *Bot) nameProduct(ctx context.Context, r *request, s *stockForm, l *stockList, sku string) error {
	_, sku, problem, err := b.stockProduct(ctx, r, sku, l.Remove)
	switch {
	case err != nil:
		return err
	case problem != "":
		return b.reply(ctx, r, screen{Text: problem})
	}
	l.SKU = sku
	if err := b.takeInto(ctx, r.user.ID, s, l); err != nil {
		return err
	}
	return b.showStockList(ctx, r, s, l, "")
}

// stockProduct finds the product whose units are to be loaded, or removed: then it may also be one
// that is no longer in the catalog. problem, if not empty, tells the owner why the name is refused.
func (b *Bot) stockProduct(ctx context.Context, r *request, name string, remove bool) (title, sku string, problem markup, err error) {
	p, found := r.catalog.Product(name)
	switch {
	case found && p.Deliver.FromStock():
		return r.loc.Text(p.Title), p.SKU, "", nil
	case found:
		return "", "", r.loc.Say("stock_not_keys", "SKU", p.SKU), nil
	case remove:
		had, err := b.shop.StockOf(ctx, strings.ToLower(name))
		if err != nil || had != (shop.Stock{}) {
			return name, strings.ToLower(name), "", err
		}
	}
	if meant := r.catalog.NearestSKU(name); meant != "" {
		return "", "", r.loc.Say("stock_unknown_near", "SKU", clip(name, 40), "Meant", meant), nil
	}
	return "", "", r.loc.Say("stock_unknown", "SKU", clip(name, 40)), nil
}

// continues reports whether a text that begins like a command is the rest of a list that the
// client cut: keys may hold slashes.
func (b *Bot) continues(ctx context.Context, r *request, name string) (bool, error) {
	if _, known := b.commands[name]; known || r.message.Document != nil {
		return false, nil
	}
	s, err := b.stockForm(ctx, r.user.ID)
	if err != nil {
		return false, err
	}
	l := s.open(time.Now())
	return l != nil && len(l.Pieces) > 0 && l.Pieces[len(l.Pieces)-1].goesOn(textPiece(r.message, r.message.Text)), nil
}

// askProduct takes a file that came outside the form. The caption of an album may still be to come,
// and says then which product it is for.
func (b *Bot) askProduct(ctx context.Context, r *request) error {
	s, err := b.stockForm(ctx, r.user.ID)
	if err != nil {
		return err
	}
	if len(s.Lists) >= maxLists {
		return b.say(ctx, r, "stock_too_many_lists")
	}
	l, err := b.newList(r.user.ID, s, "", false)
	if err != nil {
		return err
	}
	return b.takePieces(ctx, r, s, l, "")
}

// takeAgain answers a message that an earlier run of the program took for a list, whatever form its
// sender is in now. false if none did.
func (b *Bot) takeAgain(ctx context.Context, r *request) (bool, error) {
	s, err := b.stockForm(ctx, r.user.ID)
	if err != nil {
		return false, err
	}
	l, repeated := s.repeated(r.message)
	if !repeated {
		return false, nil
	}
	return true, b.showAgain(ctx, r, s, l)
}

// leaveStock ends the form: a command ends the taking of messages, and the lists go on waiting.
func (b *Bot) leaveStock(ctx context.Context, r *request, _ shop.Form, command string) error {
	if command == "addstock" || command == "removestock" {
		return nil
	}
	s, err := b.stockForm(ctx, r.user.ID)
	if err != nil {
		return err
	}
	l := s.open(time.Now())
	r.left = l != nil
	s.Open = ""
	if l != nil && command == "cancel" {
		s.remove(l)
		if err := b.dropPreview(ctx, r, l); err != nil {
			return err
		}
	}
	if err := b.keepStockForm(ctx, r.user.ID, s); err != nil {
		return err
	}
	return b.chat.memory.LeaveForm(ctx, r.user.ID)
}

// dropPreview makes the preview of a list say that nothing came of it.
func (b *Bot) dropPreview(ctx context.Context, r *request, l *stockList) error {
	if l.Preview == 0 {
		return nil
	}
	_, err := b.chat.edit(ctx, shop.MessageRef{Chat: r.user.ID, Message: l.Preview}, droppedScreen(r.loc, l))
	return err
}

func droppedScreen(l localizer, list *stockList) screen {
	switch {
	case list.Remove:
		return screen{Text: l.Say("removestock_dropped")}
	case list.Begun != 0: // adding it failed in between
		return screen{Text: l.Say("addstock_dropped_begun", "SKU", list.SKU)}
	}
	return screen{Text: l.Say("addstock_dropped")}
}

// stockDone is "/done". Like every command it has ended the form.
func (b *Bot) stockDone(ctx context.Context, r *request) error {
	s, err := b.stockForm(ctx, r.user.ID)
	if err != nil {
		return err
	}
	if n := len(s.Lists); n > 0 {
		return b.say(ctx, r, "stock_done_waiting", "Count", n)
	}
	return b.say(ctx, r, "addstock_done")
}

// takePieces adds a message to a list and shows what adding the list would do. text is what of the
// message's text is of the list.
func (b *Bot) takePieces(ctx context.Context, r *request, s *stockForm, l *stockList, text string) error {
	fresh := l.piecesOf(r.message, text)
	switch {
	case len(fresh) == 0:
		return b.say(ctx, r, "stock_no_units")
	case len(l.Pieces)+len(fresh) > maxPieces:
		return b.say(ctx, r, "stock_too_many_pieces")
	}
	l.Pieces = append(l.Pieces, fresh...)
	l.Begun = 0 // the owner has not seen the whole of it
	s.Seen, s.SeenAt = r.message.ID, r.message.Date
	if err := b.takeInto(ctx, r.user.ID, s, l); err != nil {
		return err
	}
	return b.showStockList(ctx, r, s, l, "")
}

// Why a piece is not taken.
const (
	refusedFormatted = "formatted" // the client ate characters of it
	refusedRest      = "rest"      // it goes on with a piece that is not taken
	refusedTooLong   = "too_long"
	refusedTooBig    = "too_big"
)

// piecesOf are the text and the file of a message as the next pieces of the list.
func (l *stockList) piecesOf(m *models.Message, text string) (pieces []piece) {
	pasted, size := 0, int64(0)
	for _, p := range l.Pieces {
		pasted += len(p.Text)
		size += p.Size
	}
	if strings.TrimSpace(text) != "" {
		p := textPiece(m, text)
		part, formatted := formattedPart(m)
		var last piece
		if len(l.Pieces) > 0 {
			last = l.Pieces[len(l.Pieces)-1]
		}
		switch {
		case formatted:
			p.Refused, p.Text = refusedFormatted, clip(part, maxShown)
		case last.Refused != "" && last.goesOn(p):
			p.Refused, p.Text = refusedRest, ""
		case pasted+len(text) > maxPasted:
			p.Refused, p.Text = refusedTooLong, ""
		}
		pieces = append(pieces, p)
	}
	if d := m.Document; d != nil {
		p := piece{Message: m.ID, At: int64(m.Date), File: d.FileID, Name: d.FileName, Size: d.FileSize}
		if size+d.FileSize > shop.MaxListBytes {
			p.Refused, p.Size = refusedTooBig, 0
		}
		pieces = append(pieces, p)
	}
	return pieces
}
