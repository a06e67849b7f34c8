package payments

import (
	"context"
	"iter"
	"log/slog"
	"time"

	"shopbot/internal/money"
)

// CheckStatus is a state of a check. The set is open.
type CheckStatus string

// The known statuses.
const (
	CheckActive    CheckStatus = "active"
	CheckActivated CheckStatus = "activated"
)

// Check is a link that gives coins to the first user who opens it, or to one user alone.
type Check struct {
	ID          int64
	Hash        string
	Amount      money.Amount
	BotURL      string
	Status      CheckStatus
	CreatedAt   time.Time
	ActivatedAt time.Time // zero while it is active
	// PinnedToUserID is the Telegram user who alone may open it; 0 if there is none, or the API
	// does not say (the field is not documented).
	PinnedToUserID int64
	Unread         []string // as in Invoice
}

// UnmarshalJSON reads a check as the API sends it. Only one without a check_id is an error.
func (k *Check) UnmarshalJSON(data []byte) error {
	return parseRow(data, "check", "check_id", &k.Unread, func(o *object, id int64) {
		pin := read(o, func(s string) (object, error) { return parseObject([]byte(s)) }, "pin_to_user")
		*k = Check{
			ID:          id,
			Hash:        o.text("hash"),
			Amount:      o.amount(o.currency("asset"), "amount"),
			BotURL:      o.text("bot_check_url"),
			Status:      CheckStatus(o.text("status")),
			CreatedAt:   o.time("created_at"),
			ActivatedAt: o.time("activated_at"),
		}
		if pin.unread != nil {
			k.PinnedToUserID = pin.integer("user_id")
		}
	})
}

// CheckRequest is what createCheck is asked. At most one of the two pins is set.
type CheckRequest struct {
	Amount        money.Amount // of an asset
	PinToUserID   int64        // the Telegram user who alone may open it
	PinToUsername string       // the same by name, without the @
}

// CreateCheck takes coins off the balance and makes a check of them. Every call makes another, so
// it is never tried again. After an error for which MayHaveHappened is true look through Checks
// before asking again.
func (c *Client) CreateCheck(ctx context.Context, r CheckRequest) (Check, error) {
	v := validator{method: "createCheck"}
	v.amount("amount", r.Amount)
	v.want(r.PinToUserID >= 0, "pin_to_user_id", "a Telegram id above zero")
	v.want(r.PinToUserID == 0 || r.PinToUsername == "", "pin_to_username", "one of pin_to_user_id and pin_to_username")
	v.text("pin_to_username", r.PinToUsername, 32)
	if err := v.err(); err != nil {
		return Check{}, err
	}
	return call[Check](ctx, c, operation{
		method: "createCheck", repeat: never,
		params: params{
			"asset": r.Amount.Currency(), "amount": r.Amount.Decimal(),
			"pin_to_user_id": r.PinToUserID, "pin_to_username": r.PinToUsername,
		},
		about: []slog.Attr{slog.String("amount", r.Amount.String())},
	})
}

// DeleteCheck takes a check back. It is repeatable as DeleteInvoice is; a check that was never
// there is ErrCheckNotFound.
func (c *Client) DeleteCheck(ctx context.Context, id int64) error {
	return c.remove(ctx, "deleteCheck", "check_id", id, ErrCheckNotFound)
}

// CheckFilter chooses checks. The zero filter is all of them.
type CheckFilter struct {
	Assets []money.Currency
	IDs    []int64
	Status CheckStatus
	Page
}

// GetChecks is one part of the list of checks, in an order that the API does not promise. With IDs
// and no Count it is all of them, up to 1000.
func (c *Client) GetChecks(ctx context.Context, f CheckFilter) ([]Check, error) {
	return getList[Check](ctx, c, validator{method: "getChecks"}, f.Page, "check_ids", f.IDs, f.Assets,
		params{"status": f.Status})
}

// Checks goes through all checks that f chooses, page by page, each once. It ends at the first
// error, which comes last.
func (c *Client) Checks(ctx context.Context, f CheckFilter) iter.Seq2[Check, error] {
	return rows("getChecks", f.Page, func(k Check) int64 { return k.ID }, func(p Page) ([]Check, error) {
		f.Page = p
		return c.GetChecks(ctx, f)
	})
}

// ChecksSince is Checks without those that were made more than five minutes before since. It stops
// early as InvoicesSince does.
func (c *Client) ChecksSince(ctx context.Context, f CheckFilter, since time.Time) iter.Seq2[Check, error] {
	return newerThan(c.Checks(ctx, f), since, func(k Check) (int64, time.Time) { return k.ID, k.CreatedAt })
}
