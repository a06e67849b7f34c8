package shop

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"shopbot/internal/money"
)

// Refund is one return of coins to the buyer: by a transfer whose spend_id is the refund's ID, so
// that repeating it cannot pay twice; by a check (refund_check.go); or by an owner's own hand.
type Refund struct {
	ID RefundID `json:"id"`
	// Way is how the coins go back.
	Way RefundWay `json:"way,omitempty"`
	// Amount is in the asset that was paid with.
	Amount    money.Amount `json:"amount"`
	By        int64        `json:"by"` // the Telegram id of the admin, or of the buyer
	Requested time.Time    `json:"requested"`
	Status    RefundStatus `json:"status"`
	Finished  time.Time    `json:"finished,omitzero"`
	// Transfer is the id of the transfer, or of the check, that sent it, as the rail names it.
	Transfer string `json:"transfer,omitempty"`
	// Link opens the check, for the buyer alone. It is empty for a transfer, and where the payment
	// service sent no link that a button can hold.
	Link string `json:"link,omitempty"`
	// Asked is when the check was last asked for; zero before, and for a transfer.
	Asked time.Time `json:"asked,omitzero"`
	// Opened is when the buyer took the coins of the check; zero as far as the shop knows.
	Opened time.Time `json:"opened,omitzero"`
	// Refusal is the payment service's name for why it refused.
	Refusal string `json:"refusal,omitempty"`
	// Payment is the invoice of the payment that goes back as a whole: a surplus, or one with Stars.
	// Empty if the refund is an amount, of whichever payment.
	Payment string `json:"payment,omitempty"`
	// Lines are the indexes of the order's lines that are paid back; empty if the refund is an amount.
	Lines []int `json:"lines,omitempty"`
	// Piece says that only one piece of the one line is paid back: Unit, or any piece if the line is
	// not of units.
	Piece bool   `json:"piece,omitempty"`
	Unit  string `json:"unit,omitempty"`
	// Note is what an owner says of a refund by hand.
	Note string `json:"note,omitempty"`
	// Tried says that the payment service was asked to send the coins before, so they may have moved
	// even if it refuses now.
	Tried bool `json:"tried,omitempty"`
	// Unclear says that the owners were told of the missing answer.
	Unclear bool `json:"unclear,omitempty"`
}

// RefundWay is how coins go back. The words are stored on disk.
type RefundWay string

// The ways in which coins go back.
const (
	ByTransfer RefundWay = ""      // into the buyer's wallet
	ByCheck    RefundWay = "check" // by a link that the buyer alone can open
	ByHand     RefundWay = "hand"  // by an owner, in a way that the shop knows nothing of
)

// RefundStatus is how far a refund has come. The words are stored on disk.
type RefundStatus string

// The statuses of a refund.
const (
	RefundPending RefundStatus = "pending" // still to be made, or its answer unknown
	RefundSent    RefundStatus = "sent"
	RefundRefused RefundStatus = "refused"
)

var (
	// ErrRefundTooBig says that more would go back than was paid.
	ErrRefundTooBig = errors.New("more than what is left to refund")
	// ErrNothingPaid says that there is nothing to refund.
	ErrNothingPaid = errors.New("nothing was paid")
	// ErrRefundRunning says that an earlier refund of the order is still on its way.
	ErrRefundRunning = errors.New("another refund is on its way")
	// ErrLineRefunded says that a line was paid back before, or that there is no such line.
	ErrLineRefunded = errors.New("no such line, or it was paid back before")
	// ErrCannotRefund says that the order's way of paying cannot send money back.
	ErrCannotRefund = errors.New("this way of paying cannot send money back")
	// ErrDelivering says that the order's goods are just being handed over.
	ErrDelivering = errors.New("the goods are being delivered")
)

// Refundable is what can still be refunded in one asset: paid, less refunds that were sent or are
// pending.
func (o *Order) Refundable(asset money.Currency) money.Amount {
	rest := o.Paid(asset)
	for _, r := range o.Refunds {
		if r.Amount.Currency() == asset && r.Status != RefundRefused {
			rest, _ = rest.Sub(r.Amount) // of one currency by the condition above
		}
	}
	return rest
}

