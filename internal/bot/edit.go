package bot

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
)

// edit is /products and every button of the catalog's editor: "verb:argument:…". Any of them but an
// answer leaves the form that is open.
func (b *Bot) edit(ctx context.Context, r *request) error {
	if r.query == nil {
		r.args = ""
	}
	args := strings.Split(r.args, ":")
	verb, args := args[0], args[1:]
	v, known := b.editVerbs()[verb]
	switch {
	case !known || len(args) < v.least:
		return errStale
	case verb != "a" && verb != "ap":
		if err := b.leaveOpenEdit(ctx, r); err != nil {
			return err
		}
	}
	return v.do(ctx, r, args)
}

// editVerb is what a button of the editor does, with at least so many arguments.
type editVerb struct {
	least int
	do    func(ctx context.Context, r *request, args []string) error
}

func (b *Bot) editVerbs() map[string]editVerb {
	return map[string]editVerb{
		"":            {0, b.editHome},         // [page]
		"l":           {1, b.editHome},         // page
		editsCategory: {1, b.editCategory},     // id[:page]
		editsProduct:  {1, b.editProduct},      // sku
		editsShop:     {0, b.editShop},         //
		"f":           {3, b.askField},         // kind:key:field[:language]
		"a":           {2, b.chooseAnswer},     // field:value
		"ap":          {1, b.chooseAnswerPage}, // page of a choice
		"x":           {5, b.clearField},       // kind:key:field:language:base
		"h":           {4, b.hideEdited},       // kind:key:0 or 1:base
		"m":           {4, b.moveEdited},       // kind:key:-1 or 1:base
		"r":           {2, b.askRemoveEdited},  // kind:key
		"ry":          {3, b.removeEdited},     // kind:key:base
		"n":           {1, b.newSubject},       // kind[:category]
		"v":           {1, b.previewProduct},   // sku[:language]
		"u":           {3, b.undoChange},       // revision:kind:key
		"log":         {0, b.catalogHistory},   //
		"k":           {1, b.loadKeysOf},       // sku
		editFind:      {0, b.askSearch},        //
	}
}

// leaveOpenEdit ends the editor's form, if it is open.
func (b *Bot) leaveOpenEdit(ctx context.Context, r *request) error {
	f, in, err := b.chat.memory.Form(ctx, r.user.ID)
	if err != nil || !in || f.Name != formEdit {
		return err
	}
	if e, open := readEditForm(f); open && e.New && e.Field != "" {
		r.toast = r.loc.plain("edit_left")
	}
	return b.leaveEdit(ctx, r, f, "")
}

func (b *Bot) editHome(ctx context.Context, r *request, args []string) error {
	page := 0
	if len(args) > 0 {
		page, _ = quantity(args[0])
	}
	return b.show(ctx, r, editScreen(r.loc, r.catalog, page, ""))
}

func (b *Bot) editCategory(ctx context.Context, r *request, args []string) error {
	page := 0
	if len(args) > 1 {
		page, _ = quantity(args[1])
	}
	s := subject{editsCategory, args[0]}
	e, found := s.look(r.catalog)
	if !found {
		return b.showGone(ctx, r)
	}
	return b.show(ctx, r, editCategoryScreen(r.loc, r.catalog, *e.category, page, ""))
}

func (b *Bot) editProduct(ctx context.Context, r *request, args []string) error {
	return b.showSubject(ctx, r, subject{editsProduct, strings.ToLower(args[0])}, "")
}

func (b *Bot) editShop(ctx context.Context, r *request, _ []string) error {
	return b.showSubject(ctx, r, subject{Kind: editsShop}, "")
}

// showSubject shows what is edited, below what just happened, with buttons about that.
func (b *Bot) showSubject(ctx context.Context, r *request, s subject, note markup, more ...button) error {
	e, found := s.look(r.catalog)
	var drawn screen
	switch {
	case s.Kind == "": // what was edited is removed
		drawn = editScreen(r.loc, r.catalog, 0, note)
	case !found:
		return b.showGone(ctx, r)
	case e.product != nil:
		stock, err := b.shop.StockOf(ctx, e.product.SKU)
		if err != nil {
			return err
		}
		drawn = editProductScreen(r.loc, b.chat.texts, r.catalog, *e.product, stock, note)
	case e.category != nil:
		drawn = editCategoryScreen(r.loc, r.catalog, *e.category, 0, note)
	default:
		drawn = editShopScreen(r.loc, r.catalog, note)
	}
	if len(more) > 0 {
		drawn.Rows = append([][]button{more}, drawn.Rows...)
	}
	return b.show(ctx, r, drawn)
}

// showGone shows the catalog as it is, since what was edited is not there any more.
func (b *Bot) showGone(ctx context.Context, r *request) error {
	if err := b.leaveOpenEdit(ctx, r); err != nil {
		return err
	}
	return b.show(ctx, r, editScreen(r.loc, r.catalog, 0, r.loc.say("edit_gone")))
}

