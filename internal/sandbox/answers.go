package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"

	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/sandbox/telegram"
)

// maxRequest is the largest JSON body that the page's API takes, in bytes.
const maxRequest = 64 << 10

// refusal is an error that the page may read.
type refusal struct {
	status int
	Reason string `json:"reason"` // a word for the page's code
	Text   string `json:"error"`  // a sentence for the person
}

func (r refusal) Error() string { return r.Text }

func refused(status int, reason, text string) error { return refusal{status, reason, text} }

// reasons are the words for the services' errors.
func reasons() map[error]string {
	return map[error]string{
		telegram.ErrBlocked:      "blocked",
		telegram.ErrNoMessage:    "no_message",
		telegram.ErrNoButton:     "no_button",
		telegram.ErrEmpty:        "empty",
		telegram.ErrTooLong:      "too_long",
		cryptopay.ErrNotFound:    "not_found",
		cryptopay.ErrAlreadyPaid: "already_paid",
		cryptopay.ErrExpired:     "expired",
		cryptopay.ErrAsset:       "asset",
		cryptopay.ErrNoMoney:     "no_money",
		cryptopay.ErrActivated:   "activated",
		cryptopay.ErrPinned:      "pinned",
		cryptopay.ErrNotPaid:     "not_paid",
		cryptopay.ErrNoWebhook:   "no_webhook",
	}
}

func refusalFor(err error) refusal {
	if r, ok := errors.AsType[refusal](err); ok {
		return r
	}
	for known, word := range reasons() {
		if errors.Is(err, known) {
			return refusal{http.StatusConflict, word, err.Error()}
		}
	}
	return refusal{http.StatusBadRequest, "refused", err.Error()}
}

// action serves a POST whose body is a T.
func action[T any](do func(T) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in, err := decode[T](w, r)
		if err != nil {
			respond(w, nil, err)
			return
		}
		out, err := do(in)
		respond(w, out, err)
	})
}

// question serves a GET that changes nothing.
func question(ask func(url.Values) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out, err := ask(r.URL.Query())
		respond(w, out, err)
	})
}

func decode[T any](w http.ResponseWriter, r *http.Request) (in T, err error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return in, refused(http.StatusUnsupportedMediaType, "content_type", "want application/json")
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest))
	d.DisallowUnknownFields()
	err = d.Decode(&in)
	if _, tooBig := errors.AsType[*http.MaxBytesError](err); tooBig {
		return in, refused(http.StatusRequestEntityTooLarge, "too_big", "the request is too big")
	}
	if err != nil {
		return in, refused(http.StatusBadRequest, "json", fmt.Sprintf("reading the request: %v", err))
	}
	return in, nil
}

func respond(w http.ResponseWriter, out any, err error) {
	status := http.StatusOK
	if err != nil {
		r := refusalFor(err)
		status, out = r.status, r
	}
	if out == nil {
		out = struct{}{}
	}
	body, err := json.Marshal(out)
	if err != nil { // one of our own types cannot be encoded
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // a browser that has gone away wants no answer
}
