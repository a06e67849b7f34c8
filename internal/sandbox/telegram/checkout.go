package telegram

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Errors of what a user does with Stars.
var (
	ErrNoInvoice = errors.New("telegram: no such invoice")
	ErrNoStars   = errors.New("telegram: not enough Stars")
	ErrStars     = errors.New("telegram: want between 1 and 1000000 Stars")
)

const (
	checkoutTTL     = 10 * time.Second // how long a bot may take (core.telegram.org/bots/api#answerprecheckoutquery)
	checkoutHistory = time.Hour        // how long a Checkout can be read
)

// CheckoutState is how far a payment is.
type CheckoutState string

// The states of a payment. All but the first are final.
const (
	CheckoutPending CheckoutState = "pending" // the bot is asked
	CheckoutPaid    CheckoutState = "paid"
	CheckoutRefused CheckoutState = "refused" // by the bot
	CheckoutExpired CheckoutState = "expired" // the bot did not answer in time
	CheckoutFailed  CheckoutState = "failed"  // the bot agreed, and the payment did not happen
)

// Checkout is a payment in Stars as the payer sees it.
type Checkout struct {
	ID     string        `json:"id"` // of the pre-checkout query
	State  CheckoutState `json:"state"`
	Title  string        `json:"title"`
	Stars  int64         `json:"stars"`
	Text   string        `json:"text"`   // the bot's reason; "": not refused
	Charge string        `json:"charge"` // telegram_payment_charge_id; "": not paid
}

// checkout is a Checkout with what only the service needs.
type checkout struct {
	Checkout
	user    int64
	bot     *bot
	invoice *starInvoice
	asked   time.Time
}

// PayStars pays an invoice that a bot has sent. The bot gets a pre_checkout_query, and the payment
// happens when it agrees within ten seconds. It returns the id of the Checkout, ErrNoInvoice, or
// ErrNoStars.
func (s *Service) PayStars(token string, user int64, id int) (checkout string, err error) {
	err = s.actAs(token, user, func(b *bot, c *chat) error {
		m, ok := c.message(id)
		if !ok || m.invoice == nil {
			return fmt.Errorf("%w: %d", ErrNoInvoice, id)
		}
		checkout, err = s.startCheckout(b, user, m.invoice)
		return err
	})
	return checkout, err
}

// PayStarsLink is PayStars for an invoice link. The payer need not have started the bot.
func (s *Service) PayStarsLink(link string, user int64) (checkout string, err error) {
	s.mu.Lock()
	i, found := s.linked(link)
	if found {
		checkout, err = s.startCheckout(i.bot, user, i.starInvoice)
	} else {
		err = fmt.Errorf("%w: %.60q", ErrNoInvoice, link)
	}
	s.mu.Unlock()
	if err == nil {
		s.changed()
	}
	return checkout, err
}

// Checkout returns a payment of the last hour.
func (s *Service) Checkout(id string) (Checkout, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, found := s.checkouts[id]
	if !found {
		return Checkout{}, false
	}
	return q.view(), true
}

// Checkouts lists the payments of a user of the last hour, newest last.
func (s *Service) Checkouts(user int64) []Checkout {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []Checkout
	for _, q := range s.checkoutOrder {
		if q.user == user {
			list = append(list, q.view())
		}
	}
	return list
}

func (q *checkout) view() Checkout {
	v := q.Checkout
	if v.State == CheckoutPending && q.late() {
		v.State = CheckoutExpired
	}
	return v
}

func (q *checkout) late() bool { return time.Since(q.asked) >= checkoutTTL }

func (s *Service) startCheckout(b *bot, user int64, i *starInvoice) (string, error) {
	_, known := s.users[user]
	c := b.chats[user]
	switch {
	case !known:
		return "", fmt.Errorf("%w: %d", ErrNoUser, user)
	case c != nil && c.blocked:
		return "", ErrBlocked
	case s.wallets[user] < i.amount:
		return "", ErrNoStars
	}
	q := &checkout{
		Checkout: Checkout{ID: strconv.FormatUint(s.unique(), 10), State: CheckoutPending, Title: i.title, Stars: i.amount},
		user:     user, bot: b, invoice: i, asked: time.Now(),
	}
	for len(s.checkoutOrder) > 0 && time.Since(s.checkoutOrder[0].asked) > checkoutHistory {
		delete(s.checkouts, s.checkoutOrder[0].ID)
		s.checkoutOrder = s.checkoutOrder[1:]
	}
	s.checkouts[q.ID] = q
	s.checkoutOrder = append(s.checkoutOrder, q)
	time.AfterFunc(checkoutTTL, s.changed) // the payer sees that it has expired
	switch {
	case s.faults.LoseCheckouts:
	case s.faults.DelayCheckouts > 0:
		time.AfterFunc(s.faults.DelayCheckouts, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			if !s.closed {
				s.askBot(q)
			}
		})
	default:
		s.askBot(q)
	}
	return q.ID, nil
}

func (s *Service) askBot(q *checkout) {
	for range 1 + s.faults.RepeatCheckouts {
		s.enqueue(q.bot, "pre_checkout_query", q.user, map[string]any{
			"id": q.ID, "from": s.wireUser(q.user), "currency": starCurrency,
			"total_amount": q.invoice.amount, "invoice_payload": q.invoice.payload,
		})
	}
}

// answerPreCheckoutQuery lets a payment happen, or refuses it with a text for the user.
func answerPreCheckoutQuery(c *call) any {
	agreed := c.flag("ok")
	reason := ""
	if !agreed {
		reason = c.required("error_message")
	}
	q := c.checkouts[c.str("pre_checkout_query_id")]
	if q == nil || q.bot != c.bot || q.State != CheckoutPending || q.late() {
		c.refuse(badRequest("query is too old and response timeout expired or query ID is invalid"))
	}
	if c.err != nil {
		return nil
	}
	switch {
	case !agreed:
		q.State, q.Text = CheckoutRefused, reason
	case c.faults.FailPayments || c.wallets[q.user] < q.invoice.amount:
		q.State = CheckoutFailed
	default:
		q.State, q.Charge = CheckoutPaid, c.pay(q)
	}
	return true
}

// pay moves the Stars of a checkout and returns the charge id.
func (s *Service) pay(q *checkout) string {
	var sub *subscription
	if q.invoice.period != 0 {
		sub = s.subscribe(q)
	}
	p := s.moveStars(q.bot, q.user, q.invoice, sub)
	if sub != nil {
		sub.Charge = p.Charge
		q.bot.subscriptions[p.Charge] = sub
	}
	return p.Charge
}
