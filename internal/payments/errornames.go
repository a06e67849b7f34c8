package payments

import "errors"

// What callers decide by. A refusal of the API is an *Error that is one of
// these; names that are not here are in Error.Name all the same.
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

// meaning is what this package knows of one of the API's error names.
type meaning struct {
	sentinel error
	hint     string
}

// known looks up an error name. The API publishes no list: these were seen in
// practice, and both words for an empty balance stand for the same.
func known(name string) meaning {
	switch name {
	case "UNAUTHORIZED":
		return meaning{ErrUnauthorized, "check the token: @CryptoBot → Crypto Pay → My Apps, @CryptoTestnetBot for the test network; tokens of one network do not work in the other"}
	case "METHOD_NOT_FOUND":
		return meaning{ErrMethodNotFound, "check the API's base address: it is given without /api"}
	case "METHOD_DISABLED":
		return meaning{ErrMethodDisabled, "enable transfers and checks: @CryptoBot → Crypto Pay → My Apps → the app → Security"}
	case "NOT_ENOUGH_COINS", "INSUFFICIENT_FUNDS":
		return meaning{ErrNotEnoughCoins, "top up the app's balance in @CryptoBot → Crypto Pay → My Apps → the app"}
	case "SPEND_ID_ALREADY_USED":
		return meaning{ErrSpendIDUsed, "the money has gone out under this id: look for the transfer, never repeat it under a new id"}
	case "USER_NOT_FOUND":
		return meaning{ErrUserNotFound, "the receiver has to start @CryptoBot once before a transfer can reach them"}
	case "AMOUNT_TOO_SMALL":
		return meaning{ErrAmountTooSmall, "transfers begin at about 1 USD; a check may carry less"}
	case "AMOUNT_TOO_BIG":
		return meaning{ErrAmountTooBig, "transfers end at about 25,000 USD: send it in parts"}
	default:
		return knownOfInput(name)
	}
}

// knownOfInput looks up the names of refused parameters.
func knownOfInput(name string) meaning {
	switch name {
	case "AMOUNT_INVALID":
		return meaning{ErrAmountInvalid, "check the amount, and that the asset exists in this network"}
	case "UNSUPPORTED_ASSET", "ASSET_INVALID":
		return meaning{ErrUnsupportedAsset, "the asset does not exist in this network: getCurrencies lists those that do"}
	case "INVOICE_NOT_FOUND":
		return meaning{ErrInvoiceNotFound, "the invoice was deleted, or belongs to another app or network"}
	case "CHECK_NOT_FOUND":
		return meaning{ErrCheckNotFound, "the check was deleted, or belongs to another app or network"}
	case "CANNOT_ATTACH_COMMENT":
		return meaning{ErrCannotAttachComment, "the app may not send comments yet: leave the comment out"}
	case "EXPIRES_IN_INVALID":
		return meaning{ErrExpiresInInvalid, "an invoice lives from 1 second to 31 days"}
	case "INTERVAL_TOO_BIG":
		return meaning{ErrIntervalTooBig, "ask for statistics of a year at most"}
	}
	return meaning{}
}
