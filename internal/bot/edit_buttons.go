package bot

import (
	"context"
	"slices"
	"strconv"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
)

// clearField is the button that takes a text or a picture away.
func (b *Bot) clearField(ctx context.Context, r *request, args []string) error {
	s := subject{args[0], args[1]}
	field, known := editFieldOf(s.Kind, args[2])
	base, err := strconv.ParseInt(args[4], 10, 64)
	if !known || err != nil {
		return errStale
	}
	language, _ := languageAt(r.catalog, args[3]) // "" for all
	if field.answered == byPicture {
		r.at = shop.MessageRef{} // a message keeps its picture
	}
	return b.changeCatalog(ctx, r, s, base, nil, s.edit(func(d *catalog.Draft, e edited) error {
		return field.put(e, d.Shop, language, "")
	}))
}

// hideEdited hides a category or a product from buyers, or shows it again.
func (b *Bot) hideEdited(ctx context.Context, r *request, args []string) error {
	s, hidden := subject{args[0], args[1]}, args[2] == "1"
	base, err := strconv.ParseInt(args[3], 10, 64)
	if err != nil || s.Kind == editsShop {
		return errStale
	}
	return b.changeCatalog(ctx, r, s, base, nil, s.edit(func(_ *catalog.Draft, e edited) error {
		*e.hidden() = hidden
		return nil
	}))
}

// moveEdited puts a category, or a product of its category, one place up or down.
func (b *Bot) moveEdited(ctx context.Context, r *request, args []string) error {
	s := subject{args[0], args[1]}
	step, err := strconv.Atoi(args[2])
	base, baseErr := strconv.ParseInt(args[3], 10, 64)
	if err != nil || baseErr != nil || step != 1 && step != -1 {
		return errStale
	}
	return b.changeCatalog(ctx, r, s, base, nil, s.edit(func(d *catalog.Draft, e edited) error {
		switch {
		case e.category != nil:
			moveBy(d.Categories, step, func(c catalog.Category) bool { return c.ID == s.Key }, func(catalog.Category) bool { return true })
		case e.product != nil:
			within := e.product.Category
			moveBy(d.Products, step, func(p catalog.Product) bool { return p.SKU == s.Key }, func(p catalog.Product) bool { return p.Category == within })
		}
		return nil
	}))
}

// moveBy swaps the item that is with the one before or after it among those that count.
func moveBy[T any](all []T, step int, is, counts func(T) bool) {
	from := slices.IndexFunc(all, is)
	for to := from + step; from >= 0 && to >= 0 && to < len(all); to += step {
		if counts(all[to]) {
			all[from], all[to] = all[to], all[from]
			return
		}
	}
}

// askRemoveEdited asks whether to remove a category or a product.
func (b *Bot) askRemoveEdited(ctx context.Context, r *request, args []string) error {
	s := subject{args[0], args[1]}
	e, found := s.look(r.catalog)
	if !found || s.Kind == editsShop {
		return b.showGone(ctx, r)
	}
	var stock shop.Stock
	if e.product != nil {
		var err error
		if stock, err = b.shop.StockOf(ctx, s.Key); err != nil {
			return err
		}
	}
	return b.show(ctx, r, removeEditedScreen(r.loc, r.catalog, s, e, stock))
}

func (b *Bot) removeEdited(ctx context.Context, r *request, args []string) error {
	s := subject{args[0], args[1]}
	base, err := strconv.ParseInt(args[2], 10, 64)
	e, found := s.look(r.catalog)
	switch {
	case err != nil || s.Kind == editsShop:
		return errStale
	case !found:
		return b.showGone(ctx, r)
	}
	shown := subject{} // the catalog, or what the product was in
	if e.product != nil {
		shown = subject{editsCategory, e.product.Category}
	}
	return b.changeCatalog(ctx, r, shown, base, nil, s.edit(func(d *catalog.Draft, e edited) error {
		if e.product != nil {
			d.Products = slices.DeleteFunc(d.Products, func(p catalog.Product) bool { return p.SKU == s.Key })
			return nil
		}
		d.Categories = slices.DeleteFunc(d.Categories, func(c catalog.Category) bool { return c.ID == s.Key })
		return nil
	}))
}
