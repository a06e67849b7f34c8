package bot

import (
	"maps"
	"slices"
	"sync"
	"time"

	"shopbot/internal/shop"
)

const (
	// cardLife is how long a card's quantity is remembered.
	cardLife = 10 * time.Minute
	// maxCards is how many cards are kept before old ones are looked for at all.
	maxCards = 1024
	// maxPresses is how many presses a card remembers: more than can wait in the queue of a chat.
	maxPresses = 50
)

// cards remembers which quantity the latest card of each chat shows. Quick presses of + all come
// from the same drawing, so what is on the button is not enough to count them. After a restart it
// is all there is, and good enough: the card shows what became of it.
type cards struct {
	mu      sync.Mutex
	chats   map[int64]card
	sweepAt int // size of chats at which old ones are deleted
}

// card is the latest drawing of a product's card.
type card struct {
	message  int
	sku      string
	quantity int
	presses  []string // that were counted, the latest last
	// list is the callback data of the list in this message that products are opened from; "" for
	// that of their category.
	list string
	at   time.Time
}

// listed notes the list that a message shows, which the cards that are drawn over it lead back to.
func (c *cards) listed(at shop.MessageRef, list string) {
	if at.Message == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.put(at.Chat, card{message: at.Message, list: list, at: time.Now()})
}

// listOf is the list that a card in a message leads back to; "" for that of its category.
func (c *cards) listOf(at shop.MessageRef) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if had := c.chats[at.Chat]; had.message == at.Message {
		return had.list
	}
	return ""
}

// drawn notes what a card shows.
func (c *cards) drawn(at shop.MessageRef, sku string, quantity int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	had := c.chats[at.Chat]
	if had.message != at.Message {
		had.list = ""
	}
	if had.message != at.Message || had.sku != sku {
		had = card{message: at.Message, sku: sku, list: had.list}
	}
	had.quantity, had.at = quantity, time.Now()
	c.put(at.Chat, had)
}

// step counts one press and returns the quantity that the card is to show, at most most and at
// least 1. drawn is the quantity on the pressed button. A press counts once, however often it is
// handled.
func (c *cards) step(at shop.MessageRef, sku string, drawn int, press string, by, most int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	had := c.chats[at.Chat]
	if had.message != at.Message {
		had.list = ""
	}
	if had.message != at.Message || had.sku != sku || time.Since(had.at) > cardLife {
		had = card{message: at.Message, sku: sku, quantity: drawn, list: had.list}
	}
	if !slices.Contains(had.presses, press) {
		had.quantity = min(max(had.quantity+by, 1), most)
		had.presses = append(slices.Clone(had.presses[max(len(had.presses)-maxPresses+1, 0):]), press)
	}
	had.at = time.Now()
	c.put(at.Chat, had)
	return had.quantity
}

// put keeps a card. c.mu is held.
func (c *cards) put(chat int64, latest card) {
	if len(c.chats) >= max(c.sweepAt, maxCards) {
		maps.DeleteFunc(c.chats, func(_ int64, old card) bool { return time.Since(old.at) > cardLife })
		c.sweepAt = 2 * len(c.chats) // not at each press while many people buy
	}
	c.chats[chat] = latest
}
