package telegram

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// ErrNoInvoice means that a message is not an invoice that can be paid.
var ErrNoInvoice = errors.New("telegram: no such invoice")

// Limits of invoices in Stars. The price is in whole Stars.
const (
	starCurrency   = "XTR"
	maxStars       = 100_000
	maxInvoiceName = 32  // characters
	maxInvoiceText = 255 // characters
	maxPayload     = 128 // bytes
	checkoutTTL    = 10 * time.Second
)

// checkout is a pre-checkout query that waits for the bot.
type checkout struct {
	id      string
	chat    *chat
	invoice starInvoice
	asked   time.Time
}

// starInvoice is what an invoice is about.
type starInvoice struct {
	amount  int64
	payload string
}

// starPayment is a payment in Stars to a bot.
type starPayment struct {
	starInvoice
	charge   string
	user     int64
	paid     time.Time
	refunded time.Time // zero: not refunded
}

// sendInvoice sends an invoice in Stars. Other currencies need a payment provider, and there are
// none.
func sendInvoice(c *call, chat *chat) any {
	title, description := c.required("title"), c.required("description")
	payload, currency := c.required("payload"), c.required("currency")
	var prices []json.RawMessage
	if !c.object("prices", "prices", "expected an Array of labeled prices", &prices) {
		c.refuse(badRequest(`parameter "prices" is required`))
	}
	total := int64(0)
	for _, raw := range prices {
		total += c.price(raw)
	}
	switch {
	case len(prices) == 0:
		c.refuse(badRequest("there must be at least one price"))
	case currency != starCurrency || c.str("provider_token") != "":
		c.refuse(badRequest("PAYMENT_PROVIDER_INVALID"))
	case len(prices) > 1:
		c.refuse(badRequest("STARS_INVOICE_INVALID"))
	case total < 1 || total > maxStars:
		c.refuse(badRequest("CURRENCY_TOTAL_AMOUNT_INVALID"))
	case len(payload) > maxPayload:
		c.refuse(badRequest("INVOICE_PAYLOAD_INVALID"))
	case utf8.RuneCountInString(title) > maxInvoiceName || utf8.RuneCountInString(description) > maxInvoiceText:
		c.refuse(badRequest("MESSAGE_TOO_LONG"))
	}
	m := newContent(map[string]any{"invoice": map[string]any{
		"title": title, "description": description, "start_parameter": c.str("start_parameter"), "currency": currency, "total_amount": total,
	}})
	m.invoice = &starInvoice{total, payload}
	return c.send(chat, m)
}

// price reads a LabeledPrice.
func (c *call) price(raw json.RawMessage) int64 {
	const parse = "can't parse labeled price: "
	o, ok := parseObject(raw)
	if !ok {
		c.refuse(badRequest(parse + "LabeledPrice must be an Object"))
		return 0
	}
	label, err := o.required("label")
	c.refuse(toAPIError(err, parse))
	if err == nil && label == "" {
		c.refuse(badRequest(parse + "LabeledPrice label must be non-empty"))
	}
	text, err := o.required("amount")
	c.refuse(toAPIError(err, parse))
	amount, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		c.refuse(badRequest(parse + "Can't parse amount as Number"))
	}
	return amount
}

// PayStars pays an invoice that a bot has sent. The bot gets a pre_checkout_query, and the payment
// happens when it agrees within ten seconds. A user never runs out of Stars.
func (s *Service) PayStars(token string, user int64, id int) error {
	return s.actAs(token, user, func(b *bot, c *chat) error {
		m, ok := c.message(id)
		if !ok || m.invoice == nil {
			return fmt.Errorf("%w: %d", ErrNoInvoice, id)
		}
		q := &checkout{id: strconv.FormatUint(s.unique(), 10), chat: c, invoice: *m.invoice, asked: time.Now()}
		b.checkouts = slices.DeleteFunc(b.checkouts, func(old *checkout) bool { return time.Since(old.asked) > checkoutTTL })
		b.checkouts = append(b.checkouts, q)
		s.enqueue(b, "pre_checkout_query", user, map[string]any{
			"id": q.id, "from": s.wireUser(user), "currency": starCurrency, "total_amount": q.invoice.amount, "invoice_payload": q.invoice.payload,
		})
		return nil
	})
}

