// Package config reads the configuration of a shop from environment variables that begin with
// SHOPBOT_, and reports all faults at once.
package config

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kelseyhightower/envconfig"

	"shopbot/internal/payments"
)

// prefix begins the name of every variable.
const prefix = "SHOPBOT_"

// Config is what an operator may set. The tags hold whole names, since envconfig falls back from a
// name with a prefix to the name without. A variable that is set but empty counts as not set.
type Config struct {
	TelegramToken     payments.Secret `envconfig:"SHOPBOT_TELEGRAM_TOKEN"` // required
	TelegramAPIURL    string          `envconfig:"SHOPBOT_TELEGRAM_API_URL" default:"https://api.telegram.org"`
	TelegramRateLimit PositiveFloat   `envconfig:"SHOPBOT_TELEGRAM_RATE_LIMIT" default:"30"` // messages a second

	CryptoPayToken         payments.Secret  `envconfig:"SHOPBOT_CRYPTOPAY_TOKEN"`          // required
	CryptoPayPreviousToken payments.Secret  `envconfig:"SHOPBOT_CRYPTOPAY_PREVIOUS_TOKEN"` // its signatures still count
	CryptoPayNetwork       payments.Network `envconfig:"SHOPBOT_CRYPTOPAY_NETWORK" default:"mainnet"`
	CryptoPayAPIURL        string           `envconfig:"SHOPBOT_CRYPTOPAY_API_URL"` // default by network
	CryptoPayWebhookPath   string           `envconfig:"SHOPBOT_CRYPTOPAY_WEBHOOK_PATH" default:"/cryptopay/webhook"`
	CryptoPayTimeout       Duration         `envconfig:"SHOPBOT_CRYPTOPAY_TIMEOUT" default:"10s"`   // of one request
	CryptoPayMaxRetries    Count            `envconfig:"SHOPBOT_CRYPTOPAY_MAX_RETRIES" default:"3"` // after the first try
	CryptoPayRetryBackoff  Duration         `envconfig:"SHOPBOT_CRYPTOPAY_RETRY_BACKOFF" default:"500ms"`
	CryptoPayRetryStatuses Statuses         `envconfig:"SHOPBOT_CRYPTOPAY_RETRY_STATUSES" default:"429,500,502,503,504"`
	CryptoPayRateLimit     PositiveFloat    `envconfig:"SHOPBOT_CRYPTOPAY_RATE_LIMIT" default:"10"` // requests a second
	CryptoPayRateBurst     Count            `envconfig:"SHOPBOT_CRYPTOPAY_RATE_BURST" default:"10"`
	CryptoPayMaxConns      Count            `envconfig:"SHOPBOT_CRYPTOPAY_MAX_CONNS" default:"16"`
	RatesTTL               Duration         `envconfig:"SHOPBOT_RATES_TTL" default:"1m"`

	GoodsSecret         payments.Secret `envconfig:"SHOPBOT_GOODS_SECRET"`          // required if a product is deliver: server
	GoodsPreviousSecret payments.Secret `envconfig:"SHOPBOT_GOODS_PREVIOUS_SECRET"` // requests are signed with it too
	GoodsPrivate        Switch          `envconfig:"SHOPBOT_GOODS_PRIVATE" default:"false"`

	Admins        UserIDs   `envconfig:"SHOPBOT_ADMINS"` // Telegram ids of the owners
	Catalog       string    `envconfig:"SHOPBOT_CATALOG" default:"configs/catalog.yaml"`
	Texts         string    `envconfig:"SHOPBOT_TEXTS"` // a directory of texts in the place of built-in ones
	Database      Database  `envconfig:"SHOPBOT_DATABASE" default:"shopbot.db"`
	Socket        string    `envconfig:"SHOPBOT_SOCKET"` // for commands; default by Database
	Listen        string    `envconfig:"SHOPBOT_LISTEN" default:"127.0.0.1:8080"`
	OpsListen     string    `envconfig:"SHOPBOT_OPS_LISTEN" default:"127.0.0.1:9090"`
	OpsPprof      Switch    `envconfig:"SHOPBOT_OPS_PPROF" default:"false"`    // profiles at OpsListen too
	PublicURL     string    `envconfig:"SHOPBOT_PUBLIC_URL"`                   // empty: Telegram by long polling
	Web           Switch    `envconfig:"SHOPBOT_WEB" default:"true"`           // the catalog as pages at PublicURL
	InvoiceTTL    Duration  `envconfig:"SHOPBOT_INVOICE_TTL" default:"30m"`    // 60 s to 31 days, whole seconds
	SyncInterval  Duration  `envconfig:"SHOPBOT_SYNC_INTERVAL" default:"30s"`  // from 1 s
	WebhookMaxAge Duration  `envconfig:"SHOPBOT_WEBHOOK_MAX_AGE" default:"0s"` // 0, or from 96 h
	LogLevel      LogLevel  `envconfig:"SHOPBOT_LOG_LEVEL" default:"info"`
	LogFormat     LogFormat `envconfig:"SHOPBOT_LOG_FORMAT" default:"text"`

	BackupTo         string          `envconfig:"SHOPBOT_BACKUP_TO"`                  // a directory, s3://BUCKET/PREFIX, "chat"; empty: no backups
	BackupEvery      Duration        `envconfig:"SHOPBOT_BACKUP_EVERY" default:"24h"` // from 1 min to 31 days
	BackupKeep       Count           `envconfig:"SHOPBOT_BACKUP_KEEP" default:"14"`   // older ones are removed
	BackupRecipient  Recipients      `envconfig:"SHOPBOT_BACKUP_RECIPIENT"`           // who can decrypt them; required for a bucket and the chat
	BackupS3Endpoint string          `envconfig:"SHOPBOT_BACKUP_S3_ENDPOINT" default:"https://s3.amazonaws.com"`
	BackupS3Region   string          `envconfig:"SHOPBOT_BACKUP_S3_REGION" default:"us-east-1"`
	BackupS3Key      payments.Secret `envconfig:"SHOPBOT_BACKUP_S3_KEY"`
	BackupS3Secret   payments.Secret `envconfig:"SHOPBOT_BACKUP_S3_SECRET"`

	TLS            TLSMode  `envconfig:"SHOPBOT_TLS" default:"off"`
	TLSCert        string   `envconfig:"SHOPBOT_TLS_CERT"`        // a file, with TLSFiles
	TLSKey         string   `envconfig:"SHOPBOT_TLS_KEY"`         // a file, with TLSFiles
	TLSEmail       string   `envconfig:"SHOPBOT_TLS_EMAIL"`       // for the certificate authority; may be empty
	TLSCache       string   `envconfig:"SHOPBOT_TLS_CACHE"`       // a directory; empty: beside the database
	TLSACMEURL     string   `envconfig:"SHOPBOT_TLS_ACME_URL"`    // an ACME directory; empty: Let's Encrypt
	TrustedProxies Networks `envconfig:"SHOPBOT_TRUSTED_PROXIES"` // whose X-Forwarded-For counts

	readFrom []string // the files that settings came from: the env file, and those of secrets
	faulty   []string // the variables that have faults, with their prefix
}

