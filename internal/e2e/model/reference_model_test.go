package model

import (
	"math/big"
	"slices"
	"strings"
	"time"
)

// referenceModel says how the shop has to look from outside. It has no database, no network and no
// workers: it is written from what the README and the contract promise, and shares no code with the
// shop.
type referenceModel struct {
	catalog map[string]product // what is for sale now, by SKU
	loaded  map[string]int     // units that were ever loaded, by SKU
	orders  []*modelOrder      // in the order in which they were made

	// How often each of these events happened, no matter how the order ended.
	cancelled, held, delivered int
	// Cancellations that raced with a payment: each may or may not have happened.
	maybeCancelled int

	expected        map[message]int // messages that people must have got, and at least how often
	blocked         map[int64]bool  // buyers who block the bot
	telegramRefuses bool            // Telegram will refuse the next delivery
}

type product struct {
	price     *big.Rat // in USD
	limit     int      // units in one order
	fromStock bool     // sold by keys
}

// message is a part of what somebody must be told.
type message struct {
	who  int64
	text string
}

const (
	maxOpen   = 3  // unpaid orders of one buyer
	maxUnpaid = 10 // orders in a row that a buyer left unpaid
)

func newReferenceModel() *referenceModel {
	return &referenceModel{catalog: map[string]product{}, loaded: map[string]int{}, expected: map[message]int{}, blocked: map[int64]bool{}}
}

// expect notes a message to somebody. A person who blocks the bot gets none.
func (m *referenceModel) expect(who int64, text string) {
	if !m.blocked[who] {
		m.expected[message{who, text}]++
	}
}

// stock counts how many units of a product are free, reserved and sold.
func (m *referenceModel) stock(sku string) (free, reserved, sold int) {
	for _, o := range m.orders {
		switch {
		case o.sku != sku || !o.fromStock:
		case o.ownsKeys:
			sold += o.units
		case o.state == stateOpen:
			reserved += o.units
		}
	}
	return m.loaded[sku] - reserved - sold, reserved, sold
}

func (m *referenceModel) free(sku string) int {
	free, _, _ := m.stock(sku)
	return free
}

// whyRefused says why the shop does not take this order, or "" if it does.
func (m *referenceModel) whyRefused(buyer int64, sku string, units int) string {
	p, sold := m.catalog[sku]
	switch {
	case !sold:
		return "not sold"
	case units < 1 || units > p.limit:
		return "over the limit"
	case len(m.where(func(o *modelOrder) bool { return o.buyer == buyer && o.state == stateOpen })) >= maxOpen:
		return "too many open"
	case m.unpaidInARow(buyer) >= maxUnpaid:
		return "too many left unpaid"
	case p.fromStock && m.free(sku) < units:
		return "sold out"
	}
	return ""
}

// unpaidInARow counts the unpaid orders that a buyer made since the latest paid one, within a day.
func (m *referenceModel) unpaidInARow(buyer int64) int {
	n := 0
	for _, o := range slices.Backward(m.orders) {
		switch {
		case o.buyer != buyer:
			continue
		case len(o.payments) > 0, o.state != stateOpen && time.Since(o.expires) >= 24*time.Hour:
			return n
		}
		n++
	}
	return n
}

func (m *referenceModel) addOrder(id string, buyer int64, sku string, units int, expires time.Time) *modelOrder {
	p := m.catalog[sku]
	o := &modelOrder{
		number: len(m.orders) + 1, id: id, buyer: buyer, sku: sku, units: units, fromStock: p.fromStock,
		total: new(big.Rat).Mul(p.price, big.NewRat(int64(units), 1)), expires: expires, state: stateOpen,
	}
	m.orders = append(m.orders, o)
	return o
}

// cancel ends an unpaid order, and with it the reservation.
func (m *referenceModel) cancel(o *modelOrder) {
	o.state = stateCancelled
	m.cancelled++
	m.restock(o.sku, 0) // the units that are free now go to those who have paid and wait
}

// recordPayment delivers the order if it can, and else holds it. A second payment changes nothing
// but the money.
func (m *referenceModel) recordPayment(o *modelOrder, p payment) {
	again := len(o.payments) > 0
	o.payments = append(o.payments, p)
	free := m.free(o.sku)
	if o.state == stateOpen {
		free += o.units
	}
	switch {
	case again:
		m.expect(o.buyer, "was paid a second time")
		m.expect(olga, "was paid a second time")
	case p.price.Cmp(o.total) != 0:
		m.hold(o, heldWrongAmount)
	case !slices.Contains([]string{"USDT", "TON"}, p.coins.asset):
		m.hold(o, heldWrongCoin)
	case o.fromStock && free < o.units:
		m.hold(o, heldSoldOut)
	default:
		m.deliver(o)
	}
}

