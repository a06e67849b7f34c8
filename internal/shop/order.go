package shop

import (
	"maps"
	"slices"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
)

// Order is one purchase. Its methods that change it are named after what
// happened; they run inside a storage transaction, change nothing when they
// return an error, and never wait.
type Order struct {
	ID    OrderID `json:"id"`
	State State   `json:"state"`
	Buyer Buyer   `json:"buyer"`
	// Lines are what was ordered; at least one.
	Lines []Line `json:"lines"`
	// Discounts are what the buyer saves, each with its reason.
	Discounts []Discount `json:"discounts,omitempty"`
	// Total is the price of all lines less the discounts, in the shop's currency.
	Total money.Amount `json:"total"`
	// Rail is the way of paying that the buyer chose.
	Rail RailID `json:"rail"`
	// Stars is the total in XTR, for a payment with Stars; zero if they are not taken.
	Stars money.Amount `json:"stars,omitzero"`
	// StarsInvoice is for a payment with Stars beside Rail; it is empty where Rail is Stars.
	StarsInvoice Invoice `json:"stars_invoice,omitzero"`
	// Approved is the latest question of Telegram whether o may be paid that was answered with yes.
	Approved Approval `json:"approved,omitzero"`
	// Refused are the rails that make no invoice for o.
	Refused []RailID `json:"refused,omitempty"`
	// Assets are what may be paid with; empty: all that the rail offers.
	Assets  []money.Currency `json:"assets,omitempty"`
	Created time.Time        `json:"created"`
	// Expires is when the invoice stops being payable and the reservation ends.
	Expires time.Time `json:"expires"`
	// Extended is how often Expires had come and the invoice could still be paid.
	Extended int     `json:"extended,omitempty"`
	Invoice  Invoice `json:"invoice,omitzero"`
	// InvoiceClosed says that nobody can pay the invoice any more, or that it is paid.
	InvoiceClosed bool      `json:"invoice_closed,omitempty"`
	Payments      []Payment `json:"payments,omitempty"`
	// Delivered is when the last line's goods reached the buyer.
	Delivered time.Time `json:"delivered,omitzero"`
	// Preparing says that the buyer was told that goods are being prepared.
	Preparing bool `json:"preparing,omitempty"`
	// ToldLate says that buyer and owners were told that what is made by hand is late.
	ToldLate bool `json:"told_late,omitempty"`
	// Stuck says that the owners were told that the goods do not arrive.
	Stuck bool       `json:"stuck,omitempty"`
	Hold  HoldReason `json:"hold,omitempty"`
	// HoldNote says to the owners what exactly is wrong, in English; "" if Hold says it all.
	HoldNote string `json:"hold_note,omitempty"`
	// Choice is what the buyer chose while the order is held.
	Choice HeldChoice `json:"choice,omitempty"`
	// ReleasedBy is the Telegram id of the person who sent the held order on; 0 for the shop, when
	// stock came.
	ReleasedBy int64        `json:"released_by,omitempty"`
	Cancelled  CancelReason `json:"cancelled,omitempty"`
	// Ended is when the buyer cancelled; zero if something else ended the order.
	Ended time.Time `json:"ended,omitzero"`
	// Lapses is how many orders the buyer had let lapse when this one was made. They shorten its
	// hold.
	Lapses  int      `json:"lapses,omitempty"`
	Refunds []Refund `json:"refunds,omitempty"`
	// Proposed are refunds that owners were asked to confirm, oldest first.
	Proposed []Refund `json:"proposed,omitempty"`
	// Resume is the state that a refund which does not cover everything returns to.
	Resume State `json:"resume,omitempty"`
	// Message is the chat message that shows this order.
	Message MessageRef `json:"message,omitzero"`
	// Renews is the order with which the subscription began that this one renews; "" if it renews
	// none.
	Renews OrderID `json:"renews,omitempty"`
	// Renewal is what the subscription will do that began with o; "" if none did.
	Renewal Renewal `json:"renewal,omitempty"`
	// EndSubscription is the first payment of the subscription that the shop is to end; "" if there is
	// nothing to end.
	EndSubscription string `json:"end_subscription,omitempty"`
	// FromCart says that it is what was in the buyer's cart. The store empties the cart in the
	// transaction that makes the order.
	FromCart bool `json:"from_cart,omitempty"`
	// Invited says that somebody invited the buyer, so the delivery may earn a reward.
	Invited bool `json:"invited,omitempty"`
	// Outdated says that Message could not be redrawn when the order moved on.
	Outdated bool `json:"outdated,omitempty"`
	// Notices are the things that happened and still have to be told, oldest first.
	Notices []Notice       `json:"notices,omitempty"`
	Retries map[Task]Retry `json:"retries,omitempty"`
}

