package bot

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-telegram/bot/models"
	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/localize"
	"shopbot/internal/money"
	"shopbot/internal/shop"
)

// fixedRates maps: coin => what one unit of any price is in it.
type fixedRates map[money.Currency]string

func (r fixedRates) Rate(from, to money.Currency) (money.Rate, bool) {
	rate, err := money.ParseRate(r[to], from, to)
	return rate, err == nil
}

// units are n keys of a length.
func units(n, length int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("%0*d", length, i))
	}
	return all
}

func goodsOf(t *testing.T, l localizer, goods []string) []deliveryMessage {
	t.Helper()
	line := vpn(len(goods))
	line.Goods = goods
	messages, err := render(l, orderOf(t, line), 0, nil)
	require.NoError(t, err)
	return messages
}

func TestAFewKeysHaveAButtonEachThatCopiesThem(t *testing.T) {
	l := testLocalizer(t, "en")
	for name, c := range map[string]struct{ goods, copied []string }{
		"one":                     {[]string{"AAAA-1"}, []string{"AAAA-1"}},
		"markup is no markup":     {[]string{`<b>&"1`}, []string{`<b>&"1`}},
		"as many as have buttons": {units(6, 9), units(6, 9)},
		"one more":                {units(7, 9), nil},
		"the longest":             {units(1, 256), units(1, 256)},
		"too long":                {units(1, 257), nil},
		"long in UTF-16":          {[]string{strings.Repeat("🔑", 128)}, []string{strings.Repeat("🔑", 128)}},
		"too long in UTF-16":      {[]string{strings.Repeat("🔑", 129)}, nil},
		"several lines":           {[]string{"user: a\npassword: b", "C"}, []string{"C"}},
	} {
		t.Run(name, func(t *testing.T) {
			var copied []string
			for _, m := range goodsOf(t, l, c.goods) {
				for _, b := range slices.Concat(m.Copy...) {
					require.Empty(t, b.Data+b.URL)
					copied = append(copied, b.Copy)
				}
			}
			require.Equal(t, c.copied, copied)
		})
	}
}

// Whatever else is beside it, each key is on a line of its own in what comes.
func TestEveryKeyIsOnALineOfItsOwn(t *testing.T) {
	l := testLocalizer(t, "en")
	for n, want := range map[int]struct{ texts, files int }{
		1: {1, 0}, 10: {1, 0}, 11: {1, 1}, 100: {1, 1}, 400: {3, 1}, 2000: {0, 1},
	} {
		goods := units(n, 19)
		messages := goodsOf(t, l, goods)
		var listed, filed []string
		texts, files := 0, 0
		for i, m := range messages {
			limit := maxText
			if m.File != nil {
				files++
				limit = maxCaption
				filed = append(filed, strings.Split(strings.TrimSuffix(string(m.File), "\n"), "\n")...)
			} else if strings.Contains(string(m.Text), "<code>0") {
				texts++
			}
			require.LessOrEqual(t, visible(m.Text), limit, "%d keys, message %d", n, i)
			for line := range strings.Lines(localize.PlainText(m.Text)) {
				if line = strings.TrimSuffix(line, "\n"); slices.Contains(goods, line) {
					listed = append(listed, line)
				}
			}
		}
		require.Equal(t, want.texts, texts, "%d keys", n)
		require.Equal(t, want.files, files, "%d keys", n)
		if texts > 0 {
			require.Equal(t, goods, listed)
		}
		if files > 0 {
			require.Equal(t, goods, filed)
		}
	}
}

func TestGoodsWithTheirButtonsStayWithinTelegramsLimits(t *testing.T) {
	l := testLocalizer(t, "ru")
	goods := make([]string, maxCopied)
	for i := range goods {
		goods[i] = strings.Repeat("<&>\"", 63) + fmt.Sprint(i)
	}
	o := orderOf(t, vpn(1))
	for _, m := range goodsOf(t, l, goods) {
		raw, err := json.Marshal(screen{Rows: append(m.Copy, paidRows(l, o)...)}.keyboard())
		require.NoError(t, err)
		require.Less(t, len(raw), 10_000)
	}
}

