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

// Secret is a string that shows only through Reveal. Printed with any verb, logged or marshalled it is
// "[secret]", or "" if it is not set.
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

// TelegramWebhookSecret is the secret in the header of Telegram's webhooks. It is derived from the
// tokens, so that it needs no setting and survives restarts.
func (c Config) TelegramWebhookSecret() string { return c.derive("telegram webhook") }

// OpsKey authenticates commands and running shop to each other: it is the same for the same tokens and
// database.
func (c Config) OpsKey() []byte {
	path := c.Database.Path()
	if whole, err := filepath.Abs(path); err == nil {
		path = whole
	}
	return []byte(c.derive("ops " + path))
}

// derive derives a secret for a purpose from the two tokens: 64 hexadecimal digits.
func (c Config) derive(purpose string) string {
	mac := hmac.New(sha256.New, []byte(c.TelegramToken.Reveal()+"\n"+c.CryptoPayToken.Reveal()))
	_, _ = mac.Write([]byte("shopbot " + purpose)) // a hash never fails
	return hex.EncodeToString(mac.Sum(nil))
}

// Secrets lists the strings that must not appear in a log. A webhook path that the operator chose is
// one of them.
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
