package config

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/payments"
)

// Tokens that are well-formed, and nobody's.
const (
	botToken = "1000:test-telegram-token-test-telegram-token"
	appToken = "2000:TestCryptoPayTokenTestCryptoPayToken"
)

// complete is the least that a shop can be configured with, and more.
func complete(more ...string) []string {
	return append([]string{"SHOPBOT_TELEGRAM_TOKEN=" + botToken, "SHOPBOT_CRYPTOPAY_TOKEN=" + appToken}, more...)
}

func TestTheExampleFileNamesEveryVariableAndHoldsTheDefaults(t *testing.T) {
	example, err := os.ReadFile("../../configs/shopbot.env.example")
	require.NoError(t, err)
	text := regexp.MustCompile(`(?m)^#(SHOPBOT_)`).ReplaceAllString(string(example), "$1")
	file := filepath.Join(t.TempDir(), "shopbot.env")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) //nolint:gosec // our own example, in a temporary directory
	for _, name := range variableNames() {
		require.Contains(t, text, "\n"+name+"=")
	}
	asShown, err := Load(complete(), file)
	require.NoError(t, err)
	byDefault, err := Load(complete(), "")
	require.NoError(t, err)
	require.Equal(t, append(byDefault.PrivateFiles(), file), asShown.PrivateFiles())
	asShown.readFrom = nil
	require.Equal(t, byDefault, asShown)
}

func TestTwoTokensAreEnough(t *testing.T) {
	cfg, err := Load(complete(), "")
	require.NoError(t, err)
	require.Equal(t, "https://api.telegram.org", cfg.TelegramAPIURL)
	require.Equal(t, "https://pay.crypt.bot", cfg.CryptoPayAPIURL)
	require.Equal(t, payments.Mainnet, cfg.CryptoPayNetwork)
	require.Equal(t, Statuses{429, 500, 502, 503, 504}, cfg.CryptoPayRetryStatuses)
	require.Equal(t, 30*time.Minute, time.Duration(cfg.InvoiceTTL))
	require.Equal(t, "127.0.0.1:9090", cfg.OpsListen)
	require.Empty(t, cfg.PublicURL)
	require.Empty(t, cfg.Admins)
}

func TestValuesAreReadAsPeopleWriteThem(t *testing.T) {
	cfg, err := Load([]string{
		"SHOPBOT_TELEGRAM_TOKEN= " + botToken + "\r\n", "SHOPBOT_CRYPTOPAY_TOKEN=" + appToken + "\n",
		"SHOPBOT_CRYPTOPAY_NETWORK=testnet", "SHOPBOT_ADMINS=1, 2  3,", "SHOPBOT_CRYPTOPAY_RETRY_STATUSES=429, 502",
		"SHOPBOT_CRYPTOPAY_MAX_RETRIES=010", "SHOPBOT_PUBLIC_URL=https://shop.example.com/",
		"SHOPBOT_LOG_LEVEL=DEBUG", "SHOPBOT_SYNC_INTERVAL=", "SHOPBOT_CATALOG=  ", "SHOPBOT_WEBHOOK_MAX_AGE=0",
		"SHOPBOT_CRYPTOPAY_PREVIOUS_TOKEN_FILE=",
	}, "")
	require.NoError(t, err)
	require.Equal(t, botToken, cfg.TelegramToken.Reveal())
	require.Equal(t, appToken, cfg.CryptoPayToken.Reveal())
	require.Equal(t, "https://testnet-pay.crypt.bot", cfg.CryptoPayAPIURL)
	require.Equal(t, UserIDs{1, 2, 3}, cfg.Admins)
	require.Equal(t, Statuses{429, 502}, cfg.CryptoPayRetryStatuses)
	require.Equal(t, Count(10), cfg.CryptoPayMaxRetries, "decimal, not octal")
	require.Equal(t, "https://shop.example.com", cfg.PublicURL)
	require.Equal(t, 30*time.Second, time.Duration(cfg.SyncInterval), "empty counts as not set")
	require.Equal(t, "configs/catalog.yaml", cfg.Catalog)
}

