package goodsserver

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"shopbot/internal/shop"
)

// The events that a server is told.
const (
	eventDeliver  = "deliver"  // goods are bought: answer with them
	eventRefunded = "refunded" // the goods were paid back: take them back
	eventEnded    = "ended"    // the time that was bought is over: take the goods back
	eventTest     = "test"     // nothing happened: the operator examines the shop
)

// message is the body of a request. What it says of a person is what a server needs to make goods.
// It follows from the order, so it is the same at each try.
type message struct {
	Event    string `json:"event"`
	Order    string `json:"order,omitempty"`
	Line     int    `json:"line,omitempty"` // from 1
	SKU      string `json:"sku,omitempty"`
	Title    string `json:"title,omitempty"` // in the buyer's language
	Quantity int    `json:"quantity,omitempty"`
	// Buyer is the same in all orders of a person with this shop, and not their Telegram id.
	Buyer    string `json:"buyer,omitempty"`
	Language string `json:"language,omitempty"`
	// Price is that of the line, in the shop's currency, without discounts.
	Price    string `json:"price,omitempty"`
	Currency string `json:"currency,omitempty"`
	// Access is for how many seconds the goods are bought, all pieces together; 0: without end.
	Access  int64      `json:"access,omitempty"`
	Answers []answered `json:"answers,omitempty"`
}

// answered is a question that the buyer was asked, and the answer.
type answered struct {
	Question string `json:"question"`
	Answer   string `json:"answer"`
}

// messageOf tells of a line of an order, which the person with the Telegram id user bought.
func (c *Client) messageOf(event string, user int64, o *shop.Order, line int) message {
	l := &o.Lines[line]
	var answers []answered
	for _, a := range l.Answers {
		answers = append(answers, answered{Question: a.Ask, Answer: a.Value})
	}
	return message{
		Answers: answers, Event: event, Order: string(o.ID), Line: line + 1, SKU: l.SKU, Title: l.Title.In(o.Buyer.Language), Quantity: l.Quantity,
		Buyer: c.pseudonym(user), Language: o.Buyer.Language, Price: l.Sum().Decimal(), Currency: string(l.Sum().Currency()),
		Access: int64(l.Access/time.Second) * int64(l.Quantity),
	}
}

// id is the id of a request. It is the same at each try, and names nothing else.
func (m *message) id() string { return fmt.Sprintf("%s-%d-%s", m.Order, m.Line, m.Event) }

// pseudonym stands for a person: it cannot be turned back without the shop's key.
func (c *Client) pseudonym(user int64) string {
	if user == 0 { // forgotten
		return ""
	}
	mac := hmac.New(sha256.New, c.cfg.Key)
	_, _ = mac.Write([]byte("goods server: buyer " + strconv.FormatInt(user, 10))) // a hash never fails
	return hex.EncodeToString(mac.Sum(nil)[:8])
}
