package bot

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"shopbot/internal/catalog"
	"shopbot/internal/localize"
)

// valueShown is how much of a present value is shown, to be copied and changed.
const valueShown = 2500

// askForScreen asks for one field, below what was wrong with the last answer.
func askForScreen(l localizer, t *localize.Texts, c *catalog.Catalog, f *editForm, field editField, e edited, problem markup) screen {
	label := l.Plain("edit_field_" + field.name)
	if f.Language != "" {
		label += " · " + t.Name(f.Language)
	}
	heading := l.Say("edit_asked", "Title", e.title(), "Field", label)
	s := screen{Keep: true}
	var now markup
	if f.New {
		heading = newHeading(l, c, f, e)
	} else if value := field.value(l, e, f.Language); value != "" && field.answered != byChoice {
		now = l.Say("edit_now", "Value", clip(value, valueShown))
	}
	s.Text = sections(problem, heading, now, l.Say("edit_ask_"+field.name, "Currency", string(c.Shop.Currency), "Most", field.most))
	switch field.name {
	case "way":
		for _, kind := range editableWays() {
			s.Rows = append(s.Rows, row(button{Text: l.Plain("edit_way_" + string(kind)), Data: data(actEdit, "a", "way", string(kind))}))
		}
	case "pay":
		s.Rows = payButtons(l, f.Subject.Kind)
	case "cat":
		shown, paging := pageOf(c.Categories, f.Page, func(page int) string { return data(actEdit, "ap", itoa(page)) })
		for _, category := range shown {
			s.Rows = append(s.Rows, row(button{Text: shownTitle(l, category.Title, category.Hidden), Data: data(actEdit, "a", "cat", category.ID)}))
		}
		s.Rows = append(s.Rows, paging)
	}
	if f.New {
		s.Rows = append(s.Rows, row(l.button("edit_cancel", actEdit)))
		return s
	}
	if field.optional && field.value(l, e, f.Language) != "" {
		n := allLanguages
		if i := slices.Index(c.Shop.Languages, f.Language); i >= 0 {
			n = itoa(i)
		}
		s.Rows = append(s.Rows, row(l.button("edit_clear", actEdit, "x", f.Subject.Kind, f.Subject.Key, field.name, n, itoa(f.Base))))
	}
	s.Rows = append(s.Rows, row(backTo(l, f.Subject)))
	return s
}

// newHeading says what was given of something new so far.
func newHeading(l localizer, c *catalog.Catalog, f *editForm, e edited) markup {
	if e.category != nil {
		return l.Say("edit_adding_category")
	}
	var given []string
	if category, found := (subject{editsCategory, e.product.Category}).look(c); found {
		given = append(given, l.Text(category.title()))
	}
	if title := l.Text(e.product.Title); title != "" {
		given = append(given, title)
	}
	if f.Answers["price"] != "" {
		given = append(given, l.Price(e.product.Price))
	}
	return lines(l.Say("edit_adding_product"), localize.Escape(strings.Join(given, " · ")))
}

// backTo leads from a question to what it is about.
func backTo(l localizer, s subject) button {
	if s.Kind == editsShop {
		return l.button("back", actEdit, editsShop)
	}
	return l.button("back", actEdit, s.Kind, s.Key)
}

// languagesScreen shows a text in each of the shop's languages, to choose which one is changed.
func languagesScreen(l localizer, t *localize.Texts, c *catalog.Catalog, s subject, field editField, e edited) screen {
	said := []markup{l.Say("edit_asked", "Title", e.title(), "Field", l.Plain("edit_field_"+field.name))}
	each := 2 * maxText / 3 / len(c.Shop.Languages)
	var rows [][]button
	choice := func(label, language string) button {
		return button{Text: label, Data: data(actEdit, "f", s.Kind, s.Key, field.name, language)}
	}
	for i, code := range c.Shop.Languages {
		value := l.Say("edit_empty")
		if text := field.value(l, e, code); text != "" {
			value = localize.Escape(clip(text, each))
		}
		said = append(said, l.Say("edit_in_language", "Language", t.Name(code), "Value", value))
		rows = append(rows, row(choice(t.Name(code), itoa(i))))
	}
	rows = append(rows, row(choice(l.Plain("button_edit_all_languages"), allLanguages)))
	if field.optional && len(*field.texts(e)) > 0 {
		rows = append(rows, row(l.button("edit_clear", actEdit, "x", s.Kind, s.Key, field.name, allLanguages, itoa(c.Revision))))
	}
	return screen{Text: sections(append(said, l.Say("edit_which_language"))...), Keep: true, Rows: append(rows, row(backTo(l, s)))}
}

