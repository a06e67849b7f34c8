package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/money"
	"shopbot/internal/shop"
)

func amount(t *testing.T, number string, c money.Currency) money.Amount {
	t.Helper()
	a, err := money.Parse(number, c)
	require.NoError(t, err)
	return a
}

func paidOrder(t *testing.T) shop.Order {
	t.Helper()
	at := time.Date(2026, 11, 23, 15, 4, 5, 0, time.FixedZone("", 3*3600))
	return shop.Order{
		ID: "1P8M2QX7KD93HWA", State: shop.StateDelivered, Buyer: shop.Buyer{ID: 100200301, Name: "=cmd|' /C calc'!A0, \"Al\"\nice"},
		Lines: []shop.Line{{SKU: "steam-10", Quantity: 2, Part: shop.Part{Goods: []string{"precious"}}}, {SKU: "guide", Quantity: 1}}, Total: amount(t, "21", "USD"), Created: at, Delivered: at.Add(time.Minute),
		Payments: []shop.Payment{
			{
				Invoice: "1", Amount: amount(t, "21.01", "USDT"), Fee: amount(t, "0.6303", "USDT"), Price: amount(t, "21", "USD"),
				Rate: amount(t, "0.9995", "USD"), At: at.Add(time.Second),
			},
			{Invoice: "2", Amount: amount(t, "9", "TON"), Surplus: true},
		},
		Refunds: []shop.Refund{
			{ID: "r1", Amount: amount(t, "4", "USDT"), Status: shop.RefundSent}, {ID: "r2", Amount: amount(t, "5", "USDT"), Status: shop.RefundRefused},
		},
	}
}

func TestOrdersAreWrittenAsAnAlignedTableWithoutGoods(t *testing.T) {
	var out strings.Builder
	s := newOrderTable(&out)
	s.add(paidOrder(t))
	require.NoError(t, s.flush())
	require.Equal(t, ""+
		"ORDER            STATE      CREATED                      BUYER           TOTAL                PAID  ITEM\n"+
		"1P8M2QX7KD93HWA  delivered  2026-11-23T12:04:05Z     100200301       21.00 USD  21.01 USDT + 9.00 TON  2 × steam-10 + 1 × guide\n", out.String())
}

func TestSinceIsADayATimeOrASpan(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for s, want := range map[string]time.Time{
		"2026-11-20":                time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC),
		"2026-11-20T10:00:00+02:00": time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC),
		"24h":                       now.Add(-24 * time.Hour),
	} {
		got, err := parseSince(s, now)
		require.NoError(t, err)
		require.True(t, want.Equal(got), s)
	}
	for _, s := range []string{"yesterday", "-1h", "23.11.2026", "2026-13-01"} {
		_, err := parseSince(s, now)
		require.ErrorContains(t, err, "--since: ", s)
	}
}
