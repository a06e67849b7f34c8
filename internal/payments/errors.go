package payments

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
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

// Error is a call that failed: refused by the API, answered by something that
// is not the API, or not answered. It holds no token.
type Error struct {
	Method  string
	Status  int    // HTTP status; 0 where there was no answer
	Code    int    // the API's own code; 0 where it was not the API that answered
	Name    string // the API's own word, such as NOT_ENOUGH_COINS; the set is open
	Outcome Outcome
	// RetryAfter is how long the API asked to be left alone; 0 where it did not.
	RetryAfter time.Duration

	detail string // what came in place of an answer, cleaned and cut
	cause  error
}

// Error tells the method and what went wrong with it.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("crypto pay " + e.Method + ":")
	if e.Name != "" {
		fmt.Fprintf(&b, " %s (%d)", e.Name, e.Code)
		return b.String()
	}
	if e.Status != 0 {
		b.WriteString(" status " + strconv.Itoa(e.Status) + ":")
	}
	if e.cause != nil {
		b.WriteString(" " + e.cause.Error())
	}
	if e.detail != "" {
		fmt.Fprintf(&b, " %q", e.detail)
	}
	return b.String()
}

// Unwrap gives the cause, such as context.DeadlineExceeded or a network error.
func (e *Error) Unwrap() error { return e.cause }

// Is reports whether target is the sentinel of e's name or status.
func (e *Error) Is(target error) bool {
	if target == ErrRateLimited {
		return e.Status == http.StatusTooManyRequests || e.Code == http.StatusTooManyRequests
	}
	sentinel := known(e.Name).sentinel
	return sentinel != nil && sentinel == target
}

// Hint says to a person what can be done about the error; empty where that is not known.
func (e *Error) Hint() string {
	if e.Is(ErrRateLimited) {
		return "too many requests: wait a little, or lower the rate limit"
	}
	return known(e.Name).hint
}

// Refused reports whether the API itself said no in a way that holds until
// somebody changes something: nothing was done, and repeating the same call
// would not help. A no that leaves a doubt about an earlier try is none.
func (e *Error) Refused() bool {
	return e.Name != "" && e.Outcome == OutcomeNotDone && e.Code >= 400 && e.Code < 500 &&
		e.Code != http.StatusTooManyRequests && e.Code != http.StatusRequestTimeout
}

// MayHaveHappened reports whether the work of the call that returned err may
// have been done although it failed. It is true for errors that it does not know.
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

// FieldError is a parameter outside the documented limits. Nothing was sent.
type FieldError struct {
	Method string
	Field  string // the API's own name of it, such as expires_in
	Limit  string // what is allowed
}

func (e *FieldError) Error() string {
	return fmt.Sprintf("crypto pay %s: %s: want %s", e.Method, e.Field, e.Limit)
}

// TransferMismatchError says that a spend_id was used before for another
// transfer than the one asked for. It is an ErrSpendIDUsed.
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
