package payments

import (
	"context"
	"errors"
	"iter"
	"log/slog"
)

// Transfer sends coins to a user, at most once for a SpendID however often it is
// called. A transfer that was made before under the SpendID is returned as if it
// had been made now, if user and amount are the same; else the error is a
// *TransferMismatchError. A comment that the app may not send is left out.
//
// A refusal is believed only when no transfer is found under the SpendID: after
// a lost answer the balance may lack just the coins that were sent. So an error
// for which MayHaveHappened is false means that nothing was sent, and after any
// other the call may be repeated with the same SpendID.
func (c *Client) Transfer(ctx context.Context, r TransferRequest) (Transfer, error) {
	if err := r.check(); err != nil {
		return Transfer{}, err
	}
	t, err := c.sendTransfer(ctx, r)
	if errors.Is(err, ErrCannotAttachComment) && r.Comment != "" {
		c.log.LogAttrs(ctx, slog.LevelInfo, "transfer goes without its comment", slog.String("spend_id", r.SpendID))
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
		method: "transfer", params: r.params(), repeat: harmless,
		about: []slog.Attr{
			slog.String("spend_id", r.SpendID), slog.Int64("user", r.UserID), slog.String("amount", r.Amount.String()),
		},
	})
}

// settleTransfer finds out what a refused transfer comes to.
func (c *Client) settleTransfer(ctx context.Context, r TransferRequest, refused *Error) (Transfer, error) {
	made, found, err := c.FindTransfer(ctx, r.SpendID)
	switch {
	case found && r.made(made):
		return made, nil
	case found:
		return Transfer{}, &TransferMismatchError{Existing: made, Asked: r}
	case errors.Is(refused, ErrSpendIDUsed):
		refused.Outcome = OutcomeUnknown // it was used, for whatever
	case err != nil && !refusal(err):
		refused.Outcome = OutcomeUnknown
	}
	return Transfer{}, refused
}

// refusal reports whether the API itself said no to a lookup, as it may to an
// app with transfers disabled: then there is nothing more to be learned.
func refusal(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Refused()
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

// GetTransfers is one part of the list of transfers, in an order that the API
// does not promise. With IDs and no Count it is all of them, up to 1000.
func (c *Client) GetTransfers(ctx context.Context, f TransferFilter) ([]Transfer, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	l, err := call[list[Transfer]](ctx, c, operation{method: "getTransfers", repeat: reading, params: f.params()})
	return l.items, err
}

// Transfers goes through all transfers that f chooses, page by page, each once.
// It ends at the first error, which comes last.
func (c *Client) Transfers(ctx context.Context, f TransferFilter) iter.Seq2[Transfer, error] {
	return rows(f.Page, func(t Transfer) int64 { return t.ID }, func(p Page) ([]Transfer, error) {
		f.Page = p
		return c.GetTransfers(ctx, f)
	})
}
