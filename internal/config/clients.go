package config

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/goodsserver"
	"shopbot/internal/payments"
	"shopbot/internal/telegram"
)

// TelegramWebhookPath is fixed: its secret travels in a header.
const TelegramWebhookPath = "/telegram/webhook"

// CryptoPay returns the configuration of the Crypto Pay client. A nil transport is a new one.
func (c Config) CryptoPay(log *slog.Logger, transport http.RoundTripper) payments.Config {
	return payments.Config{
		Token: c.CryptoPayToken, Network: c.CryptoPayNetwork, BaseURL: c.CryptoPayAPIURL,
		Transport: transport, MaxConns: int(c.CryptoPayMaxConns), Timeout: time.Duration(c.CryptoPayTimeout),
		MaxRetries: int(c.CryptoPayMaxRetries), RetryBackoff: time.Duration(c.CryptoPayRetryBackoff),
		RetryStatuses: c.CryptoPayRetryStatuses,
		RateLimit:     float64(c.CryptoPayRateLimit), RateBurst: int(c.CryptoPayRateBurst),
		RatesTTL: time.Duration(c.RatesTTL), Log: log,
	}
}

// CryptoPayWebhook returns the configuration of the webhook listener, except for what it does with
// a payment.
func (c Config) CryptoPayWebhook(log *slog.Logger) payments.ListenerConfig {
	tokens := []payments.Secret{c.CryptoPayToken}
	if c.CryptoPayPreviousToken != "" {
		tokens = append(tokens, c.CryptoPayPreviousToken)
	}
	return payments.ListenerConfig{Tokens: tokens, MaxAge: time.Duration(c.WebhookMaxAge), Log: log}
}

// CryptoPayWebhookURL is where Crypto Pay reaches the shop; "" if the shop does not know its public
// address.
func (c Config) CryptoPayWebhookURL() string {
	if c.PublicURL == "" {
		return ""
	}
	return c.PublicURL + c.CryptoPayWebhookPath
}

// Telegram returns the configuration of the Telegram client. A nil transport is a new one.
func (c Config) Telegram(log *slog.Logger, transport http.RoundTripper) telegram.Config {
	return telegram.Config{
		Token: c.TelegramToken.Reveal(), APIURL: c.TelegramAPIURL, RateLimit: float64(c.TelegramRateLimit),
		Transport: transport, Log: log,
	}
}

// Goods returns the configuration of the client of goods servers, except for what it keeps. A nil
// transport is a new one.
func (c Config) Goods(transport http.RoundTripper) goodsserver.Config {
	var secrets [][]byte
	for _, s := range []payments.Secret{c.GoodsSecret, c.GoodsPreviousSecret} {
		if key, err := goodsserver.ParseSecret(s.Reveal()); err == nil { // checked when it was loaded
			secrets = append(secrets, key)
		}
	}
	return goodsserver.Config{Secrets: secrets, Private: bool(c.GoodsPrivate), Transport: transport}
}

// CheckGoods tells whether the products of a catalog that come from a server can be asked for.
func (c Config) CheckGoods(sold *catalog.Catalog) error {
	client := goodsserver.New(c.Goods(nil))
	for _, p := range sold.Products {
		if !p.Delivers(catalog.FromServer) {
			continue
		}
		if c.GoodsSecret == "" {
			return Error{prefix + "GOODS_SECRET", fmt.Sprintf(
				"required, since product %s is deliver: server; make one with: openssl rand -base64 32", p.SKU)}
		}
		if err := client.CheckURL(p.Server.URL); err != nil {
			return Error{"catalog", fmt.Sprintf("product %s: server: url: %v", p.SKU, err)}
		}
	}
	return nil
}

// TelegramWebhookSecret is the secret in the header of Telegram's webhooks. It is derived from the
// tokens, so that it needs no setting and survives restarts.
func (c Config) TelegramWebhookSecret() string { return c.derive("telegram webhook") }

// derive derives a secret for a purpose from the two tokens: 64 hexadecimal digits.
func (c Config) derive(purpose string) string {
	mac := hmac.New(sha256.New, []byte(c.TelegramToken.Reveal()+"\n"+c.CryptoPayToken.Reveal()))
	_, _ = mac.Write([]byte("shopbot " + purpose)) // a hash never fails
	return hex.EncodeToString(mac.Sum(nil))
}

// Secrets lists the strings that must not appear in a log. A webhook path that the operator chose
// is one of them.
func (c Config) Secrets() []string {
	list := []string{
		c.TelegramToken.Reveal(), c.CryptoPayToken.Reveal(), c.CryptoPayPreviousToken.Reveal(),
		c.GoodsSecret.Reveal(), c.GoodsPreviousSecret.Reveal(),
		c.TelegramWebhookSecret(), c.BackupS3Secret.Reveal(),
	}
	const guessable = "/cryptopay/webhook"
	if len(c.CryptoPayWebhookPath) > len(guessable)/2 && c.CryptoPayWebhookPath != guessable {
		list = append(list, c.CryptoPayWebhookPath)
	}
	return append(list, c.Database.secrets()...)
}

// CatalogFile is the catalog file. Nothing that the shop runs on, nor anything with one of its
// tokens in it, can be sold.
func (c Config) CatalogFile() catalog.Input {
	file := catalog.FileAt(c.Catalog, catalog.OneOf(c.PrivateFiles()...), catalog.Containing(c.Secrets()...))
	if c.HasCryptoPay() || c.Faulty("CRYPTOPAY_TOKEN") { // of a token that is missing the fault tells
		return file
	}
	return file.Checked(takesStarsAlone)
}

// HasCryptoPay reports whether the shop has the token of a Crypto Pay app. One that takes Telegram
// Stars alone needs none.
func (c Config) HasCryptoPay() bool { return c.CryptoPayToken != "" }

// takesStarsAlone returns an error that names a product which is paid in crypto.
func takesStarsAlone(of *catalog.Catalog) error {
	for i := range of.Products {
		if p := &of.Products[i]; of.Shop.Takes(p, catalog.PayCrypto) {
			return fmt.Errorf("product %s is paid in crypto, and %w; set %sCRYPTOPAY_TOKEN, or write pay: [stars] in the catalog",
				p.SKU, catalog.ErrNeedsCryptoPay, prefix)
		}
	}
	return nil
}
