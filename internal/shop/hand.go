package shop

import (
	"context"
	"errors"
	"slices"
	"strings"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
)

// Hand is the rail of a payment that an owner confirmed: the money came in another way. No order is
// made for it, and nothing can be sent back by it.
const Hand RailID = "hand"

// FromHand is the source of a payment that an owner confirmed.
const FromHand Source = "hand"

var (
	// ErrPaidBefore says that an order was paid before, so that no payment by hand is taken for it.
	ErrPaidBefore = errors.New("the order was paid before")
	// ErrPaidByHand says that coins were paid by hand, so that the shop cannot send them back.
	ErrPaidByHand = errors.New("it was paid by hand, so the shop cannot send it back")
	// ErrHasGoods says that a line has its goods, so that none are given by hand.
	ErrHasGoods = errors.New("the line has its goods")
)

// PaidByHand reports whether o's goods were paid in a way that the shop knows from an owner alone.
func (o *Order) PaidByHand() bool { return len(o.Payments) > 0 && o.Payments[0].Rail == Hand }

// transferable is how much of an asset the shop itself can send back: what came by a rail, less what
// went back by it or is on its way.
func (o *Order) transferable(asset money.Currency) money.Amount {
	rest := money.Zero(asset)
	for _, p := range o.Payments {
		if p.Amount.Currency() == asset && p.Rail != Hand {
			rest, _ = rest.Add(p.Amount) // of one currency, like all below
		}
	}
	for _, r := range o.Refunds {
		if r.Amount.Currency() == asset && r.Status != RefundRefused && r.Way != ByHand {
			rest, _ = rest.Sub(r.Amount)
		}
	}
	return rest
}

// checkWay tells whether a refund can go its way: ErrPaidByHand if the shop cannot send it,
// ErrCannotRefund if it is said to be sent by hand and was not paid so. The price of lines that were
// paid by hand is not sent out of a surplus payment, which has to go back itself.
func (o *Order) checkWay(r Refund) error {
	if r.Way == ByHand {
		if r.Amount.Currency() == catalog.Stars && o.paidWith(Stars) { // Telegram gives no old ones back
			return nil
		}
		if !o.PaidByHand() || o.Payments[0].Amount.Currency() != r.Amount.Currency() {
			return ErrCannotRefund
		}
		return nil
	}
	ofLines := len(r.Lines) > 0 && o.PaidByHand()
	if ofLines || mustCompare(r.Amount, o.transferable(r.Amount.Currency())) > 0 {
		return ErrPaidByHand
	}
	return nil
}

// HandPayment is what an owner says of a payment that came in another way.
type HandPayment struct {
	Order  OrderID
	Amount money.Amount
	Note   string // how it was paid
	By     int64
	Origin Origin // the drawing of the button, so that a second press is the same payment
}

// ConfirmPaid takes an order as paid because an owner says so, by the same step as a payment that
// the payment service tells of. Its invoice is closed after that; if it is paid all the same, that
// is a surplus payment. The same one again changes nothing. Errors: ErrNotFound, ErrPaidBefore,
// ErrForgotten.
func (s *Shop) ConfirmPaid(ctx context.Context, p HandPayment) (Order, error) {
	o, err := s.store.Order(ctx, p.Order)
	if err != nil {
		return o, err
	}
	at := now()
	return s.PaymentReceived(context.WithoutCancel(ctx), IncomingPayment{
		Order: p.Order, Source: FromHand, Received: at,
		Payment: Payment{
			Rail: Hand, Invoice: HandID(s.cfg.Key, p.Order, p.Origin), Amount: p.Amount, Price: o.Total,
			Note: p.Note, By: p.By, At: at,
		},
	})
}

// HandID is what a payment by hand has in the place of an invoice's id.
func HandID(key []byte, order OrderID, origin Origin) string {
	id := string(NewRefundID(key, order, origin))
	return string(Hand) + id[strings.LastIndexByte(id, '-'):]
}

// CanDeliverByHand reports whether an owner may say what the buyer gets for a line: the order is
// held, and the line has nothing that could be sent. What is made by hand anyway is WaitsForHand.
func (o *Order) CanDeliverByHand(l *Line) bool {
	return o.State == StateHeld && o.Buyer.ID != 0 && l.Pending() && len(l.Goods) == 0 && !l.byHand()
}

// DeliverByHand gives a line of a held order its goods, as an owner says, in the place of units of
// stock or what else the product is. A place in a chat that they stand for ends as it would have. The
// order goes on to delivery if it has all that it needs; else it stays held. The same goods again give
// ErrUnchanged. Errors: ErrHasGoods, *MoveError.
func (o *Order) DeliverByHand(line int, goods []string, by int64, free Free) error {
	if line < 0 || line >= len(o.Lines) || len(goods) == 0 {
		return ErrHasGoods
	}
	l := &o.Lines[line]
	switch {
	case l.ByHand != 0 && slices.Equal(l.Goods, goods):
		return ErrUnchanged
	case !l.Pending() || len(l.Goods) > 0:
		return ErrHasGoods
	case o.State != StateHeld:
		return &MoveError{Order: o.ID, From: o.State, To: StatePaid}
	}
	o.Lines = slices.Clone(o.Lines)
	l = &o.Lines[line]
	l.Goods, l.ByHand, l.FromStock, l.Deliver = goods, by, false, catalog.Content
	if err := o.Release(free, by); err != nil && !errors.Is(err, ErrNoStock) {
		return err
	}
	return nil
}

// DeliverByHand gives a line of a held order its goods: see Order.DeliverByHand. They are stored,
// and then delivered like any others.
func (s *Shop) DeliverByHand(ctx context.Context, id OrderID, line int, goods []string, by int64) (Order, error) {
	o, err := s.change(ctx, id, func(o *Order, free Free) error { return o.DeliverByHand(line, goods, by, free) })
	if err == nil {
		s.log.InfoContext(ctx, "goods given by hand", "order", id, "line", line+1, "state", o.State, "admin", by)
	}
	return o, err
}