func TestANameWithoutThePrefixIsNotOurs(t *testing.T) {
	t.Setenv("TELEGRAM_TOKEN", botToken)
	t.Setenv("CATALOG", "elsewhere.yaml")
	_, err := Load([]string{"TELEGRAM_TOKEN=" + botToken, "SHOPBOT_CRYPTOPAY_TOKEN=" + appToken}, "")
	require.EqualError(t, err, "SHOPBOT_TELEGRAM_TOKEN: required; @BotFather gives the token")
	cfg, err := Load(complete(), "")
	require.NoError(t, err)
	require.Equal(t, "configs/catalog.yaml", cfg.Catalog)
}

func TestTheProcessIsLeftAsItWas(t *testing.T) {
	t.Setenv("SHOPBOT_CATALOG", "mine.yaml")
	cfg, err := Load(complete(), "")
	require.NoError(t, err)
	require.Equal(t, "configs/catalog.yaml", cfg.Catalog, "only what was given counts")
	require.Equal(t, "mine.yaml", os.Getenv("SHOPBOT_CATALOG"))
	require.Empty(t, os.Getenv("SHOPBOT_TELEGRAM_TOKEN"))
}

func TestAllFaultsAreToldAtOnceAndNoSecretIsShown(t *testing.T) {
	_, err := Load([]string{
		"SHOPBOT_TELEGRAM_TOKEN=1234:private", "SHOPBOT_CRYPTOPAY_TOKEN=", "SHOPBOT_CRYPTOPAY_PREVIOUS_TOKEN=private",
		"SHOPBOT_TELEGRAM_TOKN=private", "SHOPBOT_ADMINS=1,x,-2", "SHOPBOT_INVOICE_TTL=90", "SHOPBOT_LISTEN=8080",
		"SHOPBOT_DATABASE=postgres://shop:private@db/shop", "SHOPBOT_TELEGRAM_API_URL=https://shop:private@host",
	}, "")
	require.Error(t, err)
	require.NotContains(t, err.Error(), "private")
	var places []string
	for line := range strings.Lines(err.Error()) {
		place, what, found := strings.Cut(line, ": ")
		require.True(t, found && strings.Contains(what, ";") || strings.Contains(what, "want"), "no remedy: %s", line)
		places = append(places, strings.TrimPrefix(place, prefix))
	}
	require.Equal(t, []string{
		"TELEGRAM_TOKN", "TELEGRAM_TOKEN", "TELEGRAM_API_URL", "CRYPTOPAY_TOKEN", "CRYPTOPAY_PREVIOUS_TOKEN",
		"ADMINS", "ADMINS", "DATABASE", "LISTEN", "INVOICE_TTL",
	}, places)
}