// Buyer is who ordered: a Telegram user, in the private chat with the bot.
type Buyer struct {
	ID       int64  `json:"id"`
	Name     string `json:"name,omitempty"`
	Language string `json:"language,omitempty"`
}

// Line is one product of an order. What it says of the product is copied from the
// catalog at checkout, so that later changes of the catalog leave the order alone.
type Line struct {
	SKU      string       `json:"sku"`
	Title    catalog.Text `json:"title"`
	Quantity int          `json:"quantity"`
	Price    money.Amount `json:"price"` // of one
	// Stars is the price of one in Stars; zero if the order cannot be paid with them.
	Stars money.Amount `json:"stars,omitzero"`
	// Part is what is handed over in the leading way, and Also in further ones.
	Part
	Also []Part `json:"also,omitempty"`
	// FromStock says that each piece is a unit of the product's stock, which are the Goods of the
	// leading Part.
	FromStock bool `json:"from_stock,omitempty"`
	// Protect says that Telegram lets nobody forward or save the goods.
	Protect      bool         `json:"protect,omitempty"`
	Instructions catalog.Text `json:"instructions,omitempty"`
	// Access is for how long one piece lets the buyer in; 0: without end.
	Access time.Duration `json:"access,omitempty"`
	// Subscription says that a payment with Stars renews itself when Access ends.
	Subscription bool `json:"subscription,omitempty"`
	// Answers are what the buyer said to the product's questions, in their order.
	Answers []Answer `json:"answers,omitempty"`
	// Replaced are the units that were among Goods until others took their place, in the order in
	// which that happened.
	Replaced []Replacement `json:"replaced,omitempty"`
	// Returned are pieces that were paid back one by one: each a unit of Goods, or "" if the line is
	// not of units.
	Returned []string `json:"returned,omitempty"`
	// ByHand is the Telegram id of the person who said what Goods are; 0 if nobody did.
	ByHand int64 `json:"by_hand,omitempty"`
	// Delivered is when the goods reached the buyer; zero before.
	Delivered time.Time `json:"delivered,omitzero"`
	// Refunded says that the line was paid back. It is not delivered any more.
	Refunded bool `json:"refunded,omitempty"`
}

// Part is what one way of delivery hands over for a line. A line has each way once.
type Part struct {
	Deliver catalog.Kind   `json:"deliver"`
	Text    catalog.Text   `json:"text,omitempty"`
	File    string         `json:"file,omitempty"`
	Invite  catalog.Invite `json:"invite,omitzero"`
	Server  catalog.Server `json:"server,omitzero"`
	Manual  catalog.Manual `json:"manual,omitzero"`
	// Invited is what is known of an invitation that was made.
	Invited Invited `json:"invited,omitzero"`
	// Goods belong to the buyer from payment on: units of stock, or what was made at delivery.
	// Empty where the product itself is what is sent. Those of a leading Part change by
	// Line.Replaced alone.
	Goods []string `json:"goods,omitempty"`
	// Done is when a person made or did what catalog.ByHand is about; zero before. Attached is the
	// file that they gave beside Goods.
	Done     time.Time    `json:"done,omitzero"`
	Attached TelegramFile `json:"attached,omitzero"`
}

// unmade reports whether the part's goods are still to be made.
func (p *Part) unmade() bool { return p.Deliver.Made() && len(p.Goods) == 0 }

// Parts lists what a line hands over, the leading part first.
func (l *Line) Parts() []*Part {
	parts := []*Part{&l.Part}
	for i := range l.Also {
		parts = append(parts, &l.Also[i])
	}
	return parts
}

// PartOf finds what a line hands over in one way; nil if there is no such part.
func (l *Line) PartOf(kind catalog.Kind) *Part {
	for _, p := range l.Parts() {
		if p.Deliver == kind {
			return p
		}
	}
	return nil
}

// toMake reports whether goods of a pending line are still to be made.
func (l *Line) toMake() bool {
	return l.Pending() && slices.ContainsFunc(l.Parts(), (*Part).unmade)
}

