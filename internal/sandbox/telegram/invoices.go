package telegram

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of invoices in Stars. The price is in whole Stars. Sources: core.telegram.org/bots/api
// (sendInvoice, createInvoiceLink); the sums and their errors are what the server answered in 2026.
const (
	starCurrency         = "XTR"
	maxStars             = 100_000
	maxSubscriptionStars = 10_000
	subscriptionPeriod   = 30 * 24 * time.Hour
	maxInvoiceName       = 32  // characters
	maxInvoiceText       = 255 // characters
	maxPayload           = 128 // bytes
)

// starInvoice is what an invoice is about.
type starInvoice struct {
	title, description string
	amount             int64
	payload            string
	period             time.Duration // of a subscription; 0: paid once
}

// invoice reads what all invoices have. Currencies other than Stars need a payment provider, and
// there are none.
func (c *call) invoice() *starInvoice {
	i := &starInvoice{title: c.required("title"), description: c.required("description"), payload: c.required("payload")}
	currency := c.required("currency")
	var prices []json.RawMessage
	if !c.object("prices", "prices", "expected an Array of labeled prices", &prices) {
		c.refuse(badRequest(`parameter "prices" is required`))
	}
	for _, raw := range prices {
		i.amount += c.price(raw)
	}
	switch {
	case len(prices) == 0:
		c.refuse(badRequest("there must be at least one price"))
	case currency != starCurrency || c.str("provider_token") != "":
		c.refuse(badRequest("PAYMENT_PROVIDER_INVALID"))
	case len(prices) > 1:
		c.refuse(badRequest("STARS_INVOICE_INVALID"))
	case i.amount < 1 || i.amount > maxStars:
		c.refuse(badRequest("CURRENCY_TOTAL_AMOUNT_INVALID"))
	case len(i.payload) > maxPayload:
		c.refuse(badRequest("INVOICE_PAYLOAD_INVALID"))
	case utf8.RuneCountInString(i.title) > maxInvoiceName || utf8.RuneCountInString(i.description) > maxInvoiceText:
		c.refuse(badRequest("MESSAGE_TOO_LONG"))
	}
	return i
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

func sendInvoice(c *call, chat *chat) any {
	i := c.invoice()
	m := newContent(map[string]any{"invoice": map[string]any{
		"title": i.title, "description": i.description, "start_parameter": c.str("start_parameter"),
		"currency": starCurrency, "total_amount": i.amount,
	}})
	m.invoice = i
	return c.send(chat, m)
}

// linkedInvoice is an invoice that anybody who has its link can pay, as often as the bot agrees.
type linkedInvoice struct {
	bot *bot
	*starInvoice
}

func createInvoiceLink(c *call) any {
	i := c.invoice()
	i.period = time.Duration(c.number("subscription_period")) * time.Second
	switch {
	case i.period != 0 && i.period != subscriptionPeriod:
		c.refuse(badRequest("SUBSCRIPTION_PERIOD_INVALID"))
	case i.period != 0 && i.amount > maxSubscriptionStars:
		c.refuse(badRequest("SUBSCRIPTION_AMOUNT_INVALID"))
	}
	if c.err != nil {
		return nil
	}
	slug := c.token62()
	c.invoices[slug] = linkedInvoice{c.bot, i}
	return "https://t.me/$" + slug
}

// linked finds the invoice of a link in any of the forms that clients know
// (core.telegram.org/api/links#invoice-links).
func (s *Service) linked(link string) (linkedInvoice, bool) {
	for _, prefix := range []string{"https://", "http://"} {
		link = strings.TrimPrefix(link, prefix)
	}
	for _, prefix := range []string{"t.me/$", "t.me/invoice/", "tg://invoice?slug="} {
		if slug, ok := strings.CutPrefix(link, prefix); ok {
			i, found := s.invoices[slug]
			return i, found
		}
	}
	return linkedInvoice{}, false
}

// token62 is a text of letters and digits that is unique and hard to guess. The lock is held.
func (s *Service) token62() string {
	const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	var text []byte
	for range 2 {
		for n := s.unique(); n > 0; n /= uint64(len(letters)) {
			text = append(text, letters[n%uint64(len(letters))])
		}
	}
	return string(text)
}

// InvoiceLink is what the payment sheet of a client says of an invoice.
type InvoiceLink struct {
	Title, Description string
	Stars              int64
	Subscription       bool   // paid again every 30 days
	Bot                string // its name
}

func (i *starInvoice) view(b *bot) InvoiceLink {
	return InvoiceLink{i.title, i.description, i.amount, i.period != 0, b.profile.text(botName, "")}
}

// InvoiceMessage opens the invoice of a message; ErrNoInvoice if there is none.
func (s *Service) InvoiceMessage(token string, user int64, id int) (InvoiceLink, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, found := s.chatOf(token, user).message(id)
	if !found || m.invoice == nil {
		return InvoiceLink{}, ErrNoInvoice
	}
	return m.invoice.view(s.bots[token]), nil
}

// InvoiceLink opens an invoice link; ErrNoInvoice if there is none.
func (s *Service) InvoiceLink(link string) (InvoiceLink, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, found := s.linked(link)
	if !found {
		return InvoiceLink{}, ErrNoInvoice
	}
	return i.view(i.bot), nil
}
