package shop

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"shopbot/internal/money"
)

// paidIn is an order of 9 USD that was paid with an amount, or several, each for the whole price.
func paidIn(t require.TestingT, coins ...money.Amount) Order {
	o := Order{ID: "A", State: StateDelivered, Total: amount(t, "9", "USD")}
	for i, c := range coins {
		o.Payments = append(o.Payments, Payment{Invoice: fmt.Sprint(i + 1), Amount: c, Price: o.Total, Surplus: i > 0})
	}
	return o
}

func TestWhatAnOwnerAsksForInCoins(t *testing.T) {
	ton := func(s string) money.Amount { return amount(t, s, "TON") }
	usd := func(s string) money.Amount { return amount(t, s, "USD") }
	usdt := func(s string) money.Amount { return amount(t, s, "USDT") }
	odd := ton("2.999999999999999999")
	gone := func(a money.Amount, payment string) func(*Order) {
		return func(o *Order) {
			r := Refund{ID: RefundID(a.String()), Amount: a, Status: RefundSent, Payment: payment}
			o.Refunds = append(o.Refunds, r)
		}
	}
	for name, c := range map[string]struct {
		paid  []money.Amount
		gone  func(*Order)
		asked money.Amount
		want  money.Amount
	}{
		"nothing said":                        {[]money.Amount{odd}, nil, money.Amount{}, odd},
		"the price":                           {[]money.Amount{odd}, nil, usd("9"), odd},
		"the price, to a part of a cent":      {[]money.Amount{odd}, nil, usd("8.9951"), odd},
		"a cent less than the price":          {[]money.Amount{odd}, nil, usd("8.99"), ton("2.99666666")},
		"a third of it":                       {[]money.Amount{odd}, nil, usd("3"), ton("0.99999999")},
		"all of it, as somebody would cut it": {[]money.Amount{odd}, nil, ton("2.999"), odd},
		"a coin amount":                       {[]money.Amount{odd}, nil, ton("2.99"), ton("2.99")},
		"a bit more than all of it":           {[]money.Amount{odd}, nil, usd("9.004"), odd},
		"more than all of it":                 {[]money.Amount{odd}, nil, usd("9.006"), ton("3.00199999")},
		"the rest, by the rest of the price":  {[]money.Amount{odd}, gone(ton("0.99999999"), ""), usd("6"), ton("2.000000009999999999")},
		"more than the rest":                  {[]money.Amount{odd}, gone(ton("0.99999999"), ""), usd("7"), ton("2.33333333")},
		"the price, and it was paid twice":    {[]money.Amount{odd, ton("3.1")}, nil, usd("9"), odd},
		"the price again":                     {[]money.Amount{odd, ton("3.1")}, gone(odd, ""), usd("9"), ton("3.1")},
		"the price, the second is back":       {[]money.Amount{odd, ton("3.1")}, gone(ton("3.1"), "2"), usd("9"), odd},
		"all, and it was paid twice":          {[]money.Amount{odd, ton("3.1")}, nil, money.Amount{}, ton("6.099999999999999999")},
		"of the second coin":                  {[]money.Amount{odd, usdt("9.01")}, nil, usdt("9.009"), usdt("9.01")},
		"the price, the first coin is back":   {[]money.Amount{odd, usdt("9.01")}, gone(odd, ""), usd("9"), usdt("9.01")},
	} {
		t.Run(name, func(t *testing.T) {
			o := paidIn(t, c.paid...)
			if c.gone != nil {
				c.gone(&o)
			}
			got, err := o.RefundAmount(c.asked)
			require.NoError(t, err)
			require.Equal(t, c.want.String(), got.String())
		})
	}
	nothing := paidIn(t)
	_, err := nothing.RefundAmount(usd("1"))
	require.ErrorIs(t, err, ErrNothingPaid)
	o := paidIn(t, odd)
	_, err = o.RefundAmount(usdt("1"))
	require.ErrorIs(t, err, money.ErrCurrencyMismatch)

	// In a shop with prices in coins an amount is what it says.
	o = Order{State: StateDelivered, Total: usdt("0.01"), Payments: []Payment{{Amount: usdt("0.01"), Price: usdt("0.01")}}}
	got, err := o.RefundAmount(usdt("0.0099"))
	require.NoError(t, err)
	require.Equal(t, "0.0099 USDT", got.String())
	// Less than the order costs was paid for another invoice: the order's price is all of it.
	o = paidIn(t, ton("1"))
	o.Payments[0].Price = usd("3")
	got, err = o.RefundAmount(usd("9"))
	require.NoError(t, err)
	require.Equal(t, "1 TON", got.String())
}