// RequestRefund starts a refund; its coins are sent afterwards. It returns ErrUnchanged for an ID that
// o has, so a second press of the button is harmless.
func (o *Order) RequestRefund(r Refund) error {
	if _, had := o.RefundByID(r.ID); had {
		return ErrUnchanged
	}
	r, err := o.checkRefund(r)
	if err != nil {
		return err
	}
	resume := o.State
	if err := o.move(StateRefunding); err != nil {
		return err
	}
	o.Resume = resume
	r.Status = RefundPending
	o.Refunds = append(slices.Clip(o.Refunds), r)
	o.Proposed = nil // the owners were asked when more was left
	return nil
}

// CheckRefund tells whether a refund of this amount could start now: nil, or
// ErrNothingPaid, ErrForgotten, ErrRefundRunning, ErrDelivering or ErrRefundTooBig.
func (o *Order) CheckRefund(a money.Amount) error {
	switch {
	case len(o.Payments) == 0:
		return ErrNothingPaid
	case o.Buyer.ID == 0:
		return ErrForgotten
	case o.State == StateRefunding:
		return ErrRefundRunning
	case o.handsOver():
		return ErrDelivering
	case a.Sign() <= 0:
		return fmt.Errorf("refund of %s: want more than nothing", a)
	}
	left, err := o.Refundable(a.Currency()).Sub(a)
	if err != nil {
		return err
	}
	if left.Sign() < 0 {
		return ErrRefundTooBig
	}
	if !Legal(o.State, StateRefunding) {
		return &MoveError{Order: o.ID, From: o.State, To: StateRefunding}
	}
	return nil
}

// checkRefund is CheckRefund for a whole refund: it also checks the lines and the way. It returns the
// refund with its Payment set if it is of Stars.
func (o *Order) checkRefund(r Refund) (Refund, error) {
	if err := o.CheckRefund(r.Amount); err != nil {
		return r, err
	}
	if err := o.checkGoods(r); err != nil {
		return r, err
	}
	if err := o.checkWay(r); err != nil {
		return r, err
	}
	return o.ofPayment(r)
}

// WentBack reports whether all that was paid for o's goods was refunded, also while a surplus payment
// is refunded after that.
func (o *Order) WentBack() bool {
	return o.State == StateRefunded || o.State == StateRefunding && o.Resume == StateRefunded
}

// PendingRefund is the first refund whose transfer is still to be made.
func (o *Order) PendingRefund() (Refund, bool) {
	return find(o.Refunds, func(r Refund) bool { return r.Status == RefundPending })
}

func (o *Order) pendingRefunds() int {
	n := 0
	for _, r := range o.Refunds {
		if r.Status == RefundPending {
			n++
		}
	}
	return n
}

// RefundByID finds one of o's refunds.
func (o *Order) RefundByID(id RefundID) (Refund, bool) {
	return find(o.Refunds, func(r Refund) bool { return r.ID == id })
}

// Replaced reports whether a later refund has sent back what a refused one, given by its index, was
// for, or may have. Then it must not be asked for again.
func (o *Order) Replaced(refused int) bool {
	r := o.Refunds[refused]
	if r.Payment != "" {
		_, back := o.RefundOf(r.Payment)
		return back
	}
	return o.checkGoods(r) != nil || slices.ContainsFunc(o.Refunds[refused+1:], func(later Refund) bool {
		return later.Status != RefundRefused && later.Payment == "" && (len(r.Lines) == 0 || len(later.Lines) == 0) &&
			!later.Requested.Equal(r.Requested) // refunds of one request are in different coins
	})
}

// checkLines returns ErrLineRefunded unless each line exists, was not paid back, and is named once.
func (o *Order) checkLines(lines []int) error {
	for n, i := range lines {
		if i < 0 || i >= len(o.Lines) || o.Lines[i].Refunded || slices.Contains(lines[:n], i) {
			return ErrLineRefunded
		}
	}
	return nil
}