// answerPreCheckoutQuery lets a payment happen, or refuses it with a text for the user.
func answerPreCheckoutQuery(c *call) any {
	agreed := c.flag("ok")
	if !agreed {
		c.required("error_message")
	}
	b := c.bot
	i := slices.IndexFunc(b.checkouts, func(q *checkout) bool { return q.id == c.str("pre_checkout_query_id") })
	if i < 0 || time.Since(b.checkouts[i].asked) > checkoutTTL {
		c.refuse(badRequest("query is too old and response timeout expired or query ID is invalid"))
	}
	if c.err != nil {
		return nil
	}
	q := b.checkouts[i]
	b.checkouts = slices.Delete(b.checkouts, i, i+1)
	if !agreed {
		note := &callback{id: q.id, Alert: Alert{Pressed: q.asked, Answered: true, Text: c.str("error_message"), Modal: true}}
		q.chat.pressed = append(q.chat.pressed, note)
		return true
	}
	p := &starPayment{starInvoice: q.invoice, charge: "stx" + strconv.FormatUint(c.unique(), 36), user: q.chat.user, paid: time.Now()}
	b.payments = append(b.payments, p)
	m := newContent(map[string]any{"successful_payment": p.object()})
	b.post(q.chat, m)
	c.enqueue(b, "message", q.chat.user, c.wire(b, q.chat, m))
	return true
}

func (p *starPayment) object() map[string]any {
	return map[string]any{
		"currency": starCurrency, "total_amount": p.amount, "invoice_payload": p.payload,
		"telegram_payment_charge_id": p.charge, "provider_payment_charge_id": p.charge,
	}
}

func refundStarPayment(c *call) any {
	user, charge := c.userID(), c.required("telegram_payment_charge_id")
	i := slices.IndexFunc(c.bot.payments, func(p *starPayment) bool { return p.charge == charge && p.user == user })
	switch {
	case c.err != nil:
	case i < 0:
		c.refuse(badRequest("CHARGE_ID_INVALID"))
	case !c.bot.payments[i].refunded.IsZero():
		c.refuse(badRequest("CHARGE_ALREADY_REFUNDED"))
	default:
		p := c.bot.payments[i]
		p.refunded = time.Now()
		m := newContent(map[string]any{"refunded_payment": p.object()})
		m.FromBot = true
		c.bot.post(c.bot.chats[user], m)
	}
	return true
}

func getMyStarBalance(c *call) any {
	balance := int64(0)
	for _, p := range c.bot.payments {
		if p.refunded.IsZero() {
			balance += p.amount
		}
	}
	return map[string]any{"amount": balance}
}

// getStarTransactions lists payments and refunds, oldest first. A refund has the id of its payment.
func getStarTransactions(c *call) any {
	type transaction struct {
		at   time.Time
		wire map[string]any
	}
	var all []transaction
	for _, p := range c.bot.payments {
		partner := map[string]any{
			"type": "user", "transaction_type": "invoice_payment", "user": c.wireUser(p.user), "invoice_payload": p.payload,
		}
		add := func(at time.Time, side string) {
			all = append(all, transaction{at, map[string]any{"id": p.charge, "amount": p.amount, "date": at.Unix(), side: partner}})
		}
		add(p.paid, "source")
		if !p.refunded.IsZero() {
			add(p.refunded, "receiver")
		}
	}
	slices.SortStableFunc(all, func(a, b transaction) int { return a.at.Compare(b.at) })
	from := min(int(max(c.number("offset"), 0)), len(all))
	list := []any{}
	for _, t := range all[from:min(from+int(c.between("limit", 1, 100, 100)), len(all))] {
		list = append(list, t.wire)
	}
	return map[string]any{"transactions": list}
}