// PrivateFiles lists the files that the shop itself runs on: the database if it is one, the catalog,
// and the files that settings and secrets were read from. No buyer gets one, and none is overwritten.
func (c Config) PrivateFiles() []string {
	files := append([]string{c.Catalog}, c.readFrom...)
	if path := c.Database.Path(); path != "" {
		files = append([]string{path}, files...)
	}
	if c.TLS == TLSFiles {
		files = append(files, c.TLSCert, c.TLSKey)
	}
	return files
}

// secretNames are the variables that may also come as NAME_FILE.
func secretNames() []string {
	return []string{
		prefix + "TELEGRAM_TOKEN", prefix + "CRYPTOPAY_TOKEN", prefix + "CRYPTOPAY_PREVIOUS_TOKEN",
		prefix + "GOODS_SECRET", prefix + "GOODS_PREVIOUS_SECRET",
		prefix + "BACKUP_S3_KEY", prefix + "BACKUP_S3_SECRET",
		prefix + "DATABASE",
	}
}

// variableNames lists every variable of config, in its order.
func variableNames() []string {
	var list strings.Builder
	// Neither the type nor the template is input, so it cannot fail.
	_ = envconfig.Usagef("", &Config{}, &list, `{{range .}}{{usage_key .}} {{end}}`)
	return strings.Fields(list.String())
}

