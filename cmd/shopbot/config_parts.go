package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"path/filepath"
	"time"

	"shopbot/internal/payments"
	"shopbot/internal/telegram"
)

// payments is the configuration as the Crypto Pay client wants it.
func (c config) payments(log *slog.Logger, sys system, m *metrics) payments.Config {
	return payments.Config{
		Token: payments.Secret(c.CryptoPayToken), Network: c.CryptoPayNetwork, BaseURL: c.CryptoPayAPIURL,
		Transport: sys.Transport, MaxConns: int(c.CryptoPayMaxConns), Timeout: time.Duration(c.CryptoPayTimeout),
		MaxRetries: int(c.CryptoPayMaxRetries), RetryBackoff: time.Duration(c.CryptoPayRetryBackoff),
		RetryStatuses: c.CryptoPayRetryStatuses,
		RateLimit:     float64(c.CryptoPayRateLimit), RateBurst: int(c.CryptoPayRateBurst),
		RatesTTL: time.Duration(c.RatesTTL),
		Log:      log, Rand: sys.Rand, Observe: m.cryptoPayCall,
	}
}

// listener is the configuration as the webhook listener wants it.
func (c config) listener(log *slog.Logger, m *metrics, receive func(context.Context, []byte, payments.Update) error) payments.ListenerConfig {
	keys := []payments.Key{{Token: payments.Secret(c.CryptoPayToken)}}
	if c.CryptoPayPreviousToken != "" {
		keys = append(keys, payments.Key{Token: payments.Secret(c.CryptoPayPreviousToken)})
	}
	return payments.ListenerConfig{
		Keys: keys, Receive: receive, MaxAge: time.Duration(c.WebhookMaxAge), Log: log, Observe: m.webhook,
	}
}

// telegram is the configuration as the Telegram client wants it.
func (c config) telegram(log *slog.Logger, sys system, m *metrics) telegram.Config {
	return telegram.Config{
		Token: c.TelegramToken.reveal(), APIURL: c.TelegramAPIURL, RateLimit: float64(c.TelegramRateLimit),
		Transport: sys.Transport, Log: log, Observe: m.telegramCall,
	}
}

// webhookSecret is what Telegram proves itself with at our webhook. It follows
// from the token, so that it needs no setting and stays the same over restarts.
func (c config) webhookSecret() string { return c.derive("telegram webhook") }

// opsKey is what the commands prove themselves with to the running shop, and it to
// them: only who has the same tokens and means the same database has the same key.
func (c config) opsKey() []byte {
	path := c.Database.path()
	if whole, err := filepath.Abs(path); err == nil {
		path = whole
	}
	return []byte(c.derive("ops " + path))
}

// derive makes a secret of its own for each purpose out of the two tokens: 64 hexadecimal digits.
func (c config) derive(purpose string) string {
	mac := hmac.New(sha256.New, []byte(c.TelegramToken.reveal()+"\n"+c.CryptoPayToken.reveal()))
	_, _ = mac.Write([]byte("shopbot " + purpose)) // a hash never fails
	return hex.EncodeToString(mac.Sum(nil))
}

// secrets lists all that must not stand in a log. A webhook path that the
// operator chose holds a secret.
func (c config) secrets() []string {
	list := []string{
		c.TelegramToken.reveal(), c.CryptoPayToken.reveal(), c.CryptoPayPreviousToken.reveal(),
		c.webhookSecret(), string(c.opsKey()),
	}
	const guessable = "/cryptopay/webhook"
	if len(c.CryptoPayWebhookPath) > len(guessable)/2 && c.CryptoPayWebhookPath != guessable {
		list = append(list, c.CryptoPayWebhookPath)
	}
	return list
}
