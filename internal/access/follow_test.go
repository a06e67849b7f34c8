package access_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/access"
	"shopbot/internal/catalog"
	"shopbot/internal/shop"
)

// month is a delivered order of a month in a club, paid with Stars.
func month(quantity int, renewal shop.Renewal) shop.Order {
	line := shop.Line{
		SKU: "club", Quantity: quantity, Access: 30 * day, Subscription: true, Delivered: start,
		Part: shop.Part{Deliver: catalog.Invitation, Goods: []string{"https://t.me/+a"}},
	}
	return shop.Order{
		ID: "A", Lines: []shop.Line{line}, Renewal: renewal, Payments: []shop.Payment{{Invoice: "charge", Rail: shop.Stars}},
	}
}

func TestASubscriptionThatItsBuyerCancelsIsRemindedAndOneTakenUpAgainIsNot(t *testing.T) {
	a := access.Access{User: 7, SKU: "club"}
	var before shop.Order
	for _, c := range []struct {
		is     shop.Renewal
		renews bool
	}{
		{shop.Renewing, true},
		{shop.RenewalCancelled, false},
		{shop.Renewing, true},
		{shop.RenewalFailed, true}, // the buyer was told, and may add Stars
		{shop.RenewalEnded, false},
	} {
		after := month(1, c.is)
		require.True(t, access.Changes(&before, &after, 0) || c.is == shop.RenewalFailed, c.is)
		access.Follow(&a, &before, &after, 0, start)
		require.Equal(t, c.renews, a.Renews, c.is)
		require.Equal(t, at(30), a.Until, c.is)
		before = after
	}
	require.Equal(t, []access.Step{access.Remind, access.Urge}, steps(&a, at(27.5), at(29.5)))
}

func TestSeveralMonthsAreNoSubscriptionAndAreReminded(t *testing.T) {
	a := access.Access{User: 7, SKU: "club"}
	o := month(2, "")
	access.Follow(&a, &shop.Order{}, &o, 0, start)
	require.Equal(t, at(60), a.Until)
	require.False(t, a.Renews, "two pieces are paid once")
}
