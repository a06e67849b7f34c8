package config

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
)

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
