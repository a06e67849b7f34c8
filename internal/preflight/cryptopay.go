package preflight

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"shopbot/internal/config"
	"shopbot/internal/money"
	"shopbot/internal/ops"
	"shopbot/internal/payments"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

func (c *check) checkCryptoPay(ctx context.Context) {
	const subject = "crypto pay"
	ctx, cancel := context.WithTimeout(ctx, networkTimeout)
	defer cancel()
	settings := c.cfg.CryptoPay(c.Log, c.Transport)
	settings.MaxRetries = min(settings.MaxRetries, 1) // a person is waiting
	client, err := payments.New(settings)
	if err != nil {
		c.fail(subject, err)
		return
	}
	defer client.Close()
	app, err := client.GetMe(ctx)
	if err != nil {
		c.fail(subject, withHint(err, c.cryptoPayRemedy(err)))
		return
	}
	c.ok(subject, "the token is that of the app %s, payers use @%s", config.Quote(app.Name), app.Bot)
	if testBot := strings.Contains(strings.ToLower(app.Bot), "testnet"); app.Bot != "" && testBot != (c.cfg.CryptoPayNetwork == payments.Testnet) {
		c.warn(subject, "SHOPBOT_CRYPTOPAY_NETWORK=%s, but %s is the API of @%s; set the one or the other right", c.cfg.CryptoPayNetwork, c.cfg.CryptoPayAPIURL, app.Bot)
	}
	c.checkWebhook(app)
	c.checkTransfers(ctx, client)
	c.checkBalance(ctx, client)
	c.checkCurrencies(ctx, client)
}

// cryptoPayRemedy says what to do about a token that is not accepted. It does not try the other
// network, which must not see the token.
func (c *check) cryptoPayRemedy(err error) string {
	if !errors.Is(err, payments.ErrUnauthorized) {
		return "see that " + c.cfg.CryptoPayAPIURL + " can be reached from here"
	}
	if c.cfg.CryptoPayNetwork == payments.Testnet {
		return "SHOPBOT_CRYPTOPAY_TOKEN is not known on testnet; if it is from @CryptoBot and not from @CryptoTestnetBot, set SHOPBOT_CRYPTOPAY_NETWORK=mainnet"
	}
	return "SHOPBOT_CRYPTOPAY_TOKEN is not known on mainnet; if it is from @CryptoTestnetBot, set SHOPBOT_CRYPTOPAY_NETWORK=testnet"
}

// checkWebhook compares the app's webhook at Crypto Pay, if it is known, with where the shop
// listens.
func (c *check) checkWebhook(app payments.App) {
	const subject = "webhook"
	every := time.Duration(c.cfg.SyncInterval)
	if app.WebhookURL == "" {
		c.ok(subject, "Crypto Pay tells of none; payments are found by asking every %s. To have them at once, set in @%s the public address with the path of SHOPBOT_CRYPTOPAY_WEBHOOK_PATH",
			every, app.Bot)
		return
	}
	// The path may hold a secret, so neither is shown.
	u, err := url.Parse(app.WebhookURL)
	if err == nil && strings.HasSuffix(u.Path, c.cfg.CryptoPayWebhookPath) {
		c.ok(subject, "Crypto Pay calls https://%s with the path of SHOPBOT_CRYPTOPAY_WEBHOOK_PATH", u.Host)
		return
	}
	c.warn(subject, "the address set in @%s does not end in SHOPBOT_CRYPTOPAY_WEBHOOK_PATH; payments are found by asking every %s only", app.Bot, every)
}

// noSuchAsset is not an asset of Crypto Pay, so a transfer of it moves nothing.
const noSuchAsset money.Currency = "CHECKONLY"

// checkTransfers finds out whether transfers are enabled. No method tells, so it asks for a
// transfer in an asset that does not exist and looks at the refusal.
func (c *check) checkTransfers(ctx context.Context, client *payments.Client) {
	const subject = "transfers"
	one, err := money.Parse("1", noSuchAsset)
	if err != nil {
		c.fail(subject, err)
		return
	}
	_, err = client.Transfer(ctx, payments.TransferRequest{UserID: 1, Amount: one, SpendID: "shopbot-check", Silent: true})
	refusal, refused := errors.AsType[*payments.Error](err)
	switch {
	case errors.Is(err, payments.ErrMethodDisabled):
		c.warn(subject, "disabled, so refunds will fail; enable them in @CryptoBot (@CryptoTestnetBot): Crypto Pay → My Apps → the app → Security → Transfers")
	case refused && refusal.Refused():
		c.ok(subject, "enabled, so refunds can be sent")
	default:
		c.warn(subject, "whether they are enabled could not be found out (%v)", err)
	}
}

func (c *check) checkBalance(ctx context.Context, client *payments.Client) {
	const subject = "balance"
	rows, err := client.GetBalance(ctx)
	if err != nil {
		c.fail(subject, err)
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
		c.fail(subject, err)
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
		c.fail(subject, fmt.Errorf("%s: Crypto Pay does not have %s on %s; change shop.currency or shop.assets (its assets: %s)",
			c.cfg.Catalog, strings.Join(unknown, ", "), c.cfg.CryptoPayNetwork, strings.Join(assetCodes(known), ", ")))
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

// checkLastWebhook reports when the last webhook came, if one ever did. A database that cannot be
// read is reported by checkDatabase.
func (c *check) checkLastWebhook(ctx context.Context) {
	const subject = "webhook"
	w, err := c.webhooks(ctx)
	switch {
	case err == nil && !w.Astray.IsZero():
		c.warn(subject, "since %s Crypto Pay sends them to another path than SHOPBOT_CRYPTOPAY_WEBHOOK_PATH, and gets 404; "+
			"the address to enter in @CryptoBot is %s, without a slash more or less", w.Astray.UTC().Format(time.RFC3339), c.webhookAddress())
	case err != nil || w.Last.IsZero():
	case w.Silent.IsZero():
		c.ok(subject, "the last one came at %s", w.Last.UTC().Format(time.RFC3339))
	default:
		c.warn(subject, "none has come since %s, and payments are found by asking every %s only; see that the public address can be reached, "+
			"then enable it in @CryptoBot (@CryptoTestnetBot): Crypto Pay → My Apps → the app → Webhooks", w.Last.UTC().Format(time.RFC3339), time.Duration(c.cfg.SyncInterval))
	}
}

// webhookAddress is where Crypto Pay reaches the shop, as far as it is known.
func (c *check) webhookAddress() string {
	if address := c.cfg.CryptoPayWebhookURL(); address != "" {
		return address
	}
	return "https://YOUR-DOMAIN" + c.cfg.CryptoPayWebhookPath
}

// webhooks returns when the shop's last webhook came, from the running shop or its database.
func (c *check) webhooks(ctx context.Context) (shop.Webhooks, error) {
	if running, found := ops.Find(ctx, c.cfg); found {
		return running.Webhooks(ctx)
	}
	if err := ops.RequireDatabase(c.cfg); err != nil {
		return shop.Webhooks{}, nil //nolint:nilerr // a shop that never ran never had one
	}
	db, err := storage.Open(ctx, c.cfg.Database.Path())
	if err != nil {
		return shop.Webhooks{}, err
	}
	w, err := shop.New(db, nil, nil, shop.Config{Log: c.Log}).Webhooks(ctx)
	if closed := db.Close(); err == nil {
		err = closed
	}
	return w, err
}
