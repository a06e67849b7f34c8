package catalog

import (
	"math/big"
	"slices"
	"strconv"

	"shopbot/internal/money"
)

// Bounds of a price in Stars. Telegram documents the one of a subscription
// (core.telegram.org/bots/api#createinvoicelink); of other invoices it documents none, and the shop
// asks no more than what its apps are known to take.
const (
	MaxStars             = 100_000
	MaxSubscriptionStars = 10_000
)

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
	return slices.ContainsFunc(c.Products, func(p Product) bool { return c.Shop.Takes(&p, way) })
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

// Prices are what one unit costs on a day if n are bought, in each currency that it may be paid in:
// the shop's, Stars, or both in this order.
func (s *Shop) Prices(p *Product, n int, on Date) (prices []money.Amount) {
	unit := p.UnitPrice(n, on)
	if s.Takes(p, PayCrypto) {
		prices = append(prices, unit)
	}
	if stars := s.StarsFor(p, unit); stars.Sign() > 0 {
		prices = append(prices, stars)
	}
	return prices
}

// starsPrice reads a price in whole Stars.
func (r *reader) starsPrice(n *node) money.Amount {
	s := r.word(n, "stars")
	if s == "" {
		return money.Amount{}
	}
	count, err := strconv.Atoi(s)
	if err != nil || count < 1 || count > MaxStars || strconv.Itoa(count) != s {
		r.add(n.at, "write a whole number from 1 to "+strconv.Itoa(MaxStars), "stars %s", quote(s))
		return money.Amount{}
	}
	stars, _ := money.Parse(s, Stars) // a number
	return stars
}

// starsRate reads what one Star is worth.
func (r *reader) starsRate(n *node, c money.Currency) money.Amount {
	s := r.word(n, "stars_rate")
	if s == "" {
		return money.Amount{}
	}
	if c == "" {
		c = anyCurrency
	}
	rate, err := money.Parse(s, c)
	if err != nil || rate.Sign() <= 0 {
		r.add(n.at, `write what one Star is worth in the shop's currency, such as "0.013"`, "stars_rate %s is not a decimal above zero", quote(s))
		return money.Amount{}
	}
	return rate
}

// stars checks a product that may be paid with Stars.
func (r *reader) stars(rec record, owner string, p *Product, s *Shop) {
	at := rec.at
	for _, name := range []string{"subscription", "pay", "stars"} { // the last one there is the most telling
		if n := rec.get(name); n != nil {
			at = n.at
		}
	}
	takes := s.Takes(p, PayStars)
	if p.Subscription && !takes {
		r.add(rec.get("subscription").at, "write pay: [stars], or take subscription out: paid in crypto, the same product is bought again",
			"only Stars renew a subscription, and %s takes none", owner)
	}
	if p.Subscription && p.Access != SubscriptionPeriod {
		r.add(rec.get("subscription").at, "write access: 30d", "Telegram renews subscriptions every 30 days, and no other period")
	}
	if !takes || p.Price.IsZero() {
		return
	}
	price, most := s.StarsFor(p, p.Price), MaxStars
	if p.Subscription {
		most = MaxSubscriptionStars
	}
	limit, _ := money.Parse(strconv.Itoa(most), Stars) // a number
	if over, _ := price.Compare(limit); price.IsZero() {
		r.add(at, "add stars: to the product, or stars_rate: to the shop", "%s takes Stars, and there is no price in Stars", owner)
	} else if over > 0 {
		r.add(at, "write a lower price", "%s costs %s Stars, and %d is the most", owner, price.Decimal(), most)
	}
}
