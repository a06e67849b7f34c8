package main

import (
	"fmt"
	"math/big"
	"slices"
	"time"
)

// keeper is an honest shopkeeper with a notebook and nothing else: no database,
// no network, no workers. It is what the shop has to look like from outside. It is
// written from what the README and the contract promise, and shares no code
// with the shop.
type keeper struct {
	shelf map[string]int // units that ever came in, by product
	sells map[string]tag // what is for sale now
	book  []*entry       // every order ever made
	told  map[tell]int   // how often somebody must have been told something, at least

	// Times that it happened, whatever became of the order afterwards.
	cancelled, held, delivered int
	// Cancellations that may or may not have happened first, in a race.
	perhaps int

	blocked map[int64]bool // buyers who do not let the bot write to them
	refused bool           // Telegram does not take the next goods
}

// tag is a price tag.
type tag struct {
	price *big.Rat // in USD
	limit int
	keyed bool // sold from the shelf
}

type tell struct {
	who  int64
	what string
}

// The states of an entry.
const (
	isOpen      = "open"
	isCancelled = "cancelled"
	isHeld      = "held"
	isDelivered = "delivered"
	isRefunded  = "refunded"
)

// Why an entry is held.
const (
	forStock     = "sold out"
	forSum       = "another sum"
	forCoin      = "another coin"
	forChat      = "blocked"
	forTelegram  = "refused"
	mostOpen     = 3  // unpaid orders of one buyer
	mostUnpaid   = 10 // of them in a row
	partialCoins = 8  // decimals of a share of a payment
)

// entry is one order in the notebook.
type entry struct {
	number int    // as a person reading a schedule calls it
	id     string // as the shop calls it
	buyer  int64
	sku    string
	units  int
	keyed  bool
	total  *big.Rat // in USD
	ends   time.Time
	state  string
	why    string   // it is held
	owns   bool     // units of the shelf are its own, for ever
	handed bool     // the goods came to the buyer at least once
	keys   []string // which ones, once seen
	paid   []payment
	back   []coins
	asked  []asked   // refunds by their amount: they may be meant for any of the payments
	unseen []payment // paid, and nobody told the shop
}

// payment is one invoice paid.
type payment struct {
	price *big.Rat // that the invoice asked for, in USD
	coins coins
	fee   *big.Rat
	at    time.Time
	gone  bool // sent back, as the second payment that it was
}

type asked struct {
	asset string
	at    time.Time
}

type coins struct {
	asset  string
	number *big.Rat
}

func newKeeper() *keeper {
	return &keeper{shelf: map[string]int{}, sells: map[string]tag{}, told: map[tell]int{}, blocked: map[int64]bool{}}
}

func (k *keeper) tell(who int64, what string) {
	if !k.blocked[who] {
		k.told[tell{who, what}]++
	}
}

// counts tells how many units of a product are free, reserved and sold.
func (k *keeper) counts(sku string) (free, reserved, sold int) {
	for _, e := range k.book {
		switch {
		case e.sku != sku || !e.keyed:
		case e.owns:
			sold += e.units
		case e.state == isOpen:
			reserved += e.units
		}
	}
	return k.shelf[sku] - reserved - sold, reserved, sold
}

func (k *keeper) free(sku string) int {
	free, _, _ := k.counts(sku)
	return free
}

// refusesOrder says why nobody gets this order; "" where it is made.
func (k *keeper) refusesOrder(buyer int64, sku string, units int) string {
	t, sold := k.sells[sku]
	switch {
	case !sold:
		return "not sold"
	case units < 1 || units > t.limit:
		return "over the limit"
	case len(k.list(func(e *entry) bool { return e.buyer == buyer && e.state == isOpen })) >= mostOpen:
		return "too many open"
	case k.unpaidInARow(buyer) >= mostUnpaid:
		return "too many left unpaid"
	case t.keyed && k.free(sku) < units:
		return "sold out"
	}
	return ""
}

// unpaidInARow counts a buyer's latest orders that nobody paid, those of more than a day ago left out.
func (k *keeper) unpaidInARow(buyer int64) int {
	n := 0
	for _, e := range slices.Backward(k.book) {
		switch {
		case e.buyer != buyer:
			continue
		case len(e.paid) > 0, e.state != isOpen && time.Since(e.ends) >= 24*time.Hour:
			return n
		}
		n++
	}
	return n
}

func (k *keeper) order(id string, buyer int64, sku string, units int, ends time.Time) *entry {
	t := k.sells[sku]
	e := &entry{
		number: len(k.book) + 1, id: id, buyer: buyer, sku: sku, units: units, keyed: t.keyed,
		total: new(big.Rat).Mul(t.price, big.NewRat(int64(units), 1)), ends: ends, state: isOpen,
	}
	k.book = append(k.book, e)
	return e
}

// cancel ends an unpaid order, and with it the reservation.
func (k *keeper) cancel(e *entry) {
	e.state = isCancelled
	defer k.load(e.sku, 0) // what comes free is for those who paid and wait
	k.cancelled++
}

