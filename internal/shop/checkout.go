package shop

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
)

// Request is what a buyer asks for.
type Request struct {
	Buyer  Buyer
	Items  []Item
	Origin Origin
	// Cart is the Mark of the offer of the buyer's cart that is ordered in place of Items; "" if it
	// is not the cart.
	Cart string
	// Discounts are what the buyer saves; see Discount.
	Discounts []Discount
	// Coupon is the code of the coupon to use if it fits the order; "" for none.
	Coupon string
	// Asset is what the buyer chose to pay with: nothing else is accepted then. "" leaves the choice
	// to the invoice.
	Asset money.Currency
	// Rail is how the buyer wants to pay; "" for any way that all products share.
	Rail RailID
	// Message is the message that will show the order, if it is known before the order is made.
	Message MessageRef
}

// Item is a product that a buyer asks for.
type Item struct {
	SKU      string `json:"sku"`
	Quantity int    `json:"quantity"`
	// Answers are what the buyer said to the product's questions.
	Answers []Answer `json:"answers,omitempty"`
}

var (
	// ErrUnknownProduct says that the catalog has no such product.
	ErrUnknownProduct = errors.New("no such product")
	// ErrNothingOrdered says that a request names no product.
	ErrNothingOrdered = errors.New("nothing is ordered")
	// ErrUnanswered says that a question of the product has no answer yet.
	ErrUnanswered = errors.New("a question is not answered yet")
	// ErrAssetGone says that the shop does not take the asset that the buyer chose.
	ErrAssetGone = errors.New("the asset is not taken")
	// ErrNothingToPay says that the discounts leave nothing to be paid.
	ErrNothingToPay = errors.New("the discounts leave nothing to pay")
)

// QuantityError says that a quantity is not between 1 and Limit.
type QuantityError struct {
	SKU             string
	Quantity, Limit int
}

func (e *QuantityError) Error() string {
	return fmt.Sprintf("%s: quantity %d: want 1 to %d", e.SKU, e.Quantity, e.Limit)
}

// inlineInvoice is how long a buyer waits for an answer while the invoice is
// asked for; after that the button follows later.
const inlineInvoice = 5 * time.Second

// Checkout makes the order that a request asks for, and its invoice if the rail answers soon. The
// order comes back awaiting, or new with its invoice to follow, or cancelled where the rail
// refused. The same request again gives the same order in its present state. All lines are reserved
// or none; an order of the cart empties it in the same transaction.
//
// Errors: ErrUnknownProduct, *QuantityError, ErrUnanswered, ErrAssetGone, *NoCommonWayError,
// ErrTooManyStars, ErrPaused, *SoldOutError, ErrBlocked, ErrTooManyOpen, *LapsedError, *CouponError
// where the coupon can be used for no order; of a cart also ErrNothingOrdered and ErrCartMoved.
func (s *Shop) Checkout(ctx context.Context, r Request) (Order, error) {
	if o, found, err := s.orderedCart(ctx, &r); err != nil || found {
		return o, err
	}
	of := s.cfg.Catalog()
	draft, err := s.draft(r, of)
	if err != nil {
		return Order{}, err
	}
	paused, err := s.paused.state(ctx)
	if err != nil {
		return Order{}, err
	}
	pardoned, err := s.pardoned(ctx, r.Buyer.ID)
	if err != nil {
		return Order{}, err
	}
	o, created, err := s.store.Checkout(ctx, draft, time.Now().Add(stepTimeout+claimMargin), func(o *Order, v View) error {
		if paused {
			return ErrPaused
		}
		if err := s.admit(o, v, pardoned); err != nil {
			return err
		}
		o.Invited = v.Invited
		return o.settle(&r, v, of)
	})
	switch {
	case err != nil:
		return Order{}, err
	case o.Buyer.ID != r.Buyer.ID:
		return Order{}, fmt.Errorf("order %s: the number belongs to somebody else", o.ID)
	case !created:
		return o, nil
	}
	defer s.release(ctx, TaskInvoice, o.ID)
	s.log.InfoContext(ctx, "order placed", "order", o.ID, "user", o.Buyer.ID, "sku", o.Lines[0].SKU,
		"lines", len(o.Lines), "quantity", o.Quantity(), "total", o.Total)
	return s.invoiceNow(ctx, o)
}

// latestOrders is how many of a buyer's orders a checkout looks at first: those that may be unpaid
// and some more. An unpaid order older than maxUnpaid does not count.
const latestOrders = 20

