package config

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"shopbot/internal/goodsserver"
	"shopbot/internal/payments"
)

// The forms of the tokens are a little stricter than what the services promise, to find a token
// that something else was pasted to.
var (
	telegramTokenForm  = regexp.MustCompile(`^[0-9]+:[A-Za-z0-9_-]{30,}$`)
	cryptoPayTokenForm = regexp.MustCompile(`^[0-9]+:[A-Za-z0-9_-]{20,}$`)
)

// want adds a fault of a variable, unless ok is true or it has one already.
func (s *settings) want(ok bool, variable, what string, args ...any) {
	if name := prefix + variable; !ok && !s.blamed(name) {
		s.blame(name, fmt.Sprintf(what, args...))
	}
}

// check finds the faults of values that could be parsed.
func (s *settings) check(c Config) {
	s.checkTokens(c)
	s.checkAddresses(c)
	s.checkTLS(c)
	s.checkCryptoPay(c)
	s.checkGoods(c)
	s.checkTimes(c)
	s.checkDatabase(c)
	s.checkBackup(c)
}

func (s *settings) checkDatabase(c Config) {
	s.want(!strings.HasSuffix(c.Database.Path(), "/"), "DATABASE", "%s is a directory; write the path of a file", Quote(c.Database.Path()))
}

func (s *settings) checkTokens(c Config) {
	s.want(c.TelegramToken != "", "TELEGRAM_TOKEN", "required; @BotFather gives the token")
	s.want(telegramTokenForm.MatchString(c.TelegramToken.Reveal()), "TELEGRAM_TOKEN",
		"not of the form 123456789:AAE-and-so-on; copy the whole token that @BotFather gave")
	s.want(c.HasCryptoPay() || c.mayTakeStarsAlone(), "CRYPTOPAY_TOKEN", "required; @CryptoBot gives the token (Crypto Pay → Create App), "+
		"@CryptoTestnetBot that of the test network. Only a shop that takes Telegram Stars alone, by pay: [stars] in the catalog, has none")
	const form = "not of the form 12345:AAand-so-on; copy the whole token that @CryptoBot gave"
	s.want(!c.HasCryptoPay() || cryptoPayTokenForm.MatchString(c.CryptoPayToken.Reveal()), "CRYPTOPAY_TOKEN", form)
	s.want(c.CryptoPayPreviousToken == "" || cryptoPayTokenForm.MatchString(c.CryptoPayPreviousToken.Reveal()), "CRYPTOPAY_PREVIOUS_TOKEN", form)
}

// mayTakeStarsAlone reports whether a shop without Crypto Pay can be right. A catalog that is in the
// database alone is checked when the shop opens it.
func (c Config) mayTakeStarsAlone() bool {
	_, err := c.CatalogFile().Load()
	if errors.Is(err, fs.ErrNotExist) {
		if c.Database.IsPostgres() {
			return true
		}
		_, err = os.Stat(c.Database.Path())
	}
	return err == nil
}

func (s *settings) checkAddresses(c Config) {
	s.want(isBaseURL(c.TelegramAPIURL), "TELEGRAM_API_URL", "want an address such as https://api.telegram.org, with nothing behind its path")
	s.want(!strings.Contains(pathOf(c.TelegramAPIURL), "/bot"), "TELEGRAM_API_URL", "leave out what begins with /bot: the shop adds the token")
	s.want(isBaseURL(c.CryptoPayAPIURL), "CRYPTOPAY_API_URL", "want an address such as https://pay.crypt.bot, with nothing behind its path")
	s.want(!strings.HasSuffix(c.CryptoPayAPIURL, "/api"), "CRYPTOPAY_API_URL", "leave out the /api at its end")
	s.want(c.PublicURL == "" || isBaseURL(c.PublicURL), "PUBLIC_URL", "want an address such as https://shop.example.com, or nothing at all for long polling")
	s.want(c.PublicURL == "" || isEncrypted(c.PublicURL), "PUBLIC_URL", "want https://, since Telegram sends updates to nothing else")
	s.want(IsListenAddress(c.Listen), "LISTEN", "%s is not an address to listen at; write HOST:PORT, such as 127.0.0.1:8080", Quote(c.Listen))
	s.want(IsListenAddress(c.OpsListen), "OPS_LISTEN", "%s is not an address to listen at; write HOST:PORT, such as 127.0.0.1:9090", Quote(c.OpsListen))
	s.want(c.OpsListen != c.Listen || strings.HasSuffix(c.Listen, ":0"), "OPS_LISTEN", "the same as %sLISTEN; the private listener needs an address of its own", prefix)
}

