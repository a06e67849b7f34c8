package payments

import (
	"encoding/json"
	"fmt"
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

// UnmarshalJSON reads a transfer as the API sends it. Only one without a
// transfer_id is an error.
func (t *Transfer) UnmarshalJSON(data []byte) error {
	var w struct {
		ID          scalar `json:"transfer_id"`
		SpendID     scalar `json:"spend_id"`
		UserID      scalar `json:"user_id"`
		Asset       scalar `json:"asset"`
		Amount      scalar `json:"amount"`
		Status      scalar `json:"status"`
		CompletedAt scalar `json:"completed_at"`
		Comment     scalar `json:"comment"`
	}
	if err := json.Unmarshal(data, &w); err != nil {
		return fmt.Errorf("transfer: %w", err)
	}
	id, err := readID("transfer_id", w.ID)
	if err != nil {
		return fmt.Errorf("transfer: %w", err)
	}
	var f fields
	*t = Transfer{
		ID:          id,
		SpendID:     string(w.SpendID),
		UserID:      f.integer("user_id", w.UserID),
		Amount:      f.amount("amount", w.Amount, money.Currency(w.Asset)),
		Status:      string(w.Status),
		CompletedAt: f.time("completed_at", w.CompletedAt),
		Comment:     string(w.Comment),
	}
	t.Unread = f.unread
	return nil
}

// TransferRequest is what transfer is asked.
type TransferRequest struct {
	UserID  int64        // Telegram id of a user who has started @CryptoBot
	Amount  money.Amount // of an asset, worth about 1 to 25,000 USD
	SpendID string       // required; up to 64 characters, unique for the app and for ever
	Comment string       // up to 1024 characters; left out where the app may not send any
	Silent  bool         // the receiver gets no notification
}

type transferParams struct {
	UserID  int64          `json:"user_id"`
	Asset   money.Currency `json:"asset"`
	Amount  string         `json:"amount"`
	SpendID string         `json:"spend_id"`
	Comment string         `json:"comment,omitempty"`
	Silent  bool           `json:"disable_send_notification,omitempty"`
}

func (r TransferRequest) params() transferParams {
	return transferParams{
		UserID: r.UserID, Asset: r.Amount.Currency(), Amount: r.Amount.Decimal(),
		SpendID: r.SpendID, Comment: r.Comment, Silent: r.Silent,
	}
}

func (r TransferRequest) check() error {
	c := checker{method: "transfer"}
	c.want(r.UserID > 0, "user_id", "a Telegram id above zero")
	c.amount("amount", r.Amount)
	c.want(r.SpendID != "", "spend_id", "an id of its own for each transfer")
	c.text("spend_id", r.SpendID, 64)
	c.text("comment", r.Comment, 1024)
	return c.err()
}

// made reports whether t is the transfer that r asks for.
func (r TransferRequest) made(t Transfer) bool {
	return t.UserID == r.UserID && t.Amount.Equal(r.Amount)
}

// TransferFilter chooses transfers. The zero filter is all of them.
type TransferFilter struct {
	Assets  []money.Currency
	IDs     []int64
	SpendID string
	Page
}

type getTransfersParams struct {
	Asset   string `json:"asset,omitempty"`
	IDs     string `json:"transfer_ids,omitempty"`
	SpendID string `json:"spend_id,omitempty"`
	Offset  int    `json:"offset,omitempty"`
	Count   int    `json:"count,omitempty"`
}

func (f TransferFilter) params() getTransfersParams {
	return getTransfersParams{
		Asset: codes(f.Assets).join(), IDs: joinIDs(f.IDs), SpendID: f.SpendID,
		Offset: f.Offset, Count: max(f.Count, len(f.IDs)),
	}
}

func (f TransferFilter) check() error {
	c := checker{method: "getTransfers"}
	c.codes("asset", f.Assets)
	c.ids("transfer_ids", f.IDs)
	c.text("spend_id", f.SpendID, 64)
	c.page(f.Page)
	return c.err()
}
