package payments

import (
	"context"
	"encoding/json"
	"fmt"
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

// Check is a link that gives coins to whoever opens it, or to one user alone.
type Check struct {
	ID          int64
	Hash        string
	Amount      money.Amount
	BotURL      string
	Status      CheckStatus
	CreatedAt   time.Time
	ActivatedAt time.Time // zero while it is active
	Unread      []string  // as in Invoice
}

// UnmarshalJSON reads a check as the API sends it. Only one without a check_id is an error.
func (k *Check) UnmarshalJSON(data []byte) error {
	var w struct {
		ID          scalar `json:"check_id"`
		Hash        scalar `json:"hash"`
		Asset       scalar `json:"asset"`
		Amount      scalar `json:"amount"`
		BotURL      scalar `json:"bot_check_url"`
		Status      scalar `json:"status"`
		CreatedAt   scalar `json:"created_at"`
		ActivatedAt scalar `json:"activated_at"`
	}
	if err := json.Unmarshal(data, &w); err != nil {
		return fmt.Errorf("check: %w", err)
	}
	id, err := readID("check_id", w.ID)
	if err != nil {
		return fmt.Errorf("check: %w", err)
	}
	var f fields
	*k = Check{
		ID:          id,
		Hash:        string(w.Hash),
		Amount:      f.amount("amount", w.Amount, money.Currency(w.Asset)),
		BotURL:      string(w.BotURL),
		Status:      CheckStatus(w.Status),
		CreatedAt:   f.time("created_at", w.CreatedAt),
		ActivatedAt: f.time("activated_at", w.ActivatedAt),
	}
	k.Unread = f.unread
	return nil
}

// CheckRequest is what createCheck is asked. At most one of the two pins is set.
type CheckRequest struct {
	Amount        money.Amount // of an asset
	PinToUserID   int64        // the Telegram user who alone may open it
	PinToUsername string       // the same by name, without the @
}

// CreateCheck takes coins off the balance and makes a check of them. Every call
// makes another: it is never tried again by itself. After an error for which
// MayHaveHappened is true look through Checks before asking again.
func (c *Client) CreateCheck(ctx context.Context, r CheckRequest) (Check, error) {
	check := checker{method: "createCheck"}
	check.amount("amount", r.Amount)
	check.want(r.PinToUserID >= 0, "pin_to_user_id", "a Telegram id above zero")
	check.want(r.PinToUserID == 0 || r.PinToUsername == "", "pin_to_username", "one of pin_to_user_id and pin_to_username")
	check.text("pin_to_username", r.PinToUsername, 32)
	if err := check.err(); err != nil {
		return Check{}, err
	}
	return call[Check](ctx, c, operation{
		method: "createCheck", repeat: never,
		params: struct {
			Asset    money.Currency `json:"asset"`
			Amount   string         `json:"amount"`
			UserID   int64          `json:"pin_to_user_id,omitempty"`
			Username string         `json:"pin_to_username,omitempty"`
		}{r.Amount.Currency(), r.Amount.Decimal(), r.PinToUserID, r.PinToUsername},
		about: []slog.Attr{slog.String("amount", r.Amount.String())},
	})
}

// DeleteCheck takes a check back. It is repeatable as DeleteInvoice is; a check
// that was never there is ErrCheckNotFound.
func (c *Client) DeleteCheck(ctx context.Context, id int64) error {
	check := checker{method: "deleteCheck"}
	check.ids("check_id", []int64{id})
	if err := check.err(); err != nil {
		return err
	}
	return goneIs(ErrCheckNotFound, c.delete(ctx, operation{
		method: "deleteCheck", params: map[string]int64{"check_id": id}, repeat: harmless,
		about: []slog.Attr{slog.Int64("check", id)},
	}))
}

// CheckFilter chooses checks. The zero filter is all of them.
type CheckFilter struct {
	Assets []money.Currency
	IDs    []int64
	Status CheckStatus
	Page
}

type getChecksParams struct {
	Asset  string      `json:"asset,omitempty"`
	IDs    string      `json:"check_ids,omitempty"`
	Status CheckStatus `json:"status,omitempty"`
	Offset int         `json:"offset,omitempty"`
	Count  int         `json:"count,omitempty"`
}

// GetChecks is one part of the list of checks, in an order that the API does not
// promise. With IDs and no Count it is all of them, up to 1000.
func (c *Client) GetChecks(ctx context.Context, f CheckFilter) ([]Check, error) {
	check := checker{method: "getChecks"}
	check.codes("asset", f.Assets)
	check.ids("check_ids", f.IDs)
	check.page(f.Page)
	if err := check.err(); err != nil {
		return nil, err
	}
	l, err := call[list[Check]](ctx, c, operation{
		method: "getChecks", repeat: reading,
		params: getChecksParams{
			Asset: codes(f.Assets).join(), IDs: joinIDs(f.IDs), Status: f.Status,
			Offset: f.Offset, Count: max(f.Count, len(f.IDs)),
		},
	})
	return l.items, err
}

// Checks goes through all checks that f chooses, page by page, each once. It
// ends at the first error, which comes last.
func (c *Client) Checks(ctx context.Context, f CheckFilter) iter.Seq2[Check, error] {
	return rows(f.Page, func(k Check) int64 { return k.ID }, func(p Page) ([]Check, error) {
		f.Page = p
		return c.GetChecks(ctx, f)
	})
}