func (s *settings) checkTLS(c Config) {
	s.want(c.TLS == TLSOff || c.PublicURL != "", "TLS", "certificates are for a name; write the shop's address as SHOPBOT_PUBLIC_URL, such as https://shop.example.com")
	s.want(c.TLS == TLSOff || !strings.HasPrefix(c.PublicURL, "http://"), "PUBLIC_URL", "want https://, since SHOPBOT_TLS is %s", c.TLS)
	s.want(c.TLS != TLSFiles || c.TLSCert != "", "TLS_CERT", "required with SHOPBOT_TLS=files; write the path of the certificate and its chain, in PEM")
	s.want(c.TLS != TLSFiles || c.TLSKey != "", "TLS_KEY", "required with SHOPBOT_TLS=files; write the path of the private key, in PEM")
	s.want(c.TLS == TLSFiles || c.TLSCert == "", "TLS_CERT", "SHOPBOT_TLS is %s; write SHOPBOT_TLS=files, or leave this out", c.TLS)
	s.want(c.TLS == TLSFiles || c.TLSKey == "", "TLS_KEY", "SHOPBOT_TLS is %s; write SHOPBOT_TLS=files, or leave this out", c.TLS)
	s.want(c.TLSACMEURL == "" || isBaseURL(c.TLSACMEURL) && isEncrypted(c.TLSACMEURL), "TLS_ACME_URL", "want the address of an ACME directory that begins with https://")
	s.want(c.TLSEmail == "" || strings.Contains(c.TLSEmail, "@"), "TLS_EMAIL", "%s is not an e-mail address", Quote(c.TLSEmail))
	if c.TLS != TLSAuto || c.PublicURL == "" {
		return
	}
	u, err := url.Parse(c.PublicURL)
	if err != nil {
		return // told above
	}
	_, notIP := netip.ParseAddr(u.Hostname())
	s.want(notIP != nil && strings.Contains(u.Hostname(), "."), "PUBLIC_URL", "%s gets no certificate; want a name of the public DNS, such as https://shop.example.com", Quote(u.Hostname()))
	s.want(u.Port() == "" || u.Port() == "443" || c.TLSACMEURL != "", "PUBLIC_URL",
		"want no port, since Let's Encrypt calls port 443 alone (RFC 8737); or get certificates in another way, with SHOPBOT_TLS=files")
}

// PublicHost is the host of PublicURL, without its port; "" if there is none.
func (c Config) PublicHost() string {
	u, err := url.Parse(c.PublicURL)
	if err != nil {
		return "" // Load refuses such an address
	}
	return u.Hostname()
}

func (s *settings) checkCryptoPay(c Config) {
	s.want(c.CryptoPayNetwork == payments.Mainnet || c.CryptoPayNetwork == payments.Testnet, "CRYPTOPAY_NETWORK",
		"%s is not a network; write mainnet or testnet", Quote(string(c.CryptoPayNetwork)))
	p := c.CryptoPayWebhookPath
	s.want(strings.HasPrefix(p, "/") && p != "/", "CRYPTOPAY_WEBHOOK_PATH", "want a path that begins with /, such as /cryptopay/webhook")
	s.want(path.Clean(p) == p && !strings.ContainsAny(p, "{}?#%\\ \t\"<>"), "CRYPTOPAY_WEBHOOK_PATH",
		"want a plain path: no / at its end, no //, no dots as a step, and only letters, digits and - _ . ~ in the steps")
	s.want(p != TelegramWebhookPath && p != "/healthz", "CRYPTOPAY_WEBHOOK_PATH", "%s is used for something else; write another path", p)
	s.want(c.CryptoPayRateBurst > 0, "CRYPTOPAY_RATE_BURST", "want at least 1")
	s.want(c.CryptoPayMaxConns > 0, "CRYPTOPAY_MAX_CONNS", "want at least 1")
	s.want(c.CryptoPayMaxRetries <= 20, "CRYPTOPAY_MAX_RETRIES", "want at most 20; the shop tries again later")
}

func (s *settings) checkGoods(c Config) {
	for variable, secret := range map[string]payments.Secret{"GOODS_SECRET": c.GoodsSecret, "GOODS_PREVIOUS_SECRET": c.GoodsPreviousSecret} {
		if _, err := goodsserver.ParseSecret(secret.Reveal()); secret != "" && err != nil {
			s.want(false, variable, "%v", err)
		}
	}
	s.want(c.GoodsPreviousSecret == "" || c.GoodsSecret != "", "GOODS_SECRET", "required beside %sGOODS_PREVIOUS_SECRET", prefix)
}

func (s *settings) checkTimes(c Config) {
	const day = 24 * time.Hour
	s.between("CRYPTOPAY_TIMEOUT", c.CryptoPayTimeout, 100*time.Millisecond, 5*time.Minute)
	s.between("CRYPTOPAY_RETRY_BACKOFF", c.CryptoPayRetryBackoff, time.Millisecond, time.Minute)
	s.between("RATES_TTL", c.RatesTTL, time.Second, day)
	s.between("INVOICE_TTL", c.InvoiceTTL, time.Minute, 31*day)
	s.want(time.Duration(c.InvoiceTTL)%time.Second == 0, "INVOICE_TTL", "%s is not in whole seconds, as Crypto Pay counts them", time.Duration(c.InvoiceTTL))
	s.between("SYNC_INTERVAL", c.SyncInterval, time.Second, day)
	age := time.Duration(c.WebhookMaxAge)
	s.want(age == 0 || age >= payments.MinMaxAge, "WEBHOOK_MAX_AGE",
		"%s is too short; write 0 for any age, or at least %s, because Crypto Pay repeats a webhook for three days", span(age), span(payments.MinMaxAge))
}

func (s *settings) between(variable string, d Duration, least, most time.Duration) {
	v := time.Duration(d)
	s.want(v >= least && v <= most, variable, "%s is not within its limits; write something from %s to %s", span(v), span(least), span(most))
}

// span writes a limit as people do: 744h, not 744h0m0s.
func span(d time.Duration) string {
	switch {
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return d.String()
}

// isBaseURL reports whether a path can be appended to an address.
func isBaseURL(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" &&
		u.User == nil && u.RawQuery == "" && !u.ForceQuery && u.Fragment == "" && u.RawPath == ""
}

func pathOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Path
}

// isEncrypted reports whether nobody can listen in: the address has TLS, or is on this machine.
func isEncrypted(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || IsLoopback(u.Hostname()))
}

// IsLoopback reports whether a host is this machine and nothing else.
func IsLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// IsListenAddress reports whether an address is HOST:PORT; the host may be empty.
func IsListenAddress(address string) bool {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return err == nil
}