// admit is the rule of a checkout: it bounds a buyer's unpaid orders and says for how long units
// are held.
func (s *Shop) admit(o *Order, v View, pardoned time.Time) error {
	if v.Blocked {
		return ErrBlocked
	}
	latest, err := v.Latest(latestOrders)
	if err == nil && len(latest) == latestOrders && !slices.ContainsFunc(latest, func(o Order) bool { return len(o.Payments) > 0 }) {
		latest, err = v.Latest(maxUnpaid)
	}
	if err != nil {
		return fmt.Errorf("latest orders of %d: %w", o.Buyer.ID, err)
	}
	open := 0
	for i := range latest {
		if latest[i].Open() {
			open++
		}
	}
	if s.cfg.MaxOpen > 0 && open >= s.cfg.MaxOpen {
		return ErrTooManyOpen
	}
	if !o.HoldsStock() { // nothing is kept from anybody
		o.Expires = o.Created.Add(s.cfg.InvoiceTTL)
		return nil
	}
	hold, lapses, err := holdDuration(latest, s.cfg.InvoiceTTL, o.Created, pardoned)
	if err != nil {
		return err
	}
	o.Expires, o.Lapses = o.Created.Add(hold), lapses
	return nil
}

// draft is the order that a request asks for, not stored yet.
func (s *Shop) draft(r Request, c *catalog.Catalog) (Order, error) {
	o := Order{
		ID: NewOrderID(s.cfg.Key, r.Origin), Buyer: r.Buyer, Discounts: slices.Clone(r.Discounts),
		Assets: c.Shop.Assets, Created: now(), Message: r.Message,
	}
	if r.Asset != "" && r.Rail != Stars {
		if o.Assets = []money.Currency{r.Asset}; !slices.Contains(s.Payable(), r.Asset) {
			return Order{}, ErrAssetGone
		}
	}
	if len(r.Items) == 0 {
		return Order{}, ErrNothingOrdered
	}
	for _, item := range r.Items {
		line, err := s.line(c, item, &o)
		if err != nil {
			return Order{}, err
		}
		o.Lines = append(o.Lines, line)
	}
	for i := range o.Lines {
		if p, found := c.Product(o.Lines[i].SKU); found {
			o.Lines[i].Price = p.UnitPrice(o.quantityOf(p.SKU), c.Shop.DateOf(o.Created))
		}
	}
	if err := s.chooseWays(&o, c, r.Rail); err != nil {
		return Order{}, err
	}
	if o.setTotals(); o.Total.Sign() <= 0 {
		return Order{}, ErrNothingToPay
	}
	err := o.move(StateNew)
	return o, err
}

// line is what item asks for, as one more line of o.
func (s *Shop) line(c *catalog.Catalog, item Item, o *Order) (Line, error) {
	p, found := c.Offered(item.SKU)
	if !found {
		return Line{}, fmt.Errorf("%w: %q", ErrUnknownProduct, item.SKU)
	}
	others := o.quantityOf(p.SKU)
	if item.Quantity < 1 || item.Quantity > p.Limit-others {
		return Line{}, &QuantityError{SKU: p.SKU, Quantity: others + item.Quantity, Limit: p.Limit}
	}
	if err := answered(&p, item); err != nil {
		return Line{}, err
	}
	l := Line{
		SKU: p.SKU, Title: p.Title, Quantity: item.Quantity, Price: p.Price,
		Part: partOf(&p, p.Deliver), FromStock: p.Deliver.FromStock(), Protect: p.Protect, Instructions: p.Instructions,
		Access: p.Access, Subscription: p.Subscription, Answers: slices.Clone(item.Answers),
	}
	for _, kind := range p.Also {
		l.Also = append(l.Also, partOf(&p, kind))
	}
	return l, nil
}

// partOf is what a product hands over in one of its ways.
func partOf(p *catalog.Product, kind catalog.Kind) Part {
	part := Part{Deliver: kind}
	switch kind {
	case catalog.Content:
		part.Text = p.Text
	case catalog.File:
		part.File = p.File
	case catalog.Invitation:
		part.Invite = p.Invite
	case catalog.FromServer:
		part.Server = p.Server
	case catalog.ByHand:
		part.Manual = p.Manual
	case catalog.Keys:
	}
	return part
}

// net is the sum of o's lines less its discounts.
func (o *Order) net() money.Amount {
	var total money.Amount
	for i := range o.Lines {
		total, _ = total.Add(o.Lines[i].Sum()) // all prices are in the shop's currency
	}
	for _, d := range o.Discounts {
		total, _ = total.Sub(d.Amount)
	}
	return total
}

