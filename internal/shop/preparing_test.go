package shop

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
)

// paidPreparing is an order of two keys, which are ready, and an account that a server makes: 10 USD.
func paidPreparing(t require.TestingT) Order {
	o := placed(t)
	o.Lines = append(o.Lines, Line{
		SKU: "account", Quantity: 1, Price: amount(t, "2", "USD"), Part: Part{Deliver: catalog.FromServer},
	})
	o.Discounts = []Discount{{Reason: "coupon SPRING", Amount: amount(t, "2", "USD")}}
	require.NoError(t, o.MarkInvoiced(Invoice{ID: "7"}, noon.Add(time.Hour)))
	require.NoError(t, o.ApplyPayment(payment(t, "7"), some(2)))
	giveUnits(t, &o)
	return o
}

func TestWhatIsBeingPreparedIsPaidBackAtOnce(t *testing.T) {
	all := amount(t, "10.01", "USDT")
	preparing := func(t *testing.T) Order {
		o := paidPreparing(t)
		require.ErrorIs(t, o.CheckRefund(all), ErrDelivering, "the keys are on their way")
		require.NoError(t, o.MarkLineDelivered(0, noon))
		return o
	}
	t.Run("all of it", func(t *testing.T) {
		o := preparing(t)
		require.NoError(t, o.RequestRefund(Refund{ID: "r1", Amount: all, Requested: noon}))
		require.Equal(t, []Task{TaskRefund}, tasksOf(o), "nothing more is made")
		require.ErrorIs(t, o.MarkMade(1, catalog.FromServer, []string{"ACC-1"}), ErrIllegalMove, "it comes too late")
		require.NoError(t, o.MarkRefundSent("r1", "1", noon))
		require.Equal(t, StateRefunded, o.State)
		require.Empty(t, o.Violations())
	})
	t.Run("its line alone, and the rest is with the buyer", func(t *testing.T) {
		o := preparing(t)
		a, err := o.LineRefund(1)
		require.NoError(t, err)
		require.NoError(t, o.RequestRefund(Refund{ID: "r1", Amount: a, Lines: []int{1}, Requested: noon}))
		require.NoError(t, o.MarkRefundSent("r1", "1", noon))
		require.Equal(t, StateDelivered, o.State)
		require.Equal(t, noon, o.Delivered)
		require.Empty(t, o.Violations())
	})
	t.Run("a part, and it is made all the same", func(t *testing.T) {
		o := preparing(t)
		require.NoError(t, o.RequestRefund(Refund{ID: "r1", Amount: amount(t, "1", "USDT"), Requested: noon}))
		require.Empty(t, o.Violations())
		require.NoError(t, o.MarkRefundSent("r1", "1", noon))
		require.Equal(t, StatePaid, o.State)
		require.Contains(t, tasksOf(o), TaskMake)
		require.NoError(t, o.MarkMade(1, catalog.FromServer, []string{"ACC-1"}))
		require.ErrorIs(t, o.CheckRefund(amount(t, "1", "USDT")), ErrDelivering)
		require.NoError(t, o.MarkLineDelivered(1, noon))
		require.Equal(t, StateDelivered, o.State)
		require.Empty(t, o.Violations())
	})
	t.Run("a refusal changes nothing", func(t *testing.T) {
		o := preparing(t)
		require.NoError(t, o.RequestRefund(Refund{ID: "r1", Amount: all, Requested: noon}))
		require.NoError(t, o.MarkRefundRefused("r1", "NO", noon))
		require.Equal(t, StatePaid, o.State)
		require.Contains(t, tasksOf(o), TaskMake)
		require.Empty(t, o.Violations())
	})
}
