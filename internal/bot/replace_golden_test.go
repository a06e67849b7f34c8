package bot

import (
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
)

func TestScreensOfWhatIsReplacedAndDoneByHand(t *testing.T) {
	inEachLanguage(t, "replace", func(t *testing.T, l localizer, g *golden) {
		o := delivered(paidWith(t, orderOf(t, vpn(2), guide()), "7.5"))
		o.Lines[0].FromStock, o.Lines[1].Quantity = true, 3
		all := pieces(o, shop.RoleManager)
		require.Len(t, all, 3)
		g.add("which one", piecesScreen(l, o, all, 0))
		for _, role := range []shop.Role{shop.RoleSupport, shop.RoleManager} {
			g.add("ask as "+string(role), pieceScreen(l, o, all[0], 3, role))
			g.add("nothing free, as "+string(role), pieceScreen(l, o, all[0], 0, role))
		}
		g.add("no unit", pieceScreen(l, o, all[2], 0, shop.RoleManager))
		ask := shop.RefundRequest{Amount: usdt(t, "2.5"), Lines: []int{0}, Piece: true, Unit: "KEY-0123456789"}
		g.add("refund of a unit", refundScreen(l, o, ask, usdt(t, "0"), "0123456789abc"))
		ask.Unit = ""
		g.add("refund of a piece", refundScreen(l, o, ask, usdt(t, "0"), "0123456789abc"))

		r := shop.Replacement{Old: o.Lines[0].Goods[0], New: "NEW-KEY-<1>", By: 5, At: goldenDay, Why: shop.ReplaceUsed}
		o.Lines[0].Goods[0], o.Lines[0].Replaced = r.New, []shop.Replacement{r}
		g.add("replaced", replacedScreen(l, o, 0, r))
		for _, m := range replacementMessages(l, o, &o.Lines[0]) {
			g.add("the buyer gets", screen{Text: m.Text})
		}
		o.Lines[1].Returned = []string{""}
		o.Payments[0] = shop.Payment{Rail: shop.Hand, Invoice: "hand-1", Amount: o.Total, Price: o.Total, At: goldenDay, By: 5, Note: "cash <3"}
		o.Refunds = []shop.Refund{{ID: "r", Way: shop.ByHand, Amount: usd(t, "1"), Status: shop.RefundSent, By: 5, Note: "cash", Finished: goldenDay}}
		for _, role := range shop.Roles()[1:] {
			g.add("details as "+string(role), detailsScreens(l, o, role)...)
		}
		for _, what := range []shop.What{shop.WhatReplaced, shop.WhatRefundSent} {
			g.add("owner "+string(what), ownerScreen(l, o, shop.Notice{What: what, Refund: "r"}))
		}
		text, _ := refundSent(l, o, o.Refunds[0])
		g.add("the buyer hears", screen{Text: text})
		g.add("returned by hand?", refundScreen(l, o, shop.RefundRequest{Amount: usd(t, "1"), Way: shop.ByHand, Note: "cash"}, usd(t, "0"), "0123456789abc"))
		g.add("low stock", lowStockScreen(l, []shop.LowStock{
			{SKU: "vpn", Title: catalog.Plain("VPN <30> days"), Level: shop.StockLow, Left: 4, Days: 2},
			{SKU: "steam-10", Title: catalog.Plain("Steam card"), Level: shop.StockSoldOut},
		}))
		g.add("low stock of one", lowStockScreen(l, []shop.LowStock{{SKU: "vpn", Title: catalog.Plain("VPN"), Level: shop.StockLow, Left: 1}}))
	})
}

func TestAMaskedUnitIsToldApartAndCannotBeUsed(t *testing.T) {
	for unit, want := range map[string]string{
		"": "…", "abc": "…", "KEY-0001": "KE…01", "ABCD-EFGH-IJKL-MNOP": "ABCD…MNOP", "line one\nline two": "line… two", "ключ-на-море": "клю…оре",
	} {
		require.Equal(t, want, masked(unit))
	}
}
