package shop

import (
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/money"
)

// heldForStars is an order that was paid with Stars when its units were gone.
func heldForStars(t *testing.T) Order {
	o := forStars(t)
	require.NoError(t, o.ApplyPayment(starsPayment("c"), func(string) int { return 0 }))
	require.Equal(t, StateHeld, o.State)
	return o
}

func moneyBackID(money.Currency, int) RefundID { return "r" }

func TestABuyersOwnRefundOfStarsNamesThePayment(t *testing.T) {
	o := heldForStars(t)
	require.NoError(t, o.TakeMoneyBack(noon, moneyBackID))
	p, found := o.PaymentToRefund(o.Refunds[0])
	require.True(t, found)
	require.Equal(t, "c", p.Invoice)
}

func TestAPartOfStarsIsLeftToTheOwner(t *testing.T) {
	o := heldForStars(t)
	o.Lines[0].Delivered = noon
	require.ErrorIs(t, o.TakeMoneyBack(noon, moneyBackID), ErrOwnerDecides)
	require.Empty(t, o.Refunds)
}
