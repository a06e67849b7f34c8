package payments

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"shopbot/internal/money"
)

// Outcome says whether the work of a failed call may have been done.
type Outcome uint8

// The outcomes. The zero is the cautious one.
const (
	OutcomeUnknown Outcome = iota // the work may have been done, money may have moved
	OutcomeNotDone                // nothing was done
)

// String is "unknown" or "not_done".
func (o Outcome) String() string {
	if o == OutcomeNotDone {
		return "not_done"
	}
	return "unknown"
}

// Error is a call that failed: refused by the API, answered by something that is not the API, or
// not answered. It holds no token.
type Error struct {
	Method  string
	Status  int    // HTTP status; 0 where there was no answer
	Code    int    // the API's own code; 0 where it was not the API that answered
	Name    string // the API's own word, such as NOT_ENOUGH_COINS; the set is open
	Outcome Outcome
	// RetryAfter is how long the API asked to be left alone; 0 where it did not.
	RetryAfter time.Duration
	// AllowedAssets are those that the API named along with ErrUnsupportedAsset; nil where it named
	// none.
	AllowedAssets []money.Currency

	detail string // what came in place of an answer, cleaned and cut
	cause  error
}

// Error tells the method and what went wrong with it.
func (e *Error) Error() string {
	text := "crypto pay " + e.Method + ":"
	if e.Name != "" {
		return fmt.Sprintf("%s %s (%d)", text, e.Name, e.Code)
	}
	if e.Status != 0 {
		text += fmt.Sprintf(" status %d:", e.Status)
	}
	if e.cause != nil {
		text += " " + e.cause.Error()
	}
	if e.detail != "" {
		text += fmt.Sprintf(" %q", e.detail)
	}
	return text
}

// Unwrap gives the cause, such as context.DeadlineExceeded or a network error.
func (e *Error) Unwrap() error { return e.cause }

// Is reports whether target is the sentinel of e's name or status.
func (e *Error) Is(target error) bool {
	if target == ErrRateLimited {
		return e.Status == http.StatusTooManyRequests || e.Code == http.StatusTooManyRequests
	}
	sentinel := knownErrors[e.Name].sentinel
	return sentinel != nil && sentinel == target
}

// Hint says to a person what can be done about the error; empty where that is not known.
func (e *Error) Hint() string {
	if e.Is(ErrRateLimited) {
		return "too many requests: wait a little, or lower the rate limit"
	}
	return knownErrors[e.Name].hint
}

// Refused reports whether the API itself said no in a way that holds until somebody changes
// something: nothing was done, and repeating the same call would not help. It is false where an
// earlier try may have been done.
func (e *Error) Refused() bool {
	return e.Name != "" && e.Outcome == OutcomeNotDone && e.Code >= 400 && e.Code < 500 &&
		e.Code != http.StatusTooManyRequests && e.Code != http.StatusRequestTimeout
}

// MayHaveHappened reports whether the work of the call that returned err may have been done
// although it failed. It is true for errors that it does not know.
func MayHaveHappened(err error) bool {
	if err == nil {
		return false
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Outcome != OutcomeNotDone
	}
	_, unsent := errors.AsType[*FieldError](err)
	return !unsent
}

// What callers decide by. A refusal of the API is an *Error that is one of these; names that are
// not here are in Error.Name all the same.
var (
	ErrUnauthorized        = errors.New("token not accepted")
	ErrMethodNotFound      = errors.New("no such method")
	ErrMethodDisabled      = errors.New("method disabled for the app")
	ErrNotEnoughCoins      = errors.New("not enough coins in the app's balance")
	ErrSpendIDUsed         = errors.New("spend_id used before")
	ErrUserNotFound        = errors.New("user unknown to Crypto Pay")
	ErrAmountTooSmall      = errors.New("amount too small")
	ErrAmountTooBig        = errors.New("amount too big")
	ErrAmountInvalid       = errors.New("amount not accepted")
	ErrUnsupportedAsset    = errors.New("asset not supported")
	ErrInvoiceNotFound     = errors.New("no such invoice")
	ErrCheckNotFound       = errors.New("no such check")
	ErrCannotAttachComment = errors.New("comment not allowed")
	ErrExpiresInInvalid    = errors.New("expires_in out of range")
	ErrIntervalTooBig      = errors.New("interval too big")
	ErrRateLimited         = errors.New("too many requests")
)

