package bot

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/localize"
	"shopbot/internal/money"
	"shopbot/internal/shop"
)

var update = flag.Bool("update", false, "write the golden files anew")

var goldenDay = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func usdt(t require.TestingT, s string) money.Amount {
	a, err := money.Parse(s, "USDT")
	require.NoError(t, err)
	return a
}

// orderOf is an awaiting order of the given lines, at 2.50 USD a piece.
func orderOf(t *testing.T, lines ...shop.Line) shop.Order {
	t.Helper()
	o := shop.Order{
		ID: "1P8M2QX7KD93HWA", State: shop.StateAwaiting, Buyer: shop.Buyer{ID: 7, Name: "Alice <3"},
		Rail: shop.CryptoPay, Created: goldenDay, Expires: goldenDay.Add(30 * time.Minute),
		Invoice: shop.Invoice{ID: "42", URL: "https://t.me/pay"},
	}
	for _, line := range lines {
		line.Price = usd(t, "2.50")
		o.Total, _ = o.Total.Add(line.Sum())
		o.Lines = append(o.Lines, line)
	}
	return o
}

func vpn(n int) shop.Line {
	return shop.Line{
		SKU: "vpn", Title: catalog.Plain("VPN <30> days"), Quantity: n, Part: shop.Part{Deliver: catalog.Keys}, FromStock: true,
		Instructions: catalog.Plain("Put it in."),
	}
}

func guide() shop.Line {
	return shop.Line{SKU: "guide", Title: catalog.Plain("Guide"), Quantity: 1, Part: shop.Part{Deliver: catalog.Content, Text: catalog.Plain("All & more")}}
}

func album() shop.Line {
	return shop.Line{SKU: "album", Title: catalog.Plain("Album"), Quantity: 1, Part: shop.Part{Deliver: catalog.File, File: "goods/album.zip"}}
}

// paidWith is o as it is with a payment.
func paidWith(t *testing.T, o shop.Order, coins string) shop.Order {
	t.Helper()
	o.Payments = append(o.Payments, shop.Payment{
		Rail: o.Rail, Invoice: "42", Amount: usdt(t, coins), Fee: usdt(t, "0.1"), Price: o.Total, At: goldenDay,
	})
	return o
}

// golden collects screens as text.
type golden struct {
	strings.Builder
	screens []screen
}

// spokenLanguages are those with texts. Golden files are for the first two; in the others the same
// screens are held against Telegram's limits alone.
var spokenLanguages = []string{"en", "ru", "uk", "es", "de"}

func (g *golden) add(name string, screens ...screen) {
	g.screens = append(g.screens, screens...)
	fmt.Fprintf(g, "=== %s\n", name)
	for _, s := range screens {
		fmt.Fprintln(g, strings.TrimRight(string(s.Text), "\n"))
		for _, r := range s.Rows {
			for _, b := range r {
				colour := ""
				if b.Style != "" {
					colour = " in " + b.Style
				}
				fmt.Fprintf(g, "[%s %s%s%s%s] ", b.Text, b.Data, b.URL, b.Copy, colour)
			}
			if len(r) > 0 {
				fmt.Fprintln(g)
			}
		}
	}
}

// drawChecks draws what people see of a refund in part by a check, and of a payment with a comment.
func drawChecks(g *golden, l localizer, o shop.Order, now time.Time) {
	o.State = shop.StateDelivered
	o.Payments = slices.Clone(o.Payments)
	o.Payments[0].Comment = "Thanks! <b>Shop:</b> t.me/evil @olga"
	o.Refunds = []shop.Refund{{
		ID: "refund-2", Way: shop.ByCheck, Amount: o.Refunds[0].Amount, Status: shop.RefundSent, Transfer: "9",
		Link: "https://t.me/CryptoBot?start=CQabc", Finished: goldenDay,
	}}
	g.add("a check to open", orderScreen(l, o, now, maxText))
	g.add("a check to open, details", detailsScreens(l, o, shop.RoleOwner)...)
	text, choice := refundSent(l, o, o.Refunds[0])
	g.add("a check came", screen{Text: text, Rows: [][]button{choice}})
	for _, what := range []shop.What{shop.WhatSold, shop.WhatRefundSent, shop.WhatRefundUnclear} {
		g.add("check, owner "+string(what), ownerScreen(l, o, shop.Notice{What: what, Refund: "refund-2"}))
	}
	ask := shop.RefundRequest{Amount: o.Refunds[0].Amount, Way: shop.ByCheck}
	g.add("ask for a check", refundScreen(l, o, ask, o.Refunds[0].Amount, "0123456789abc"))
	o.State = shop.StateRefunded
	g.add("refunded by check", orderScreen(l, o, now, maxText))
	o.Refunds = slices.Clone(o.Refunds)
	o.Refunds[0].Opened = goldenDay
	g.add("the check was opened", orderScreen(l, o, now, maxText))
	g.add("the check was opened, details", detailsScreens(l, o, shop.RoleOwner)...)
	o.Refunds[0] = shop.Refund{ID: "refund-2", Amount: o.Refunds[0].Amount, Status: shop.RefundRefused, Refusal: "AMOUNT_TOO_SMALL"}
	refused := shop.Notice{What: shop.WhatRefundRefused, Refund: "refund-2", Reason: "AMOUNT_TOO_SMALL"}
	g.add("too small for a transfer", ownerScreen(l, o, refused))
}

