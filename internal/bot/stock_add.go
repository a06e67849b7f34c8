package bot

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"shopbot/internal/shop"
)

// stockButton is a button about stock: "verb:argument:…".
func (b *Bot) stockButton(ctx context.Context, r *request) error {
	verb, rest, _ := strings.Cut(r.args, ":")
	arguments := strings.Split(rest, ":")
	switch verb {
	case "":
		return b.stockList(ctx, r)
	case "add", "remove", "no", "for":
		return b.listButton(ctx, r, verb, arguments)
	case "l":
		return b.stockOf(ctx, r, arguments)
	case "load":
		return b.loadStock(ctx, r, arguments[0])
	}
	if len(arguments) != 2 {
		return errStale
	}
	id, err := strconv.ParseInt(arguments[1], 10, 64)
	if err != nil {
		return errStale
	}
	batch, err := b.shop.Batch(ctx, arguments[0], id)
	switch {
	case errors.Is(err, shop.ErrNoBatch), errors.Is(err, shop.ErrUnknownProduct), errors.Is(err, shop.ErrNoUnits):
		return errStale
	case err != nil:
		return err
	}
	switch verb {
	case "b":
		return b.show(ctx, r, batchScreen(r.loc, r.user.ID, batch, ""))
	case "undo?", "removebatch?":
		return b.show(ctx, r, batchScreen(r.loc, r.user.ID, batch, strings.TrimSuffix(verb, "?")))
	case "undo":
		return b.undoBatch(ctx, r, batch)
	case "removebatch":
		return b.removeBatch(ctx, r, batch)
	}
	return errStale
}

// loadStock is the button [Add stock]: what the owner sends next is for the product, as after
// "/addstock SKU".
func (b *Bot) loadStock(ctx context.Context, r *request, sku string) error {
	s, l, title, err := b.openList(ctx, r, sku, false)
	if err != nil || l == nil {
		return err
	}
	if err := b.takeInto(ctx, r.user.ID, s, l); err != nil {
		return err
	}
	return b.say(ctx, r, "addstock_ask", "Title", title, "SKU", l.SKU)
}

// listButton is a button of a list that waits.
func (b *Bot) listButton(ctx context.Context, r *request, verb string, arguments []string) error {
	s, err := b.stockForm(ctx, r.user.ID)
	if err != nil {
		return err
	}
	l := s.list(arguments[0])
	if l == nil {
		r.warn("stock_list_gone")
		return nil
	}
	state, with := "", ""
	if len(arguments) > 1 {
		state = arguments[1]
	}
	if len(arguments) > 2 {
		with = arguments[2]
	}
	switch {
	case verb == "no":
		b.downloads.forget(l)
		s.remove(l)
		if err := b.show(ctx, r, droppedScreen(r.loc, l)); err != nil {
			return err
		}
		return b.keepStockForm(ctx, r.user.ID, s)
	case verb == "for" && l.SKU == "":
		return b.nameProduct(ctx, r, s, l, state)
	case verb == "add" && !l.Remove && l.SKU != "":
		b.answer(ctx, r)
		return b.add(ctx, r, s, l, state, shop.LoadOptions{
			By: r.user.ID, Elsewhere: strings.Contains(with, withElsewhere), Again: strings.Contains(with, withGone),
		})
	case verb == "remove" && l.Remove:
		b.answer(ctx, r)
		return b.removeList(ctx, r, s, l, state)
	}
	return errStale
}

// maxSource is how much of the names of its files a batch keeps, in runes.
const maxSource = 200

