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

// handedOver is an order that was paid and delivered.
func handedOver(t require.TestingT) Order {
	o := placed(t)
	require.NoError(t, o.MarkInvoiced(Invoice{ID: "7"}, noon.Add(time.Hour)))
	require.NoError(t, o.ApplyPayment(payment(t, "7"), some(2)))
	giveUnits(t, &o)
	require.NoError(t, o.MarkLineDelivered(0, noon))
	return o
}

func TestWhatAnOrderCannotBeIsAViolation(t *testing.T) {
	half := amount(t, "5", "USDT")
	for says, harm := range map[string]func(o *Order){
		`is in the unknown state "gone"`:                     func(o *Order) { o.State = "gone" },
		"is new and has an invoice":                          func(o *Order) { o.State = StateNew },
		"is awaiting payment and has no invoice":             func(o *Order) { o.State, o.Invoice = StateAwaiting, Invoice{} },
		"is cancelled and has no reason for it":              func(o *Order) { o.State = StateCancelled },
		"is delivered and has a reason to be cancelled":      func(o *Order) { o.Cancelled = CancelExpired },
		"is held and has no reason for it":                   func(o *Order) { o.State = StateHeld },
		"is for 0 pieces in line 1":                          func(o *Order) { o.Lines[0].Quantity = 0 },
		"of 2 in line 1 is delivered and owns 0 units":       func(o *Order) { o.Lines[0].Goods = nil },
		"of 2 in line 1 is delivered and owns 1 units":       func(o *Order) { o.Lines[0].Goods = o.Lines[0].Goods[:1] },
		`has the unknown way of delivery "pigeon" in line 1`: func(o *Order) { o.Lines[0].Deliver = "pigeon" },
		`is paid by the unknown way "barter"`:                func(o *Order) { o.Rail = "barter" },
		`was paid by "barter" and not by "cryptopay"`:        func(o *Order) { o.Payments[0].Rail = "barter" },
		"has no lines": func(o *Order) { o.Lines = nil },
		"has a total of 10 USD, and its lines less its discounts are 9 USD": func(o *Order) {
			o.Discounts = []Discount{{Reason: "coupon", Amount: amount(t, "1", "USD")}}
		},
		"has a discount of 1 USD without a reason": func(o *Order) { o.Discounts = []Discount{{Amount: amount(t, "1", "USD")}} },
		"has a discount of 1 USD for a line that is not there": func(o *Order) {
			o.Discounts = []Discount{{Reason: "x", Amount: amount(t, "1", "USD"), Lines: []int{1}}}
			o.Total = o.net()
		},
		"has a discount of 0":                               func(o *Order) { o.Discounts = []Discount{{Reason: "x"}} },
		"is delivered and has a line that was not":          func(o *Order) { o.Lines[0].Delivered = time.Time{} },
		"is paid and has nothing to deliver":                func(o *Order) { o.State, o.Delivered = StatePaid, time.Time{} },
		"has refund r of line 2, which is not there":        func(o *Order) { o.Refunds = []Refund{{ID: "r", Amount: half, Lines: []int{1}}} },
		"is awaiting, and line 1 was delivered or refunded": func(o *Order) { o.State = StateAwaiting },
		"is delivered and has no time of it":                func(o *Order) { o.Delivered = time.Time{} },
		"is paid and was delivered":                         func(o *Order) { o.State = StatePaid },
		"is awaiting and was paid":                          func(o *Order) { o.State = StateAwaiting },
		"is awaiting and owns goods in line 1":              func(o *Order) { o.State = StateAwaiting },
		"is delivered and was never paid":                   func(o *Order) { o.Payments = nil },
		"counts the payment of invoice 7 twice":             func(o *Order) { o.Payments = append(o.Payments, o.Payments[0]) },
		"counts payment 1 of 1 as a surplus":                func(o *Order) { o.Payments[0].Surplus = true },
		"is refunding and has no refund to make":            func(o *Order) { o.State, o.Resume = StateRefunding, StateDelivered },
		"is delivered and has a refund to make":             func(o *Order) { o.Refunds = []Refund{{ID: "r", Amount: half, Status: RefundPending}} },
		`is refunding and was "awaiting" before`:            func(o *Order) { o.State, o.Resume = StateRefunding, StateAwaiting },
		"is delivered and has a state to return to":         func(o *Order) { o.Resume = StateHeld },
		"has refund r twice":                                func(o *Order) { o.Refunds = []Refund{{ID: "r", Amount: half}, {ID: "r", Amount: half}} },
		"has refund r of 0":                                 func(o *Order) { o.Refunds = []Refund{{ID: "r"}} },
		`has refund r in the unknown status "so-so"`:        func(o *Order) { o.Refunds = []Refund{{ID: "r", Amount: half, Status: "so-so"}} },
		"is refunded and no coins went back":                func(o *Order) { o.State = StateRefunded },
		"has more USDT refunded than paid":                  func(o *Order) { o.Refunds = []Refund{{ID: "r", Amount: half.Times(3), Status: RefundSent}} },
		"has a refund in TON and no payment in it":          func(o *Order) { o.Refunds = []Refund{{ID: "r", Amount: money.Zero("TON")}} },
	} {
		t.Run(says, func(t *testing.T) {
			o := handedOver(t)
			require.Empty(t, o.Violations())
			harm(&o)
			require.Contains(t, strings.Join(o.Violations(), "\n"), says)
		})
	}
}

