package config

import (
	"reflect"
	"strings"
)

// Section is a part of the reference of settings.
type Section struct {
	Title    string
	Settings []Setting
}

// Setting is what an operator has to know of one variable.
type Setting struct {
	Name    string // without SHOPBOT_
	Meaning string // in Markdown; its links begin at docs/
	// Unset is what holds if the variable is not set and has no default; "" if nothing holds then.
	Unset string
}

// Variable is the whole name of the setting.
func (s Setting) Variable() string { return prefix + s.Name }

// Default is the value of a setting that is not set; "" if it has none.
func (s Setting) Default() string { return s.field().Tag.Get("default") }

// field is the field of Config; the zero value if it has none of this name.
func (s Setting) field() reflect.StructField {
	for f := range reflect.TypeFor[Config]().Fields() {
		if f.Tag.Get("envconfig") == s.Variable() {
			return f
		}
	}
	return reflect.StructField{}
}

// Plain is the meaning without Markdown, for a terminal.
func (s Setting) Plain() string {
	var b strings.Builder
	for part := range strings.SplitSeq(s.Meaning, "[") {
		words, rest, linked := strings.Cut(part, "](")
		b.WriteString(words)
		if linked {
			_, rest, _ = strings.Cut(rest, ")")
			b.WriteString(rest)
		}
	}
	return strings.ReplaceAll(b.String(), "`", "")
}

// Reference tells of every setting. docs/configuration.md and the manual page are made of it.
func Reference() []Section { return reference }

const required = "required"