// receive takes a payment in: goods if there are any for it, else it is held. One
// more payment for the same order changes nothing but the money.
func (k *keeper) receive(e *entry, p payment) {
	again := len(e.paid) > 0
	e.paid = append(e.paid, p)
	free := k.free(e.sku)
	if e.state == isOpen {
		free += e.units
	}
	switch {
	case again:
		k.tell(e.buyer, "was paid a second time")
		k.tell(olga, "was paid a second time")
	case p.price.Cmp(e.total) != 0:
		k.hold(e, forSum)
	case !slices.Contains([]string{"USDT", "TON"}, p.coins.asset):
		k.hold(e, forCoin)
	case e.keyed && free < e.units:
		k.hold(e, forStock)
	default:
		k.deliver(e)
	}
}

// deliver gives an order its units for ever and hands them over, if the buyer can be reached.
func (k *keeper) deliver(e *entry) {
	e.owns = e.keyed
	switch {
	case k.blocked[e.buyer]:
		k.hold(e, forChat)
	case k.refused:
		k.hold(e, forTelegram)
	default:
		e.state, e.why, e.handed = isDelivered, "", true
		k.delivered++
		k.tell(olga, "💰")
	}
	k.refused = false
}

func (k *keeper) hold(e *entry, why string) {
	e.state, e.why = isHeld, why
	k.held++
	k.tell(olga, "Paid, and waiting for you")
	k.tell(e.buyer, map[string]string{
		forStock: "arrived after the hold time", forSum: "differs from the price", forCoin: "coin that this shop does not take",
		forChat: "could not reach this chat", forTelegram: "The goods cannot be sent just now",
	}[why])
}

// releasable reports whether an owner may send a held order on.
func (k *keeper) releasable(e *entry) bool {
	return e.state == isHeld && (e.owns || !e.keyed || k.free(e.sku) >= e.units)
}

// load puts units on the shelf. Those who paid and wait for them come first, the
// oldest before all others.
func (k *keeper) load(sku string, units int) {
	k.shelf[sku] += units
	waiting := k.list(func(e *entry) bool { return e.state == isHeld && e.why == forStock && e.sku == sku })
	slices.SortFunc(waiting, func(a, b *entry) int { return cmpText(a.id, b.id) })
	for _, e := range waiting {
		if k.free(sku) < e.units {
			return
		}
		k.deliver(e)
	}
}

// left is what of the money in one coin has not gone back.
func (e *entry) left(asset string) *big.Rat {
	sum := new(big.Rat)
	for _, p := range e.paid {
		if p.coins.asset == asset {
			sum.Add(sum, p.coins.number)
		}
	}
	for _, c := range e.back {
		if c.asset == asset {
			sum.Sub(sum, c.number)
		}
	}
	return sum
}

// nextBack is the first coin of which something is left to send back.
func (e *entry) nextBack() (coins, bool) {
	for _, p := range e.paid {
		if left := e.left(p.coins.asset); left.Sign() > 0 {
			return coins{p.coins.asset, left}, true
		}
	}
	return coins{}, false
}

// refund sends coins back. The units stay with the order, and are never sold again.
func (k *keeper) refund(e *entry, c coins) {
	e.asked = append(e.asked, asked{c.asset, time.Now()})
	k.sendBack(e, c)
}

// surplus is a second payment that can be sent back by a button; nil where there
// is none. A refund by its amount that was asked for since may have been meant for it.
func (e *entry) surplus() *payment {
	for i := 1; i < len(e.paid); i++ {
		p := &e.paid[i]
		meant := slices.ContainsFunc(e.asked, func(a asked) bool { return a.asset == p.coins.asset && !a.at.Before(p.at) })
		if !p.gone && !meant && e.left(p.coins.asset).Cmp(p.coins.number) >= 0 {
			return p
		}
	}
	return nil
}

func (k *keeper) sendBack(e *entry, c coins) {
	e.back = append(e.back, c)
	if _, more := e.nextBack(); !more {
		e.state, e.why = isRefunded, ""
	}
	k.tell(e.buyer, "is back in your @CryptoBot wallet")
	k.tell(olga, "↩️ Refunded: ")
}

func (k *keeper) list(wanted func(*entry) bool) []*entry {
	var list []*entry
	for _, e := range k.book {
		if wanted(e) {
			list = append(list, e)
		}
	}
	return list
}

func (k *keeper) byID(id string) *entry {
	for _, e := range k.book {
		if e.id == id {
			return e
		}
	}
	return nil
}

func cmpText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func (e *entry) String() string { return fmt.Sprintf("order %d", e.number) }

func (c coins) String() string { return c.number.FloatString(partialCoins) + " " + c.asset }

// cut is a number of coins without what is smaller than the smallest part of a coin: nothing is made up by rounding.
func cut(n *big.Rat) *big.Rat {
	scale := new(big.Rat).SetInt64(1_0000_0000)
	scaled := new(big.Rat).Mul(n, scale)
	whole := new(big.Int).Quo(scaled.Num(), scaled.Denom())
	return new(big.Rat).Quo(new(big.Rat).SetInt(whole), scale)
}

// fate is what became of an order, in words.
func (e *entry) fate() string {
	if e.state == isHeld {
		return isHeld + ": " + e.why
	}
	return e.state
}
