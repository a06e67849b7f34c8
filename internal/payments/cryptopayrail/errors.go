package cryptopayrail

import (
	"context"
	"errors"
	"net/http"

	"shopbot/internal/payments"
	"shopbot/internal/shop"
)

// Health says what a call tells of Crypto Pay as a whole: "" if it works, or else why it serves
// nothing. known is false for a call that tells nothing.
func Health(c payments.Call) (trouble shop.Cause, known bool) {
	e, failed := errors.AsType[*payments.Error](c.Err)
	switch {
	case c.Err == nil:
		return "", true
	case !failed || c.Attempts == 0 || errors.Is(c.Err, context.Canceled):
		return "", false
	case e.Is(payments.ErrUnauthorized):
		return shop.CauseUnauthorized, true
	case e.Name == "" || e.Code >= http.StatusInternalServerError || e.Is(payments.ErrRateLimited):
		return shop.CauseNoAnswer, true
	case e.Code != http.StatusForbidden || e.Is(payments.ErrMethodDisabled):
		return "", true // an answer to this call, such as that a user is unknown
	case c.Method == "createInvoice": // the shop hears of it, and looks whether other methods work
		return "", false
	}
	return shop.CauseBlocked, true
}

// toShopError tells final refusals and waits from doubtful failures.
func toShopError(err error) error {
	if _, unsent := errors.AsType[*payments.FieldError](err); unsent {
		return &shop.RefusedError{Name: "INVALID", Err: err}
	}
	// A *payments.TransferMismatchError is not a refusal: money did go out under that id, so a
	// person has to look.
	e, ok := errors.AsType[*payments.Error](err)
	switch {
	case ok && e.Refused():
		return &shop.RefusedError{
			Name: e.Name, Hint: e.Hint(), About: refusedAbout(e), Allowed: e.AllowedAssets, Err: err,
		}
	case ok && e.RetryAfter > 0:
		return &shop.RetryAfterError{Wait: e.RetryAfter, Err: err}
	}
	return err
}

// refusedAbout sorts refusals by what they are about.
func refusedAbout(e *payments.Error) shop.RefusedAbout {
	switch {
	case e.Is(payments.ErrUnsupportedAsset):
		return shop.AboutAssets
	case e.Is(payments.ErrAmountTooSmall), e.Is(payments.ErrAmountTooBig), e.Is(payments.ErrAmountInvalid):
		return shop.AboutAmount
	}
	return ""
}
