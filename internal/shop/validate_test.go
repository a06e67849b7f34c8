package shop

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
)

// handedOver is an order that was paid and delivered.
func handedOver(t require.TestingT) Order {
	o := placed(t)
	require.NoError(t, o.MarkInvoiced(Invoice{ID: 7}, noon.Add(time.Hour)))
	require.NoError(t, o.Receive(payment(t, 7), 2))
	o.Keys = []string{"a", "b"}
	require.NoError(t, o.MarkDelivered(noon))
	return o
}

func TestWhatAnOrderCannotBeIsTold(t *testing.T) {
	half := amount(t, "5", "USDT")
	for says, harm := range map[string]func(o *Order){
		`is in the unknown state "gone"`:                func(o *Order) { o.State = "gone" },
		"is new and has an invoice":                     func(o *Order) { o.State = StateNew },
		"awaits the payment of no invoice":              func(o *Order) { o.State, o.Invoice = StateAwaiting, Invoice{} },
		"is cancelled and nobody knows why":             func(o *Order) { o.State = StateCancelled },
		"is delivered and has a reason to be cancelled": func(o *Order) { o.Cancelled = CancelExpired },
		"is held and nobody knows why":                  func(o *Order) { o.State = StateHeld },
		"is for 0 units":                                func(o *Order) { o.Item.Quantity = 0 },
		"of 2 is delivered and owns 0 keys":             func(o *Order) { o.Keys = nil },
		"of 2 is delivered and owns 1 keys":             func(o *Order) { o.Keys = o.Keys[:1] },
		"of 2 is delivered and owns 2 keys":             func(o *Order) { o.Item.Deliver = catalog.Content },
		"is delivered and was never delivered":          func(o *Order) { o.Delivered = time.Time{} },
		"is paid and was delivered":                     func(o *Order) { o.State = StatePaid },
		"is awaiting and was paid":                      func(o *Order) { o.State = StateAwaiting },
		"is awaiting and owns keys":                     func(o *Order) { o.State = StateAwaiting },
		"is delivered and was never paid":               func(o *Order) { o.Payments = nil },
		"counts the payment of invoice 7 twice":         func(o *Order) { o.Payments = append(o.Payments, o.Payments[0]) },
		"counts payment 1 of 1 as a surplus":            func(o *Order) { o.Payments[0].Surplus = true },
		"is refunding and has no refund to make":        func(o *Order) { o.State, o.Resume = StateRefunding, StateDelivered },
		"is delivered and has a refund to make":         func(o *Order) { o.Refunds = []Refund{{ID: "r", Amount: half, Status: RefundPending}} },
		`is refunding and was "paid" before`:            func(o *Order) { o.State, o.Resume = StateRefunding, StatePaid },
		"is delivered and has a state to return to":     func(o *Order) { o.Resume = StateHeld },
		"has refund r twice":                            func(o *Order) { o.Refunds = []Refund{{ID: "r", Amount: half}, {ID: "r", Amount: half}} },
		"has refund r of 0":                             func(o *Order) { o.Refunds = []Refund{{ID: "r"}} },
		`has refund r in the unknown status "so-so"`:    func(o *Order) { o.Refunds = []Refund{{ID: "r", Amount: half, Status: "so-so"}} },
		"is refunded and no coins went back":            func(o *Order) { o.State = StateRefunded },
		"has more USDT refunded than paid":              func(o *Order) { o.Refunds = []Refund{{ID: "r", Amount: half.Times(3), Status: RefundSent}} },
		"has a refund in TON, in which nobody paid":     func(o *Order) { o.Refunds = []Refund{{ID: "r", Amount: money.Zero("TON")}} },
	} {
		t.Run(says, func(t *testing.T) {
			o := handedOver(t)
			require.Empty(t, o.Contradictions())
			harm(&o)
			require.Contains(t, strings.Join(o.Contradictions(), "\n"), says)
		})
	}
}

// Whatever happens to an order, in whatever sequence, and however often: it stays free of contradictions.
func TestNoMoveLeadsToAContradiction(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := placed(t)
		number := rapid.IntRange(1, 3)
		invoice := func() int64 { return int64(number.Draw(t, "invoice")) }
		free := func() int { return rapid.IntRange(0, 3).Draw(t, "free") }
		refund := func() RefundID { return RefundID("r" + string(rune('0'+number.Draw(t, "refund")))) }
		part := func() money.Amount {
			return amount(t, rapid.SampledFrom([]string{"1", "10.01"}).Draw(t, "part"), "USDT")
		}
		name := func(asset money.Currency, try int) RefundID {
			return RefundID("own " + string(asset) + string(rune('0'+try)))
		}
		events := map[string]func() error{
			"invoiced":  func() error { return o.MarkInvoiced(Invoice{ID: invoice()}, noon) },
			"paid":      func() error { return o.Receive(payment(t, invoice()), free()) },
			"cancelled": func() error { return o.Cancel(CancelExpired) },
			"closed":    o.CloseInvoice,
			"delivered": func() error { return o.MarkDelivered(noon) },
			"held":      func() error { return o.MarkHeld(HoldNoGoods) },
			"released":  func() error { return o.Release(free(), 5) },
			"waits":     func() error { return o.ChooseToWait(free()) },
			"all back":  func() error { return o.TakeMoneyBack(noon, name) },
			"refund":    func() error { return o.RequestRefund(Refund{ID: refund(), Amount: part()}) },
			"surplus":   func() error { return o.ReturnSurplus(invoice(), Refund{ID: refund()}) },
			"sent": func() error {
				r, _ := o.PendingRefund()
				return o.MarkRefundSent(r.ID, 1, noon)
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
				if n := o.Owed(); n > 0 {
					o.Keys = []string{"a", "b"}[:n]
				}
			}
		}
		actions[""] = func(t *rapid.T) { require.Empty(t, o.Contradictions(), "%+v", o) }
		t.Repeat(actions)
	})
}
