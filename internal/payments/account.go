package payments

import (
	"context"
	"strings"
	"time"

	"shopbot/internal/money"
)

// App is the app that a token belongs to.
type App struct {
	ID   int64
	Name string
	// Bot is the user name of the bot that payers use: CryptoBot, or CryptoTestnetBot on the test
	// network.
	Bot string
	// WebhookURL is where the app's webhooks go; empty where the API does not tell.
	WebhookURL string
}

// IsOn reports whether the app is on a network, as far as the name of its bot tells.
func (a App) IsOn(n Network) bool {
	return a.Bot == "" || strings.Contains(strings.ToLower(a.Bot), "testnet") == (n == Testnet)
}

// UnmarshalJSON reads an app as the API sends it. Only one without an app_id is an error.
func (a *App) UnmarshalJSON(data []byte) error {
	return parseRow(data, "app", "app_id", nil, func(o *object, id int64) {
		bot := o.text("payment_processing_bot_username")
		*a = App{ID: id, Name: o.text("name"), Bot: bot, WebhookURL: o.text("webhook_endpoint")}
	})
}

// GetMe asks whose token it is. It is the way to try a token.
func (c *Client) GetMe(ctx context.Context) (App, error) {
	return call[App](ctx, c, operation{method: "getMe", repeat: reading})
}

// Balance is what an app has of one asset.
type Balance struct {
	Code      money.Currency
	Available money.Amount
	OnHold    money.Amount // such as in checks that nobody has opened yet
	Unread    []string     // as in Invoice
}

// UnmarshalJSON reads a balance as the API sends it.
func (b *Balance) UnmarshalJSON(data []byte) error {
	return parseRow(data, "balance", "", &b.Unread, func(o *object, _ int64) {
		code := o.currency("currency_code")
		*b = Balance{Code: code, Available: o.amount(code, "available"), OnHold: o.amount(code, "onhold")}
	})
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
	return parseRow(data, "statistics", "", &s.Unread, func(o *object, _ int64) {
		*s = Stats{
			Volume:          o.amount(usd, "volume"),
			Conversion:      o.text("conversion"),
			UniqueUsers:     o.integer("unique_users_count"),
			CreatedInvoices: o.integer("created_invoice_count"),
			PaidInvoices:    o.integer("paid_invoice_count"),
			From:            o.time("start_at"),
			To:              o.time("end_at"),
		}
	})
}

// GetStats is the app's statistics from one time to another. A zero time is the API's default: 24
// hours ago, and now. Spans of much more than a year are ErrIntervalTooBig.
func (c *Client) GetStats(ctx context.Context, from, to time.Time) (Stats, error) {
	v := validator{method: "getStats"}
	v.want(from.IsZero() || to.IsZero() || from.Before(to), "start_at", "a time before end_at")
	if err := v.err(); err != nil {
		return Stats{}, err
	}
	return call[Stats](ctx, c, operation{
		method: "getStats", repeat: reading,
		params: params{"start_at": formatTime(from), "end_at": formatTime(to)},
	})
}

// formatTime writes a time as the API does: UTC, milliseconds, Z.
func formatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z07:00")
}
