package shop

import (
	"fmt"
	"slices"

	"shopbot/internal/money"
)

// Difference is one thing that the shop's books and the payment service's do not agree on.
type Difference struct {
	Kind     DifferenceKind `json:"kind"`
	Order    OrderID        `json:"order,omitempty"`
	Invoice  string         `json:"invoice,omitempty"`
	Refund   RefundID       `json:"refund,omitempty"`
	Transfer string         `json:"transfer,omitempty"`
	// Here is what the shop's books say, There what the payment service says; zero if they say
	// nothing.
	Here  money.Amount `json:"here,omitzero"`
	There money.Amount `json:"there,omitzero"`
	// Mended says that the reconciliation itself put it right, and nobody needs to do anything.
	Mended bool `json:"mended,omitempty"`
}

// String tells which difference it is: the same one has the same text the next time.
func (d Difference) String() string {
	return fmt.Sprintf("%s %s %s %s %s %s", d.Kind, d.Order, d.Invoice, d.Refund, d.Transfer, d.Here.Currency())
}

// DifferenceKind is what is different, in one word.
type DifferenceKind string

// The kinds of differences, each with what the reconciliation does about it.
const (
	PaidThere       DifferenceKind = "paid_there"       // a paid invoice whose payment the order does not have: recorded
	PaidHere        DifferenceKind = "paid_here"        // a payment of an order whose invoice is not paid
	DeliveredUnpaid DifferenceKind = "delivered_unpaid" // an order that is past payment and has none
	PaidTwice       DifferenceKind = "paid_twice"       // a second payment that did not go back
	AmountDiffers   DifferenceKind = "amount_differs"   // a payment of another sum or asset than the invoice's
	FeeDiffers      DifferenceKind = "fee_differs"      // a payment whose fee is another than the invoice's
	NoOrderPaid     DifferenceKind = "no_order_paid"    // a paid invoice of ours, and no such order
	NoOrderOpen     DifferenceKind = "no_order_open"    // a payable invoice of ours, and no such order
	SpareInvoice    DifferenceKind = "spare_invoice"    // a payable invoice that its order does not wait for: closed
	TransferStray   DifferenceKind = "transfer_stray"   // a refund's transfer, and no such refund
	TransferDiffers DifferenceKind = "transfer_differs" // a refund whose transfer is of another sum or to another user
	RefundMissing   DifferenceKind = "refund_missing"   // a refund that was sent, and no such transfer
	CheckMissing    DifferenceKind = "check_missing"    // a refund by check, and no such check
	CheckStray      DifferenceKind = "check_stray"      // a check to a buyer like a refund's, which no refund has
	BalanceShort    DifferenceKind = "balance_short"    // less on the balance than refunds still want
)

// DifferenceKinds lists every kind.
func DifferenceKinds() []DifferenceKind {
	return []DifferenceKind{
		PaidThere, PaidHere, DeliveredUnpaid, PaidTwice, AmountDiffers, FeeDiffers, NoOrderPaid, NoOrderOpen,
		SpareInvoice, TransferStray, TransferDiffers, RefundMissing, CheckMissing, CheckStray,
		BalanceShort,
	}
}

// paymentDifferences compares o's payments by one rail with their invoices.
func (o *Order) paymentDifferences(rail RailID, invoices map[string]RemoteInvoice) []Difference {
	var list []Difference
	if o.Rail == rail && len(o.Payments) == 0 && !o.Open() && o.State != StateCancelled {
		list = append(list, Difference{Kind: DeliveredUnpaid, Order: o.ID, Invoice: o.Invoice.ID, Here: o.Total})
	}
	for _, p := range o.Payments {
		if p.Rail != rail {
			continue
		}
		d := Difference{Order: o.ID, Invoice: p.Invoice, Here: p.Amount}
		in, found := invoices[p.Invoice]
		switch {
		case !found || in.Status != InvoicePaid:
			d.Kind = PaidHere
		case !in.Payment.Amount.Equal(p.Amount):
			d.Kind, d.There = AmountDiffers, in.Payment.Amount
		case !in.Payment.Price.Equal(p.Price):
			d.Kind, d.Here, d.There = AmountDiffers, p.Price, in.Payment.Price
		case !in.Payment.Fee.Equal(p.Fee):
			d.Kind, d.Here, d.There = FeeDiffers, p.Fee, in.Payment.Fee
		default:
			continue
		}
		list = append(list, d)
	}
	if o.Rail != rail {
		return list
	}
	for _, rest := range o.surplusLeft() {
		list = append(list, Difference{Kind: PaidTwice, Order: o.ID, There: rest})
	}
	return list
}

