package preflight

import (
	"context"
	"errors"
	"slices"
	"strings"

	"shopbot/internal/config"
	"shopbot/internal/money"
	"shopbot/internal/payments"
)

func (c *check) checkCryptoPay(ctx context.Context) {
	const subject = "crypto pay"
	if c.cfg.Faulty("CRYPTOPAY_TOKEN", "CRYPTOPAY_NETWORK", "CRYPTOPAY_API_URL") {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, networkTimeout)
	defer cancel()
	settings := c.cfg.CryptoPay(c.Log, &c.clocks)
	settings.MaxRetries = min(settings.MaxRetries, 1) // a person is waiting
	client, err := payments.New(settings)
	if err != nil {
		c.failErr(subject, err)
		return
	}
	defer client.Close()
	app, err := client.GetMe(ctx)
	if err != nil {
		c.cryptoPayFails(err)
		return
	}
	c.ok(subject, "the token is that of the app %s, payers use @%s", config.Quote(app.Name), app.Bot)
	if !app.IsOn(c.cfg.CryptoPayNetwork) {
		c.warn(subject, "health_crypto_network", "Network", string(c.cfg.CryptoPayNetwork), "Address", c.cfg.CryptoPayAPIURL, "Bot", app.Bot)
	}
	c.checkWebhook(ctx, app)
	c.checkTransfers(ctx, client)
	c.checkBalance(ctx, client)
	c.checkCurrencies(ctx, client)
}

// cryptoPayFails says what to do about a token that is not accepted. It does not try the other
// network, which must not see the token.
func (c *check) cryptoPayFails(err error) {
	const subject = "crypto pay"
	switch {
	case !errors.Is(err, payments.ErrUnauthorized):
		c.fail(subject, "health_crypto_unreachable", "Detail", err, "Address", c.cfg.CryptoPayAPIURL)
	case c.cfg.CryptoPayNetwork == payments.Testnet:
		c.fail(subject, "health_crypto_token_testnet", "Detail", err)
	default:
		c.fail(subject, "health_crypto_token", "Detail", err)
	}
}

// noSuchAsset is not an asset of Crypto Pay, so a transfer of it moves nothing.
const noSuchAsset money.Currency = "CHECKONLY"

// checkTransfers finds out whether transfers are enabled. No method tells, so it asks for a
// transfer in an asset that does not exist and looks at the refusal.
func (c *check) checkTransfers(ctx context.Context, client *payments.Client) {
	const subject = "transfers"
	one, err := money.Parse("1", noSuchAsset)
	if err != nil {
		c.failErr(subject, err)
		return
	}
	_, err = client.Transfer(ctx, payments.TransferRequest{UserID: 1, Amount: one, SpendID: "shopbot-check", Silent: true})
	refusal, refused := errors.AsType[*payments.Error](err)
	switch {
	case errors.Is(err, payments.ErrMethodDisabled):
		c.warn(subject, "health_transfers_off")
	case refused && refusal.Refused():
		c.ok(subject, "enabled, so refunds can be sent")
	default:
		c.warn(subject, "health_transfers_unknown", "Detail", err)
	}
}

func (c *check) checkBalance(ctx context.Context, client *payments.Client) {
	const subject = "balance"
	rows, err := client.GetBalance(ctx)
	if err != nil {
		c.fail(subject, "health_unread", "Detail", err)
		return
	}
	var some []string
	for _, b := range rows {
		if b.Available.Sign() > 0 {
			some = append(some, b.Available.String())
		}
	}
	if len(some) == 0 {
		c.ok(subject, "empty; refunds are paid from it")
		return
	}
	c.ok(subject, "%s; refunds are paid from it", strings.Join(some, ", "))
}

// checkCurrencies checks that Crypto Pay has the currency and the assets of the catalog.
func (c *check) checkCurrencies(ctx context.Context, client *payments.Client) {
	const subject = "currencies"
	if c.catalog == nil {
		return
	}
	known, err := client.GetCurrencies(ctx)
	if err != nil {
		c.fail(subject, "health_unread", "Detail", err)
		return
	}
	wanted := append([]money.Currency{c.catalog.Shop.Currency}, c.catalog.Shop.Assets...)
	var unknown []string
	for _, code := range wanted {
		if !slices.ContainsFunc(known, func(k payments.Currency) bool { return k.Code == code }) {
			unknown = append(unknown, string(code))
		}
	}
	if len(unknown) > 0 {
		c.fail(subject, "health_currencies", "Catalog", c.cfg.Catalog, "Unknown", strings.Join(unknown, ", "),
			"Network", string(c.cfg.CryptoPayNetwork), "Known", strings.Join(assetCodes(known), ", "))
		return
	}
	c.ok(subject, "Crypto Pay has all that the catalog names")
}

func assetCodes(currencies []payments.Currency) (codes []string) {
	for _, c := range currencies {
		if !c.IsFiat {
			codes = append(codes, string(c.Code))
		}
	}
	return codes
}