// askField is the button of a field. A text in several languages is asked for in one of them.
func (b *Bot) askField(ctx context.Context, r *request, args []string) error {
	s := subject{args[0], args[1]}
	field, known := editFieldOf(s.Kind, args[2])
	e, found := s.look(r.catalog)
	switch {
	case !known:
		return errStale
	case !found:
		return b.showGone(ctx, r)
	}
	f := &editForm{Subject: s, Field: field.name, Base: r.catalog.Revision}
	switch {
	case field.texts == nil || len(r.catalog.Shop.Languages) == 1:
	case len(args) == 3:
		return b.show(ctx, r, languagesScreen(r.loc, b.chat.texts, r.catalog, s, field, e))
	case args[3] != allLanguages:
		if f.Language, known = languageAt(r.catalog, args[3]); !known {
			return errStale
		}
	}
	return b.askFor(ctx, r, f, "")
}

// chooseAnswer is an answer by a button: "field:value".
func (b *Bot) chooseAnswer(ctx context.Context, r *request, args []string) error {
	f, err := b.editForm(ctx, r)
	if err != nil {
		return err
	}
	name, value := args[0], args[1]
	goods := f != nil && name == "way" && (f.Field == "text" || f.Field == "file")
	if f == nil || f.Field == "" || !f.New && f.Field != name && !goods {
		return errStale
	}
	field, known := editFieldOf(f.Subject.Kind, name)
	switch {
	case !known || field.answered != byChoice:
		return errStale
	case name == "cat" && !hasCategory(r.catalog.Categories, value):
		return b.showGone(ctx, r)
	case name == "way" && !slices.Contains(catalog.Kinds(), catalog.Kind(value)):
		return errStale
	}
	f.Field = name
	if name == "way" && value != string(catalog.Keys) && !f.New {
		f.Field, f.Language = value, ""
		return b.askFor(ctx, r, f, "")
	}
	return b.takeAnswer(ctx, r, f, field, value)
}

// chooseAnswerPage shows another page of the categories to choose from.
func (b *Bot) chooseAnswerPage(ctx context.Context, r *request, args []string) error {
	f, err := b.editForm(ctx, r)
	if err != nil {
		return err
	}
	page, _ := quantity(args[0])
	if f == nil || f.Field != "cat" {
		return errStale
	}
	f.Page = page
	return b.askFor(ctx, r, f, "")
}

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
	return b.changeCatalog(ctx, r, s, base, nil, func(d *catalog.Draft) error {
		e, found := s.in(d)
		if !found {
			return errEditedGone
		}
		return field.put(e, d.Shop, language, "")
	})
}

// hideEdited hides a category or a product from buyers, or shows it again.
func (b *Bot) hideEdited(ctx context.Context, r *request, args []string) error {
	s, hidden := subject{args[0], args[1]}, args[2] == "1"
	base, err := strconv.ParseInt(args[3], 10, 64)
	if err != nil || s.Kind == editsShop {
		return errStale
	}
	return b.changeCatalog(ctx, r, s, base, nil, func(d *catalog.Draft) error {
		e, found := s.in(d)
		if !found {
			return errEditedGone
		}
		*e.hidden() = hidden
		return nil
	})
}

// moveEdited puts a category, or a product of its category, one place up or down.
func (b *Bot) moveEdited(ctx context.Context, r *request, args []string) error {
	s := subject{args[0], args[1]}
	step, err := strconv.Atoi(args[2])
	base, baseErr := strconv.ParseInt(args[3], 10, 64)
	if err != nil || baseErr != nil || step != 1 && step != -1 {
		return errStale
	}
	return b.changeCatalog(ctx, r, s, base, nil, func(d *catalog.Draft) error {
		e, found := s.in(d)
		switch {
		case !found:
			return errEditedGone
		case e.category != nil:
			moveBy(d.Categories, step, func(c catalog.Category) bool { return c.ID == s.Key }, func(catalog.Category) bool { return true })
		case e.product != nil:
			within := e.product.Category
			moveBy(d.Products, step, func(p catalog.Product) bool { return p.SKU == s.Key }, func(p catalog.Product) bool { return p.Category == within })
		}
		return nil
	})
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
	return b.changeCatalog(ctx, r, shown, base, nil, func(d *catalog.Draft) error {
		if _, found := s.in(d); !found {
			return errEditedGone
		}
		if s.Kind == editsProduct {
			d.Products = slices.DeleteFunc(d.Products, func(p catalog.Product) bool { return p.SKU == s.Key })
			return nil
		}
		d.Categories = slices.DeleteFunc(d.Categories, func(c catalog.Category) bool { return c.ID == s.Key })
		return nil
	})
}

// loadKeysOf begins the form that takes units, as /addstock does.
func (b *Bot) loadKeysOf(ctx context.Context, r *request, args []string) error {
	title, sku, problem, err := b.stockProduct(ctx, r, args[0], false)
	switch {
	case err != nil:
		return err
	case problem != "":
		return b.reply(ctx, r, screen{Text: problem})
	}
	s, err := b.stockForm(ctx, r.user.ID)
	if err != nil {
		return err
	}
	l, err := b.listFor(r.user.ID, s, sku, false)
	switch {
	case err != nil:
		return err
	case l == nil:
		return b.say(ctx, r, "stock_too_many_lists")
	}
	s.take(l, time.Now())
	if err := b.keepStockForm(ctx, r.user.ID, s); err != nil {
		return err
	}
	return b.say(ctx, r, "addstock_ask", "Title", title, "SKU", sku)
}
