package catalog

import (
	"errors"
	"math/big"
	"slices"
	"strconv"
	"time"

	"shopbot/internal/money"
)

// Bounds of one payment with Stars, and the period of a subscription. Telegram documents those of a
// subscription (core.telegram.org/bots/api#createinvoicelink); of other payments it documents no
// bound, and MaxStars is the shop's own.
const (
	MaxStars             = 100_000
	MaxSubscriptionStars = 10_000
	SubscriptionPeriod   = 30 * 24 * time.Hour
)

// MaxStarsOf is the most that one payment for a product may have.
func MaxStarsOf(subscription bool) int {
	if subscription {
		return MaxSubscriptionStars
	}
	return MaxStars
}

// ErrNeedsCryptoPay says that a catalog takes crypto, and the shop has no Crypto Pay app.
var ErrNeedsCryptoPay = errors.New("the shop has no Crypto Pay app")

// PayWaysOf lists how a product may be paid.
func (s *Shop) PayWaysOf(p *Product) []PayWay {
	switch {
	case len(p.Pay) > 0:
		return p.Pay
	case len(s.Pay) > 0:
		return s.Pay
	}
	return []PayWay{PayCrypto}
}

// Takes reports whether a product may be paid in a way.
func (s *Shop) Takes(p *Product, way PayWay) bool { return slices.Contains(s.PayWaysOf(p), way) }

// Takes reports whether any product may be paid in a way, hidden ones too.
func (c *Catalog) Takes(way PayWay) bool {
	for i := range c.Products {
		if c.Shop.Takes(&c.Products[i], way) {
			return true
		}
	}
	return false
}

// StarsFor is what one unit of a product costs in Stars where it costs a price in the shop's
// currency; the zero Amount if the product takes no Stars.
//
// Every price becomes Stars in one way: by what a Star is worth in it. That is the product's Price
// over its Stars if these are given, else the shop's StarsRate. The result is rounded up to a whole
// Star, so it is never nothing, and less than one Star above the exact price.
func (s *Shop) StarsFor(p *Product, price money.Amount) money.Amount {
	if !s.Takes(p, PayStars) || price.Currency() != s.Currency {
		return money.Amount{}
	}
	stars := new(big.Rat).Set(price.Rational())
	switch {
	case p.Stars.Sign() > 0 && p.Price.Sign() > 0:
		stars.Mul(stars, p.Stars.Rational()).Quo(stars, p.Price.Rational())
	case s.StarsRate.Sign() > 0:
		stars.Quo(stars, s.StarsRate.Rational())
	default:
		return money.Amount{}
	}
	up, _ := money.RoundUp(stars, Stars, 0) // the zero Amount if it is beyond all that can be paid
	return up
}

// Prices are what a price of a product, in the shop's currency, is to be paid as: itself, Stars, or
// both in this order.
func (s *Shop) Prices(p *Product, price money.Amount) (prices []money.Amount) {
	if s.Takes(p, PayCrypto) {
		prices = append(prices, price)
	}
	if stars := s.StarsFor(p, price); stars.Sign() > 0 {
		prices = append(prices, stars)
	}
	if len(prices) == 0 { // in no catalog that was checked
		return []money.Amount{price}
	}
	return prices
}

// stars checks a product that may be paid with Stars.
func (r *reader) stars(rec record, owner string, p *Product, s *Shop) {
	at := rec.at
	for _, name := range []string{"stars", "pay", "price"} {
		if n := rec.get(name); n != nil {
			at = n.at
			break
		}
	}
	if n := rec.get("subscription"); p.Subscription {
		if !s.Takes(p, PayStars) {
			r.add(n.at, "write pay: [stars], or take subscription out: paid in crypto, the product is bought again",
				"only Stars renew a subscription, and %s takes none", owner)
		}
		if p.Access != SubscriptionPeriod {
			r.add(n.at, "write access: 30d", "Telegram renews a subscription every 30 days, and in no other period")
		}
	}
	if !s.Takes(p, PayStars) || p.Price.IsZero() || s.Currency == "" {
		return
	}
	price := s.StarsFor(p, p.Price)
	switch {
	case price.IsZero() && rec.get("stars") == nil:
		r.add(at, "add stars: to the product, or stars_rate: to the shop", "%s takes Stars, and has no price in Stars", owner)
	case TooManyStars(price, p.Subscription):
		r.add(at, "write a lower price", "%s costs %s Stars, and one payment has at most %d", owner, price.Decimal(), MaxStarsOf(p.Subscription))
	}
}

// TooManyStars reports whether a price in Stars is more than one payment may have.
func TooManyStars(price money.Amount, subscription bool) bool {
	most, _ := money.Parse(strconv.Itoa(MaxStarsOf(subscription)), Stars) // a number
	order, err := price.Compare(most)
	return err == nil && order > 0
}
