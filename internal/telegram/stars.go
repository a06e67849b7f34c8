package telegram

import (
	"context"
	"encoding/json"
	"time"

	"github.com/go-telegram/bot"
)

// StarCurrency is the currency of Telegram Stars. Amounts are whole Stars.
const StarCurrency = "XTR"

// MaxStarTransactions is the most that one call of StarTransactions returns.
const MaxStarTransactions = 100

// StarTransaction is Stars that a bot got or gave.
type StarTransaction struct {
	// ID is that of the payment, also for its refund.
	ID     string
	Amount int64 // whole Stars
	At     time.Time
	// Outgoing says that the bot gave the Stars, such as for a refund.
	Outgoing bool
	// User is who paid, or got the Stars back; 0 for a partner that is no user.
	User int64
	// Payload is that of the invoice; "" if it was none of the bot's invoices.
	Payload string
	// Period is that of the subscription that the payment is of; 0 if it is of none.
	Period time.Duration
	Raw    json.RawMessage
}

// CreateInvoiceLink makes a link that opens an invoice. It makes no message, so it may be repeated.
// The link can be used by anybody and stays payable, which PreCheckout decides.
func (c *Client) CreateInvoiceLink(ctx context.Context, p *bot.CreateInvoiceLinkParams) (string, error) {
	return call(ctx, c, request{method: "createInvoiceLink"}, with(c.bot.CreateInvoiceLink, p))
}

// AnswerPreCheckoutQuery says whether a payment may happen. It returns nil if Telegram has forgotten
// the query, as it does after ten seconds, or knows its answer.
func (c *Client) AnswerPreCheckoutQuery(ctx context.Context, p *bot.AnswerPreCheckoutQueryParams) error {
	_, err := call(ctx, c, request{method: "answerPreCheckoutQuery"}, with(c.bot.AnswerPreCheckoutQuery, p))
	return unlessRefused(err, queryForgotten...)
}

// RefundStarPayment gives the Stars of a payment back to the user. It returns nil if they went back
// before, so it may be repeated.
func (c *Client) RefundStarPayment(ctx context.Context, user int64, charge string) error {
	p := &bot.RefundStarPaymentParams{UserID: user, TelegramPaymentChargeID: charge}
	_, err := call(ctx, c, request{method: "refundStarPayment"}, with(c.bot.RefundStarPayment, p))
	return unlessRefused(err, "CHARGE_ALREADY_REFUNDED")
}

// EditUserStarSubscription ends the renewals of a subscription, given by one of its payments, or
// allows them again. The time that is paid for stays.
func (c *Client) EditUserStarSubscription(ctx context.Context, user int64, charge string, cancelled bool) error {
	p := &bot.EditUserStarSubscriptionParams{UserID: user, TelegramPaymentChargeID: charge, IsCanceled: cancelled}
	_, err := call(ctx, c, request{method: "editUserStarSubscription"}, with(c.bot.EditUserStarSubscription, p))
	return err
}

// StarTransactions lists the bot's transactions, oldest first, from the offset on: at most limit,
// which is at most MaxStarTransactions. Telegram forgets none and adds new ones at the end.
func (c *Client) StarTransactions(ctx context.Context, offset, limit int) ([]StarTransaction, error) {
	var answer struct {
		Transactions []json.RawMessage `json:"transactions"`
	}
	err := c.ask(ctx, "getStarTransactions", struct {
		Offset int `json:"offset"`
		Limit  int `json:"limit"`
	}{offset, limit}, &answer)
	if err != nil {
		return nil, err
	}
	list := make([]StarTransaction, 0, len(answer.Transactions))
	for _, raw := range answer.Transactions {
		t, err := decodeStarTransaction(raw)
		if err != nil { // its place counts for offsets, so it is not passed over
			return nil, &Error{Method: "getStarTransactions", Description: "answer has something that is no transaction", err: ErrTemporary}
		}
		list = append(list, t)
	}
	return list, nil
}

// decodeStarTransaction takes every kind of partner. The library's type refuses the kinds that it
// does not know.
func decodeStarTransaction(raw json.RawMessage) (StarTransaction, error) {
	type partner struct {
		User struct {
			ID int64 `json:"id"`
		} `json:"user"`
		Payload string `json:"invoice_payload"`
		Period  int64  `json:"subscription_period"` // seconds
	}
	var w struct {
		ID       string   `json:"id"`
		Amount   int64    `json:"amount"`
		Date     int64    `json:"date"`
		Source   *partner `json:"source"`
		Receiver *partner `json:"receiver"`
	}
	if err := json.Unmarshal(raw, &w); err != nil {
		return StarTransaction{}, err
	}
	t := StarTransaction{ID: w.ID, Amount: w.Amount, At: time.Unix(w.Date, 0), Outgoing: w.Receiver != nil, Raw: raw}
	for _, p := range []*partner{w.Source, w.Receiver} {
		if p != nil {
			t.User, t.Payload, t.Period = p.User.ID, p.Payload, time.Duration(p.Period)*time.Second
		}
	}
	return t, nil
}

// StarBalance is how many whole Stars the bot has.
func (c *Client) StarBalance(ctx context.Context) (int64, error) {
	var balance struct {
		Amount int64 `json:"amount"`
	}
	err := c.ask(ctx, "getMyStarBalance", struct{}{}, &balance)
	return balance.Amount, err
}

// ask makes a call that reads something, without the library's types.
func (c *Client) ask(ctx context.Context, method string, params, into any) error {
	raw, err := call(ctx, c, request{method: method}, func(ctx context.Context) (json.RawMessage, error) {
		return c.wire.post(ctx, method, params)
	})
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return &Error{Method: method, Description: "answer is of another form", err: ErrTemporary}
	}
	return nil
}