func TestProtectedGoodsCannotBeForwarded(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		line := guide()
		line.Protect = true
		o := delivered(paidWith(t, orderOf(t, line, guide()), "5"))
		w.store.orders[o.ID] = o
		var protected []string
		for _, c := range w.press(alice, 50, data(actGoods, string(o.ID))) {
			if c.method == "sendMessage" {
				protected = append(protected, c.params["protect_content"])
			}
		}
		require.Equal(t, []string{"true", ""}, protected)
	})
}

// A server that does not know the button, or does not like the text, is sent the goods all the same.
func TestAServerThatTakesNoCopyButtonsIsSentTheGoodsWithoutThem(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		line := vpn(1)
		line.Goods = []string{"AAAA-1"}
		o := delivered(paidWith(t, orderOf(t, line), "5"))
		w.store.orders[o.ID] = o
		w.refuseWith = func(c call) string {
			if strings.Contains(c.params["reply_markup"], "AAAA-1") {
				return `{"ok":false,"error_code":400,"description":"Bad Request: BUTTON_COPY_TEXT_INVALID"}`
			}
			return ""
		}
		calls := w.press(alice, 50, data(actGoods, string(o.ID)))
		last := calls[len(calls)-1]
		require.Contains(t, last.params["text"], "<code>AAAA-1</code>")
		var k models.InlineKeyboardMarkup
		require.NoError(t, json.Unmarshal([]byte(last.params["reply_markup"]), &k))
		require.Len(t, k.InlineKeyboard, 3, "the receipt, the question and the review stay")
	})
}

func TestTheReceiptOfAPaidOrderIsADocument(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		o := paidWith(t, orderOf(t, vpn(2)), "5")
		w.store.orders[o.ID] = o
		for _, as := range [][2]string{{"en", "5.00 USDT"}, {"ru", "5,00\u00a0USDT"}} {
			w.press(alice, 50, data(actLanguage, as[0]))
			calls := w.press(alice, 50, data(actReceipt, string(o.ID)))
			require.Equal(t, []string{"answerCallbackQuery", "sendDocument"}, methods(calls), "nothing else is drawn")
			require.True(t, strings.HasPrefix(calls[1].params["document"]+calls[1].params["receipt-"+string(o.ID)+".pdf"], "%PDF-"))
			require.Contains(t, calls[1].params["caption"], string(o.ID))
			require.Contains(t, calls[1].params["caption"], as[1])
		}
		require.Contains(t, said(w.press(olga, 50, data(actReceipt, string(o.ID)))), "do not find", "somebody else's")
		o.Payments = nil
		w.store.orders[o.ID] = o
		require.Contains(t, said(w.press(alice, 50, data(actReceipt, string(o.ID)))), "устарела", "nothing was paid")
	})
}

func TestALongReceiptLosesNothing(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		line := guide()
		line.Title = catalog.Plain(strings.Repeat("Ж&", 32))
		o := paidWith(t, orderOf(t, slices.Repeat([]shop.Line{line}, 60)...), "5")
		w.store.orders[o.ID] = o
		calls := w.press(alice, 50, data(actReceipt, string(o.ID)))
		require.Equal(t, 60, strings.Count(localize.PlainText(markup(said(calls))), strings.Repeat("Ж&", 32)))
		for _, c := range calls {
			require.LessOrEqual(t, length(localize.PlainText(markup(c.params["text"]))), maxText)
			require.LessOrEqual(t, length(localize.PlainText(markup(c.params["caption"]))), maxCaption)
		}
	})
}

func methods(calls []call) (names []string) {
	for _, c := range calls {
		names = append(names, c.method)
	}
	return names
}

func TestARenewedOrderIsNewlyNumberedAfterTheOldOne(t *testing.T) {
	old := orderOf(t, vpn(1))
	first := renewal(old, goldenDay.Add(time.Hour))
	require.Equal(t, first, renewal(old, goldenDay.Add(23*time.Hour)))
	later := renewal(old, goldenDay.Add(25*time.Hour))
	require.NotEqual(t, first, later)
	id := shop.NewOrderID(nil, first)
	require.Greater(t, id, shop.NewOrderID(nil, shop.Origin{At: old.Created}))
	require.Greater(t, shop.NewOrderID(nil, later), id)
	require.Less(t, goldenDay.Add(1000*time.Hour).Sub(renewal(old, goldenDay.Add(1000*time.Hour)).At), nonceLife)
}