func TestWhatIsOutsideTheLimitsIsRefused(t *testing.T) {
	for _, good := range []string{
		"INVOICE_TTL=60s", "INVOICE_TTL=744h", "SYNC_INTERVAL=1s", "WEBHOOK_MAX_AGE=96h", "CRYPTOPAY_MAX_RETRIES=0",
		"CRYPTOPAY_WEBHOOK_PATH=/cryptopay/k3Jd82mfQ-._~", "PUBLIC_URL=http://127.0.0.1:8080", "PUBLIC_URL=https://a.example/shop",
		"LISTEN=:8080", "LISTEN=[::1]:8080", "TELEGRAM_RATE_LIMIT=0.5", "TELEGRAM_API_URL=http://bot-api.internal:8081",
		"DATABASE=/var/lib/shop.db", "LOG_FORMAT=json", "TRUSTED_PROXIES=127.0.0.1, 10.0.0.0/8 ::1", "TLS=OFF",
	} {
		_, err := Load(complete(prefix+good), "")
		require.NoError(t, err, good)
	}
	for _, bad := range []string{
		"INVOICE_TTL=59s", "INVOICE_TTL=745h", "INVOICE_TTL=60500ms", "INVOICE_TTL=-1h", "SYNC_INTERVAL=999ms", "SYNC_INTERVAL=0",
		"WEBHOOK_MAX_AGE=95h59m", "WEBHOOK_MAX_AGE=-1s", "CRYPTOPAY_WEBHOOK_PATH=cryptopay", "CRYPTOPAY_WEBHOOK_PATH=/",
		"CRYPTOPAY_WEBHOOK_PATH=/a//b", "CRYPTOPAY_WEBHOOK_PATH=/a/", "CRYPTOPAY_WEBHOOK_PATH=/a/../b", "CRYPTOPAY_WEBHOOK_PATH=/a?b",
		"CRYPTOPAY_WEBHOOK_PATH=/{a}", "CRYPTOPAY_WEBHOOK_PATH=/telegram/webhook", "CRYPTOPAY_WEBHOOK_PATH=/healthz",
		"CRYPTOPAY_NETWORK=test", "CRYPTOPAY_API_URL=https://pay.crypt.bot/api", "CRYPTOPAY_API_URL=pay.crypt.bot",
		"CRYPTOPAY_RATE_LIMIT=0", "CRYPTOPAY_RATE_LIMIT=NaN", "CRYPTOPAY_RATE_LIMIT=-1", "CRYPTOPAY_RATE_BURST=0", "CRYPTOPAY_MAX_CONNS=0",
		"CRYPTOPAY_MAX_RETRIES=1.5", "CRYPTOPAY_MAX_RETRIES=0x10", "CRYPTOPAY_RETRY_STATUSES=200", "CRYPTOPAY_TIMEOUT=0", "RATES_TTL=0",
		"TELEGRAM_RATE_LIMIT=0", "TELEGRAM_RATE_LIMIT=Inf", "TELEGRAM_API_URL=https://api.telegram.org/bot1:x", "PUBLIC_URL=http://shop.example.com", "PUBLIC_URL=shop.example.com",
		"PUBLIC_URL=https://shop.example.com?x=1", "LISTEN=127.0.0.1", "LISTEN=127.0.0.1:http", "LISTEN=127.0.0.1:65536", "OPS_LISTEN=127.0.0.1:8080",
		"DATABASE=data/", "DATABASE=mysql://h/db", "LOG_LEVEL=loud", "LOG_FORMAT=xml", "ADMINS=@olga", "ADMINS=99999999999999999999",
		"TLS=on", "TLS=auto", "TLS_CERT=cert.pem", "TLS_KEY=key.pem", "TLS_EMAIL=olga", "TLS_ACME_URL=http://ca.example.com/dir",
		"TRUSTED_PROXIES=localhost", "TRUSTED_PROXIES=10.0.0.0/33", "TRUSTED_PROXIES=fe80::1%eth0",
	} {
		_, err := Load(complete(prefix+bad), "")
		name, _, _ := strings.Cut(bad, "=")
		require.Error(t, err, bad)
		require.Truef(t, strings.HasPrefix(err.Error(), prefix+name+": "), "%s: %v", bad, err)
		require.NotContains(t, err.Error(), "\n", "%s is one fault", bad)
	}
}

