package bot

import (
	"context"
	"slices"
	"strings"
	"time"

	"shopbot/internal/catalog"
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
		"":            {0, b.editHome},                                                                                         // [page]
		"l":           {1, b.editHome},                                                                                         // page
		editsCategory: {1, b.editCategory},                                                                                     // id[:page]
		editsProduct:  {1, b.editProduct},                                                                                      // sku
		editsShop:     {0, b.editShop},                                                                                         //
		"f":           {3, b.askField},                                                                                         // kind:key:field[:language]
		"a":           {2, b.chooseAnswer},                                                                                     // field:value
		"ap":          {1, b.chooseAnswerPage},                                                                                 // page of a choice
		"x":           {5, b.clearField},                                                                                       // kind:key:field:language:base
		"h":           {4, b.hideEdited},                                                                                       // kind:key:0 or 1:base
		"m":           {4, b.moveEdited},                                                                                       // kind:key:-1 or 1:base
		"r":           {2, b.askRemoveEdited},                                                                                  // kind:key
		"ry":          {3, b.removeEdited},                                                                                     // kind:key:base
		"n":           {1, b.newSubject},                                                                                       // kind[:category]
		"v":           {1, b.previewProduct},                                                                                   // sku[:language]
		"u":           {3, b.undoChange},                                                                                       // revision:kind:key
		"log":         {0, b.catalogHistory},                                                                                   //
		"k":           {1, func(ctx context.Context, r *request, args []string) error { return b.loadStock(ctx, r, args[0]) }}, // sku
		editFind:      {0, b.askProductSearch},                                                                                 //
	}
}

// leaveOpenEdit ends the editor's form, if it is open.
func (b *Bot) leaveOpenEdit(ctx context.Context, r *request) error {
	f, in, err := b.chat.memory.Form(ctx, r.user.ID)
	if err != nil || !in || f.Name != formEdit {
		return err
	}
	if e := readEditForm(f); e != nil && e.New && e.Field != "" {
		r.toast = r.loc.Plain("edit_left")
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
		members, err := b.chat.memory.MembersOf(ctx, e.product.SKU, time.Now().Add(soonEnds))
		if err != nil {
			return err
		}
		drawn = editProductScreen(r.loc, b.chat.texts, r.catalog, *e.product, stock, note)
		drawn.Text = sections(drawn.Text, membersLine(r.loc, *e.product, members))
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
	return b.show(ctx, r, editScreen(r.loc, r.catalog, 0, r.loc.Say("edit_gone")))
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
	case name == "way" && !slices.Contains(editableWays(), catalog.Kind(value)):
		return errStale
	}
	f.Field = name
	if name == "way" && value != string(catalog.Keys) && !f.New {
		f.Field, f.Language = value, ""
		return b.askFor(ctx, r, f, "")
	}
	return b.takeFieldAnswer(ctx, r, f, field, value)
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
