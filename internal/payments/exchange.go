package payments

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"unicode"

	"github.com/tidwall/gjson"

	"shopbot/internal/money"
	"shopbot/internal/tlshint"
)

const (
	// maxAnswer is more than a page of 1,000 invoices with texts of full length, in bytes.
	maxAnswer = 32 << 20
	// maxExcerpt is how much of a strange answer an error shows, in characters, and excerptSource
	// how many bytes it is made from.
	maxExcerpt    = 120
	excerptSource = 4 << 10
	// maxAllowedAssets is more than the API has, and maxAllowedDepth how far down in an error it
	// may list them.
	maxAllowedAssets = 200
	maxAllowedDepth  = 4
	// maxName is more than any error name has, in characters.
	maxName = 64
	// minSecret is the length from which the part of a token behind its colon is a secret of its
	// own and not a word that texts contain by chance.
	minSecret = 16
)

// errNotAPI says that something else than the API answered, such as a gateway.
var errNotAPI = errors.New("not an answer of the API")

// exchange sends one request and reads its answer.
func (c *Client) exchange(ctx context.Context, method string, body []byte) (json.RawMessage, *Error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	var trace connTrace
	address := c.cfg.BaseURL + "/api/" + method
	req, err := http.NewRequestWithContext(trace.watch(ctx), http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, &Error{Method: method, Outcome: OutcomeNotDone, cause: c.redact.err(err)}
	}
	c.authorize(req)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, &Error{Method: method, Outcome: trace.outcome(err), cause: c.redact.err(tlshint.With(err))}
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err == nil && len(data) > maxAnswer {
		err = fmt.Errorf("answer of more than %d bytes", maxAnswer)
	}
	var result json.RawMessage
	failure := &Error{Outcome: outcomeOf(resp.StatusCode)}
	if err != nil {
		failure.cause = fmt.Errorf("reading the answer: %w", c.redact.err(err))
	} else if result, failure = c.open(resp.StatusCode, data); failure == nil {
		return result, nil
	}
	failure.Method, failure.Status, failure.RetryAfter = method, resp.StatusCode, retryAfter(resp.Header)
	return nil, failure
}

// envelope is what every answer of the API comes in.
type envelope struct {
	OK     *bool           `json:"ok"`
	Result json.RawMessage `json:"result"`
	Error  object          `json:"error"`
}

// open takes the result out of an answer, or says what is wrong with it.
func (c *Client) open(status int, data []byte) (json.RawMessage, *Error) {
	var e envelope
	err := json.Unmarshal(data, &e)
	switch {
	case err != nil, e.OK == nil:
	case !*e.OK && e.Error.text("name") != "":
		refused := c.refusal(status, &e.Error)
		if errors.Is(refused, ErrUnsupportedAsset) {
			refused.AllowedAssets = allowedAssets(data)
		}
		return nil, refused
	case *e.OK && status/100 == 2 && len(e.Result) > 0 && string(e.Result) != "null":
		return e.Result, nil
	}
	return nil, &Error{Outcome: outcomeOf(status), cause: errNotAPI, detail: c.excerpt(string(data), maxExcerpt)}
}

func (c *Client) refusal(status int, e *object) *Error {
	code := status
	if n := e.integer("code"); n >= 100 && n < 600 {
		code = int(n)
	}
	outcome := outcomeOf(code)
	if status >= 500 {
		outcome = OutcomeUnknown
	}
	return &Error{Code: code, Name: c.excerpt(e.text("name"), maxName), Outcome: outcome}
}

// allowedAssets finds the list of assets that comes with an asset error. It was seen as
// error.allowed_crypto_assets, a list of codes; since nothing of it is documented, its name and its
// place are not relied on, and neither is its form.
func allowedAssets(answer []byte) (allowed []money.Currency) {
	var codes func(v gjson.Result)
	codes = func(v gjson.Result) {
		switch {
		case v.IsArray():
			v.ForEach(func(_, row gjson.Result) bool { codes(row); return true })
		case v.IsObject(): // a row such as those of getCurrencies
			codes(v.Get("code"))
		default:
			for code := range strings.FieldsFuncSeq(v.String(), func(r rune) bool { return r == ',' || r == ' ' }) {
				c := money.Currency(code)
				if c.Valid() && len(allowed) < maxAllowedAssets && !slices.Contains(allowed, c) {
					allowed = append(allowed, c)
				}
			}
		}
	}
	var search func(v gjson.Result, depth int)
	search = func(v gjson.Result, depth int) {
		if depth == 0 || !v.IsObject() {
			return
		}
		v.ForEach(func(name, value gjson.Result) bool {
			if n := name.String(); strings.Contains(n, "allowed") && strings.Contains(n, "assets") {
				codes(value)
			} else {
				search(value, depth-1)
			}
			return true
		})
	}
	search(gjson.ParseBytes(answer), maxAllowedDepth)
	return allowed
}

// outcomeOf tells from an answer's HTTP status whether the work may have been done. A gateway's 5xx
// says nothing of what happened behind it, and neither does the API's own.
func outcomeOf(status int) Outcome {
	if status >= 300 && status < 500 && status != http.StatusRequestTimeout {
		return OutcomeNotDone
	}
	return OutcomeUnknown
}

// connTrace knows whether a request ever had a connection to go out on.
type connTrace struct{ asked, got atomic.Bool }

func (t *connTrace) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { t.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { t.got.Store(true) },
	})
}

// outcome is OutcomeNotDone only where it is certain that nothing was sent: a transport that
// reports its connections never had one, or err is of connecting.
func (t *connTrace) outcome(err error) Outcome {
	network, ok := errors.AsType[*net.OpError](err)
	if !t.got.Load() && (t.asked.Load() || ok && network.Op == "dial") {
		return OutcomeNotDone
	}
	return OutcomeUnknown
}

var (
	invisible = regexp.MustCompile(`(?is)<(script|style)\b.*?</(script|style)>|<!--.*?-->`)
	tag       = regexp.MustCompile(`(?s)<[^<>]*>`)
)

// excerpt is the beginning of what a person would see of a text: one line, no tags, no control
// characters, no token.
func (c *Client) excerpt(text string, longest int) string {
	text = c.redact(strings.ToValidUTF8(text, "\uFFFD"))
	text = text[:min(len(text), excerptSource)]
	text = tag.ReplaceAllString(invisible.ReplaceAllString(text, " "), " ")
	text = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
	runes := []rune(c.redact(strings.Join(strings.Fields(text), " ")))
	if len(runes) > longest {
		return string(runes[:longest-1]) + "…"
	}
	return string(runes)
}

// redactor takes a token out of texts. It is a function so that printing a value which holds one
// shows an address and nothing else.
type redactor func(string) string

func newRedactor(token Secret) redactor {
	whole := token.Reveal()
	pairs := []string{whole, hidden, url.QueryEscape(whole), hidden}
	if _, secret, found := strings.Cut(whole, ":"); found && len(secret) >= minSecret {
		pairs = append(pairs, secret, hidden)
	}
	return strings.NewReplacer(pairs...).Replace
}

// err is err itself where its text holds no token. Otherwise it is a new error with the cleaned
// text, which keeps of the old chain only whether time was up.
func (r redactor) err(err error) error {
	text := err.Error()
	clean := r(text)
	if clean == text {
		return err
	}
	for _, kept := range []error{context.Canceled, context.DeadlineExceeded, os.ErrDeadlineExceeded} {
		if errors.Is(err, kept) {
			return fmt.Errorf("%s: %w", clean, kept)
		}
	}
	return errors.New(clean)
}
