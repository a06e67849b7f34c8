package bot

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	tgbot "github.com/go-telegram/bot"

	"shopbot/internal/shop"
)

// maxShown is how much of a unit, or of a part of a text, a screen shows, in runes.
const maxShown = 60

// examplesShown is how many units a screen shows of each kind.
const examplesShown = 3

// shownUnit is a unit as screens show it: on one line, and cut if it is long.
func shownUnit(unit string) string {
	return clip(strings.ReplaceAll(shop.PlainUnit(unit), "\n", " ⏎ "), maxShown)
}

// showStockList says what adding or removing a list would do, below the latest piece of the list: a
// preview that stands further up is deleted. note is a text put above it; "" for none.
func (b *Bot) showStockList(ctx context.Context, r *request, s *stockForm, l *stockList, note string) error {
	ctx, cancel := longer(ctx)
	defer cancel()
	drawn, _, err := b.stockScreen(ctx, r, l)
	if err != nil {
		return err
	}
	if note != "" {
		drawn.Text = r.loc.Say(note) + "\n\n" + drawn.Text
	}
	b.answer(ctx, r)
	last := 0
	for _, p := range l.Pieces {
		last = max(last, p.Message)
	}
	before, ref := l.Preview, shop.MessageRef{}
	if before > last {
		ref, err = b.chat.edit(ctx, shop.MessageRef{Chat: r.user.ID, Message: before}, drawn)
	} else {
		ref, err = b.chat.send(ctx, r.user.ID, drawn)
	}
	if err != nil || ref.Message == before {
		return err
	}
	l.Preview = ref.Message
	if err := b.keepStockForm(ctx, r.user.ID, s); err != nil {
		return err
	}
	if before == 0 {
		return nil
	}
	return b.chat.tg.DeleteMessage(ctx, &tgbot.DeleteMessageParams{ChatID: r.user.ID, MessageID: before})
}

// loadLimit is how long reading, loading or removing the longest list may take. A list loaded in
// two tries would be reported as mostly duplicates.
const loadLimit = 10 * time.Minute

func longer(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), loadLimit)
}

// stockScreen draws a list as it is now. state is a fingerprint of what the screen says.
func (b *Bot) stockScreen(ctx context.Context, r *request, l *stockList) (drawn screen, state string, err error) {
	if l.SKU == "" {
		return b.productChoice(r, l), "", nil
	}
	got, err := b.read(ctx, r, l)
	if err != nil {
		return screen{}, "", err
	}
	title := l.SKU
	if p, found := r.catalog.Product(l.SKU); found {
		title = r.loc.Text(p.Title)
	}
	heading := listHeading(r.loc, title, l, got.files)
	if l.Remove {
		found, err := b.removable(ctx, l, got.units)
		if err != nil {
			return screen{}, "", err
		}
		drawn, state = removalScreen(r.loc, l, heading, found, got)
		return drawn, state, nil
	}
	p, err := b.shop.PreviewStock(ctx, l.SKU, got.units)
	if errors.Is(err, shop.ErrUnknownProduct) || errors.Is(err, shop.ErrNoUnits) {
		return screen{
			Text: lines(heading, "", r.loc.Say("stock_product_gone", "SKU", l.SKU)),
			Rows: [][]button{row(r.loc.button("stock_cancel", actStock, "no", l.ID))},
		}, "", nil
	}
	if err != nil {
		return screen{}, "", err
	}
	state = previewState(p, got)
	return previewScreen(r.loc, l, heading, state, p, got), state, nil
}

// previewState is a fingerprint of what a preview says: of the counts, and of the first and last
// unit.
func previewState(p shop.StockPreview, got reading) string {
	facts := []string{p.First, p.Last}
	for _, n := range []int{p.Units, p.New, p.Duplicates, p.Gone, p.Elsewhere, len(p.Suspicions), len(got.faults), len(got.cut)} {
		facts = append(facts, strconv.Itoa(n))
	}
	return shop.Fingerprint(facts)[:8]
}

// listHeading names the product, and the files if there are any.
func listHeading(l localizer, title string, list *stockList, files []string) markup {
	id := "addstock_heading"
	if list.Remove {
		id = "removestock_heading"
	}
	heading := l.Say(id, "Title", title, "SKU", list.SKU)
	switch {
	case len(files) == 1:
		heading += "\n" + l.Say("stock_file", "Name", clip(files[0], maxShown))
	case len(files) > 1:
		heading += "\n" + l.Say("stock_files", "Count", len(files))
	}
	return heading
}

// productChoice asks which product files are for.
func (b *Bot) productChoice(r *request, l *stockList) screen {
	const shown = 12
	var rows [][]button
	for _, p := range r.catalog.Products {
		if p.Deliver.FromStock() && len(rows) < shown {
			rows = append(rows, row(button{Text: clip(r.loc.Text(p.Title), 40), Data: data(actStock, "for", l.ID, p.SKU)}))
		}
	}
	rows = append(rows, row(r.loc.button("stock_cancel", actStock, "no", l.ID)))
	return screen{Text: r.loc.Say("stock_which_product", "Count", len(l.Pieces)), Rows: rows}
}

