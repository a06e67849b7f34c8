package telegram

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"time"
)

const (
	// maxUpdate limits the body of a webhook request, in bytes.
	maxUpdate = 1 << 20
	// webhookWait is how long a request waits while the queues are full.
	webhookWait = 3 * time.Second
	// secretHeader has the secret that setWebhook was called with.
	secretHeader = "X-Telegram-Bot-Api-Secret-Token" //nolint:gosec // a header's name
)

// Webhook returns the handler of the updates that Telegram posts. The answer is 200 once the update
// is durable; after any other answer Telegram sends the update again:
//
//	405  not a POST
//	401  without the secret, or with another; an empty secret refuses everybody
//	413  more than a MiB
//	400  not a JSON object with an update_id
//	503  the queues are full, Run does not run, or the inbox failed
//
// An update that has an id but cannot be decoded gets 200 and becomes a dead letter, because it
// would be the same the next time.
func (in *Intake) Webhook(secret string) http.Handler {
	want := sha256.Sum256([]byte(secret)) // hashes have one length, so comparing them does not tell the secret's
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		got := sha256.Sum256([]byte(r.Header.Get(secretHeader)))
		if subtle.ConstantTimeCompare(got[:], want[:]) != 1 || secret == "" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxUpdate))
		switch {
		case errors.As(err, new(*http.MaxBytesError)):
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		case err != nil:
			w.WriteHeader(http.StatusBadRequest)
		default:
			w.WriteHeader(in.acceptPosted(r.Context(), body))
		}
	})
}

// acceptPosted accepts one update and returns the HTTP status.
func (in *Intake) acceptPosted(ctx context.Context, body []byte) int {
	ctx, cancel := context.WithTimeout(ctx, webhookWait)
	defer cancel()
	ids, err := in.accept(ctx, []json.RawMessage{body})
	switch {
	case err != nil:
		level := slog.LevelError
		if ctx.Err() != nil {
			level = slog.LevelWarn // too busy, or the client is gone
		}
		in.log.Log(ctx, level, "receive posted update failed, telegram will send it again", "error", err)
		return http.StatusServiceUnavailable
	case len(ids) == 0:
		return http.StatusBadRequest
	default:
		return http.StatusOK
	}
}

// secretForm is what setWebhook takes (core.telegram.org/bots/api#setwebhook).
var secretForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)

// RegisterWebhook tells Telegram to post updates to url with secret, which is 1 to 256 letters,
// digits, _ and -. Calls that fail are retried like those of Poll until ctx ends, so the only error
// is that secret is malformed.
func (in *Intake) RegisterWebhook(ctx context.Context, url, secret string) error {
	if !secretForm.MatchString(secret) {
		return errors.New("webhook secret is not 1 to 256 letters, digits, _ and -")
	}
	b := backoff{log: in.log}
	for ctx.Err() == nil {
		_, err := in.client.raw(ctx, "setWebhook", struct {
			URL     string   `json:"url"`
			Secret  string   `json:"secret_token"`
			Allowed []string `json:"allowed_updates"`
		}{url, secret, allowedUpdates}, callLimit)
		if err == nil {
			b.succeeded(ctx)
			return nil
		}
		b.failed(ctx, err)
	}
	return nil
}
