package shop

import (
	"slices"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
)

// Order is one purchase. Its methods that change it are named after what
// happened; they run inside a storage transaction, change nothing when they
// return an error, and never wait for anybody.
type Order struct {
	ID    OrderID `json:"id"`
	State State   `json:"state"`
	Buyer Buyer   `json:"buyer"`
	Item  Item    `json:"item"`
	// Total is the price of all units, in the shop's currency.
	Total money.Amount `json:"total"`
	// Assets are what may be paid with; empty: whatever the payment service offers.
	Assets  []money.Currency `json:"assets,omitempty"`
	Created time.Time        `json:"created"`
	// Expires is when the invoice stops being payable and the reservation ends.
	Expires time.Time `json:"expires"`
	Invoice Invoice   `json:"invoice,omitzero"`
	// InvoiceClosed says that nobody can pay the invoice any more, or that it is paid.
	InvoiceClosed bool      `json:"invoice_closed,omitempty"`
	Payments      []Payment `json:"payments,omitempty"`
	// Keys are the units that belong to this order for ever, from payment on.
	Keys      []string  `json:"keys,omitempty"`
	Delivered time.Time `json:"delivered,omitzero"`
	// Stuck says that the owners were told that the goods do not arrive.
	Stuck bool       `json:"stuck,omitempty"`
	Hold  HoldReason `json:"hold,omitempty"`
	// Wish is what the buyer chose while it is held.
	Wish Wish `json:"wish,omitempty"`
	// ReleasedBy is the Telegram id of who sent the held order on; 0 for the shop, when stock came.
	ReleasedBy int64        `json:"released_by,omitempty"`
	Cancelled  CancelReason `json:"cancelled,omitempty"`
	Refunds    []Refund     `json:"refunds,omitempty"`
	// Resume is the state that a refund which does not cover everything returns to.
	Resume State `json:"resume,omitempty"`
	// Place is where in a chat this order is being talked about.
	Place Place `json:"place,omitzero"`
	// Notices are the things that happened and that nobody was told yet, oldest first.
	Notices []Notice       `json:"notices,omitempty"`
	Retries map[Task]Retry `json:"retries,omitempty"`
}

// Buyer is who ordered: a Telegram user, in the private chat with the bot.
type Buyer struct {
	ID       int64  `json:"id"`
	Name     string `json:"name,omitempty"`
	Language string `json:"language,omitempty"`
}

// Item is what was ordered. Title, price and delivery are copied from the
// catalog at checkout, so that later changes of the catalog leave the order alone.
type Item struct {
	SKU          string       `json:"sku"`
	Title        catalog.Text `json:"title"`
	Quantity     int          `json:"quantity"`
	Price        money.Amount `json:"price"` // of one unit
	Deliver      catalog.Kind `json:"deliver"`
	Text         catalog.Text `json:"text,omitzero"`
	File         string       `json:"file,omitempty"`
	Instructions catalog.Text `json:"instructions,omitzero"`
}

// Place is a message in a chat.
type Place struct {
	Chat    int64 `json:"chat"`
	Message int   `json:"message"`
	// Media says that the message is a picture with a caption, which is edited in another way than a text.
	Media bool `json:"media,omitempty"`
}

// HoldReason is why a paid order waits for a person. The words are stored on disk.
type HoldReason string

// Why an order is held.
const (
	HoldSoldOut       HoldReason = "sold_out"      // paid late, and nothing is left
	HoldWrongAmount   HoldReason = "wrong_amount"  // the invoice was for another sum than the order
	HoldWrongAsset    HoldReason = "wrong_asset"   // paid in an asset that was not asked for
	HoldUndeliverable HoldReason = "undeliverable" // the buyer's chat refuses messages
	HoldRefused       HoldReason = "refused"       // Telegram does not take the message with the goods
	HoldNoGoods       HoldReason = "no_goods"      // the product's file is missing
	HoldPaidTwice     HoldReason = "paid_twice"    // never a state of its own: a notice about a surplus
)

// CancelReason is why an order ended before it was paid. The words are stored on disk.
type CancelReason string

// Why an order was cancelled.
const (
	CancelByBuyer   CancelReason = "buyer"
	CancelExpired   CancelReason = "expired"
	CancelNoInvoice CancelReason = "no_invoice" // the payment service did not make one
)

// Open reports whether o is still to be paid.
func (o *Order) Open() bool { return o.State == StateNew || o.State == StateAwaiting }

// Reserved is how many units of stock o keeps from others without owning them.
func (o *Order) Reserved() int {
	if o.Item.Deliver == catalog.Keys && o.Open() {
		return o.Item.Quantity
	}
	return 0
}

// Owed is how many units of stock must become o's own in the transaction that
// brought it into its state.
func (o *Order) Owed() int {
	if o.Item.Deliver == catalog.Keys && o.State == StatePaid && len(o.Keys) == 0 {
		return o.Item.Quantity
	}
	return 0
}

// Paid is what was paid in one asset, refunds not subtracted.
func (o *Order) Paid(asset money.Currency) money.Amount {
	sum := money.Zero(asset)
	for _, p := range o.Payments {
		if p.Amount.Currency() == asset {
			sum, _ = sum.Add(p.Amount) // of one currency by the condition above
		}
	}
	return sum
}

// PaidAssets lists what o was paid in, the first payment's asset first.
func (o *Order) PaidAssets() []money.Currency {
	var assets []money.Currency
	for _, p := range o.Payments {
		if c := p.Amount.Currency(); !slices.Contains(assets, c) {
			assets = append(assets, c)
		}
	}
	return assets
}

// Has reports whether the goods belong to the buyer and may be shown again.
func (o *Order) Has() bool {
	switch o.State {
	case StateDelivered:
		return true
	case StateRefunding:
		return o.Resume == StateDelivered
	default:
		return false
	}
}