// checkGoods is checkLines for the lines of a refund, which may be one piece of a line.
func (o *Order) checkGoods(r Refund) error {
	if err := o.checkLines(r.Lines); err != nil || !r.Piece {
		return err
	}
	if len(r.Lines) != 1 || !o.Lines[r.Lines[0]].hasPiece(r.Unit) {
		return ErrLineRefunded
	}
	return nil
}

// hasPiece reports whether l has a piece that can be paid back alone: a unit that is the buyer's,
// or, for "" and a line that is not of units, one of several that were delivered.
func (l *Line) hasPiece(unit string) bool {
	if l.FromStock {
		return unit != "" && slices.Contains(l.Kept(), unit)
	}
	return unit == "" && !l.Delivered.IsZero() && len(l.Returned) < l.Quantity
}

// PieceRefund is the refund of one piece of a line: an equal part of the line's share of the first
// payment. The last piece gets the rest, so that the pieces add up to that share exactly. Errors:
// ErrNothingPaid, ErrLineRefunded.
func (o *Order) PieceRefund(line int, unit string) (money.Amount, error) {
	if len(o.Payments) == 0 {
		return money.Amount{}, ErrNothingPaid
	}
	if err := o.checkGoods(Refund{Lines: []int{line}, Piece: true, Unit: unit}); err != nil {
		return money.Amount{}, err
	}
	if sumOf(pick(o.lineNets(), []int{line})).IsZero() {
		return money.Amount{}, ErrNothingPaid // a discount covers it
	}
	l, paid := &o.Lines[line], o.Payments[0].Amount
	share := o.lineShares(paid)[line]
	before := l.pieces(share, len(l.Returned))
	a, _ := l.pieces(share, len(l.Returned)+1).Sub(before) // of one currency
	if left := o.Refundable(paid.Currency()); mustCompare(a, left) > 0 {
		return left, nil // a part of it went back before, as an amount
	}
	return a, nil
}

// pieces is the part of a line's share that is for n of its pieces.
func (l *Line) pieces(share money.Amount, n int) money.Amount {
	if n == l.Quantity {
		return share
	}
	part, err := share.Share(l.Price.Times(n), l.Sum(), shareDecimals(share.Currency()))
	if err != nil { // the line was for nothing
		return money.Zero(share.Currency())
	}
	return part
}

// LineRefund is the refund of lines, given by their indexes: their share of the first payment after
// discounts, less the pieces that were paid back before. Errors: ErrNothingPaid, ErrLineRefunded.
func (o *Order) LineRefund(lines ...int) (money.Amount, error) {
	if len(o.Payments) == 0 {
		return money.Amount{}, ErrNothingPaid
	}
	if err := o.checkLines(lines); err != nil || len(lines) == 0 {
		return money.Amount{}, ErrLineRefunded
	}
	if sumOf(pick(o.lineNets(), lines)).IsZero() {
		return money.Amount{}, ErrNothingPaid // a discount covers them
	}
	paid := o.Payments[0].Amount
	shares, sum := o.lineShares(paid), money.Zero(paid.Currency())
	for _, i := range lines {
		sum, _ = sum.Add(shares[i]) // of one currency, like the next one
		sum, _ = sum.Sub(o.Lines[i].pieces(shares[i], len(o.Lines[i].Returned)))
	}
	if left := o.Refundable(paid.Currency()); mustCompare(sum, left) > 0 {
		return left, nil // a part of it went back before, as an amount
	}
	return sum, nil
}

// MarkRefundSent notes the transfer of the pending refund, and that its lines are paid back. The order
// becomes refunded if nothing is left of what was paid for the goods, else delivered if no line is
// left to be delivered, else what it was before the refund.
func (o *Order) MarkRefundSent(id RefundID, transfer string, at time.Time) error {
	return o.markSent(id, transfer, "", at)
}

