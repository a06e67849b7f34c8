package shop

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
)

// CartOffer is what a cart comes to now.
type CartOffer struct {
	Entries []CartEntry
	// Discount is what the coupon saves; the zero Discount if none is used, and NoCoupon says why.
	Discount Discount
	NoCoupon *CouponError
	// Total is what an order of all that can be ordered costs; the zero Amount if nothing can.
	Total money.Amount
	// Stars is the same in Stars; the zero Amount if it cannot be paid with them.
	Stars money.Amount
	// InStars says that it can be paid with nothing else.
	InStars bool
	// NoWay says why what is in the cart cannot be paid together: *NoCommonWayError or
	// ErrTooManyStars; nil if it can.
	NoWay error
	// Mark names what the offer says. An order of the cart has to have the same, so nobody pays a
	// price that they were not shown. It is empty if nothing can be ordered.
	Mark string
}

// CartEntry is a line of a cart as it can be ordered now.
type CartEntry struct {
	CartLine

	Now  int          // how many pieces can be ordered; Quantity if Less is ""
	Unit money.Amount // what one of these costs; the zero Amount if there is none
	// Stars is the same in Stars, and OldStars what one cost when its quantity was chosen; the zero
	// Amount if the product takes none. StarsAlone says that it takes nothing else.
	Stars, OldStars money.Amount
	StarsAlone      bool
	Subscription    bool // as in catalog.Product
	Less            CartLess
	Most            int // the bound that Less speaks of
}

// CartLess is why fewer can be ordered than are in a cart.
type CartLess string

// Why fewer can be ordered than are in a cart.
const (
	CartGone    CartLess = "gone"     // buyers do not see the product any more
	CartSoldOut CartLess = "sold_out" // no unit is left
	CartLeft    CartLess = "left"     // fewer units are left
	CartLimit   CartLess = "limit"    // one order takes fewer now
)

// Repriced reports whether one piece costs something else than when its quantity was chosen.
func (e *CartEntry) Repriced() bool { return e.Now > 0 && !e.Unit.Equal(e.Price) }

// Sum is what the pieces that can be ordered cost, discounts not subtracted.
func (e *CartEntry) Sum() money.Amount { return e.Unit.Times(e.Now) }

// Prices are what the cart costs in each currency that it can be paid in.
func (o *CartOffer) Prices() []money.Amount {
	switch {
	case o.InStars:
		return []money.Amount{o.Stars}
	case o.Stars.Sign() > 0:
		return []money.Amount{o.Total, o.Stars}
	}
	return []money.Amount{o.Total}
}

// SumOf is Sum, in Stars if the cart or the product can be paid with nothing else.
func (o *CartOffer) SumOf(e *CartEntry) money.Amount {
	if (o.InStars || e.StarsAlone) && e.Stars.Sign() > 0 {
		return e.Stars.Times(e.Now)
	}
	return e.Sum()
}

// Saved is what Discount takes off, in Stars if the cart can be paid with nothing else.
func (o *CartOffer) Saved() money.Amount {
	if !o.InStars {
		return o.Discount.Amount
	}
	var whole money.Amount
	for i := range o.Entries {
		whole, _ = whole.Add(o.SumOf(&o.Entries[i])) // all are in Stars
	}
	saved, _ := whole.Sub(o.Stars)
	return saved
}

// Changed reports whether something is not as it was when it was put into the cart.
func (o *CartOffer) Changed() bool {
	for i := range o.Entries {
		if e := &o.Entries[i]; e.Less != "" || e.Repriced() {
			return true
		}
	}
	return false
}

// items are what can be ordered.
func (o *CartOffer) items() (items []Item) {
	for _, e := range o.Entries {
		if e.Now > 0 {
			items = append(items, Item{SKU: e.SKU, Quantity: e.Now, Answers: e.Answers})
		}
	}
	return items
}

// CartOf is what a buyer's cart comes to now, with a coupon; "" for none.
func (s *Shop) CartOf(ctx context.Context, buyer int64, coupon string) (CartOffer, error) {
	c, err := s.store.Cart(ctx, buyer)
	if err != nil {
		return CartOffer{}, err
	}
	var offer CartOffer
	var o Order
	for _, l := range c.Lines {
		e, err := s.cartEntry(ctx, l)
		if err != nil {
			return CartOffer{}, err
		}
		offer.Entries = append(offer.Entries, e)
		if e.Now > 0 {
			o.Lines = append(o.Lines, Line{SKU: e.SKU, Quantity: e.Now, Price: e.Unit, Subscription: e.Subscription})
		}
	}
	if len(o.Lines) == 0 {
		return offer, nil
	}
	offer.NoWay = s.chooseWays(&o, s.cfg.Catalog(), "")
	o.setTotals()
	if coupon != "" {
		if err := s.offerCoupon(ctx, buyer, coupon, &o, &offer); err != nil {
			return CartOffer{}, err
		}
	}
	offer.Total, offer.Stars, offer.InStars = o.Total, o.Stars, o.InStars()
	if offer.NoWay == nil {
		offer.NoWay = o.checkStars()
	}
	if offer.NoWay == nil {
		offer.Mark = c.mark(&o)
	}
	return offer, nil
}

