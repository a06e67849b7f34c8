package cryptopay

import (
	"slices"
	"time"

	"shopbot/internal/money"
)

// Limits of transfer.
const (
	maxSpendID = 64   // characters
	maxComment = 1024 // characters
)

// Transfer is coins that went from an app to a user.
type Transfer struct {
	ID          int64
	SpendID     string
	User        int64
	Amount      money.Amount
	Comment     string
	Silent      bool // the user is not notified
	CompletedAt time.Time
}

// Transfers lists an app's transfers, oldest first.
func (s *Service) Transfers(token string) (transfers []Transfer) {
	s.withApp(token, func(a *app) { transfers = slices.Clone(a.transfers) })
	return transfers
}

// transferObject is a transfer on the wire.
type transferObject struct {
	ID          int64          `json:"transfer_id"`
	SpendID     string         `json:"spend_id,omitempty"` // not in the answer of transfer itself
	User        int64          `json:"user_id"`
	Asset       money.Currency `json:"asset"`
	Amount      string         `json:"amount"`
	Status      string         `json:"status"`
	CompletedAt string         `json:"completed_at"`
	Comment     string         `json:"comment,omitempty"`
}

func (t Transfer) object() transferObject {
	return transferObject{
		ID: t.ID, SpendID: t.SpendID, User: t.User, Asset: t.Amount.Currency(), Amount: t.Amount.Decimal(),
		Status: "completed", CompletedAt: stamp(t.CompletedAt), Comment: t.Comment,
	}
}

// transfer sends coins to a user. Only a completed transfer uses up its spend_id.
func (s *Service) transfer(a *app, in *reader) (any, error) {
	if a.transfersOff {
		return nil, methodDisabled()
	}
	in.required("spend_id")
	t := Transfer{
		SpendID:     in.limited("spend_id", maxSpendID),
		User:        in.id("user_id"),
		Amount:      in.amount(in.code("asset", s.network.assets, invalid("amount"))),
		Comment:     in.limited("comment", maxComment),
		Silent:      in.flag("disable_send_notification", false),
		CompletedAt: now(),
	}
	if in.err != nil {
		return nil, in.err
	}
	if err := s.debit(a, t); err != nil {
		return nil, err
	}
	s.lastID.transfer++
	t.ID = s.lastID.transfer
	a.spent[t.SpendID] = true
	a.transfers = append(a.transfers, t)
	s.wallet(t.User).add(t.Amount)
	answer := t.object()
	answer.SpendID = ""
	return answer, nil
}

// debit checks a transfer and takes its coins. The used spend_id comes first, since the rest may
// have changed since its use.
func (s *Service) debit(a *app, t Transfer) error {
	worth := s.rates.worth(t.Amount)
	switch {
	case a.spent[t.SpendID]:
		return bad("SPEND_ID_ALREADY_USED")
	case s.unstarted[t.User]:
		return bad("USER_NOT_FOUND")
	case t.Comment != "" && a.commentsOff:
		return bad("CANNOT_ATTACH_COMMENT")
	case less(worth, constant("1", usd)):
		return bad("AMOUNT_TOO_SMALL")
	case less(constant("25000", usd), worth):
		return bad("AMOUNT_TOO_BIG")
	case !a.available.take(t.Amount):
		return bad("NOT_ENOUGH_COINS")
	}
	return nil
}

func (s *Service) getTransfers(a *app, in *reader) (any, error) {
	assets, wanted := in.codeFilter("asset"), in.idFilter("transfer_ids")
	spendID := in.text("spend_id")
	window := in.window()
	if in.err != nil {
		return nil, in.err
	}
	keep := func(t Transfer) bool {
		return wanted.passes(t.ID) && assets.passes(t.Amount.Currency()) &&
			(spendID == "" || spendID == t.SpendID)
	}
	return newest(a.transfers, window, keep, Transfer.object), nil
}