const (
	hintTopUp = "top up the app's balance in @CryptoBot → Crypto Pay → My Apps → the app"
	hintAsset = "the asset does not exist in this network: getCurrencies lists those that do"
)

// knownErrors maps: the API's name of an error => what this package knows of it. The API publishes
// no list, these were seen in practice.
var knownErrors = map[string]struct {
	sentinel error
	hint     string
}{
	"UNAUTHORIZED":          {ErrUnauthorized, "check the token: @CryptoBot → Crypto Pay → My Apps, @CryptoTestnetBot for the test network; tokens of one network do not work in the other"},
	"METHOD_NOT_FOUND":      {ErrMethodNotFound, "check the API's base address: it is given without /api"},
	"METHOD_DISABLED":       {ErrMethodDisabled, "enable transfers and checks: @CryptoBot → Crypto Pay → My Apps → the app → Security"},
	"NOT_ENOUGH_COINS":      {ErrNotEnoughCoins, hintTopUp},
	"INSUFFICIENT_FUNDS":    {ErrNotEnoughCoins, hintTopUp},
	"SPEND_ID_ALREADY_USED": {ErrSpendIDUsed, "the money has gone out under this id: look for the transfer, never repeat it under a new id"},
	"USER_NOT_FOUND":        {ErrUserNotFound, "the receiver has to start @CryptoBot once before a transfer can reach them"},
	"AMOUNT_TOO_SMALL":      {ErrAmountTooSmall, "transfers begin at about 1 USD; a check may carry less"},
	"AMOUNT_TOO_BIG":        {ErrAmountTooBig, "transfers end at about 25,000 USD: send it in parts"},
	"AMOUNT_INVALID":        {ErrAmountInvalid, "check the amount, and that the asset exists in this network"},
	"UNSUPPORTED_ASSET":     {ErrUnsupportedAsset, hintAsset},
	// of a fiat invoice; the name was first seen in November 2024
	"UNSUPPORTED_ACCEPTED_ASSET": {ErrUnsupportedAsset, hintAsset},
	"ASSET_INVALID":              {ErrUnsupportedAsset, hintAsset},
	"INVOICE_NOT_FOUND":          {ErrInvoiceNotFound, "the invoice was deleted, or belongs to another app or network"},
	"CHECK_NOT_FOUND":            {ErrCheckNotFound, "the check was deleted, or belongs to another app or network"},
	"CANNOT_ATTACH_COMMENT":      {ErrCannotAttachComment, "the app may not send comments yet: leave the comment out"},
	"EXPIRES_IN_INVALID":         {ErrExpiresInInvalid, "an invoice lives from 1 second to 31 days"},
	"INTERVAL_TOO_BIG":           {ErrIntervalTooBig, "ask for statistics of a year at most"},
}

// FieldError is a parameter outside the documented limits. Nothing was sent.
type FieldError struct {
	Method string
	Field  string // the API's own name of it, such as expires_in
	Limit  string // what is allowed
}

func (e *FieldError) Error() string {
	return fmt.Sprintf("crypto pay %s: %s: want %s", e.Method, e.Field, e.Limit)
}

// TransferMismatchError says that a spend_id was used before for another transfer than the one
// asked for. It is an ErrSpendIDUsed.
type TransferMismatchError struct {
	Existing Transfer        // made earlier under this spend_id
	Asked    TransferRequest // not made
}

func (e *TransferMismatchError) Error() string {
	return fmt.Sprintf("crypto pay transfer: spend_id %q sent %s to user %d before, and is asked to send %s to user %d",
		e.Asked.SpendID, e.Existing.Amount, e.Existing.UserID, e.Asked.Amount, e.Asked.UserID)
}

// Unwrap gives ErrSpendIDUsed.
func (e *TransferMismatchError) Unwrap() error { return ErrSpendIDUsed }