// previewScreen says what loading a list would do.
func previewScreen(l localizer, list *stockList, heading markup, state string, p shop.StockPreview, got reading) screen {
	rows := addButtons(l, list, state, p)
	text := func(shown int) markup {
		parts := []markup{
			lines(heading, l.Say("stock_nothing_yet")),
			newUnits(l, p.New),
			foundUnits(l, "preview_repeated", shown, p.Duplicates, p.Found, list, func(at shop.UnitPlace) bool {
				return !at.Gone() && (at.SKU == "" || at.SKU == list.SKU)
			}),
			foundUnits(l, "preview_gone", shown, p.Gone, p.Found, list, func(at shop.UnitPlace) bool {
				return at.Gone() && at.SKU == list.SKU
			}),
			foundUnits(l, "preview_elsewhere", shown, p.Elsewhere, p.Found, list, func(at shop.UnitPlace) bool {
				return at.SKU != "" && at.SKU != list.SKU
			}),
		}
		for _, s := range p.Suspicions {
			parts = append(parts, suspicion(l, shown, s))
		}
		parts = append(parts, leftOut(l, shown, got)...)
		switch {
		case len(p.Files) > 0:
			parts = append(parts, fileNames(l, p))
		case p.Units > 1:
			parts = append(parts, l.Say("preview_ends", "First", shownUnit(p.First), "Last", shownUnit(p.Last)))
		case p.Units == 1 && p.New == 1:
			parts = append(parts, l.Say("preview_only", "Unit", shownUnit(p.First)))
		}
		if len(rows) == 0 {
			return sections(append(parts, l.Say("preview_next_nothing"))...)
		}
		return sections(append(parts, l.Say("preview_next"))...)
	}
	return screen{Text: fitting(text), Rows: append(rows, row(l.button("stock_cancel", actStock, "no", list.ID)))}
}

// fileNames lists units that are files by their names and sizes.
func fileNames(l localizer, p shop.StockPreview) markup {
	var names []string
	for _, file := range p.Files {
		names = append(names, clip(file, maxShown))
	}
	return lines(l.Say("preview_files", "Count", p.Units), codeLines(names), more(l, p.Units-len(names)))
}

// fitting is a text with as many examples as one message has room for.
func fitting(text func(shown int) markup) markup {
	shown := examplesShown
	for shown > 0 && visible(text(shown)) > maxText {
		shown--
	}
	return text(shown)
}

func newUnits(l localizer, n int) markup {
	if n == 0 {
		return l.Say("preview_nothing_new")
	}
	return l.Say("preview_new", "Count", n)
}

// leftOut says what of the pieces is not taken.
func leftOut(l localizer, shown int, got reading) (said []markup) {
	if n := len(got.cut); n > 0 {
		lefts := got.cut[:min(n, 2*shown)]
		said = append(said, lines(l.Say("preview_cut", "Count", n), codeLines(lefts), more(l, n-len(lefts))))
	}
	faults := got.faults[:min(len(got.faults), 2*shown)]
	return append(said, lines(append(faults, more(l, len(got.faults)-len(faults)))...))
}

func more(l localizer, n int) markup {
	if n <= 0 {
		return ""
	}
	return l.Say("order_more", "Count", n)
}

// foundUnits says where units are that are not new; "" if there are none.
func foundUnits(l localizer, text string, shown, count int, found []shop.FoundUnit, list *stockList, of func(shop.UnitPlace) bool) markup {
	if count == 0 {
		return ""
	}
	said := []markup{l.Say(text, "Count", count)}
	for _, u := range found {
		if len(said) <= shown && of(u.Place) {
			said = append(said, l.Say("preview_found", "Unit", shownUnit(u.Unit), "Where", where(l, list, u)))
		}
	}
	return lines(append(said, more(l, count-len(said)+1))...)
}

// where says where a unit is.
func where(l localizer, list *stockList, u shop.FoundUnit) markup {
	text := "where_" + string(u.Place.Where)
	switch {
	case u.Place.Where != "":
	case list.Remove:
		text = "where_nowhere"
	default:
		text = "where_listed"
	}
	said := l.Say(text, "Order", u.Place.Order, "At", l.Moment(u.Place.At), "Line", u.Line)
	if u.Place.SKU != "" && u.Place.SKU != list.SKU {
		said = l.Say("where_of", "SKU", u.Place.SKU, "Where", said)
	}
	return said
}

// suspicion says what a person should look at before units are for sale.
func suspicion(l localizer, shown int, s shop.Suspicion) markup {
	var units []string
	for _, u := range s.Examples[:min(len(s.Examples), shown)] {
		units = append(units, shownUnit(u.Unit))
	}
	return lines(l.Say("suspicion_"+string(s.Rule), "Count", s.Count), codeLines(units), more(l, s.Count-len(units)))
}

// addButtons are the ways in which a list can be loaded. What other products have, and what was
// removed before, needs a button of its own.
func addButtons(l localizer, list *stockList, state string, p shop.StockPreview) (rows [][]button) {
	add := func(label, with string, units int) {
		arguments := []string{"add", list.ID, state}
		if with != "" {
			arguments = append(arguments, with)
		}
		text := l.Plain("button_stock_"+label, "Units", units)
		if with == withGone && len(p.Suspicions) > 0 {
			text = "⚠️ " + text // as the other labels have it
		}
		rows = append(rows, row(button{Text: text, Data: data(actStock, arguments...)}))
	}
	plain := "add"
	if len(p.Suspicions) > 0 {
		plain = "add_odd"
	}
	if p.New > 0 {
		add(plain, "", p.New)
	}
	if p.Elsewhere > 0 {
		add("add_elsewhere", withElsewhere, p.New+p.Elsewhere)
	}
	if p.Gone > 0 {
		add("add_gone", withGone, p.New+p.Gone)
	}
	if p.Elsewhere > 0 && p.Gone > 0 {
		add("add_all", withElsewhere+withGone, p.New+p.Elsewhere+p.Gone)
	}
	return rows
}

// What else is loaded, in the data of the Add buttons.
const (
	withElsewhere = "e"
	withGone      = "g"
)
