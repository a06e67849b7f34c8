package bot

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
)

// editedCatalog has something of all that the editor shows.
func editedCatalog(t *testing.T) *catalog.Catalog {
	t.Helper()
	return &catalog.Catalog{
		Revision: 12,
		Shop: catalog.Shop{
			Name: catalog.Plain("Pixel <Goods>"), Currency: "USD", Languages: []string{"en", "ru"}, Support: "@pixel_help", Terms: catalog.Text{"en": "No returns."},
		},
		Categories: []catalog.Category{
			{ID: "games", Title: catalog.Text{"en": "Games", "ru": "Игры"}},
			{ID: "books", Title: catalog.Plain("Books"), Hidden: true},
			{ID: "empty", Title: catalog.Plain("Empty")},
		},
		Products: []catalog.Product{
			{
				SKU: "vpn", Category: "games", Title: catalog.Text{"en": "VPN <30> days", "ru": "VPN на 30 дней"}, Price: usd(t, "5"), Limit: 10,
				Deliver: catalog.Keys, WarnBelow: 5, Sale: &catalog.Sale{Price: usd(t, "4"), Until: "2026-12-31"},
				QuantityPrices: []catalog.QuantityPrice{{From: 3, Price: usd(t, "4.5")}, {From: 10, Price: usd(t, "3.75")}}, Description: catalog.Text{"en": "Five devices & no logs."}, Instructions: catalog.Plain("Put it in."),
			},
			{SKU: "guide", Category: "games", Title: catalog.Plain("Guide"), Price: usd(t, "2.5"), Limit: 1, Deliver: catalog.Content, Text: catalog.Plain("All"), Hidden: true},
			{SKU: "album", Category: "books", Title: catalog.Plain("Album"), Price: usd(t, "3"), Limit: 1, Deliver: catalog.File, File: "album.zip"},
		},
	}
}

func ask(t *testing.T, l localizer, c *catalog.Catalog, f *editForm, problem error) screen {
	t.Helper()
	field, known := editFieldOf(f.Subject.Kind, f.Field)
	require.True(t, known, f.Field)
	e, found := f.draftOf(c)
	require.True(t, found)
	said := markup("")
	if fault, is := errors.AsType[*answerError](problem); is {
		said = l.Say(fault.text, fault.pairs...)
	}
	return askForScreen(l, testTexts(t), c, f, field, e, said)
}

// wrong are answers that are refused, by their fields.
func wrong() map[string][]string {
	return map[string][]string{
		"price": {"five", "0", "-1", "1.234", "1.2.3", "1e3", strings.Repeat("9", 60)},
		"limit": {"0", "101", "2.5", "many"}, "title": {strings.Repeat("Ж", 65), "two\nlines", "a\x00b"},
		"sale": {"5", "4 soon", "4 31.12.2026 1.12.2026", "4 - - -"}, "qty": {"3", "1 4", "11 4", "3 4\n3 3", "3 5"},
		"warn": {"-1", "few"}, "morning": {"25:00", "early"}, "zone": {"Local", "Mars/Base"},
		"sep": {strings.Repeat("-", 41), "-\n-"}, "support": {"pixel", "http://example.com"},
	}
}

func drawEditor(t *testing.T, g *golden, l localizer) {
	t.Helper()
	c, texts := editedCatalog(t), testTexts(t)
	vpn, shopSubject := subject{editsProduct, "vpn"}, subject{Kind: editsShop}
	g.add("catalog", editScreen(l, c, 0, ""))
	g.add("empty catalog", editScreen(l, &catalog.Catalog{Shop: c.Shop}, 0, ""))
	g.add("gone", editScreen(l, c, 0, l.Say("edit_gone")))
	for _, category := range c.Categories {
		g.add("category "+category.ID, editCategoryScreen(l, c, category, 0, ""))
	}
	for _, p := range c.Products {
		g.add("product "+p.SKU, editProductScreen(l, texts, c, p, shop.Stock{Free: len(p.Instructions)}, ""))
	}
	g.add("sold out", editProductScreen(l, texts, c, c.Products[0], shop.Stock{}, ""))
	g.add("shop", editShopScreen(l, c, ""))
	for _, f := range editFields {
		for kind, s := range map[string]subject{editsProduct: vpn, editsShop: shopSubject, editsCategory: {editsCategory, "games"}} {
			if f.of == kind || f.name == "photo" && kind == editsProduct {
				g.add("ask "+f.name, ask(t, l, c, &editForm{Subject: s, Field: f.name, Base: 12}, nil))
			}
		}
	}
	field, _ := editFieldOf(editsProduct, "about")
	e, _ := vpn.look(c)
	g.add("languages", languagesScreen(l, texts, c, vpn, field, e))
	g.add("ask in Russian", ask(t, l, c, &editForm{Subject: vpn, Field: "title", Language: "ru"}, nil))
	for _, name := range []string{"price", "sale", "qty", "warn", "limit", "title", "sep", "support", "morning", "zone"} {
		for _, given := range wrong()[name] {
			f := &editForm{Subject: vpn, Field: name}
			if slices.Contains([]string{"support", "morning", "zone"}, name) {
				f.Subject = shopSubject
			}
			field, _ := editFieldOf(f.Subject.Kind, name)
			e, _ := f.Subject.look(c)
			s := ask(t, l, c, f, field.put(e, c.Shop, "", given))
			said, _, _ := strings.Cut(string(s.Text), "\n")
			g.add("wrong "+name, screen{Text: markup(said)})
		}
	}
	f := &editForm{New: true, Subject: subject{Kind: editsProduct}, Answers: map[string]string{}}
	for _, answer := range []string{"games", "Chess <1>", "2,5", "text"} {
		f.Field = f.next()
		g.add("new product: "+f.Field, ask(t, l, c, f, nil))
		f.Answers[f.Field] = answer
	}
	f.Field = f.next()
	g.add("new product: "+f.Field, ask(t, l, c, f, nil))
	g.add("remove", removeEditedScreen(l, c, vpn, e, shop.Stock{Free: 3}))
	category, _ := (subject{editsCategory, "empty"}).look(c)
	g.add("remove a category", removeEditedScreen(l, c, subject{editsCategory, "empty"}, category, shop.Stock{}))
	g.add("found", findScreen(l, c, l.Say("edit_found", "Count", 2), c.Products[:2]))
	for _, p := range c.Products {
		g.add("as a buyer", previewProductScreen(l, texts, c, offer{Product: p, Limited: p.Deliver.FromStock(), Free: 3, Quantity: 1}, l.Language))
	}
	drawHistory(t, g, l, c)
}