func TestCertificatesNeedANameAndTheirFiles(t *testing.T) {
	const auto, files, address = "SHOPBOT_TLS=auto", "SHOPBOT_TLS=files", "SHOPBOT_PUBLIC_URL=https://shop.example.com"
	const cert, key = "SHOPBOT_TLS_CERT=cert.pem", "SHOPBOT_TLS_KEY=key.pem"
	for _, good := range [][]string{
		{auto, address},
		{auto, "SHOPBOT_PUBLIC_URL=https://shop.example.com:443/shop"},
		{files, address, cert, key},
		{files, "SHOPBOT_PUBLIC_URL=https://203.0.113.5:8443", cert, key},
		{auto, "SHOPBOT_PUBLIC_URL=https://shop.example.com:8443", "SHOPBOT_TLS_ACME_URL=https://ca.internal/dir"},
	} {
		cfg, err := Load(complete(good...), "")
		require.NoError(t, err, good)
		require.Equal(t, "certificates", cfg.TLSCache)
	}
	for variable, bad := range map[string][]string{
		"PUBLIC_URL: \"203.0.113.5\" gets no certificate": {auto, "SHOPBOT_PUBLIC_URL=https://203.0.113.5"},
		"PUBLIC_URL: \"shop\" gets no certificate":        {auto, "SHOPBOT_PUBLIC_URL=https://shop"},
		"PUBLIC_URL: want no port":                        {auto, "SHOPBOT_PUBLIC_URL=https://shop.example.com:8443"},
		"PUBLIC_URL: want https://":                       {auto, "SHOPBOT_PUBLIC_URL=http://127.0.0.1"},
		"TLS_CERT: required":                              {files, address, key},
		"TLS_KEY: required":                               {files, address, cert},
		"TLS_KEY: SHOPBOT_TLS is auto":                    {auto, address, key},
	} {
		_, err := Load(complete(bad...), "")
		require.ErrorContains(t, err, variable)
		require.NotContains(t, err.Error(), "\n", "%v is one fault", bad)
	}
	cfg, err := Load(complete(files, address, cert, key, "SHOPBOT_DATABASE=/var/lib/shop.db"), "")
	require.NoError(t, err)
	require.Subset(t, cfg.PrivateFiles(), []string{"cert.pem", "key.pem"})
	require.Equal(t, "/var/lib/certificates", cfg.TLSCache)
}

func TestATypoIsAFaultWithTheNearestName(t *testing.T) {
	for wrong, remedy := range map[string]string{
		"SHOPBOT_INVOICE_TLL":         "did you mean SHOPBOT_INVOICE_TTL?",
		"SHOPBOT_ADMIN":               "did you mean SHOPBOT_ADMINS?",
		"SHOPBOT_CRYPTO_PAY_TOKEN":    "did you mean SHOPBOT_CRYPTOPAY_TOKEN?",
		"SHOPBOT_TELEGRAM_TOKEN_FIEL": "did you mean SHOPBOT_TELEGRAM_TOKEN_FILE?",
		"SHOPBOT_TOKEN":               "did you mean SHOPBOT_TELEGRAM_TOKEN?",
		"SHOPBOT_COLOUR":              "take it out",
		"SHOPBOT_CATALOG_FILE":        "did you mean SHOPBOT_CATALOG?",
		"SHOPBOT_":                    "take it out",
	} {
		_, err := Load(complete(wrong+"=1"), "")
		require.ErrorContains(t, err, wrong+": no such variable; ")
		require.ErrorContains(t, err, remedy)
	}
}

func TestASecretMayComeInAFile(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	good, empty := file("token", botToken+"\n"), file("empty", " \n")
	app := "SHOPBOT_CRYPTOPAY_TOKEN=" + appToken

	cfg, err := Load([]string{app, "SHOPBOT_TELEGRAM_TOKEN_FILE=" + good}, "")
	require.NoError(t, err)
	require.Equal(t, botToken, cfg.TelegramToken.Reveal())

	for variable, want := range map[string]string{
		"SHOPBOT_TELEGRAM_TOKEN_FILE=" + empty:                   "SHOPBOT_TELEGRAM_TOKEN_FILE: the file " + empty + " is empty",
		"SHOPBOT_TELEGRAM_TOKEN_FILE=" + dir:                     "SHOPBOT_TELEGRAM_TOKEN_FILE: read " + dir,
		"SHOPBOT_TELEGRAM_TOKEN_FILE=" + filepath.Join(dir, "x"): "SHOPBOT_TELEGRAM_TOKEN_FILE: open ",
	} {
		_, err = Load([]string{app, variable}, "")
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "\n", "%s is one fault", variable)
	}
	_, err = Load(complete("SHOPBOT_TELEGRAM_TOKEN_FILE="+good), "")
	require.ErrorContains(t, err, "SHOPBOT_TELEGRAM_TOKEN: set twice, also as SHOPBOT_TELEGRAM_TOKEN_FILE")
}