// drawAll draws what buyers and owners see of an order in each of its states.
func drawAll(t *testing.T, g *golden, l localizer, o shop.Order) {
	t.Helper()
	o.Lines = slices.Clone(o.Lines)
	now := goldenDay.Add(time.Minute)
	g.add("new", stateScreen(l, o, now, shop.StateNew))
	g.add("awaiting", orderScreen(l, o, now, maxText))
	for _, why := range []shop.CancelReason{shop.CancelByBuyer, shop.CancelExpired, shop.CancelNoInvoice, shop.CancelRefused} {
		o.Cancelled = why
		g.add("cancelled "+string(why), stateScreen(l, o, now, shop.StateCancelled))
	}
	o.Cancelled = ""

	o = paidWith(t, o, "5")
	g.add("paid", stateScreen(l, o, now, shop.StatePaid))
	g.add("owner stuck", ownerScreen(l, o, shop.Notice{What: shop.WhatStuck}))
	held := o
	held.State = shop.StateHeld
	for _, why := range []shop.HoldReason{
		shop.HoldSoldOut, shop.HoldManual, shop.HoldWrongAmount, shop.HoldWrongAsset, shop.HoldUndeliverable, shop.HoldRefused, shop.HoldNoGoods,
		shop.HoldUnknownWay, shop.HoldWrongValue, shop.HoldNoRight, shop.HoldNoChat,
	} {
		held.Hold = why
		held.Payments[0].Rate = usd(t, "0.1")
		g.add("held "+string(why), orderScreen(l, held, now, maxText))
		g.add("owner held "+string(why), ownerScreen(l, held, shop.Notice{What: shop.WhatHeld, Reason: string(why)}))
	}
	held.Hold, held.Choice = shop.HoldSoldOut, shop.ChoiceWait
	g.add("held, the buyer waits", orderScreen(l, held, now, maxText))
	g.add("held list", heldScreen(l, []shop.Order{held}, ""))
	g.add("held details", detailsScreens(l, held, shop.RoleOwner)...)

	o = delivered(o)
	g.add("delivered", orderScreen(l, o, now, maxText))
	g.add("owner sold", ownerScreen(l, o, shop.Notice{What: shop.WhatSold}))
	g.add("orders", ordersScreen(l, []shop.Order{o}, "", goldenDay))
	g.add("details", detailsScreens(l, o, shop.RoleOwner)...)
	g.add("audit", auditScreens(l, o, shop.Trail(&shop.Order{}, &o))...)
	s := refundScreen(l, o, shop.RefundRequest{Amount: usdt(t, "5")}, money.Amount{}, "0123456789abc")
	g.add("refund", s)
	if len(o.Lines) > 1 {
		ask := shop.RefundRequest{Amount: usdt(t, "2.5"), Lines: []int{2}}
		g.add("refund of a line", refundScreen(l, o, ask, money.Amount{}, "0123456789abc"))
	}
	drawDelivery(g, l, o)
	g.add("receipt", screen{Text: localize.Escape(receiptOf(l, o, "Pixel & Co").Text())})

	o.Refunds = []shop.Refund{{ID: "refund-1", Amount: usdt(t, "5"), Status: shop.RefundPending}}
	g.add("refunding", stateScreen(l, o, now, shop.StateRefunding))
	o.Refunds[0].Status, o.Refunds[0].Transfer, o.Refunds[0].Finished = shop.RefundSent, "8", goldenDay
	g.add("refunded", stateScreen(l, o, now, shop.StateRefunded))
	o.State = shop.StateRefunded
	g.add("refunded details", detailsScreens(l, o, shop.RoleOwner)...)
	g.add("refunded receipt", screen{Text: localize.Escape(receiptOf(l, o, "Pixel & Co").Text())})
	drawChecks(g, l, o, now)
	for _, what := range []shop.What{shop.WhatRefundSent, shop.WhatRefundRefused, shop.WhatRefundUnclear} {
		g.add("owner "+string(what), ownerScreen(l, o, shop.Notice{What: what, Refund: "refund-1", Reason: "USER_NOT_FOUND"}))
	}
}