// invoiceNow makes the first attempt at the invoices while the buyer waits. Only
// here no invoice can exist yet, so only here the shop does not look for one first.
func (s *Shop) invoiceNow(ctx context.Context, o Order) (Order, error) {
	short, cancel := context.WithTimeout(ctx, inlineInvoice)
	defer cancel()
	ways := o.paysBy()
	invoices, errs := make([]Invoice, len(ways)), make([]error, len(ways))
	var asking sync.WaitGroup
	for i, id := range ways {
		rail, err := s.railBy(&o, id)
		if err != nil {
			return o, err
		}
		asking.Go(func() { invoices[i], errs[i] = s.createInvoice(short, rail, o) })
	}
	asking.Wait()
	// What was begun has to be written down even if the caller has gone.
	ctx = context.WithoutCancel(ctx)
	var later, failed error
	for i, id := range ways {
		var err error
		no, refused := errors.AsType[*RefusedError](errs[i])
		switch {
		case refused && no.Name == RefusedBadLink:
			_, err = s.giveUp(ctx, o, id, errs[i]) // the invoice is there, and has to be taken back
		case refused:
			_, err = s.giveUp(ctx, o, id, errs[i], (*Order).CloseInvoice) // there never was one
		case errs[i] != nil:
			later = errs[i]
		default:
			_, err = s.invoiced(ctx, o.ID, id, invoices[i])
		}
		failed = errors.Join(failed, err)
	}
	if later != nil {
		failed = errors.Join(failed, s.postpone(ctx, o, TaskInvoice, later))
	}
	if failed != nil {
		return o, failed
	}
	return s.store.Order(ctx, o.ID)
}

func (s *Shop) invoiced(ctx context.Context, id OrderID, rail RailID, in Invoice, notices ...Notice) (Order, error) {
	at := now()
	o, err := s.change(ctx, id, func(o *Order, _ Free) error {
		if err := o.MarkInvoicedBy(rail, in, at.Add(o.holdDuration())); err != nil {
			return err
		}
		if o.State == StateAwaiting {
			o.notify(notices...)
		}
		return nil
	})
	if err == nil {
		if rail == Stars {
			s.alarms.clear(AlarmStars)
		} else {
			s.alarms.clear(AlarmInvoices)
		}
		s.log.InfoContext(ctx, "invoice made", "order", id, "rail", rail, "invoice", in.ID)
	}
	return o, err
}

// giveUp notes that an order gets no invoice by a rail. If it gets none at all it is cancelled, and
// also is applied in the same change.
func (s *Shop) giveUp(ctx context.Context, o Order, rail RailID, cause error, also ...func(*Order) error) (Order, error) {
	s.log.WarnContext(ctx, "create invoice given up", "order", o.ID, "rail", rail, "error", cause)
	why := CancelNoInvoice
	if no, refused := errors.AsType[*RefusedError](cause); refused {
		why = CancelRefused
		s.noteRefusal(o, rail, no)
	}
	return s.cancel(ctx, o.ID, func(o *Order, _ Free) error {
		if err := o.MarkNoInvoice(rail, why); err != nil || o.State != StateCancelled || rail == Stars && o.Rail != Stars {
			return err
		}
		for _, do := range also {
			if err := do(o); err != nil {
				return err
			}
		}
		return nil
	})
}

// Quote is the order that a request would make, as far as the catalog and the coupon go: nothing is
// stored and nothing is held. It tells the total. Errors: those of Checkout that are about the
// request, and *CouponError where the coupon can be used for no order.
func (s *Shop) Quote(ctx context.Context, r Request) (Order, error) {
	if o, found, err := s.orderedCart(ctx, &r); err != nil || found {
		return o, err
	}
	of := s.cfg.Catalog()
	o, err := s.draft(r, of)
	if err != nil {
		return o, err
	}
	view := View{
		Coupon: func(code string) (CouponState, error) { return s.store.Coupon(ctx, code, r.Buyer.ID) },
		Cart:   func() (Cart, error) { return s.store.Cart(ctx, r.Buyer.ID) },
	}
	err = o.settle(&r, view, of)
	return o, err
}

// settle applies the coupon and takes the cart that a request names.
func (o *Order) settle(r *Request, v View, of *catalog.Catalog) error {
	if err := o.useCoupon(r.Coupon, v, of); err != nil {
		return err
	}
	if err := o.checkStars(); err != nil || r.Cart == "" {
		return err
	}
	return o.takeCart(r.Cart, v)
}

// Ordered reads the order that an act of a buyer made. ErrNotFound.
func (s *Shop) Ordered(ctx context.Context, buyer int64, act Origin) (Order, error) {
	return s.OrderOf(ctx, buyer, NewOrderID(s.cfg.Key, act))
}
