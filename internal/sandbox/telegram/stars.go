package telegram

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// Wallets of users in Stars.
const (
	firstStars  = 1000      // what a new user has
	mostStars   = 1_000_000 // that can be bought at once
	maxStarList = 100       // transactions in one answer
)

// StarPayment is a payment in Stars by a user to a bot.
type StarPayment struct {
	Charge   string // telegram_payment_charge_id
	User     int64
	Title    string
	Payload  string
	Stars    int64
	Paid     time.Time
	Refunded time.Time // zero: not refunded
}

// starPayment is a StarPayment with what only the service needs.
type starPayment struct {
	StarPayment
	extra map[string]any // fields of successful_payment that only subscriptions have
}

// starTransaction is one line of a bot's account.
type starTransaction struct {
	id       string
	amount   int64
	at       time.Time
	incoming bool
	partner  map[string]any // TransactionPartner of the Bot API
}

// Stars is a user's balance.
func (s *Service) Stars(user int64) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wallets[user]
}

// BuyStars adds to a user's balance.
func (s *Service) BuyStars(user, amount int64) error {
	s.mu.Lock()
	_, known := s.users[user]
	s.mu.Unlock()
	switch {
	case !known:
		return fmt.Errorf("%w: %d", ErrNoUser, user)
	case amount < 1 || amount > mostStars:
		return ErrStars
	}
	s.mu.Lock()
	s.wallets[user] += amount
	s.mu.Unlock()
	s.changed()
	return nil
}

// SetStars sets a user's balance.
func (s *Service) SetStars(user, amount int64) {
	s.mu.Lock()
	s.wallets[user] = amount
	s.mu.Unlock()
	s.changed()
}

// StarPayments lists what a user has paid to a bot, oldest first.
func (s *Service) StarPayments(token string, user int64) []StarPayment {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []StarPayment
	if b, ok := s.bots[token]; ok {
		for _, p := range b.payments {
			if p.User == user {
				list = append(list, p.StarPayment)
			}
		}
	}
	slices.SortFunc(list, func(a, b StarPayment) int { return a.Paid.Compare(b.Paid) })
	return list
}

// StarBalance is what a bot has.
func (s *Service) StarBalance(token string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b, ok := s.bots[token]; ok {
		return b.stars
	}
	return 0
}

// WithdrawStars has the owner of a bot take Stars out of it, as on fragment.com. Refunds need what
// is left.
func (s *Service) WithdrawStars(token string, amount int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.botOf(token)
	switch {
	case err != nil:
		return err
	case amount < 1 || amount > b.stars:
		return ErrNoStars
	}
	b.book(starTransaction{s.chargeID(), amount, time.Now(), false, map[string]any{"type": "fragment"}})
	return nil
}

func (s *Service) chargeID() string { return "stx" + strconv.FormatUint(s.unique(), 36) }

func (b *bot) book(t starTransaction) {
	b.transactions = append(b.transactions, t)
	if t.incoming {
		b.stars += t.amount
	} else {
		b.stars -= t.amount
	}
}

// moveStars makes a payment: the wallet and the bot's account change, and the chat and the bot read
// of it. sub is what it begins or renews; nil: nothing.
func (s *Service) moveStars(b *bot, user int64, i *starInvoice, sub *subscription) *starPayment {
	p := &starPayment{StarPayment: StarPayment{
		Charge: s.chargeID(), User: user, Title: i.title, Payload: i.payload, Stars: i.amount, Paid: time.Now(),
	}}
	partner := map[string]any{
		"type": "user", "transaction_type": "invoice_payment", "user": s.wireUser(user), "invoice_payload": i.payload,
	}
	if sub != nil {
		p.extra = map[string]any{"subscription_expiration_date": sub.Until.Unix(), "is_recurring": true}
		if sub.Charge == "" {
			p.extra["is_first_recurring"] = true
		}
		partner["subscription_period"] = int64(i.period / time.Second)
	}
	s.wallets[user] -= i.amount
	b.payments[p.Charge] = p
	b.book(starTransaction{p.Charge, i.amount, p.Paid, true, partner})
	if b.chats[user] == nil {
		b.chats[user] = &chat{user: user}
	}
	repeats := 1 + s.faults.RepeatPayments
	if s.faults.LosePayments {
		repeats = 0
	}
	s.postPayment(b, user, "successful_payment", p, p.extra, repeats)
	return p
}

// postPayment posts the service message about a payment, which bots get too
// (core.telegram.org/constructor/messageActionPaymentRefunded).
func (s *Service) postPayment(b *bot, user int64, kind string, p *starPayment, extra map[string]any, repeats int) {
	about := map[string]any{
		"currency": starCurrency, "total_amount": p.Stars, "invoice_payload": p.Payload,
		"telegram_payment_charge_id": p.Charge, "provider_payment_charge_id": strconv.FormatInt(user, 10) + "_" + p.Charge[3:],
	}
	maps.Copy(about, extra)
	c := b.chats[user]
	m := newContent(map[string]any{kind: about})
	b.post(c, m)
	for range repeats {
		s.enqueue(b, "message", user, s.wire(b, c, m))
	}
}

// refundStarPayment gives a whole payment back. The Bot API documents no error, and the server
// beneath it no age limit (core.telegram.org/method/payments.refundStarsCharge); CHARGE_NOT_FOUND
// and CHARGE_REFUND_EXPIRED are names of our own.
func refundStarPayment(c *call) any {
	user, charge := c.userID(), c.str("telegram_payment_charge_id")
	p := c.bot.payments[charge]
	limit := c.faults.RefundAge
	switch {
	case c.err != nil:
	case charge == "":
		c.refuse(badRequest("CHARGE_ID_EMPTY"))
	case p == nil || p.User != user:
		c.refuse(badRequest("CHARGE_NOT_FOUND"))
	case !p.Refunded.IsZero():
		c.refuse(badRequest("CHARGE_ALREADY_REFUNDED"))
	case limit > 0 && time.Since(p.Paid) > limit:
		c.refuse(badRequest("CHARGE_REFUND_EXPIRED"))
	case c.bot.stars < p.Stars:
		c.refuse(badRequest("BALANCE_TOO_LOW"))
	default:
		p.Refunded = time.Now()
		c.wallets[user] += p.Stars
		c.bot.book(starTransaction{charge, p.Stars, p.Refunded, false, map[string]any{
			"type": "user", "transaction_type": "invoice_payment", "user": c.wireUser(user), "invoice_payload": p.Payload,
		}})
		c.postPayment(c.bot, user, "refunded_payment", p, nil, 1)
	}
	return true
}

func getMyStarBalance(c *call) any { return map[string]any{"amount": c.bot.stars} }

// getStarTransactions lists payments and refunds, oldest first. A refund has the id of its payment.
func getStarTransactions(c *call) any {
	all := c.bot.transactions
	from := min(int(max(c.number("offset"), 0)), len(all))
	list := []any{}
	for _, t := range all[from:min(from+int(c.between("limit", 1, maxStarList, maxStarList)), len(all))] {
		side := "receiver"
		if t.incoming {
			side = "source"
		}
		list = append(list, map[string]any{"id": t.id, "amount": t.amount, "date": t.at.Unix(), side: t.partner})
	}
	return map[string]any{"transactions": list}
}
