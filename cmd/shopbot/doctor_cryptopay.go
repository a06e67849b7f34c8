package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"shopbot/internal/money"
	"shopbot/internal/payments"
)

func (d *doctor) checkCryptoPay(ctx context.Context) {
	const subject = "crypto pay"
	ctx, cancel := context.WithTimeout(ctx, networkTimeout)
	defer cancel()
	settings := d.cfg.payments(d.log, d.sys, newMetrics())
	settings.MaxRetries = min(settings.MaxRetries, 1) // a person is waiting
	client, err := payments.New(settings)
	if err != nil {
		d.fail(subject, err)
		return
	}
	defer client.Close()
	app, err := client.GetMe(ctx)
	if err != nil {
		d.fail(subject, advise(err, d.cryptoPayRemedy(err)))
		return
	}
	d.ok(subject, "the token is that of the app %s, payers use @%s", quote(app.Name), app.Bot)
	if testBot := strings.Contains(strings.ToLower(app.Bot), "testnet"); app.Bot != "" && testBot != (d.cfg.CryptoPayNetwork == payments.Testnet) {
		d.warn(subject, "SHOPBOT_CRYPTOPAY_NETWORK=%s, but %s is the API of @%s; set the one or the other right", d.cfg.CryptoPayNetwork, d.cfg.CryptoPayAPIURL, app.Bot)
	}
	d.checkWebhook(app)
	d.checkTransfers(ctx, client)
	d.checkBalance(ctx, client)
	d.checkCurrencies(ctx, client)
}

// cryptoPayRemedy tells what to do about a token that is not accepted. The other
// network is not tried: it would be shown a token that is not meant for it.
func (d *doctor) cryptoPayRemedy(err error) string {
	if !errors.Is(err, payments.ErrUnauthorized) {
		return "see that " + d.cfg.CryptoPayAPIURL + " can be reached from here"
	}
	if d.cfg.CryptoPayNetwork == payments.Testnet {
		return "SHOPBOT_CRYPTOPAY_TOKEN is not known on testnet; if it is from @CryptoBot and not from @CryptoTestnetBot, set SHOPBOT_CRYPTOPAY_NETWORK=mainnet"
	}
	return "SHOPBOT_CRYPTOPAY_TOKEN is not known on mainnet; if it is from @CryptoTestnetBot, set SHOPBOT_CRYPTOPAY_NETWORK=testnet"
}

// checkWebhook compares what Crypto Pay tells of the app's webhook, if it does,
// with where the shop listens.
func (d *doctor) checkWebhook(app payments.App) {
	const subject = "webhook"
	every := time.Duration(d.cfg.SyncInterval)
	if app.WebhookURL == "" {
		d.ok(subject, "Crypto Pay tells of none; payments are found by asking every %s. To have them at once, set in @%s the public address with the path of SHOPBOT_CRYPTOPAY_WEBHOOK_PATH",
			every, app.Bot)
		return
	}
	// The path may hold a secret, so neither is shown.
	u, err := url.Parse(app.WebhookURL)
	if err == nil && strings.HasSuffix(u.Path, d.cfg.CryptoPayWebhookPath) {
		d.ok(subject, "Crypto Pay calls https://%s with the path of SHOPBOT_CRYPTOPAY_WEBHOOK_PATH", u.Host)
		return
	}
	d.warn(subject, "the address set in @%s does not end in SHOPBOT_CRYPTOPAY_WEBHOOK_PATH; payments are found by asking every %s only", app.Bot, every)
}

// noSuchAsset is none of Crypto Pay's assets, so that a transfer in it can move nothing.
const noSuchAsset money.Currency = "CHECKONLY"

// checkTransfers finds out whether transfers are enabled, which no method tells: it
// asks for one that cannot be made, in an asset that does not exist, and looks at the refusal.
func (d *doctor) checkTransfers(ctx context.Context, client *payments.Client) {
	const subject = "transfers"
	one, err := money.Parse("1", noSuchAsset)
	if err != nil {
		d.fail(subject, err)
		return
	}
	_, err = client.Transfer(ctx, payments.TransferRequest{UserID: 1, Amount: one, SpendID: "shopbot-check", Silent: true})
	refusal, refused := errors.AsType[*payments.Error](err)
	switch {
	case errors.Is(err, payments.ErrMethodDisabled):
		d.warn(subject, "disabled, so refunds will fail; enable them in @CryptoBot (@CryptoTestnetBot): Crypto Pay → My Apps → the app → Security → Transfers")
	case refused && refusal.Refused():
		d.ok(subject, "enabled, so refunds can be sent")
	default:
		d.warn(subject, "whether they are enabled could not be found out (%v)", err)
	}
}

func (d *doctor) checkBalance(ctx context.Context, client *payments.Client) {
	const subject = "balance"
	rows, err := client.GetBalance(ctx)
	if err != nil {
		d.fail(subject, err)
		return
	}
	var some []string
	for _, b := range rows {
		if b.Available.Sign() > 0 {
			some = append(some, b.Available.String())
		}
	}
	if len(some) == 0 {
		d.ok(subject, "empty; refunds are paid from it")
		return
	}
	d.ok(subject, "%s; refunds are paid from it", strings.Join(some, ", "))
}

// checkCurrencies sees whether Crypto Pay knows what the catalog prices in and takes.
func (d *doctor) checkCurrencies(ctx context.Context, client *payments.Client) {
	const subject = "currencies"
	if d.catalog == nil {
		return
	}
	known, err := client.GetCurrencies(ctx)
	if err != nil {
		d.fail(subject, err)
		return
	}
	wanted := append([]money.Currency{d.catalog.Shop.Currency}, d.catalog.Shop.Assets...)
	var unknown []string
	for _, code := range wanted {
		if !slices.ContainsFunc(known, func(c payments.Currency) bool { return c.Code == code }) {
			unknown = append(unknown, string(code))
		}
	}
	if len(unknown) > 0 {
		d.fail(subject, fmt.Errorf("%s: Crypto Pay does not have %s on %s; change shop.currency or shop.assets",
			d.cfg.Catalog, strings.Join(unknown, ", "), d.cfg.CryptoPayNetwork))
		return
	}
	d.ok(subject, "Crypto Pay has all that the catalog names")
}
