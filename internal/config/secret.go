package config

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
)

const hidden = "[secret]"

// Secret is a string that shows only where it is asked for by name: printed with
// any verb, logged or marshalled it is "[secret]", and "" where it is not set.
type Secret string

// String is "[secret]".
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// Format writes "[secret]" for every verb, %#v and %x included.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue is "[secret]".
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText is "[secret]", for JSON too.
func (s Secret) MarshalText() ([]byte, error) {
	return []byte(s.String()), nil
}

// Reveal returns the secret itself.
func (s Secret) Reveal() string { return string(s) }

// TelegramWebhookSecret is what Telegram proves itself with at our webhook. It follows
// from the token, so that it needs no setting and stays the same over restarts.
func (c Config) TelegramWebhookSecret() string { return c.derive("telegram webhook") }

// OpsKey is what the commands prove themselves with to the running shop, and it to
// them: only who has the same tokens and means the same database has the same key.
func (c Config) OpsKey() []byte {
	path := c.Database.Path()
	if whole, err := filepath.Abs(path); err == nil {
		path = whole
	}
	return []byte(c.derive("ops " + path))
}

// derive makes a secret of its own for each purpose out of the two tokens: 64 hexadecimal digits.
func (c Config) derive(purpose string) string {
	mac := hmac.New(sha256.New, []byte(c.TelegramToken.Reveal()+"\n"+c.CryptoPayToken.Reveal()))
	_, _ = mac.Write([]byte("shopbot " + purpose)) // a hash never fails
	return hex.EncodeToString(mac.Sum(nil))
}

// Secrets lists all that must not stand in a log. A webhook path that the
// operator chose holds a secret.
func (c Config) Secrets() []string {
	list := []string{
		c.TelegramToken.Reveal(), c.CryptoPayToken.Reveal(), c.CryptoPayPreviousToken.Reveal(),
		c.TelegramWebhookSecret(), string(c.OpsKey()),
	}
	const guessable = "/cryptopay/webhook"
	if len(c.CryptoPayWebhookPath) > len(guessable)/2 && c.CryptoPayWebhookPath != guessable {
		list = append(list, c.CryptoPayWebhookPath)
	}
	return list
}