// deliver assigns the units to the order for good, and sends them if the buyer can be reached.
func (m *referenceModel) deliver(o *modelOrder) {
	o.ownsKeys = o.fromStock
	switch {
	case m.blocked[o.buyer]:
		m.hold(o, heldBlocked)
	case m.telegramRefuses:
		m.hold(o, heldRefusedByTelegram)
	default:
		o.state, o.holdReason, o.goodsArrived = stateDelivered, "", true
		m.delivered++
		m.expect(olga, "💰")
	}
	m.telegramRefuses = false
}

func (m *referenceModel) hold(o *modelOrder, reason string) {
	o.state, o.holdReason = stateHeld, reason
	m.held++
	m.expect(olga, "Paid, and waiting for you")
	m.expect(o.buyer, map[string]string{
		heldSoldOut: "arrived after the hold time", heldWrongAmount: "differs from the price", heldWrongCoin: "coin that this shop does not take",
		heldBlocked: "could not reach this chat", heldRefusedByTelegram: "The goods cannot be sent just now",
	}[reason])
}

// releasable reports whether the owner can have a held order delivered.
func (m *referenceModel) releasable(o *modelOrder) bool {
	return o.state == stateHeld && (o.ownsKeys || !o.fromStock || m.free(o.sku) >= o.units)
}

// restock adds units. Held orders that wait for them come first, the oldest before all others: a
// small order never overtakes a larger one that is older.
func (m *referenceModel) restock(sku string, units int) {
	m.loaded[sku] += units
	for _, o := range m.waiting(sku) {
		if m.free(sku) < o.units {
			return
		}
		m.deliver(o)
	}
}

// waiting lists the held orders that wait for units of a product, the oldest first.
func (m *referenceModel) waiting(sku string) []*modelOrder {
	waiting := m.where(func(o *modelOrder) bool { return o.state == stateHeld && o.holdReason == heldSoldOut && o.sku == sku })
	slices.SortFunc(waiting, func(a, b *modelOrder) int { return strings.Compare(a.id, b.id) })
	return waiting
}

// stockWaits reports whether there are units for an order that waits for them, since one before it
// wants its money back, or another's payment was no good.
func (m *referenceModel) stockWaits() bool {
	return slices.ContainsFunc(products, func(sku string) bool {
		waiting := m.waiting(sku)
		return len(waiting) > 0 && m.free(sku) >= waiting[0].units
	})
}

// refund sends coins back. The units stay with the order, and are never sold again.
func (m *referenceModel) refund(o *modelOrder, c coins) {
	o.refundRequests = append(o.refundRequests, refundRequest{c.asset, time.Now()})
	m.recordTransfer(o, c)
}

// refundByCheck is refund for what is too little for a transfer.
func (m *referenceModel) refundByCheck(o *modelOrder, c coins) {
	o.refundRequests = append(o.refundRequests, refundRequest{c.asset, time.Now()})
	o.checks = append(o.checks, c)
	m.recordRefund(o, c)
	m.expect(o.buyer, "waits for you in a check that only you can open")
	m.expect(olga, "↩️ Refunded by check")
}

func (m *referenceModel) recordTransfer(o *modelOrder, c coins) {
	m.recordRefund(o, c)
	m.expect(o.buyer, "is back in your @CryptoBot wallet")
	m.expect(olga, "↩️ Refunded: ")
}

// recordRefund ends the order if nothing is left to refund.
func (m *referenceModel) recordRefund(o *modelOrder, c coins) {
	o.refunds = append(o.refunds, c)
	if _, more := o.nextRefund(); !more {
		o.state, o.holdReason = stateRefunded, ""
	}
}

// where lists the orders that are wanted.
func (m *referenceModel) where(wanted func(*modelOrder) bool) []*modelOrder {
	var list []*modelOrder
	for _, o := range m.orders {
		if wanted(o) {
			list = append(list, o)
		}
	}
	return list
}

func (m *referenceModel) byID(id string) *modelOrder {
	for _, o := range m.orders {
		if o.id == id {
			return o
		}
	}
	return nil
}