// surplusLeft is what was paid beyond the first payment, less what went back or is on
// its way. A refund is taken to be of the surplus first.
func (o *Order) surplusLeft() []money.Amount {
	var surplus Sums
	for _, p := range o.Payments {
		if p.Surplus {
			surplus.Add(p.Amount)
		}
	}
	var left []money.Amount
	for _, amount := range surplus {
		gone, _ := o.Paid(amount.Currency()).Sub(o.Refundable(amount.Currency())) // of one currency
		if rest, _ := amount.Sub(gone); rest.Sign() > 0 {
			left = append(left, rest)
		}
	}
	return left
}

// refundDifferences compares o's refunds with their transfers and checks.
func (o *Order) refundDifferences(rail RailID, sent map[string]Transfer, given map[string]Check) []Difference {
	var list []Difference
	for _, r := range o.Refunds {
		if r.Status != RefundSent || o.refundRail(r) != rail || r.Way == ByHand {
			continue
		}
		if r.Way == ByCheck {
			list = append(list, o.checkDifferences(r, given)...)
			continue
		}
		d := Difference{Order: o.ID, Refund: r.ID, Transfer: r.Transfer, Here: r.Amount}
		t, found := sent[r.Transfer]
		switch {
		case !found:
			d.Kind = RefundMissing
		case !t.Amount.Equal(r.Amount), !o.isFor(t.User), t.SpendID != string(r.ID) && t.Payment != r.Payment:
			d.Kind, d.There = TransferDiffers, t.Amount
		default:
			continue
		}
		list = append(list, d)
	}
	return list
}

// checkDifferences compares a refund by check with its check.
func (o *Order) checkDifferences(r Refund, given map[string]Check) []Difference {
	d := Difference{Order: o.ID, Refund: r.ID, Transfer: r.Transfer, Here: r.Amount}
	check, found := given[r.Transfer]
	switch {
	case !found:
		d.Kind = CheckMissing
	case !check.Amount.Equal(r.Amount), check.User != 0 && !o.isFor(check.User):
		d.Kind, d.There = TransferDiffers, check.Amount
	default:
		return nil
	}
	return []Difference{d}
}

// isFor reports whether coins that went to user went to o's buyer, as far as the shop still knows: a
// buyer who was forgotten has no id.
func (o *Order) isFor(user int64) bool { return o.Buyer.ID == 0 || o.Buyer.ID == user }

// expects reports whether an open invoice is one that o waits for, or is about to close.
func (o *Order) expects(rail RailID, invoice string) bool {
	switch {
	case o.State == StateNew, o.strayInvoice(), o.paidBy(rail, invoice), len(o.missingInvoices()) > 0:
		return true
	}
	return o.Open() && o.Invoice.ID == invoice
}

// refundOrder reads the order out of a refund's id; false for an id of something else.
func refundOrder(id string) (OrderID, bool) {
	if len(id) != len(refundPrefix)+timeChars+hashChars+1+hashChars || id[:len(refundPrefix)] != refundPrefix {
		return "", false
	}
	return ownOrderID(id[len(refundPrefix) : len(id)-hashChars-1])
}

// ownOrderID reads an order's id as a shop writes it, to the character.
func ownOrderID(s string) (OrderID, bool) {
	id, err := ParseOrderID(s)
	return id, err == nil && string(id) == s
}

// transferOf reports whether one of o's refunds was made, or may just be being made, by the
// transfer.
func (o *Order) transferOf(t Transfer) bool {
	return slices.ContainsFunc(o.Refunds, func(r Refund) bool {
		return string(r.ID) == t.SpendID && r.Status != RefundRefused
	})
}