// delivered is o with all goods handed over.
func delivered(o shop.Order) shop.Order {
	o.State, o.Delivered, o.Lines = shop.StateDelivered, goldenDay.Add(time.Second), slices.Clone(o.Lines)
	for i := range o.Lines {
		line := &o.Lines[i]
		for n := range line.Quantity {
			if line.FromStock {
				line.Goods = append(line.Goods, fmt.Sprintf("KEY-%d<%d>", i, n))
			}
		}
		if !line.Refunded {
			line.Delivered = o.Delivered
		}
	}
	return o
}

func drawDelivery(g *golden, l localizer, o shop.Order) {
	for i := range o.Lines {
		messages, err := render(l, o, i, func(string) ([]byte, error) { return []byte("PK"), nil })
		if err != nil {
			g.add("delivery: " + err.Error())
		}
		for _, m := range messages {
			g.add("delivery "+m.FileName+string(m.File), screen{Text: m.Text, Rows: m.Copy})
		}
	}
}

func stateScreen(l localizer, o shop.Order, now time.Time, state shop.State) screen {
	o.State = state
	return orderScreen(l, o, now, maxText)
}

// severalLines is an order of three lines with a discount, of which one was paid back.
func severalLines(t *testing.T) shop.Order {
	t.Helper()
	steam := vpn(1)
	steam.SKU, steam.Title = "steam-10", catalog.Plain("Steam card")
	o := withDiscount(t, orderOf(t, vpn(2), guide(), steam), "coupon <SPRING>")
	o.Lines[1].Refunded = true
	return o
}

func withDiscount(t *testing.T, o shop.Order, reason string) shop.Order {
	t.Helper()
	o.Discounts = append(o.Discounts, shop.Discount{Reason: reason, Amount: usd(t, "1")})
	o.Total, _ = o.Total.Sub(usd(t, "1"))
	return o
}

// requireFit holds screens against Telegram's limits.
func requireFit(t *testing.T, screens ...screen) {
	t.Helper()
	for _, s := range screens {
		require.LessOrEqual(t, visible(s.Text), maxText, s.Text)
		require.NotContains(t, string(s.Text), "<no value>")
		k := s.keyboard()
		raw, err := json.Marshal(k)
		require.NoError(t, err)
		require.LessOrEqual(t, len(raw), maxKeyboard)
		for _, r := range k.InlineKeyboard {
			require.LessOrEqual(t, len(r), 8)
			for _, b := range r {
				require.NotEmpty(t, b.Text)
				require.LessOrEqual(t, len(b.CallbackData), maxData, b.CallbackData)
			}
		}
	}
}

func (g *golden) check(t *testing.T, name string) {
	t.Helper()
	requireFit(t, g.screens...)
	if language := strings.TrimPrefix(filepath.Ext(name), "."); !slices.Contains(spokenLanguages[:2], language) {
		return
	}
	file := filepath.Join("testdata", name+".golden")
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(g.String()), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), g.String())
}

// inEachLanguage draws screens in each language and compares them with their golden files, NAME.LANGUAGE.
func inEachLanguage(t *testing.T, name string, draw func(t *testing.T, l localizer, g *golden)) {
	t.Helper()
	for _, language := range spokenLanguages {
		t.Run(language, func(t *testing.T) {
			g := &golden{}
			draw(t, testLocalizer(t, language), g)
			g.check(t, name+"."+language)
		})
	}
}

// An order of one line reads as it did when orders had one line only.
func TestScreensOfAnOrder(t *testing.T) {
	for name, o := range map[string]shop.Order{"one_line": orderOf(t, vpn(2)), "three_lines": severalLines(t)} {
		t.Run(name, func(t *testing.T) {
			inEachLanguage(t, name, func(t *testing.T, l localizer, g *golden) { drawAll(t, g, l, o) })
		})
	}
}

