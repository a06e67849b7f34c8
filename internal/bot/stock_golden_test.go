package bot

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
)

func stockProducts() []catalog.Product {
	return []catalog.Product{
		{SKU: "vpn", Title: catalog.Plain("VPN <30> days"), Deliver: catalog.Keys, Limit: 10, WarnBelow: 5},
		{SKU: "steam-10", Title: catalog.Plain("Steam card"), Deliver: catalog.Keys, Limit: 10, WarnBelow: 5},
		{SKU: "mail", Title: catalog.Plain("Mail"), Deliver: catalog.Keys, Limit: 10, WarnBelow: 5},
		{SKU: "guide", Title: catalog.Plain("Guide"), Deliver: catalog.Content},
	}
}

// fullPreview has something of all that a preview can say.
func fullPreview() shop.StockPreview {
	at := func(line int, unit string, place shop.UnitPlace) shop.FoundUnit {
		return shop.FoundUnit{Line: line, Unit: unit, Place: place}
	}
	return shop.StockPreview{
		SKU: "vpn", Units: 21, New: 5, Duplicates: 6, Gone: 2, Elsewhere: 1, First: "KEY-<01>", Last: "KEY-21",
		Found: []shop.FoundUnit{
			at(2, "KEY-02", shop.UnitPlace{}), at(3, "KEY-03", shop.UnitPlace{SKU: "vpn", Where: shop.UnitForSale, Batch: 1}),
			at(4, "KEY-04", shop.UnitPlace{SKU: "vpn", Where: shop.UnitSold, Order: "1P8M2QX7KD93HWA"}),
			at(5, "KEY\n05", shop.UnitPlace{SKU: "vpn", Where: shop.UnitForSale, Batch: 1}),
			at(6, "KEY-06", shop.UnitPlace{SKU: "vpn", Where: shop.UnitRemoved, At: goldenDay}),
			at(7, "KEY-07", shop.UnitPlace{SKU: "vpn", Where: shop.UnitReturned, Order: "1P8M2QX7KD93HWA"}),
			at(8, "KEY-08", shop.UnitPlace{SKU: "mail", Where: shop.UnitForSale, Batch: 2}),
		},
		Suspicions: []shop.Suspicion{
			{Rule: shop.SuspectChat, Count: 1, Examples: []shop.FoundUnit{at(9, "where do I find the refunds?", shop.UnitPlace{})}},
			{Rule: shop.SuspectShort, Count: 5, Examples: []shop.FoundUnit{
				at(10, "K1", shop.UnitPlace{}), at(11, "K2", shop.UnitPlace{}), at(12, "K3", shop.UnitPlace{}), at(13, "K4", shop.UnitPlace{}),
			}},
		},
	}
}

