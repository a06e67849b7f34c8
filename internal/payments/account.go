package payments

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"shopbot/internal/money"
)

// App is the app that a token belongs to.
type App struct {
	ID   int64
	Name string
	// Bot is the user name of the bot that payers use: CryptoBot, or CryptoTestnetBot on the test network.
	Bot string
	// WebhookURL is where the app's webhooks go; empty where the API does not tell.
	WebhookURL string
}

// UnmarshalJSON reads an app as the API sends it. Only one without an app_id is an error.
func (a *App) UnmarshalJSON(data []byte) error {
	var w struct {
		ID      scalar `json:"app_id"`
		Name    scalar `json:"name"`
		Bot     scalar `json:"payment_processing_bot_username"`
		Webhook scalar `json:"webhook_endpoint"`
	}
	if err := json.Unmarshal(data, &w); err != nil {
		return fmt.Errorf("app: %w", err)
	}
	id, err := readID("app_id", w.ID)
	if err != nil {
		return fmt.Errorf("app: %w", err)
	}
	*a = App{ID: id, Name: string(w.Name), Bot: string(w.Bot), WebhookURL: string(w.Webhook)}
	return nil
}

// GetMe asks whose token it is. It is the way to try a token.
func (c *Client) GetMe(ctx context.Context) (App, error) {
	return call[App](ctx, c, operation{method: "getMe", repeat: reading})
}

// Me is GetMe from the cache.
func (c *Client) Me(ctx context.Context) (App, error) { return c.me.get(ctx) }

// Balance is what an app has of one asset.
type Balance struct {
	Code      money.Currency
	Available money.Amount
	OnHold    money.Amount // such as in checks that nobody has opened yet
	Unread    []string     // as in Invoice
}

// UnmarshalJSON reads a balance as the API sends it.
func (b *Balance) UnmarshalJSON(data []byte) error {
	var w struct {
		Code      scalar `json:"currency_code"`
		Available scalar `json:"available"`
		OnHold    scalar `json:"onhold"`
	}
	if err := json.Unmarshal(data, &w); err != nil {
		return fmt.Errorf("balance: %w", err)
	}
	var f fields
	code := money.Currency(w.Code)
	*b = Balance{Code: code, Available: f.amount("available", w.Available, code), OnHold: f.amount("onhold", w.OnHold, code)}
	b.Unread = f.unread
	return nil
}

// GetBalance is the app's balance, a row for each asset.
func (c *Client) GetBalance(ctx context.Context) ([]Balance, error) {
	return call[[]Balance](ctx, c, operation{method: "getBalance", repeat: reading})
}

// Stats is what an app took in a span of time.
type Stats struct {
	Volume          money.Amount // of paid invoices, in USD
	Conversion      string       // a decimal, as the API tells it
	UniqueUsers     int64
	CreatedInvoices int64
	PaidInvoices    int64
	From, To        time.Time
	Unread          []string // as in Invoice
}

// UnmarshalJSON reads statistics as the API sends them.
func (s *Stats) UnmarshalJSON(data []byte) error {
	var w struct {
		Volume     scalar `json:"volume"`
		Conversion scalar `json:"conversion"`
		Users      scalar `json:"unique_users_count"`
		Created    scalar `json:"created_invoice_count"`
		Paid       scalar `json:"paid_invoice_count"`
		From       scalar `json:"start_at"`
		To         scalar `json:"end_at"`
	}
	if err := json.Unmarshal(data, &w); err != nil {
		return fmt.Errorf("statistics: %w", err)
	}
	var f fields
	*s = Stats{
		Volume:          f.amount("volume", w.Volume, usd),
		Conversion:      string(w.Conversion),
		UniqueUsers:     f.integer("unique_users_count", w.Users),
		CreatedInvoices: f.integer("created_invoice_count", w.Created),
		PaidInvoices:    f.integer("paid_invoice_count", w.Paid),
		From:            f.time("start_at", w.From),
		To:              f.time("end_at", w.To),
	}
	s.Unread = f.unread
	return nil
}

type getStatsParams struct {
	From string `json:"start_at,omitempty"`
	To   string `json:"end_at,omitempty"`
}

// GetStats is the app's statistics from one time to another. A zero time is the
// API's default: 24 hours ago, and now. Spans of much more than a year are ErrIntervalTooBig.
func (c *Client) GetStats(ctx context.Context, from, to time.Time) (Stats, error) {
	check := checker{method: "getStats"}
	check.want(from.IsZero() || to.IsZero() || from.Before(to), "start_at", "a time before end_at")
	if err := check.err(); err != nil {
		return Stats{}, err
	}
	return call[Stats](ctx, c, operation{
		method: "getStats", params: getStatsParams{wireTime(from), wireTime(to)}, repeat: reading,
	})
}

// wireTime writes a time as the API does: UTC, milliseconds, Z.
func wireTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z07:00")
}