// Load reads the configuration from an environment such as os.Environ, and what is not set there
// from envFile, unless that is "". Its error joins all faults, each an [Error] on a line of its
// own. It never shows the value of a secret.
func Load(environ []string, envFile string) (Config, error) {
	cfg, s, err := load(environ, envFile)
	if err != nil {
		return Config{}, err
	}
	s.checkAny(envFile)
	if len(s.faults) > 0 {
		return Config{}, s.err()
	}
	return cfg, nil
}

// checkAny adds the fault of a configuration of which nothing is set.
func (s *settings) checkAny(envFile string) {
	if envFile == "" && len(s.values) == 0 {
		s.faults = append(s.faults, variableFault{fault: Error{
			What: "no variable that begins with " + prefix + " is set; name the file that has them with --env-file FILE, or make a shop with 'shopbot init'",
		}})
	}
}

// LoadFor is Load for a command that uses only the variables given, named without their prefix; a
// name that ends in _ stands for all that begin with it. Faults of other variables are left out, so
// no token is needed. A variable that is not known is a fault all the same: it may be one of these,
// mistyped. So is a configuration of which nothing is set, unless the database has its default name.
func LoadFor(environ []string, envFile string, variables ...string) (Config, error) {
	cfg, s, err := load(environ, envFile)
	if err != nil {
		return Config{}, err
	}
	s.faults = slices.DeleteFunc(s.faults, func(f variableFault) bool {
		return slices.Contains(s.names, f.variable) && !slices.ContainsFunc(variables, func(v string) bool {
			return f.variable == prefix+v || strings.HasSuffix(v, "_") && strings.HasPrefix(f.variable, prefix+v)
		})
	})
	if _, err := os.Stat(cfg.Database.Path()); err != nil {
		s.checkAny(envFile)
	}
	if len(s.faults) > 0 {
		return Config{}, s.err()
	}
	return cfg, nil
}

// LoadAnyway is Load for a command that goes on in spite of faults: the configuration beside them has
// the defaults of what could not be read, and [Config.Faulty] tells which variables that are. some is
// false if nothing is set at all, or if a file cannot be read: then there is nothing to go on with.
func LoadAnyway(environ []string, envFile string) (cfg Config, some bool, faults error) {
	cfg, s, err := load(environ, envFile)
	if err != nil {
		return Config{}, false, err
	}
	s.checkAny(envFile)
	return cfg, len(s.values) > 0, s.err()
}

// load reads the configuration, and finds the faults of all variables.
func load(environ []string, envFile string) (Config, *settings, error) {
	s, err := gather(environ, envFile)
	if err != nil {
		return Config{}, nil, err
	}
	var cfg Config
	s.fill(&cfg)
	cfg.normalise()
	cfg.readFrom = s.readFrom
	s.check(cfg)
	for _, f := range s.faults {
		cfg.faulty = append(cfg.faulty, f.variable)
	}
	return cfg, s, nil
}

// Faulty reports whether one of the variables, named without their prefix, has a fault, so that its
// value is not the operator's.
func (c Config) Faulty(variables ...string) bool {
	return slices.ContainsFunc(variables, func(v string) bool { return slices.Contains(c.faulty, prefix+v) })
}

func (c *Config) normalise() {
	c.TelegramAPIURL = strings.TrimRight(c.TelegramAPIURL, "/")
	c.CryptoPayAPIURL = strings.TrimRight(c.CryptoPayAPIURL, "/")
	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	if c.TLSCache == "" {
		c.TLSCache = filepath.Join(filepath.Dir(c.Database.Path()), "certificates")
	}
	if c.CryptoPayAPIURL != "" {
		return
	}
	c.CryptoPayAPIURL = "https://pay.crypt.bot"
	if c.CryptoPayNetwork == payments.Testnet {
		c.CryptoPayAPIURL = "https://testnet-pay.crypt.bot"
	}
}

// Error is one thing that is wrong with the configuration or the command line.
type Error struct {
	Where string // variable, flag, or file and line; may be ""
	What  string // what is wrong, and what would be right
}

func (e Error) Error() string {
	if e.Where == "" {
		return e.What
	}
	return e.Where + ": " + e.What
}

// err joins the faults in the order of the variables.
func (s *settings) err() error {
	var errs []error
	for _, name := range append([]string{""}, s.names...) {
		for _, f := range s.faults {
			if f.variable == name || name == "" && !slices.Contains(s.names, f.variable) {
				errs = append(errs, f.fault)
			}
		}
	}
	return errors.Join(errs...)
}