// byHand reports whether a person has to give a pending line its goods.
func (l *Line) byHand() bool {
	p := l.PartOf(catalog.ByHand)
	return p != nil && l.Pending() && p.Done.IsZero()
}

// ready reports whether a line can be handed over.
func (l *Line) ready() bool { return l.Pending() && !l.toMake() && !l.byHand() }

// Sum is the price of the whole line, discounts not subtracted.
func (l *Line) Sum() money.Amount { return l.Price.Times(l.Quantity) }

// Pending reports whether the line's goods are still to be handed over once the order is paid.
func (l *Line) Pending() bool {
	return !l.Refunded && (l.Delivered.IsZero() || len(l.Replacing()) > 0)
}

// needsUnits is how many units of stock must still become the line's goods.
func (l *Line) needsUnits() int {
	if l.FromStock && len(l.Goods) == 0 && l.Pending() {
		return l.Quantity
	}
	return 0
}

// Discount is an amount that the buyer does not pay.
type Discount struct {
	// Reason says why, such as "coupon SPRING". Buyer and owner read it as it is.
	Reason string       `json:"reason"`
	Amount money.Amount `json:"amount"` // in the shop's currency, more than zero
	// Coupon is the code of the coupon that it comes from; "" for another reason.
	Coupon string `json:"coupon,omitempty"`
	// Lines are the indexes of the order's lines that it is for; empty for all.
	Lines []int `json:"lines,omitempty"`
}

// MessageRef names a message in a chat.
type MessageRef struct {
	Chat    int64 `json:"chat"`
	Message int   `json:"message"`
	// Media says that the message is a picture with a caption, which is edited in another way than
	// a text.
	Media bool `json:"media,omitempty"`
	// Page is where the page of the buyer's orders begins from which the message was opened; "" for
	// the first.
	Page OrderID `json:"page,omitempty"`
}

// HoldReason is why a paid order waits for a person. The words are stored on disk.
type HoldReason string

// Why an order is held.
const (
	HoldSoldOut       HoldReason = "sold_out"       // paid late, and too little is left
	HoldWrongAmount   HoldReason = "wrong_amount"   // the invoice was for another sum than the order
	HoldWrongAsset    HoldReason = "wrong_asset"    // paid in an asset that was not asked for
	HoldWrongValue    HoldReason = "wrong_value"    // what was paid is worth far more or less than the price
	HoldUndeliverable HoldReason = "undeliverable"  // the buyer's chat refuses messages
	HoldRefused       HoldReason = "refused"        // Telegram does not take the message with the goods
	HoldNoGoods       HoldReason = "no_goods"       // the product's file is missing
	HoldManual        HoldReason = "manual"         // not a fault: an owner does or makes the goods
	HoldServerRefused HoldReason = "server_refused" // the owner's server refused to give the goods
	HoldServerAnswer  HoldReason = "server_answer"  // what the owner's server answered cannot be used
	HoldServerLate    HoldReason = "server_late"    // the owner's server has not given the goods in time
	HoldNoRight       HoldReason = "no_right"       // the bot may not invite into the chat
	HoldNoChat        HoldReason = "no_chat"        // Telegram does not find the chat
	HoldUnknownWay    HoldReason = "unknown_way"    // this program does not know the way of delivery
	HoldPaidTwice     HoldReason = "paid_twice"     // not a reason to hold; used only in notices
)

// CancelReason is why an order ended before it was paid. The words are stored on disk.
type CancelReason string

// Why an order was cancelled.
const (
	CancelByBuyer   CancelReason = "buyer"
	CancelExpired   CancelReason = "expired"
	CancelNoInvoice CancelReason = "no_invoice" // the rail did not make one in time
	CancelRefused   CancelReason = "refused"    // the rail refused one, and would again
)

// PriceBy is what o costs if it is paid by a rail; zero where that rail does not take it.
func (o *Order) PriceBy(rail RailID) money.Amount {
	switch {
	case rail == Stars:
		return o.Stars
	case o.Rail == Stars && rail != Hand:
		return money.Amount{}
	}
	return o.Total
}

// Open reports whether o is still to be paid.
func (o *Order) Open() bool { return o.State == StateNew || o.State == StateAwaiting }

// HoldsStock reports whether o keeps units of stock from others while it is open.
func (o *Order) HoldsStock() bool {
	return slices.ContainsFunc(o.Lines, func(l Line) bool { return l.FromStock })
}

// Units counts units of stock by SKU.
type Units map[string]int

