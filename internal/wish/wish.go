// Package wish tells people that a product is back in stock, and keeps the list of what each of them
// waits for.
//
// It knows neither chats nor databases; a Sender and a Store are given to it. The one idea to keep in
// mind: units that become free give a product as many turns as there are units, in the same
// transaction, and each message takes one turn. A turn is on disk until its message went out, so a
// crash repeats one message at most and never tells more people than there are units.
package wish

import (
	"context"
	"errors"
	"time"

	"shopbot/internal/shop"
)

// Max is how many products one person may have on the list.
const Max = 30

// ErrTooMany says that the person has Max products on the list.
var ErrTooMany = errors.New("too many products on the list")

// Wish is a product on somebody's list.
type Wish struct {
	SKU string    `json:"sku"`
	At  time.Time `json:"at"` // when it was put on the list, or asked for again
	// Place is where the person stands in the queue of the product, growing in the order of asking; 0
	// once they were told.
	Place int64 `json:"place,omitempty"`
}

// Waits reports whether the person is told when the product comes back.
func (w Wish) Waits() bool { return w.Place != 0 }

// Turn is a person who is to be told that a product is back.
type Turn struct {
	SKU   string
	User  int64 // Telegram id
	Place int64 // see Wish
	Free  int   // units for sale now
}

// Store keeps the lists. Each method is one durable transaction, as in shop.Store. When units of a
// product become free, by a load or by orders that end, the Store adds as many turns in that
// transaction. Payment takes the products of an order off its buyer's list.
type Store interface {
	// AddWish puts a product on a person's list and the person at the end of its queue; added is
	// false if they stand there already. ErrTooMany.
	AddWish(ctx context.Context, user int64, sku string) (added bool, err error)
	// RemoveWish takes a product off a person's list. It is not an error if it is not there.
	RemoveWish(ctx context.Context, user int64, sku string) error
	// WishesOf lists a person's wishes by SKU, at most Max.
	WishesOf(ctx context.Context, user int64) ([]Wish, error)

	// BackInStock lists the products that have turns, by SKU.
	BackInStock(ctx context.Context) ([]string, error)
	// NextTurn is the first in the queue of a product who has not been told. false, and the turns are
	// over, if nobody waits who asked before the product came back, or if nothing is for sale any
	// more.
	NextTurn(ctx context.Context, sku string) (Turn, bool, error)
	// EndTurn takes a person out of the queue, and leaves the product on their list. told says that
	// the message reached them, which takes one of the turns. A person who asked again meanwhile
	// stays in the queue.
	EndTurn(ctx context.Context, t Turn, told bool) error

	// Person is that of shop.People.
	Person(ctx context.Context, user int64) (shop.Person, error)
}
