package bot

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"

	"shopbot/internal/catalog"
	"shopbot/internal/localize"
	"shopbot/internal/shop"
)

// stockList is "/stock [SKU]": how much there is of everything, or the batches of one product.
func (b *Bot) stockList(ctx context.Context, r *request) error {
	if sku, _ := cutWord(r.args); sku != "" {
		return b.stockOf(ctx, r, []string{sku})
	}
	stock, err := b.shop.Stock(ctx)
	if err != nil {
		return err
	}
	return b.reply(ctx, r, stockScreens(r.loc, r.catalog.Products, stock)...)
}

func stockScreens(l localizer, products []catalog.Product, stock map[string]shop.Stock) []screen {
	var body []markup
	add := func(title, sku string, warnBelow int) {
		body = append(body, "", stockOfOne(l, title, sku, warnBelow, stock[sku]))
	}
	unlimited := 0
	var low [][]button
	for _, p := range products {
		if p.Deliver.FromStock() {
			add(l.Text(p.Title), p.SKU, p.WarnBelow)
			if stock[p.SKU].Level(p.WarnBelow) != shop.StockEnough && len(low) < lowShown {
				low = append(low, row(button{Text: "📥 " + clip(l.Text(p.Title), 40), Data: data(actStock, "l", p.SKU)}))
			}
		} else {
			unlimited++
		}
	}
	for _, sku := range slices.Sorted(maps.Keys(stock)) {
		known := slices.ContainsFunc(products, func(p catalog.Product) bool { return p.SKU == sku && p.Deliver.FromStock() })
		if !known && stock[sku].Free+stock[sku].Reserved > 0 {
			add(l.Plain("stock_not_in_catalog"), sku, 0)
		}
	}
	if unlimited > 0 {
		body = append(body, "", l.Say("stock_unlimited_more", "Count", unlimited))
	}
	return longScreens(l.Say("stock", "Body", ""), append(body, "", l.Say("stock_hint")), append(low, row(l.button("staff_home", actAdmin))))
}

// lowShown is how many products that are low have a button below the stock.
const lowShown = 8

// stockOfOne is the stock of one product, with a mark if it is low. warnBelow is the catalog's.
func stockOfOne(l localizer, title, sku string, warnBelow int, s shop.Stock) markup {
	heading := l.Say("stock_title", "Title", title)
	switch s.Level(warnBelow) {
	case shop.StockSoldOut:
		heading += l.Say("stock_sold_out")
	case shop.StockLow:
		heading += l.Say("stock_low")
	case shop.StockEnough:
	}
	line := l.Say("stock_line", "SKU", sku, "Free", s.Free, "Reserved", s.Reserved, "Sold", s.Sold)
	if s.Burned > 0 {
		line += l.Say("stock_burned", "Burned", s.Burned)
	}
	return lines(heading, line)
}

// batchesShown is how many batches a page has.
const batchesShown = 8

// stockOf is "/stock SKU" and the buttons that lead to it: a product's batches. arguments are the
// SKU, and the batch before which the page begins.
func (b *Bot) stockOf(ctx context.Context, r *request, arguments []string) error {
	title, sku, problem, err := b.stockProduct(ctx, r, arguments[0], true)
	switch {
	case err != nil:
		return err
	case problem != "":
		return b.reply(ctx, r, screen{Text: problem})
	}
	before := int64(0)
	if len(arguments) > 1 {
		if before, err = strconv.ParseInt(arguments[1], 10, 64); err != nil {
			return errStale
		}
	}
	stock, err := b.shop.StockOf(ctx, sku)
	if err != nil {
		return err
	}
	batches, err := b.shop.Batches(ctx, sku, before, batchesShown+1)
	if err != nil && !errors.Is(err, shop.ErrUnknownProduct) && !errors.Is(err, shop.ErrNoUnits) {
		return err
	}
	p, _ := r.catalog.Product(sku)
	of := stockOfOne(r.loc, title, sku, p.WarnBelow, stock)
	return b.show(ctx, r, batchesScreen(r.loc, r.user.ID, of, sku, batches, before))
}

// batchesScreen lists batches below what is said of their product.
func batchesScreen(l localizer, reader int64, of markup, sku string, batches []shop.Batch, before int64) screen {
	batches, pages := pageAfter(batches, batchesShown, before > 0, l.button("newest", actStock, "l", sku),
		l.button("older", actStock, "l", sku), func(b shop.Batch) string { return itoa(b.ID) })
	parts := []markup{of}
	var numbers []button
	for _, batch := range batches {
		parts = append(parts, batchLine(l, reader, batch))
		if batch.Left > 0 {
			numbers = append(numbers, button{Text: "#" + itoa(batch.ID), Data: data(actStock, "b", sku, itoa(batch.ID))})
		}
	}
	switch {
	case len(batches) == 0:
		parts = append(parts, l.Say("stock_no_batches", "SKU", sku))
	case len(numbers) > 0:
		parts = append(parts, l.Say("stock_choose_batch"))
	}
	rows := append(slices.Collect(slices.Chunk(numbers, 4)), pages, row(anew(l.button("load_stock", actStock, "load", sku)), l.button("stock_all", actStock)))
	return screen{Text: sections(parts...), Rows: rows}
}

func batchLine(l localizer, reader int64, batch shop.Batch) markup {
	by := l.Say("batch_by_owner", "ID", itoa(batch.By))
	switch batch.By {
	case reader:
		by = l.Say("batch_by_you")
	case 0:
		by = l.Say("batch_by_command")
	}
	if batch.Source != "" {
		by += " · " + localize.Escape(clip(batch.Source, maxShown))
	}
	line := l.Say("batch_line", "Number", itoa(batch.ID), "At", l.Moment(batch.At), "Left", batch.Left, "Added", batch.Added, "By", by)
	if !batch.Whole {
		line += "\n" + l.Say("batch_not_whole")
	}
	return line
}

// batchScreen shows one batch, and what can be done with it; with a verb, it asks whether to do it.
func batchScreen(l localizer, reader int64, batch shop.Batch, verb string) screen {
	id := itoa(batch.ID)
	text := lines(l.Say("batch_of", "SKU", batch.SKU), batchLine(l, reader, batch))
	back := l.button("stock_batches", actStock, "l", batch.SKU)
	switch {
	case batch.Left == 0:
		return screen{Text: sections(text, l.Say("stock_undo_nothing", "Batch", id)), Rows: [][]button{row(back)}}
	case verb == "":
		return screen{Text: sections(text, l.Say("batch_what")), Rows: [][]button{
			row(l.button("stock_undo_ask", actStock, "undo?", batch.SKU, id)), row(l.button("stock_remove_ask", actStock, "removebatch?", batch.SKU, id)), row(back),
		}}
	}
	yes := button{Text: l.Plain("button_stock_"+verb+"_yes", "Units", batch.Left), Data: data(actStock, verb, batch.SKU, id)}
	no := l.button("stock_no", actStock, "b", batch.SKU, id)
	return screen{Text: sections(text, l.Say("stock_"+verb+"_sure", "Count", batch.Left)), Rows: [][]button{row(yes), row(no)}}
}
