package shop_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
)

func TestAClockThatWasSetBackLeavesNothingDueThatCannotBeDone(t *testing.T) {
	now := time.Now()
	o := shop.Order{
		State: shop.StateHeld, Hold: shop.HoldManual, Payments: []shop.Payment{{At: now.Add(2 * time.Hour)}},
		Lines: []shop.Line{{Quantity: 1, Part: shop.Part{Deliver: catalog.ByHand, Manual: catalog.Manual{Within: 48 * time.Hour}}}},
	}
	for _, j := range o.Jobs() {
		if j.Task == shop.TaskLate && j.IsDue(now) {
			require.NoError(t, o.MarkLate(now), "else it would be claimed over and over")
		}
	}
}
