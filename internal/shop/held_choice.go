package shop

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
)

// HeldChoice is what the buyer of a held order chose. The words are stored on disk.
type HeldChoice string

// What a buyer may choose.
const (
	ChoiceWait   HeldChoice = "wait"   // for the goods
	ChoiceRefund HeldChoice = "refund" // the money back
)

var (
	// ErrNoChoice says that the order is not, or no longer, one whose buyer may choose.
	ErrNoChoice = errors.New("there is nothing to choose")
	// ErrOwnerDecides says that an owner has to look at the buyer's choice first; nothing was done.
	ErrOwnerDecides = errors.New("left to the owner")
)

// maxOwnRefunds is how many refused refunds of one order a buyer may start. Without it a buyer
// could make the shop ask Crypto Pay, and write to its owners, again and again.
const maxOwnRefunds = 3

// BuyerChooses reports whether the buyer of o may choose between waiting for the
// goods and the money back, without an owner. That is so where the price was paid, the shop has
// nothing to deliver, and the goods of pending lines cannot be with the buyer:
//
//   - sold_out, no_goods, and what a server did not give: the buyer chooses;
//   - undeliverable, refused: the goods belong to the order and a part of them may have
//     arrived, so the buyer may have them sent again, and an owner decides about money;
//   - wrong_amount, wrong_asset, wrong_value: not what was agreed on, so an owner decides.
//
// Nor does the buyer choose where the price was paid by hand: the shop could not send it back.
func (o *Order) BuyerChooses() bool {
	if o.State != StateHeld || o.PaidByHand() {
		return false
	}
	switch o.Hold { //nolint:exhaustive // all others are the owner's
	case HoldSoldOut, HoldNoGoods, HoldServerRefused, HoldServerAnswer, HoldServerLate:
		return true
	}
	return false
}

// ChooseToWait notes that the buyer waits. Where the units have come meanwhile, o goes to delivery
// at once.
func (o *Order) ChooseToWait(free Free) error {
	switch {
	case !o.BuyerChooses():
		return ErrNoChoice
	case o.Hold == HoldSoldOut && o.short(free) == nil:
		return o.Release(free, o.Buyer.ID)
	case o.Choice == ChoiceWait:
		return ErrUnchanged
	}
	o.Choice = ChoiceWait
	return nil
}

// TakeMoneyBack starts the refund of all that was paid and not sent back yet, one refund for each
// asset; if some lines arrived, only of the lines that did not. name gives a refund its id; try
// counts the attempts, since earlier ones may have been refused.
func (o *Order) TakeMoneyBack(at time.Time, name func(asset money.Currency, try int) RefundID) error {
	switch {
	case o.Choice == ChoiceRefund && (o.State == StateRefunding || o.State == StateRefunded):
		return ErrUnchanged
	case !o.BuyerChooses():
		return ErrNoChoice
	case o.ownRefusals() >= maxOwnRefunds:
		return ErrOwnerDecides
	}
	all := slices.Clip(o.Refunds)
	for _, r := range o.moneyBack() {
		r.ID, r.By, r.Requested, r.Status = name(r.Amount.Currency(), len(o.Refunds)), o.Buyer.ID, at, RefundPending
		all = append(all, r)
	}
	if len(all) == len(o.Refunds) {
		if o.InStars() { // a part cannot go back
			return ErrOwnerDecides
		}
		return ErrNothingPaid
	}
	if err := o.move(StateRefunding); err != nil {
		return err
	}
	o.Resume, o.Choice, o.Refunds, o.Proposed = StateHeld, ChoiceRefund, all, nil
	return nil
}

// moneyBack is what goes back when the buyer takes the money: all that was paid and not sent back
// yet, or, once a line is with the buyer, the price of those that are not.
func (o *Order) moneyBack() []Refund {
	var arrived bool
	var pending []int
	for i := range o.Lines {
		switch l := &o.Lines[i]; {
		case l.Pending():
			pending = append(pending, i)
		case !l.Refunded:
			arrived = true
		}
	}
	if arrived {
		a, err := o.LineRefund(pending...)
		if err != nil || a.Sign() <= 0 {
			return nil
		}
		r, err := o.ofPayment(Refund{Amount: a, Lines: pending})
		if err != nil { // an owner decides
			return nil
		}
		return []Refund{r}
	}
	all := o.wholeRefunds()
	for _, asset := range o.PaidAssets() {
		if left := o.Refundable(asset); left.Sign() > 0 && asset != catalog.Stars {
			all = append(all, Refund{Amount: left})
		}
	}
	return all
}

// ownRefusals counts the buyer's own refunds that were refused.
func (o *Order) ownRefusals() int {
	n := 0
	for _, r := range o.Refunds {
		if r.By == o.Buyer.ID && r.Status == RefundRefused {
			n++
		}
	}
	return n
}

// Wait notes that the buyer of a held order waits for the goods. Errors: ErrNotFound, ErrNoChoice.
func (s *Shop) Wait(ctx context.Context, buyer int64, id OrderID) (Order, error) {
	if o, err := s.OrderOf(ctx, buyer, id); err != nil {
		return o, err
	}
	return s.change(ctx, id, func(o *Order, free Free) error { return o.ChooseToWait(free) })
}

// MoneyBack starts the refund that the buyer of a held order asks for. However often it is
// asked for, it is one refund. Errors: ErrNotFound, ErrNoChoice, ErrOwnerDecides, ErrNothingPaid.
func (s *Shop) MoneyBack(ctx context.Context, buyer int64, id OrderID) (Order, error) {
	if o, err := s.OrderOf(ctx, buyer, id); err != nil {
		return o, err
	}
	at := now()
	name := func(asset money.Currency, try int) RefundID {
		return NewRefundID(s.cfg.Key, id, Origin{User: buyer, Act: fmt.Sprintf("money back %s %d", asset, try)})
	}
	o, err := s.change(ctx, id, func(o *Order, _ Free) error { return o.TakeMoneyBack(at, name) })
	if err == nil {
		s.log.InfoContext(ctx, "money back asked for", "order", id, "user", buyer, "state", o.State)
	}
	return o, err
}