// offerCoupon applies a coupon to an offer, or notes why it is not used.
func (s *Shop) offerCoupon(ctx context.Context, buyer int64, code string, o *Order, offer *CartOffer) error {
	c, err := s.CouponFor(ctx, buyer, code)
	if err == nil {
		offer.Discount, err = c.Discount(o.Lines, o.Total, s.cfg.Catalog())
	}
	switch {
	case errors.As(err, &offer.NoCoupon):
		return nil
	case err != nil:
		return err
	}
	o.Discounts = []Discount{offer.Discount}
	o.setTotals()
	return nil
}

func (s *Shop) cartEntry(ctx context.Context, l CartLine) (CartEntry, error) {
	e := CartEntry{CartLine: l}
	of := s.cfg.Catalog()
	p, offered := of.Offered(l.SKU)
	if !offered {
		e.Less = CartGone
		return e, nil
	}
	e.SKU, e.Title, e.Now = p.SKU, p.Title, l.Quantity
	if e.Now > p.Limit {
		e.Now, e.Less, e.Most = p.Limit, CartLimit, p.Limit
	}
	free, limited, err := s.freeOf(ctx, p)
	if err != nil {
		return e, err
	}
	if limited && e.Now > free {
		e.Now, e.Less, e.Most = free, CartLeft, free
	}
	if e.Now == 0 {
		e.Less = CartSoldOut
		return e, nil
	}
	e.Unit, e.Subscription = p.UnitPrice(e.Now, s.today()), p.Subscription
	e.Stars, e.OldStars = of.Shop.StarsFor(&p, e.Unit), of.Shop.StarsFor(&p, e.Price)
	e.StarsAlone = !of.Shop.Takes(&p, catalog.PayCrypto)
	return e, nil
}

// mark names what a buyer is shown of a cart: what is in it, and what the order of it is for and
// costs.
func (c *Cart) mark(o *Order) string {
	h := sha256.New()
	for _, l := range c.Lines {
		_, _ = fmt.Fprintf(h, "%q %d %#v\n", l.SKU, l.Quantity, l.Answers) // a hash never fails
	}
	for _, l := range o.Lines {
		_, _ = fmt.Fprintf(h, "%q %d %s\n", l.SKU, l.Quantity, l.Price)
	}
	_, _ = fmt.Fprintf(h, "%q %s %s", o.Coupon(), o.Total, o.Stars)
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:markBytes])
}

// markBytes makes a mark of eight characters, for a button.
const markBytes = 6

// orderedCart returns the order that an earlier try of a cart request made. Otherwise found is false,
// and the request gets the items of the cart. It reads the cart first, so it finds an order that empties
// the cart meanwhile. It leaves requests without a cart alone. ErrNothingOrdered.
func (s *Shop) orderedCart(ctx context.Context, r *Request) (o Order, found bool, err error) {
	if r.Cart == "" {
		return Order{}, false, nil
	}
	offer, err := s.CartOf(ctx, r.Buyer.ID, r.Coupon)
	if err != nil {
		return Order{}, false, err
	}
	o, err = s.OrderOf(ctx, r.Buyer.ID, NewOrderID(s.cfg.Key, r.Origin))
	if !errors.Is(err, ErrNotFound) {
		return o, err == nil, err
	}
	if r.Items = offer.items(); len(r.Items) == 0 {
		return Order{}, false, ErrNothingOrdered
	}
	return Order{}, false, nil
}

// takeCart makes o the order of its buyer's cart, which it empties. ErrCartMoved if the cart, or what
// it costs, is not what mark names.
func (o *Order) takeCart(mark string, v View) error {
	c, err := v.Cart()
	if err != nil {
		return fmt.Errorf("cart of %d: %w", o.Buyer.ID, err)
	}
	if c.mark(o) != mark {
		return ErrCartMoved
	}
	o.FromCart = true
	return nil
}
