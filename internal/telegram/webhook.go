package telegram

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"regexp"
)

// maxUpdate limits the body of a webhook request, in bytes.
const maxUpdate = 1 << 20

// secretHeader carries the secret that setWebhook was called with.
const secretHeader = "X-Telegram-Bot-Api-Secret-Token" //nolint:gosec // a header's name

// Webhook takes the updates that Telegram posts. An update is answered with 200
// once it is durable; whatever else it gets, Telegram sends it again:
//
//	405  not a POST
//	401  without the secret, or with another; an empty secret lets nobody in
//	413  more than a MiB
//	400  no JSON object with an update_id
//	503  the inbox cannot take it now
//
// An update that has an id but cannot be decoded is put aside, with 200, as
// it would be the same the next time.
func (in *Intake) Webhook(secret string) http.Handler {
	// Hashes are of one length, so that comparing them does not tell the secret's.
	want := sha256.Sum256([]byte(secret))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			answer(w, http.StatusMethodNotAllowed)
			return
		}
		got := sha256.Sum256([]byte(r.Header.Get(secretHeader)))
		if subtle.ConstantTimeCompare(got[:], want[:]) != 1 || secret == "" {
			answer(w, http.StatusUnauthorized)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxUpdate))
		if err != nil {
			answer(w, statusOfBody(err))
			return
		}
		answer(w, in.takePosted(r.Context(), body))
	})
}

func answer(w http.ResponseWriter, status int) {
	if status == http.StatusOK {
		w.WriteHeader(status)
		return
	}
	http.Error(w, http.StatusText(status), status)
}

func statusOfBody(err error) int {
	if errors.As(err, new(*http.MaxBytesError)) {
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusBadRequest
}

// takePosted takes in one update and says with which status.
func (in *Intake) takePosted(ctx context.Context, body []byte) int {
	if _, err := updateID(body); err != nil {
		return http.StatusBadRequest
	}
	if _, err := in.accept(ctx, []json.RawMessage{body}); err != nil {
		in.log.ErrorContext(ctx, "update cannot be taken in, telegram will send it again", "error", err)
		return http.StatusServiceUnavailable
	}
	return http.StatusOK
}

// secretForm is what setWebhook takes (core.telegram.org/bots/api#setwebhook).
var secretForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)

// RegisterWebhook has Telegram post updates to url with secret, which is of 1 to 256
// letters, digits, _ and -. What fails is tried again as by Poll until ctx ends; so
// the only error is that secret is malformed.
func (in *Intake) RegisterWebhook(ctx context.Context, url, secret string) error {
	if !secretForm.MatchString(secret) {
		return errors.New("webhook secret is not of 1 to 256 letters, digits, _ and -")
	}
	t := trouble{log: in.log}
	for ctx.Err() == nil {
		_, err := in.client.raw(ctx, "setWebhook", struct {
			URL     string   `json:"url"`
			Secret  string   `json:"secret_token"`
			Allowed []string `json:"allowed_updates"`
		}{url, secret, allowedUpdates}, callLimit)
		if err == nil {
			t.over(ctx)
			return nil
		}
		t.met(ctx, err)
	}
	return nil
}
