package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"

	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/sandbox/emulate"
	"shopbot/internal/sandbox/telegram"
)

// maxRequest limits the JSON body of a request to the page's API, in bytes.
const maxRequest = 64 << 10

// pageError is an error answer of the page's API.
type pageError struct {
	status int
	Reason string `json:"reason"` // a word for the page's code
	Text   string `json:"error"`  // a sentence for the person
}

func (e pageError) Error() string { return e.Text }

// reasons are the words for the services' errors.
var reasons = map[error]string{
	telegram.ErrBlocked:        "blocked",
	telegram.ErrNoMessage:      "no_message",
	telegram.ErrNoButton:       "no_button",
	telegram.ErrEmpty:          "empty",
	telegram.ErrTooLong:        "too_long",
	telegram.ErrNoInvite:       "no_invite",
	telegram.ErrBanned:         "banned",
	telegram.ErrAsked:          "asked",
	telegram.ErrNotMember:      "not_member",
	telegram.ErrNoGroup:        "no_group",
	telegram.ErrNoInvoice:      "no_invoice",
	telegram.ErrNoStars:        "no_stars",
	telegram.ErrStars:          "stars",
	telegram.ErrNoSubscription: "no_subscription",
	telegram.ErrNoResult:       "no_result",
	cryptopay.ErrNotFound:      "not_found",
	cryptopay.ErrAlreadyPaid:   "already_paid",
	cryptopay.ErrExpired:       "expired",
	cryptopay.ErrAsset:         "asset",
	cryptopay.ErrNoMoney:       "no_money",
	cryptopay.ErrActivated:     "activated",
	cryptopay.ErrPinned:        "pinned",
	cryptopay.ErrNotPaid:       "not_paid",
	cryptopay.ErrNoWebhook:     "no_webhook",
}

func toPageError(err error) pageError {
	if e, ok := errors.AsType[pageError](err); ok {
		return e
	}
	for known, word := range reasons {
		if errors.Is(err, known) {
			return pageError{http.StatusConflict, word, err.Error()}
		}
	}
	return pageError{http.StatusBadRequest, "refused", err.Error()}
}

// query serves a GET that changes nothing.
func query[T any](get func(*http.Request) (T, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		out, err := get(r)
		respond(w, out, err)
	}
}

// post serves a POST with a JSON body, whose answer is empty or an error.
func post[T any](do func(T) error) http.HandlerFunc {
	return postFor(func(in T) (struct{}, error) { return struct{}{}, do(in) })
}

// postFor is post with an answer.
func postFor[In, Out any](do func(In) (Out, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var out Out
		in, err := decode[In](w, r)
		if err == nil {
			out, err = do(in)
		}
		respond(w, out, err)
	}
}

func decode[T any](w http.ResponseWriter, r *http.Request) (in T, err error) {
	if mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mediaType != "application/json" {
		return in, pageError{http.StatusUnsupportedMediaType, "content_type", "want application/json"}
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest))
	d.DisallowUnknownFields()
	err = d.Decode(&in)
	if _, tooBig := errors.AsType[*http.MaxBytesError](err); tooBig {
		return in, pageError{http.StatusRequestEntityTooLarge, "too_big", "the request is too big"}
	}
	if err != nil {
		return in, pageError{http.StatusBadRequest, "json", fmt.Sprintf("parse the request: %v", err)}
	}
	return in, nil
}

func respond(w http.ResponseWriter, out any, err error) {
	status := http.StatusOK
	if err != nil {
		e := toPageError(err)
		status, out = e.status, e
	}
	emulate.WriteJSON(w, status, out)
}