// Reserved is how many units of each product o keeps from others without owning them.
func (o *Order) Reserved() Units {
	if !o.Open() {
		return nil
	}
	return o.missingUnits()
}

// Owed is how many units of each product must become o's own in the transaction that
// brought it into its state.
func (o *Order) Owed() Units {
	var units Units
	if o.State == StatePaid {
		units = o.missingUnits()
	}
	for i := range o.Lines {
		units = units.add(o.Lines[i].SKU, o.Lines[i].owedReplacements())
	}
	return units
}

// add counts n more units of a product, and returns the counts; nil while nothing is counted.
func (u Units) add(sku string, n int) Units {
	switch {
	case n <= 0:
		return u
	case u == nil:
		return Units{sku: n}
	}
	u[sku] += n
	return u
}

// Burned are the units that after replaced and before did not, by SKU: they are never sold again.
func Burned(before, after *Order) map[string][]string {
	var burned map[string][]string
	for i := range after.Lines {
		l, had := &after.Lines[i], 0
		if i < len(before.Lines) {
			had = len(before.Lines[i].Replaced)
		}
		for _, r := range l.Replaced[had:] {
			if burned == nil {
				burned = map[string][]string{}
			}
			burned[l.SKU] = append(burned[l.SKU], r.Old)
		}
	}
	return burned
}

// missingUnits is how many units of stock o still needs to be delivered.
func (o *Order) missingUnits() Units {
	var units Units
	for i := range o.Lines {
		units = units.add(o.Lines[i].SKU, o.Lines[i].needsUnits())
	}
	return units
}

// TakeUnits gives o the units that it is owed, in the order of its lines. take returns the next n
// units of a product. It is for stores, which call it in the transaction that stores o.
func (o *Order) TakeUnits(take func(sku string, n int) ([]string, error)) error {
	lines := slices.Clone(o.Lines)
	for i := range lines {
		l := &lines[i]
		if n := l.needsUnits(); n > 0 && o.State == StatePaid {
			goods, err := take(l.SKU, n)
			if err != nil {
				return err
			}
			l.Goods = goods
		}
		if n := l.owedReplacements(); n > 0 {
			units, err := take(l.SKU, n)
			if err != nil {
				return err
			}
			l.takeReplacements(units)
		}
	}
	o.Lines = lines
	return nil
}

// pendingLines reports whether any goods are still to be handed over.
func (o *Order) pendingLines() bool { return o.anyLine((*Line).Pending) }

func (o *Order) anyLine(is func(*Line) bool) bool {
	return slices.ContainsFunc(o.Lines, func(l Line) bool { return is(&l) })
}

// Clone copies o, so that a change of what the copy refers to leaves o alone. Texts and goods are
// shared: they never change.
func (o *Order) Clone() Order {
	c := *o
	c.Lines, c.Discounts, c.Assets = slices.Clone(o.Lines), slices.Clone(o.Discounts), slices.Clone(o.Assets)
	c.Payments, c.Refunds, c.Notices = slices.Clone(o.Payments), slices.Clone(o.Refunds), slices.Clone(o.Notices)
	c.Proposed, c.Refused = slices.Clone(o.Proposed), slices.Clone(o.Refused)
	c.Retries = maps.Clone(o.Retries)
	return c
}

// Quantity is how many pieces o is for, all lines together.
func (o *Order) Quantity() int {
	n := 0
	for i := range o.Lines {
		n += o.Lines[i].Quantity
	}
	return n
}

// quantityOf is how many pieces of one product o is for.
func (o *Order) quantityOf(sku string) int {
	n := 0
	for i := range o.Lines {
		if o.Lines[i].SKU == sku {
			n += o.Lines[i].Quantity
		}
	}
	return n
}

// HasGoodsToShow reports whether the buyer has goods of o that may be shown again.
func (o *Order) HasGoodsToShow() bool {
	return slices.ContainsFunc(o.Lines, func(l Line) bool { return o.Shows(&l) })
}

// Shows reports whether a line's goods are with the buyer and may be shown again.
func (o *Order) Shows(l *Line) bool {
	if l.Delivered.IsZero() || l.Refunded {
		return false
	}
	switch o.State {
	case StatePaid, StateHeld, StateDelivered:
		return true
	case StateRefunding:
		return true // a part of it at most goes back; which one is known when it is done
	case StateNew, StateAwaiting, StateRefunded, StateCancelled:
	}
	return false
}