func (o *Order) markSent(id RefundID, transfer, link string, at time.Time) error {
	after := *o
	after.markRefunded(id)
	to := StateRefunded
	for _, asset := range o.PaidAssets() {
		if o.priceLeft(asset).Sign() > 0 {
			to = o.Resume
		}
	}
	if to != StateRefunded && !after.pendingLines() {
		to = StateDelivered
	}
	err := o.finishRefund(id, to, func(r *Refund) {
		r.Status, r.Transfer, r.Link, r.Finished = RefundSent, transfer, link, at
	})
	if err != nil {
		return err
	}
	o.Lines = after.Lines
	r, _ := o.RefundByID(id)
	for _, p := range o.Payments {
		if p.Invoice == r.Payment || o.State == StateRefunded {
			o.endRenewals(p.Subscription)
		}
	}
	if o.State == StateDelivered {
		o.Hold, o.HoldNote, o.Choice = "", "", ""
		if o.Delivered.IsZero() {
			o.Delivered = at
		}
	}
	o.notify(
		Notice{What: WhatRefundSent, To: ToBuyer, Refund: id},
		Notice{What: WhatRefundSent, To: ToOwners, Refund: id},
	)
	return nil
}

// MarkRefundRefused notes that the payment service refused the pending refund, and that no coin has
// moved.
func (o *Order) MarkRefundRefused(id RefundID, refusal string, at time.Time) error {
	err := o.finishRefund(id, o.Resume, func(r *Refund) {
		r.Status, r.Refusal, r.Finished = RefundRefused, refusal, at
	})
	if err != nil {
		return err
	}
	o.notify(Notice{What: WhatRefundRefused, To: ToOwners, Refund: id, Reason: refusal})
	if r, _ := o.RefundByID(id); r.By == o.Buyer.ID { // who waits for it
		o.notify(Notice{What: WhatRefundRefused, To: ToBuyer, Refund: id, Reason: refusal})
	}
	return nil
}

// MarkRefundTried notes that the payment service is about to be asked for the transfer.
func (o *Order) MarkRefundTried(id RefundID) error {
	if r, _ := o.RefundByID(id); r.Status != RefundPending || r.Tried {
		return ErrUnchanged
	}
	return o.changeRefund(id, func(r *Refund) { r.Tried = true })
}

// MarkRefundUnclear has the owners told, once, that nobody knows whether the coins were sent.
func (o *Order) MarkRefundUnclear(id RefundID) error {
	if r, _ := o.RefundByID(id); r.Status != RefundPending || r.Unclear {
		return ErrUnchanged
	}
	o.notify(Notice{What: WhatRefundUnclear, To: ToOwners, Refund: id})
	return o.changeRefund(id, func(r *Refund) { r.Unclear = true })
}

// changeRefund changes one of o's refunds. ErrUnchanged if there is no such refund.
func (o *Order) changeRefund(id RefundID, change func(*Refund)) error {
	i := slices.IndexFunc(o.Refunds, func(r Refund) bool { return r.ID == id })
	if i < 0 {
		return ErrUnchanged
	}
	o.Refunds = slices.Clone(o.Refunds)
	change(&o.Refunds[i])
	return nil
}

// markRefunded notes that the lines which a refund names were paid back.
func (o *Order) markRefunded(id RefundID) {
	r, _ := o.RefundByID(id)
	o.Lines = slices.Clone(o.Lines)
	for _, i := range r.Lines {
		l := &o.Lines[i]
		if r.Piece {
			l.Returned = append(slices.Clip(l.Returned), r.Unit)
		}
		l.Refunded = !r.Piece || len(l.Returned) == l.Quantity
	}
}

func (o *Order) finishRefund(id RefundID, to State, change func(*Refund)) error {
	if r, _ := o.RefundByID(id); r.Status != RefundPending {
		return ErrUnchanged
	}
	if o.pendingRefunds() > 1 { // the next one's turn
		o.dropRetry(TaskRefund)
	} else {
		if err := o.move(to); err != nil {
			return err
		}
		o.Resume = ""
	}
	return o.changeRefund(id, change)
}