func TestScreensOfOtherOrders(t *testing.T) {
	l := testLocalizer(t, "en")
	discounted := withDiscount(t, orderOf(t, vpn(2)), "coupon SPRING")
	strange, made := vpn(1), guide()
	strange.Deliver, strange.FromStock = "pigeon", false
	made.Goods = []string{"https://t.me/+made"}
	orders := []shop.Order{discounted, orderOf(t, guide()), orderOf(t, album()), orderOf(t, strange), orderOf(t, made)}
	g := &golden{}
	for i, name := range []string{"discount", "text", "file", "unknown kind", "made at delivery"} {
		fmt.Fprintf(g, "\n##### %s\n", name)
		g.add("awaiting", orderScreen(l, orders[i], goldenDay, maxText))
		o := delivered(paidWith(t, orders[i], "5"))
		g.add("delivered", orderScreen(l, o, goldenDay, maxText))
		g.add("details", detailsScreens(l, o, shop.RoleOwner)...)
		drawDelivery(g, l, o)
	}
	g.check(t, "others.en")
}

func TestUnknownWayOfDeliveryIsNoText(t *testing.T) {
	line := guide()
	line.Deliver = "pigeon"
	for _, goods := range [][]string{nil, {"a unit"}} {
		line.Goods = goods
		_, err := render(testLocalizer(t, "en"), orderOf(t, line), 0, nil)
		var never *shop.UndeliverableError
		require.ErrorAs(t, err, &never)
		require.Equal(t, shop.HoldUnknownWay, never.Reason)
	}
	require.Len(t, ways, len(catalog.Kinds()))
}

func TestMissingFileHoldsTheOrder(t *testing.T) {
	_, err := render(testLocalizer(t, "en"), orderOf(t, album()), 0, func(string) ([]byte, error) { return nil, errors.New("gone") })
	var never *shop.UndeliverableError
	require.ErrorAs(t, err, &never)
	require.Equal(t, shop.HoldNoGoods, never.Reason)
}

// Every screen fits, also of an order of 40 lines with titles, prices and goods as long as they can
// be.
func TestLongOrdersFitIntoMessages(t *testing.T) {
	line := vpn(9)
	line.Title, line.SKU = catalog.Plain(strings.Repeat("Ж", 64)), strings.Repeat("s", 32)
	line.Goods = slices.Repeat([]string{strings.Repeat("K", shop.MaxUnitBytes)}, 9)
	o := orderOf(t, slices.Repeat([]shop.Line{line}, 40)...)
	for range 20 {
		o = withDiscount(t, o, strings.Repeat("discount ", 20))
	}
	o.Buyer.Name = strings.Repeat("W", maxName)
	o = paidWith(t, o, "1234567.12345678")
	for _, language := range spokenLanguages {
		l := testLocalizer(t, language)
		for _, state := range shop.States() {
			o.State, o.Cancelled, o.Hold, o.Choice = state, shop.CancelExpired, shop.HoldSoldOut, shop.ChoiceRefund
			for _, limit := range []int{maxText, maxCaption} {
				s := orderScreen(l, o, goldenDay, limit)
				require.LessOrEqual(t, visible(s.Text), limit, "%s %s", language, state)
				require.Contains(t, string(s.Text), l.Price(o.Total))
				require.Regexp(t, `…[^\d\n]+\d+`, string(s.Text), "what is left out is counted")
			}
			screens := detailsScreens(l, delivered(o), shop.RoleOwner)
			screens = append(screens, auditScreens(l, o, slices.Repeat(shop.Trail(&shop.Order{}, &o), 30))...)
			screens = append(screens, heldScreen(l, slices.Repeat([]shop.Order{o}, heldPage+1), o.ID), ordersScreen(l, []shop.Order{o}, "", goldenDay))
			for _, reason := range []shop.HoldReason{shop.HoldSoldOut, shop.HoldUnknownWay} {
				screens = append(screens, ownerScreen(l, o, shop.Notice{What: shop.WhatHeld, Reason: string(reason)}))
			}
			screens = append(screens, ownerScreen(l, o, shop.Notice{What: shop.WhatSold}))
			for _, s := range screens {
				require.LessOrEqual(t, visible(s.Text), maxText)
				require.LessOrEqual(t, len(slices.Concat(s.Rows...)), 100, "Telegram takes 100 buttons")
				for _, b := range slices.Concat(s.Rows...) {
					require.LessOrEqual(t, len(b.Data), maxData, b.Data)
				}
			}
		}
		all := ""
		for _, s := range detailsScreens(l, o, shop.RoleOwner) {
			all += string(s.Text)
		}
		require.Equal(t, 40, strings.Count(all, strings.Repeat("Ж", 64)), "the owner sees each line")
	}
	ask := shop.RefundRequest{Amount: usdt(t, "1234567890123.123456789012345678"), Lines: []int{39}, Way: shop.ByCheck}
	s := refundScreen(testLocalizer(t, "en"), o, ask, usdt(t, "1"), "0123456789abc")
	require.LessOrEqual(t, len(s.Rows[0][0].Data), maxData, "however long the amount is")
}
