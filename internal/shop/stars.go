package shop

import (
	"errors"
	"fmt"
	"math/big"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
)

// ErrTooManyStars says that an order which can be paid with Stars alone costs more of them than one
// payment may have.
var ErrTooManyStars = errors.New("more Stars than one payment may have")

// NoCommonWayError says that the products of an order share no way of paying.
type NoCommonWayError struct {
	// Crypto and Stars are the SKUs of a product each that is paid in this way alone. One is "" if
	// the shop lacks the only way of the other.
	Crypto, Stars string
}

func (e *NoCommonWayError) Error() string {
	return fmt.Sprintf("no common way of paying: %q is paid in crypto alone and %q with Stars alone", e.Crypto, e.Stars)
}

// chooseWays decides by which ways a new order can be paid: those that all its products take, that
// the shop has, and that the buyer did not exclude by asking for one. It prices the lines in Stars
// if these are one of the ways. Errors: *NoCommonWayError.
func (s *Shop) chooseWays(o *Order, c *catalog.Catalog, asked RailID) error {
	coins, stars := asked != Stars && s.coins != "", asked == "" || asked == Stars
	if _, known := s.rails[Stars]; !known {
		stars = false
	}
	var no NoCommonWayError
	prices := make([]money.Amount, len(o.Lines))
	for i := range o.Lines {
		p, found := c.Product(o.Lines[i].SKU)
		if !found {
			continue // removed since the order was checked, in no catalog of one moment
		}
		if !c.Shop.Takes(&p, catalog.PayCrypto) {
			coins, no.Stars = false, p.SKU
		}
		if prices[i] = c.Shop.StarsFor(&p, o.Lines[i].Price); prices[i].IsZero() {
			stars, no.Crypto = false, p.SKU
		}
	}
	if !coins && !stars {
		return &no
	}
	o.Rail = s.coins
	if !coins {
		o.Rail, o.Assets = Stars, nil
	}
	for i := range o.Lines {
		o.Lines[i].Stars = money.Amount{}
		if stars {
			o.Lines[i].Stars = prices[i]
		}
	}
	return nil
}

// setTotals sums o's lines less its discounts, in the shop's currency, and in Stars if all lines have
// a price in these.
func (o *Order) setTotals() {
	o.Total, o.Stars = o.net(), o.netStars()
	subscription := o.anyLine(func(l *Line) bool { return l.Subscription })
	if catalog.TooManyStars(o.Stars, subscription) {
		o.Stars = money.Amount{}
	}
}

// checkStars is ErrTooManyStars if o cannot be paid because of that.
func (o *Order) checkStars() error {
	if o.Rail == Stars && o.Stars.IsZero() {
		return ErrTooManyStars
	}
	return nil
}

// netStars is the price of all lines in Stars, less the discounts and rounded up, so that the buyer
// pays the fraction of a Star. It is never nothing while the order costs anything, and zero if a
// line has no price in Stars.
func (o *Order) netStars() money.Amount {
	total := new(big.Rat)
	for _, net := range o.lineStars() {
		if net.Sign() < 0 {
			return money.Amount{}
		}
		total.Add(total, net)
	}
	if total.Sign() <= 0 {
		return money.Amount{}
	}
	up, _ := money.RoundUp(total, catalog.Stars, 0) // the zero Amount if it is beyond all limits
	return up
}

// lineStars is what each line costs in Stars: a discount takes from it the share that it takes from
// the price of the lines that it is for. It is -1 for a line without a price in Stars.
func (o *Order) lineStars() []*big.Rat {
	left := make([]*big.Rat, len(o.Lines)) // of each line's price, as a share of it
	for i := range o.Lines {
		left[i] = big.NewRat(1, 1)
	}
	for _, d := range o.Discounts {
		lines, base := o.linesOr(d.Lines), new(big.Rat)
		for _, i := range lines {
			base.Add(base, new(big.Rat).Mul(o.Lines[i].Sum().Rational(), left[i]))
		}
		if base.Sign() <= 0 {
			continue
		}
		rest := new(big.Rat).Sub(base, d.Amount.Rational())
		for _, i := range lines {
			left[i].Mul(left[i], new(big.Rat).Quo(rest, base))
		}
	}
	for i := range o.Lines {
		left[i].Mul(left[i], o.Lines[i].StarsSum().Rational())
		if o.Lines[i].Stars.IsZero() {
			left[i] = big.NewRat(-1, 1)
		}
	}
	return left
}

// PricesOf are what n units of a product cost on a day less what a coupon saves, as Order.Prices are
// of an order: in the shop's currency, in Stars, or both.
func PricesOf(of *catalog.Shop, p *catalog.Product, n int, on catalog.Date, saved money.Amount) (prices []money.Amount) {
	unit := p.UnitPrice(n, on)
	o := Order{Lines: []Line{{Quantity: n, Price: unit, Stars: of.StarsFor(p, unit), Subscription: p.Subscription}}}
	if saved.Sign() > 0 {
		o.Discounts = []Discount{{Amount: saved}}
	}
	o.setTotals()
	if of.Takes(p, catalog.PayCrypto) {
		prices = append(prices, o.Total)
	}
	if o.Stars.Sign() > 0 {
		prices = append(prices, o.Stars)
	}
	return prices
}

// StarsSum is the price of the whole line in Stars, discounts not subtracted; zero if it takes none.
func (l *Line) StarsSum() money.Amount { return l.Stars.Times(l.Quantity) }

// InStars reports whether o is reckoned in Stars: it was paid with them, or can be paid with nothing
// else.
func (o *Order) InStars() bool {
	if len(o.Payments) > 0 {
		return o.Payments[0].Rail == Stars
	}
	return o.Rail == Stars
}

// Price is what o costs in the currency in which it was paid, or else is reckoned: Stars, or the
// shop's currency.
func (o *Order) Price() money.Amount {
	if o.InStars() {
		return o.Stars
	}
	return o.Total
}

// Prices are what o costs in each currency in which it can be paid, or was.
func (o *Order) Prices() []money.Amount {
	prices := []money.Amount{o.Price()}
	if !o.InStars() && len(o.Payments) == 0 && o.Stars.Sign() > 0 {
		prices = append(prices, o.Stars)
	}
	return prices
}

// LinePrice is what one piece of a line costs in the currency of Price.
func (o *Order) LinePrice(line int) money.Amount {
	if l := &o.Lines[line]; o.InStars() && l.Stars.Sign() > 0 {
		return l.Stars
	}
	return o.Lines[line].Price
}

// LinePriceSum is what a whole line costs in the currency of Price, discounts not subtracted.
func (o *Order) LinePriceSum(line int) money.Amount {
	return o.LinePrice(line).Times(o.Lines[line].Quantity)
}

// Saved is what a discount takes off the price, in the currency of Price.
func (o *Order) Saved(discount int) money.Amount {
	if !o.InStars() {
		return o.Discounts[discount].Amount
	}
	before, after := *o, *o
	before.Discounts, after.Discounts = o.Discounts[:discount], o.Discounts[:discount+1]
	saved, _ := before.netStars().Sub(after.netStars()) // both are in Stars
	return saved
}