func drawStock(g *golden, l localizer) {
	g.add("stock", stockScreens(l, stockProducts(), map[string]shop.Stock{
		"vpn": {Free: 12, Reserved: 1, Sold: 3}, "steam-10": {Free: 2}, "old": {Free: 1},
	})...)
	list := &stockList{ID: "0123456789abc", SKU: "vpn"}
	heading := listHeading(l, "VPN <30> days", list, nil)
	one := shop.StockPreview{SKU: "vpn", Units: 1, New: 1, First: "KEY-01", Last: "KEY-01"}
	g.add("preview of one", previewScreen(l, list, heading, "0a0b0c0d", one, reading{}))
	none := shop.StockPreview{SKU: "vpn", Units: 1, Duplicates: 1, First: "KEY-01", Last: "KEY-01", Found: fullPreview().Found[:1]}
	g.add("nothing new", previewScreen(l, list, listHeading(l, "VPN", list, []string{"keys.txt"}), "0a0b0c0d", none, reading{}))
	g.add("all at once", previewScreen(l, list, listHeading(l, "VPN", list, []string{"a", "b"}), "0a0b0c0d", fullPreview(), reading{
		faults: []markup{
			l.Say("stock_piece_"+refusedFormatted, "Part", "<CD>", "Name", ""), l.Say("stock_piece_"+refusedRest, "Part", "", "Name", ""),
			l.Say("stock_piece_"+refusedTooLong, "Part", "", "Name", ""), l.Say("stock_piece_"+refusedTooBig, "Part", "", "Name", "b.txt"),
			l.Say("stock_file_fault", "Name", "c.txt", "Fault", l.Say("stock_file_gone")),
		},
		cut: []string{"KEY-2", "0"},
	}))
	g.add("added", addedScreen(l, "vpn", "VPN", shop.StockAdded{Batch: 7, Added: 2, Duplicates: 1}, shop.Stock{Free: 14}))
	batch := shop.Batch{ID: 7, SKU: "vpn", By: olga, At: goldenDay, Source: "keys.txt", Added: 4, Left: 3, Whole: true}
	undone := batch
	undone.Left = 0
	g.add("undone", undoneScreen(l, shop.StockUndone{Batch: undone, Undone: 3}))
	g.add("undone, but one", undoneScreen(l, shop.StockUndone{Batch: batch, Undone: 2, Reserved: 1}))
	g.add("nothing to undo", undoneScreen(l, shop.StockUndone{Batch: undone}))

	other := shop.Batch{ID: 6, SKU: "vpn", By: 5, At: goldenDay, Added: 4}
	g.add("batches", batchesScreen(l, olga, stockOfOne(l, "VPN", "vpn", 10, shop.Stock{Free: 3}), "vpn", []shop.Batch{batch, other, {ID: 1, SKU: "vpn", At: goldenDay, Whole: true}}, 0))
	g.add("no batches", batchesScreen(l, olga, stockOfOne(l, "VPN", "vpn", 10, shop.Stock{}), "vpn", nil, 0))
	for _, verb := range []string{"", "undo", "removebatch"} {
		g.add("batch "+verb, batchScreen(l, olga, batch, verb))
	}

	list.Remove = true
	heading = listHeading(l, "VPN", list, nil)
	found := shop.Removable{Units: []string{"KEY-01", "KEY-02"}, Reserved: 1, Elsewhere: []shop.FoundUnit{{Unit: "KEY-99"}}}
	drawn, _ := removalScreen(l, list, heading, found, reading{})
	g.add("removal", drawn)
	drawn, _ = removalScreen(l, list, heading, shop.Removable{}, reading{})
	g.add("nothing to remove", drawn)
	g.add("removed", removedScreen(l, "vpn", removed{units: 2, reserved: 1}))
	g.add("buyers were quicker", removedScreen(l, "vpn", removed{moved: true}))
}

func TestScreensOfStock(t *testing.T) {
	inEachLanguage(t, "stock", func(_ *testing.T, l localizer, g *golden) {
		drawStock(g, l)
	})
}

// Also the fullest preview, of units as long as they can be, is one message.
func TestEveryPreviewFits(t *testing.T) {
	long := strings.Repeat("Ж", 500)
	p := fullPreview()
	for i := range p.Found {
		p.Found[i].Unit = long
	}
	p.First, p.Last = long, long
	p.Suspicions = nil
	for _, rule := range []shop.SuspicionRule{
		shop.SuspectHeader, shop.SuspectChat, shop.SuspectFormatting, shop.SuspectShort, shop.SuspectShape, shop.SuspectBlocks,
	} {
		p.Suspicions = append(p.Suspicions, shop.Suspicion{Rule: rule, Count: 9, Examples: p.Found})
	}
	var got reading
	for range 100 {
		got.faults = append(got.faults, markup(strings.Repeat("f", 300)))
		got.cut = append(got.cut, strings.Repeat("c", maxShown))
	}
	for _, language := range spokenLanguages {
		l := testLocalizer(t, language)
		list := &stockList{ID: "0123456789abc", SKU: strings.Repeat("s", 32)}
		drawn := previewScreen(l, list, listHeading(l, strings.Repeat("T", 64), list, nil), "0a0b0c0d", p, got)
		require.LessOrEqual(t, visible(drawn.Text), maxText)
		batch := shop.Batch{ID: 123456789, SKU: list.SKU, Left: 5, Source: strings.Repeat("n", 500)}
		for _, s := range []screen{drawn, batchScreen(l, olga, batch, ""), batchScreen(l, olga, batch, "undo"), batchScreen(l, olga, batch, "removebatch"), addedScreen(
			l, list.SKU, "T", shop.StockAdded{Batch: batch.ID, Added: 1}, shop.Stock{}), batchesScreen(l, olga, "T", list.SKU, []shop.Batch{batch}, 1)} {
			for _, row := range s.Rows {
				for _, b := range row {
					require.LessOrEqual(t, len(b.Data), maxData, b.Data)
				}
			}
		}
	}
}