// add puts a list on sale, if the owner has seen what that does now. It can be repeated: units that
// an earlier try added are counted by its batch.
func (b *Bot) add(ctx context.Context, r *request, s *stockForm, l *stockList, seen string, o shop.LoadOptions) error {
	ctx, cancel := longer(ctx)
	defer cancel()
	if l.Begun == 0 {
		_, state, err := b.stockScreen(ctx, r, l)
		switch {
		case err != nil:
			return err
		case state == "": // the screen says why nothing can be added
			return b.showStockList(ctx, r, s, l, "")
		case state != seen:
			return b.showStockList(ctx, r, s, l, "stock_changed")
		}
	}
	got, err := b.read(ctx, r, l)
	if err != nil {
		return err
	}
	if l.Begun == 0 {
		l.Begun = time.Now().UnixMilli()
		if err := b.keepStockForm(ctx, r.user.ID, s); err != nil {
			return err
		}
	}
	o.Source = clip(strings.Join(got.files, ", "), maxSource)
	added, err := b.shop.AddStock(ctx, l.SKU, got.units, o)
	switch {
	case errors.Is(err, shop.ErrUnknownProduct), errors.Is(err, shop.ErrNoUnits):
		l.Begun = 0
		return b.showStockList(ctx, r, s, l, "")
	case err != nil:
		return err
	}
	if err := b.countEarlierTries(ctx, l, o.By, &added); err != nil {
		return err
	}
	stock, err := b.shop.StockOf(ctx, l.SKU)
	if err != nil {
		return err
	}
	p, _ := r.catalog.Product(l.SKU)
	if err := b.show(ctx, r, addedScreen(r.loc, p.SKU, r.loc.Text(p.Title), added, stock)); err != nil {
		return err
	}
	b.downloads.forget(l)
	s.remove(l)
	return b.keepStockForm(ctx, r.user.ID, s)
}

// countEarlierTries corrects what became of a list that was added in several tries. Each try is a
// batch of its own, and an owner adds one list at a time.
func (b *Bot) countEarlierTries(ctx context.Context, l *stockList, by int64, added *shop.StockAdded) error {
	const tries = 10
	batches, err := b.shop.Batches(ctx, l.SKU, 0, tries)
	if err != nil {
		return err
	}
	for _, batch := range batches {
		if batch.By != by || batch.At.UnixMilli() < l.Begun || batch.ID == added.Batch {
			continue
		}
		added.Add(shop.StockAdded{Batch: batch.ID, Added: batch.Added, Duplicates: -batch.Added})
	}
	return nil
}

// addedScreen says what was added, with the way back.
func addedScreen(l localizer, sku, title string, added shop.StockAdded, stock shop.Stock) screen {
	duplicates := markup("")
	if n := added.Duplicates + added.Gone + added.Elsewhere; n > 0 {
		duplicates = l.Say("addstock_duplicates", "Count", n)
	}
	s := screen{
		Text: l.Say("addstock_added", "Count", added.Added, "Title", title, "SKU", sku, "Duplicates", duplicates, "Free", stock.Free),
	}
	list := l.button("stock_batches", actStock, "l", sku)
	if added.Batch == 0 {
		s.Rows = [][]button{row(list)}
		return s
	}
	s.Rows = [][]button{row(l.button("stock_undo", actStock, "undo", sku, itoa(added.Batch)), list)}
	return s
}

// undoBatch takes back what is unsold of a batch.
func (b *Bot) undoBatch(ctx context.Context, r *request, batch shop.Batch) error {
	b.answer(ctx, r)
	ctx, cancel := longer(ctx)
	defer cancel()
	done, err := b.shop.UndoBatch(ctx, batch.SKU, batch.ID, r.user.ID)
	if err != nil {
		return err
	}
	return b.show(ctx, r, undoneScreen(r.loc, done))
}

func undoneScreen(l localizer, done shop.StockUndone) screen {
	list := l.button("stock_batches", actStock, "l", done.Batch.SKU)
	text := l.Say("stock_undo_nothing", "Batch", itoa(done.Batch.ID))
	if done.Undone > 0 {
		text = l.Say("stock_undone", "Count", done.Undone, "SKU", done.Batch.SKU, "Batch", itoa(done.Batch.ID))
	}
	if done.Reserved == 0 {
		return screen{Text: text, Rows: [][]button{row(list)}}
	}
	return screen{
		Text: lines(text, l.Say("stock_reserved_stay", "Count", done.Reserved)),
		Rows: [][]button{row(l.button("stock_undo", actStock, "undo", done.Batch.SKU, itoa(done.Batch.ID)), list)},
	}
}