// Whatever happens to an order, in whatever sequence, and however often: it stays sound.
func TestNoTransitionLeadsToAViolation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := rapid.SampledFrom([]func(require.TestingT) Order{placed, placedThree}).Draw(t, "order")(t)
		line := func() int { return rapid.IntRange(0, len(o.Lines)-1).Draw(t, "line") }
		number := rapid.IntRange(1, 3)
		invoice := func() string { return fmt.Sprint(number.Draw(t, "invoice")) }
		free := func() Free { return some(rapid.IntRange(0, 3).Draw(t, "free")) }
		refund := func() RefundID { return RefundID("r" + string(rune('0'+number.Draw(t, "refund")))) }
		part := func() money.Amount {
			return amount(t, rapid.SampledFrom([]string{"1", "10.01"}).Draw(t, "part"), "USDT")
		}
		name := func(asset money.Currency, try int) RefundID {
			return RefundID("own " + string(asset) + string(rune('0'+try)))
		}
		events := map[string]func() error{
			"invoiced":  func() error { return o.MarkInvoiced(Invoice{ID: invoice()}, noon) },
			"paid":      func() error { return o.ApplyPayment(payment(t, invoice()), free()) },
			"cancelled": func() error { return o.Cancel(CancelExpired) },
			"closed":    o.CloseInvoice,
			"delivered": func() error { return o.MarkLineDelivered(line(), noon) },
			"line back": func() error {
				i := line()
				a, err := o.LineRefund(i)
				if err != nil {
					return err
				}
				return o.RequestRefund(Refund{ID: refund(), Amount: a, Lines: []int{i}})
			},
			"held":     func() error { return o.MarkHeld(HoldNoGoods) },
			"released": func() error { return o.Release(free(), 5) },
			"waits":    func() error { return o.ChooseToWait(free()) },
			"all back": func() error { return o.TakeMoneyBack(noon, name) },
			"refund":   func() error { return o.RequestRefund(Refund{ID: refund(), Amount: part()}) },
			"surplus":  func() error { return o.ReturnSurplus(invoice(), Refund{ID: refund()}) },
			"sent": func() error {
				r, _ := o.PendingRefund()
				return o.MarkRefundSent(r.ID, "1", noon)
			},
			"refused": func() error {
				r, _ := o.PendingRefund()
				return o.MarkRefundRefused(r.ID, "NO", noon)
			},
		}
		actions := map[string]func(*rapid.T){}
		for what, happens := range events {
			actions[what] = func(*rapid.T) {
				_ = happens() // what is refused changes nothing
				giveUnits(t, &o)
			}
		}
		actions[""] = func(t *rapid.T) { require.Empty(t, o.Violations(), "%+v", o) }
		t.Repeat(actions)
	})
}