func drawHistory(t *testing.T, g *golden, l localizer, before *catalog.Catalog) {
	t.Helper()
	d := before.Draft()
	d.Shop.Name = catalog.Plain("Pixels")
	d.Categories = d.Categories[:2]
	d.Products[0].Price, d.Products[0].Photo, d.Products[0].Title["ru"] = usd(t, "6"), "chat/1.jpg", "VPN"
	d.Products[1].Hidden, d.Products[1].Category, d.Products[1].Deliver = false, "books", catalog.Keys
	d.Products[0].Description = nil
	d.Products = append(d.Products[1:2], d.Products[0], catalog.Product{SKU: "new", Title: catalog.Plain("New <one>")})
	after := &catalog.Catalog{Shop: d.Shop, Categories: d.Categories, Products: d.Products}
	changes := catalog.Diff(before, after)
	for _, change := range changes {
		g.add("change", screen{Text: l.change(change)})
	}
	g.add("history", historyScreen(l, []catalog.Revision{
		{Number: 12, At: goldenDay, By: olga, Changes: changes}, {Number: 1, At: goldenDay, Origin: catalog.FromFile},
	}, []markup{l.Say("edit_by_you"), l.Say("edit_by_file")}))
}

func TestScreensOfTheCatalogsEditor(t *testing.T) {
	inEachLanguage(t, "edit", func(t *testing.T, l localizer, g *golden) {
		drawEditor(t, g, l)
	})
}

// Every screen of the editor fits, with names and texts as long as they can be.
func TestEveryScreenOfTheEditorFits(t *testing.T) {
	long := strings.Repeat("s", 32)
	text := func(n int) catalog.Text {
		return catalog.Text{"en": strings.Repeat("Ж", n), "ru": strings.Repeat("W", n)}
	}
	p := catalog.Product{
		SKU: long, Category: long, Title: text(catalog.MaxTitle), Description: text(catalog.MaxDescription), Photo: "a.png", Price: usd(t, "1234567890.12"),
		Limit: 100, Deliver: catalog.Content, Text: text(catalog.MaxGoods), Instructions: text(catalog.MaxInstructions), Hidden: true,
	}
	c := &catalog.Catalog{
		Revision: 12345678, Shop: catalog.Shop{Name: text(catalog.MaxTitle), Currency: "USD", Languages: []string{"en", "ru"}, Terms: text(catalog.MaxInstructions)},
		Categories: []catalog.Category{{ID: "a", Title: text(catalog.MaxTitle)}, {ID: long, Title: text(catalog.MaxTitle), Hidden: true}, {ID: "z", Title: text(catalog.MaxTitle)}},
	}
	c.Products = []catalog.Product{{SKU: "a", Category: long, Price: usd(t, "1")}, p, {SKU: "z", Category: long, Price: usd(t, "1")}}
	sub := subject{editsProduct, long}
	e, found := sub.look(c)
	require.True(t, found)
	for _, language := range spokenLanguages {
		l, texts := testLocalizer(t, language), testTexts(t)
		product := editProductScreen(l, texts, c, p, shop.Stock{}, "")
		require.LessOrEqual(t, visible(product.Text), maxCaption, "the page keeps its picture")
		category := editCategoryScreen(l, c, c.Categories[1], 0, "")
		screens := []screen{product, category, editScreen(l, c, 0, ""), editShopScreen(l, c, ""), removeEditedScreen(l, c, sub, e, shop.Stock{Free: 1})}
		for _, f := range editFields {
			if !strings.Contains(f.of, editsProduct) {
				continue
			}
			for _, code := range []string{"", "ru"} {
				screens = append(screens, ask(t, l, c, &editForm{Subject: sub, Field: f.name, Language: code, Base: c.Revision}, nil))
			}
			if f.texts != nil {
				screens = append(screens, languagesScreen(l, texts, c, sub, f, e))
			}
		}
		for _, s := range screens {
			require.LessOrEqual(t, visible(s.Text), maxText)
			for _, row := range s.Rows {
				for _, b := range row {
					require.LessOrEqual(t, len(b.Data), maxData, b.Data)
				}
			}
		}
	}
}