// allLanguages stands for all of the shop's languages in a button; the others are numbers.
const allLanguages = "a"

// languageAt is the language that a button names by its place.
func languageAt(c *catalog.Catalog, place string) (code string, known bool) {
	n, err := strconv.Atoi(place)
	if err != nil || n < 0 || n >= len(c.Shop.Languages) {
		return "", false
	}
	return c.Shop.Languages[n], true
}

// editFind is the verb and the field of the search.
const editFind = "find"

// findShown is how many products a search lists.
const findShown = 10

// askProductSearch asks for a word to search for.
func (b *Bot) askProductSearch(ctx context.Context, r *request, _ []string) error {
	return b.askFor(ctx, r, &editForm{Field: editFind}, "")
}

// searchProducts lists the products that have the words of a message in their title or SKU. It goes on
// searching with the next message.
func (b *Bot) searchProducts(ctx context.Context, r *request, f *editForm) error {
	f.Seen, f.SeenAt = r.message.ID, r.message.Date
	if err := b.keepEditForm(ctx, r.user.ID, f); err != nil {
		return err
	}
	wanted := strings.ToLower(strings.TrimSpace(r.message.Text))
	var found []catalog.Product
	for _, p := range r.catalog.Products {
		has := strings.Contains(p.SKU, wanted)
		for _, title := range p.Title {
			has = has || strings.Contains(strings.ToLower(title), wanted)
		}
		if has && wanted != "" {
			found = append(found, p)
		}
	}
	note := r.loc.Say("edit_found", "Count", len(found))
	if len(found) == 0 {
		note = r.loc.Say("edit_found_none", "Words", clip(wanted, 60))
	}
	return b.show(ctx, r, findScreen(r.loc, r.catalog, note, found))
}

func findScreen(l localizer, c *catalog.Catalog, note markup, found []catalog.Product) screen {
	s := screen{Text: sections(note, l.Say("edit_ask_find"))}
	for _, p := range found[:min(len(found), findShown)] {
		s.Rows = append(s.Rows, row(editProductButton(l, c, p)))
	}
	s.Rows = append(s.Rows, row(l.button("edit_catalog", actEdit)))
	return s
}

// previewProduct shows a product as buyers see it, in one of the shop's languages.
func (b *Bot) previewProduct(ctx context.Context, r *request, args []string) error {
	p, found := r.catalog.Product(args[0])
	if !found {
		return b.showGone(ctx, r)
	}
	o, err := b.offer(ctx, r, p)
	if err != nil {
		return err
	}
	language := r.loc.Language
	if code, known := languageAt(r.catalog, args[len(args)-1]); known && len(args) > 1 {
		language = code
	}
	o.Quantity = 1
	return b.show(ctx, r, previewProductScreen(r.loc, b.chat.texts, r.catalog, o, language))
}

// previewProductScreen is a buyer's card of a product with buttons of the editor.
func previewProductScreen(l localizer, t *localize.Texts, c *catalog.Catalog, o offer, language string) screen {
	s := productScreen(localizerOf(t, language, c.Shop), c, o)
	if o.Product.Hidden {
		s.Text = sections(l.Say("edit_hidden_product"), s.Text)
	}
	s.Rows = nil
	var others []button
	for i, code := range c.Shop.Languages {
		if code != language {
			others = append(others, button{Text: t.Name(code), Data: data(actEdit, "v", o.Product.SKU, itoa(i))})
		}
	}
	s.Rows = slices.AppendSeq(s.Rows, slices.Chunk(others, 3))
	s.Rows = append(s.Rows, row(backTo(l, subject{editsProduct, o.Product.SKU})))
	return s
}
