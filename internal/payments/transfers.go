package payments

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"time"

	"shopbot/internal/money"
)

// Transfer is coins sent from the app's balance to a user.
type Transfer struct {
	ID          int64
	SpendID     string // may be missing in the answer of transfer itself
	UserID      int64
	Amount      money.Amount
	Status      string // "completed"; the set is open
	CompletedAt time.Time
	Comment     string
	Unread      []string // as in Invoice
}

// UnmarshalJSON reads a transfer as the API sends it. Only one without a transfer_id is an error.
func (t *Transfer) UnmarshalJSON(data []byte) error {
	return parseRow(data, "transfer", "transfer_id", &t.Unread, func(o *object, id int64) {
		*t = Transfer{
			ID:          id,
			SpendID:     o.text("spend_id"),
			UserID:      o.integer("user_id"),
			Amount:      o.amount(o.currency("asset"), "amount"),
			Status:      o.text("status"),
			CompletedAt: o.time("completed_at"),
			Comment:     o.text("comment"),
		}
	})
}

// Documented limits of a transfer's parameters, in characters.
const (
	maxSpendID = 64
	maxComment = 1024
)

// TransferRequest is what transfer is asked.
type TransferRequest struct {
	UserID  int64        // Telegram id of a user who has started @CryptoBot
	Amount  money.Amount // of an asset, worth about 1 to 25,000 USD
	SpendID string       // required; up to 64 characters, never used by the app before
	Comment string       // up to 1024 characters; left out where the app may not send any
	Silent  bool         // the receiver gets no notification
}

// Transfer sends coins to a user, at most once for a SpendID however often it is called. A transfer
// that was made before under the SpendID is returned as if it had been made now, if user and amount
// are the same; else the error is a *TransferMismatchError. A comment that the app may not send is
// left out.
//
// A refusal is believed only when no transfer is found under the SpendID: after a lost answer the
// balance may lack just the coins that were sent. So an error for which MayHaveHappened is false
// means that nothing was sent, and after any other the call may be repeated with the same SpendID.
func (c *Client) Transfer(ctx context.Context, r TransferRequest) (Transfer, error) {
	v := validator{method: "transfer"}
	v.want(r.UserID > 0, "user_id", "a Telegram id above zero")
	v.amount("amount", r.Amount)
	v.want(r.SpendID != "", "spend_id", "an id of its own for each transfer")
	v.text("spend_id", r.SpendID, maxSpendID)
	v.text("comment", r.Comment, maxComment)
	if err := v.err(); err != nil {
		return Transfer{}, err
	}
	t, err := c.sendTransfer(ctx, r)
	if errors.Is(err, ErrCannotAttachComment) && r.Comment != "" {
		c.cfg.Log.LogAttrs(ctx, slog.LevelInfo, "send transfer without its comment", slog.String("spend_id", r.SpendID))
		r.Comment = ""
		t, err = c.sendTransfer(ctx, r)
	}
	if e, ok := errors.AsType[*Error](err); ok && e.Name != "" {
		return c.settleTransfer(ctx, r, e)
	}
	return t, err
}

func (c *Client) sendTransfer(ctx context.Context, r TransferRequest) (Transfer, error) {
	return call[Transfer](ctx, c, operation{
		method: "transfer", repeat: harmless,
		params: params{
			"user_id": r.UserID, "asset": r.Amount.Currency(), "amount": r.Amount.Decimal(),
			"spend_id": r.SpendID, "comment": r.Comment, "disable_send_notification": r.Silent,
		},
		about: []slog.Attr{
			slog.String("spend_id", r.SpendID), slog.Int64("user", r.UserID), slog.String("amount", r.Amount.String()),
		},
	})
}

// settleTransfer finds out what became of a transfer that the API refused.
func (c *Client) settleTransfer(ctx context.Context, r TransferRequest, refused *Error) (Transfer, error) {
	made, found, err := c.FindTransfer(ctx, r.SpendID)
	lookup, _ := errors.AsType[*Error](err)
	switch {
	case found && made.UserID == r.UserID && made.Amount.Equal(r.Amount):
		return made, nil
	case found:
		return Transfer{}, &TransferMismatchError{Existing: made, Asked: r}
	case errors.Is(refused, ErrSpendIDUsed):
		refused.Outcome = OutcomeUnknown // it was used, but we do not know for what
	case lookup != nil && !lookup.Refused(): // the API refuses lookups to an app with transfers disabled
		refused.Outcome = OutcomeUnknown
	}
	return Transfer{}, refused
}

// FindTransfer finds the transfer that was made under a SpendID, if there is one. An error says
// nothing either way.
func (c *Client) FindTransfer(ctx context.Context, spendID string) (t Transfer, found bool, err error) {
	list, err := c.GetTransfers(ctx, TransferFilter{SpendID: spendID})
	for _, t := range list {
		if t.SpendID == spendID {
			return t, true, nil
		}
	}
	return Transfer{}, false, err
}

// TransferFilter chooses transfers. The zero filter is all of them.
type TransferFilter struct {
	Assets  []money.Currency
	IDs     []int64
	SpendID string
	Page
}

// GetTransfers is one part of the list of transfers, in an order that the API does not promise.
// With IDs and no Count it is all of them, up to 1000.
func (c *Client) GetTransfers(ctx context.Context, f TransferFilter) ([]Transfer, error) {
	v := validator{method: "getTransfers"}
	v.text("spend_id", f.SpendID, maxSpendID)
	return getList[Transfer](ctx, c, v, f.Page, "transfer_ids", f.IDs, f.Assets, params{"spend_id": f.SpendID})
}

// Transfers goes through all transfers that f chooses, page by page, each once. It ends at the
// first error, which comes last.
func (c *Client) Transfers(ctx context.Context, f TransferFilter) iter.Seq2[Transfer, error] {
	return rows("getTransfers", f.Page, func(t Transfer) int64 { return t.ID }, func(p Page) ([]Transfer, error) {
		f.Page = p
		return c.GetTransfers(ctx, f)
	})
}

// TransfersSince is Transfers without those that were made more than five minutes before since. It
// stops early as InvoicesSince does.
func (c *Client) TransfersSince(ctx context.Context, f TransferFilter, since time.Time) iter.Seq2[Transfer, error] {
	return newerThan(c.Transfers(ctx, f), since, func(t Transfer) (int64, time.Time) { return t.ID, t.CompletedAt })
}