// However the price is split into parts of whole cents, the parts send back all that was paid and
// nothing more, whatever the coin was worth, up to 100,000 USD.
func TestThePartsOfThePriceSendAllBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cents := rapid.IntRange(1, 5_000_000).Draw(t, "cents")
		coins := fmt.Sprintf("%d.%018d", rapid.IntRange(0, 1_000_000).Draw(t, "whole"), rapid.Int64Range(int64(cents)*1e11, 1e18-1).Draw(t, "part"))
		paid := amount(t, coins, "TON")
		price := amount(t, fmt.Sprintf("%d.%02d", cents/100, cents%100), "USD")
		o := Order{State: StateDelivered, Buyer: Buyer{ID: 7}, Total: price, Payments: []Payment{{Invoice: "1", Amount: paid, Price: price}}}
		for n := 0; cents > 0; n++ {
			part := cents
			if n < 5 {
				part = rapid.IntRange(1, cents).Draw(t, "part of the price")
			}
			cents -= part
			a, err := o.RefundAmount(amount(t, fmt.Sprintf("%d.%02d", part/100, part%100), "USD"))
			require.NoError(t, err)
			require.NoError(t, o.CheckRefund(a), "%s of %s", a, o.RefundLeft())
			o.Refunds = append(o.Refunds, Refund{ID: RefundID(fmt.Sprint(n)), Amount: a, Status: RefundSent})
		}
		require.Equal(t, "0", o.Refundable("TON").Decimal(), "of %s", paid)
	})
}

func TestOneRefundVoidsTheOtherQuestions(t *testing.T) {
	o := paidThree(t)
	for i := range o.Lines {
		require.NoError(t, o.MarkLineDelivered(i, noon))
	}
	five := amount(t, "5", "USDT")
	for _, id := range []RefundID{"a", "b"} {
		require.NoError(t, o.ProposeRefund(Refund{ID: id, Amount: five}))
	}
	require.Equal(t, StateDelivered, o.State, "a question is no refund")
	require.Equal(t, "10.01 USDT", o.Refundable("USDT").String())
	require.NoError(t, o.ConfirmRefund("a", noon))
	require.ErrorIs(t, o.ConfirmRefund("a", noon), ErrUnchanged)
	require.ErrorIs(t, o.ConfirmRefund("b", noon), ErrRefundRunning)
	require.NoError(t, o.MarkRefundSent("a", "1", noon))
	require.ErrorIs(t, o.ConfirmRefund("a", noon), ErrUnchanged)
	require.ErrorIs(t, o.ConfirmRefund("b", noon), ErrRefundedMeanwhile)
	require.ErrorIs(t, o.ProposeRefund(Refund{ID: "c", Amount: amount(t, "6", "USDT")}), ErrRefundTooBig)
	for n := range 30 {
		require.NoError(t, o.ProposeRefund(Refund{ID: RefundID(fmt.Sprint(n)), Amount: five}))
	}
	require.Len(t, o.Proposed, maxProposed)
	require.NoError(t, o.ConfirmRefund("29", noon.Add(time.Hour)))
	require.Empty(t, o.Violations())
}

func TestLinksThatMayBecomeButtons(t *testing.T) {
	for link, valid := range map[string]bool{
		"https://t.me/CryptoBot/app?startapp=invoice-IVabc&mode=compact": true,
		"https://app.send.tg/invoices/IVabc":                             true,
		"tg://resolve?domain=CryptoBot&start=IVabc":                      true,
		"":                         false,
		"https://":                 false,
		"https:///t.me":            false,
		"https:t.me/x":             false,
		"https://localhost/x":      false,
		"http://t.me/x":            false,
		"HTTP://t.me/x":            false,
		"javascript:alert(1)":      false,
		"//t.me/x":                 false,
		"t.me/x":                   false,
		"https://t.me/a b":         false,
		"https://t.me/\u202ex":     false,
		"https://t.me/x\n":         false,
		"https://user:pass@t.me/x": false,
		"https://%zz/":             false,
		`https://t.me/"><b>`:       false,
		"tg:resolve":               false,
		"tg://":                    false,
		"https://t.me/" + strings.Repeat("x", 1011): true,
		"https://t.me/" + strings.Repeat("x", 1012): false,
	} {
		require.Equal(t, valid, ValidLink(link), "%.60q", link)
	}
}

func TestHowFarAPaymentMayBeFromItsPrice(t *testing.T) {
	for rate, far := range map[string]bool{
		"1": false, "0.7": false, "0.69999999": true, "1.3": false, "1.30000001": true, "0.000001": true, "1000": true,
	} {
		p := Payment{Amount: amount(t, "10", "USDT"), Price: amount(t, "10", "USD"), Rate: amount(t, rate, "USD")}
		require.Equal(t, far, p.farFromPrice(), rate)
	}
	for _, p := range []Payment{
		{Amount: amount(t, "0.01", "USDT"), Price: amount(t, "10", "USD")},
		{Amount: amount(t, "0.01", "USDT"), Price: amount(t, "10", "USD"), Rate: amount(t, "1", "EUR")},
		{Amount: amount(t, "10", "USDT"), Price: amount(t, "10", "USDT")},
		{},
	} {
		require.False(t, p.farFromPrice(), "%+v", p)
	}
}