var reference = []Section{
	{"Telegram", []Setting{
		{"TELEGRAM_TOKEN", "the bot's token, from @BotFather", required},
		{"TELEGRAM_API_URL", "a self-hosted Bot API server (without `--local`, or keys cannot be sent as files), or the [sandbox](sandbox.md)", ""},
		{"TELEGRAM_RATE_LIMIT", "messages a second to all chats together; one chat gets about one a second with short bursts", ""},
		{"ADMINS", "Telegram user ids of owners. Each has to press Start in the bot once. They are owners whatever the chat says; " +
			"others are [invited there](commands.md#who-may-do-what). " +
			"Empty, and no owner joined in the chat: `run` prints a code that makes its sender the owner", ""},
	}},
	{"Crypto Pay", []Setting{
		{"CRYPTOPAY_TOKEN", "the app's token, from @CryptoBot or @CryptoTestnetBot; a shop that takes [Stars alone](stars.md#a-shop-with-stars-alone) has none", required},
		{"CRYPTOPAY_NETWORK", "`testnet` has coins that cost nothing; each network has its own tokens", ""},
		{"CRYPTOPAY_API_URL", "base address, without `/api`", "by network"},
		{"CRYPTOPAY_WEBHOOK_PATH", "where payment [webhooks](webhooks.md) arrive; put a secret in it", ""},
		{"CRYPTOPAY_PREVIOUS_TOKEN", "the old token after a [change](security.md#changing-tokens): its signatures are still accepted", ""},
		{"CRYPTOPAY_TIMEOUT", "the most that one request may take", ""},
		{"CRYPTOPAY_MAX_RETRIES", "how often a request is repeated after the first try; at most 20", ""},
		{"CRYPTOPAY_RETRY_BACKOFF", "first wait before a repeat; doubles, with jitter; `Retry-After` wins", ""},
		{"CRYPTOPAY_RETRY_STATUSES", "answers that are retried", ""},
		{"CRYPTOPAY_RATE_LIMIT", "requests a second", ""},
		{"CRYPTOPAY_RATE_BURST", "how many requests may go at once after a pause; at least 1", ""},
		{"CRYPTOPAY_MAX_CONNS", "connections kept to the API; at least 1", ""},
		{"RATES_TTL", "how long exchange rates are cached", ""},
	}},
	{"What is sold, and where it is kept", []Setting{
		{"CATALOG", "the [catalog](catalog.md) file; read again when it changes, see [the file and the chat](catalog.md#the-file-and-the-chat-one-catalog)", ""},
		{"TEXTS", "a directory of [your own texts and languages](languages.md#your-own-words); read again when they change", ""},
		{"DATABASE", "the database, one file ([backup](backup.md))", ""},
		{"INVOICE_TTL", "how long an invoice is payable and its stock reserved; whole seconds", ""},
		{"SYNC_INTERVAL", "how often open invoices are compared with Crypto Pay", ""},
		{"GOODS_SECRET", "signs the requests to [your own server](server.md), which makes goods; required if a product is `deliver: server`. " +
			"`openssl rand -base64 32` makes one", ""},
		{"GOODS_PREVIOUS_SECRET", "the old secret after a change: requests are signed with it too, until your servers know the new one", ""},
		{"GOODS_PRIVATE", "`true`: your server may be at an address that is not public, or without TLS", ""},
	}},
	{"Listeners and HTTPS", []Setting{
		{"LISTEN", "public listener: webhooks, [web pages](web.md) and `/healthz`", ""},
		{"OPS_LISTEN", "private listener: `/healthz`, `/readyz`, `/metrics`, and the [page of the operator](status.md). " +
			"`/readyz` lists [trouble that lasts](outages.md#alarms-trouble-that-lasts). On loopback it answers only under loopback names and addresses, " +
			"and pages of other sites never; at any other address it answers under every name", ""},
		{"OPS_PPROF", "`true`: `/debug/pprof/` at `OPS_LISTEN` as well; it is always at the [socket](#the-socket-for-commands)", ""},
		{"PUBLIC_URL", "the shop's address in the web. Empty: Telegram by long polling; set: Telegram by webhook at `PUBLIC_URL/telegram/webhook`", ""},
		{"WEB", "the catalog as [web pages](web.md) at `PUBLIC_URL`; `false`, or no `PUBLIC_URL`: none", ""},
		{"WEBHOOK_MAX_AGE", "a webhook older than this is refused; 0 for any age, otherwise at least 96 h, because Crypto Pay repeats for three days", ""},
		{"TLS", "[HTTPS](tls.md) of the public listener: `off` (plain HTTP, behind a proxy), `auto` (certificates from Let's Encrypt), or `files`", ""},
		{"TLS_CERT", "with `TLS=files`: the certificate with its chain; PEM, read again when it changes and at SIGHUP", ""},
		{"TLS_KEY", "with `TLS=files`: the private key", ""},
		{"TLS_EMAIL", "with `TLS=auto`: where the certificate authority may write to", ""},
		{"TLS_CACHE", "with `TLS=auto`: the directory of certificates and keys", "`certificates` beside the database"},
		{"TLS_ACME_URL", "with `TLS=auto`: the ACME directory of another certificate authority", "Let's Encrypt"},
		{"TRUSTED_PROXIES", "proxies whose `X-Forwarded-For` is believed; everybody else's is ignored", ""},
	}},
	{"Backups and logs", []Setting{
		{"BACKUP_TO", "where [scheduled backups](backup.md#scheduled-backups) go: a directory, `s3://BUCKET/PREFIX`, or `chat` for the owners' chat", "no backups"},
		{"BACKUP_EVERY", "how often", ""},
		{"BACKUP_KEEP", "how many are kept; at least 1", ""},
		{"BACKUP_RECIPIENT", "the public keys (`age1…`) that backups are encrypted to; required for a bucket and the chat", ""},
		{"BACKUP_S3_ENDPOINT", "the service of the bucket", ""},
		{"BACKUP_S3_REGION", "the region of the bucket", ""},
		{"BACKUP_S3_KEY", "the bucket's access key", ""},
		{"BACKUP_S3_SECRET", "the bucket's secret key", ""},
		{"LOG_LEVEL", "the least that is logged", ""},
		{"LOG_FORMAT", "`json` for machines", ""},
	}},
}