func TestAPrintedConfigurationShowsNoSecret(t *testing.T) {
	cfg, err := Load(complete("SHOPBOT_CRYPTOPAY_PREVIOUS_TOKEN=999:OldOldOldOldOldOldOldOld"), "")
	require.NoError(t, err)
	marshalled, err := json.Marshal(cfg)
	require.NoError(t, err)
	texts := []string{string(marshalled)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		texts = append(texts, fmt.Sprintf(verb, cfg), fmt.Sprintf(verb, &cfg), fmt.Sprintf(verb, cfg.TelegramToken))
	}
	for _, text := range texts {
		for _, part := range []string{"test-telegram-token", "TestCryptoPay", "OldOld", fmt.Sprintf("%x", "telegram-token"), fmt.Sprintf("%X", "TestCrypto")} {
			require.NotContains(t, text, part)
		}
	}
	require.Equal(t, "[secret]", cfg.TelegramToken.String())
	require.Equal(t, "[secret]", cfg.TelegramToken.LogValue().String())
	require.Empty(t, payments.Secret("").String(), "one can see that it is not set")
}

func TestAShopWithStarsAloneNeedsNoTokenOfCryptoPay(t *testing.T) {
	dir := t.TempDir()
	write := func(pay string) string {
		file := filepath.Join(dir, "catalog.yaml")
		require.NoError(t, os.WriteFile(file, []byte("shop: {name: A, currency: USD"+pay+", stars_rate: 1}\ncategories: [{id: a, title: A}]\n"+
			"products: [{sku: a, category: a, title: A, price: 1, deliver: text, text: A}]\n"), 0o600))
		return file
	}
	load := func(catalog string, more ...string) error {
		_, err := Load(append([]string{"SHOPBOT_TELEGRAM_TOKEN=" + botToken, "SHOPBOT_CATALOG=" + catalog}, more...), "")
		return err
	}
	require.NoError(t, load(write(", pay: [stars]")))
	require.ErrorContains(t, load(write(", pay: [crypto, stars]")), "SHOPBOT_CRYPTOPAY_TOKEN: required;")
	require.ErrorContains(t, load(write("")), "Only a shop that takes Telegram Stars alone")
	require.ErrorContains(t, load(filepath.Join(dir, "missing.yaml")), "SHOPBOT_CRYPTOPAY_TOKEN: required;")
	database := filepath.Join(dir, "shop.db")
	require.NoError(t, os.WriteFile(database, nil, 0o600))
	require.NoError(t, load(filepath.Join(dir, "missing.yaml"), "SHOPBOT_DATABASE="+database), "the catalog in the database decides, at the start")
	require.ErrorContains(t, load(write(", pay: [stars]"), "SHOPBOT_CRYPTOPAY_TOKEN=x"), "not of the form")

	cfg, err := Load([]string{"SHOPBOT_TELEGRAM_TOKEN=" + botToken, "SHOPBOT_CATALOG=" + write(", pay: [stars]")}, "")
	require.NoError(t, err)
	_, err = cfg.CatalogFile().Load()
	require.NoError(t, err)
	write(", pay: [crypto]")
	_, err = cfg.CatalogFile().Load()
	require.EqualError(t, err, "product a is paid in crypto, and the shop has no Crypto Pay app; set SHOPBOT_CRYPTOPAY_TOKEN, or write pay: [stars] in the catalog")
}
