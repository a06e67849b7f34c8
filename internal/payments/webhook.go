package payments

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"sync"
	"time"

	"github.com/tidwall/gjson"
)

// SignatureHeader is the header in which a webhook carries its signature.
const SignatureHeader = "Crypto-Pay-Api-Signature"

// Verifier checks signatures of webhooks. It is safe for concurrent use.
type Verifier struct {
	// pool is behind a function so that printing a Verifier shows no key.
	pool func() *sync.Pool
}

// NewVerifier makes a Verifier of one token or several: after a change of token it still accepts
// what the old one signed.
func NewVerifier(tokens ...Secret) (*Verifier, error) {
	if len(tokens) == 0 {
		return nil, errors.New("verifier: want a token")
	}
	sums := make([][sha256.Size]byte, len(tokens))
	for i, token := range tokens {
		if err := checkToken(token); err != nil {
			return nil, err
		}
		sums[i] = sha256.Sum256([]byte(token.Reveal()))
	}
	pool := &sync.Pool{New: func() any {
		s := &verification{}
		for _, sum := range sums {
			s.macs = append(s.macs, hmac.New(sha256.New, sum[:]))
		}
		return s
	}}
	return &Verifier{pool: func() *sync.Pool { return pool }}, nil
}

// verification is what checking one signature needs, kept for the next one.
type verification struct {
	macs  []hash.Hash
	hex   [2 * sha256.Size]byte
	given [sha256.Size]byte
	want  [sha256.Size]byte
}

// Verify reports whether signature, in hex, is that of body under one of the tokens. It
// takes the same time for every wrong signature of the right form.
func (v *Verifier) Verify(body []byte, signature string) bool {
	_, ok := v.match(body, signature)
	return ok
}

// match is Verify and tells which key it was.
func (v *Verifier) match(body []byte, signature string) (key int, ok bool) {
	pool := v.pool()
	s, _ := pool.Get().(*verification)
	defer pool.Put(s)
	if len(signature) != len(s.hex) {
		return 0, false
	}
	copy(s.hex[:], signature)
	if _, err := hex.Decode(s.given[:], s.hex[:]); err != nil {
		return 0, false
	}
	for i, mac := range s.macs {
		mac.Reset()
		mac.Write(body)
		if subtle.ConstantTimeCompare(mac.Sum(s.want[:0]), s.given[:]) == 1 {
			key, ok = i, true
		}
	}
	return key, ok
}

// UpdateInvoicePaid is the only type of update that the API has.
const UpdateInvoicePaid = "invoice_paid"

// Update is what a webhook tells.
type Update struct {
	ID          int64 // not unique: never tell updates apart by it
	Type        string
	RequestDate time.Time // when it was sent; zero where that cannot be read
	Invoice     Invoice   // of UpdateInvoicePaid
}

// ParseUpdate reads the body of a webhook whose signature was verified. An update of another type
// than UpdateInvoicePaid has no Invoice and is not an error. The invoice's Raw is a part of body,
// which must not change any more.
func ParseUpdate(body []byte) (Update, error) {
	if !gjson.ValidBytes(body) {
		return Update{}, fmt.Errorf("update: %w: malformed", errNotObject)
	}
	var room [8]field
	var unread []string // Update has no place for it: a field that cannot be read is zero
	o, err := newObject(gjson.ParseBytes(body), room[:0], &unread)
	if err != nil {
		return Update{}, fmt.Errorf("update: %w", err)
	}
	u := Update{ID: o.integer("update_id"), Type: o.text("update_type"), RequestDate: o.time("request_date")}
	switch payload := o.get("payload"); {
	case u.Type == "":
		return Update{}, errors.New("update: no update_type")
	case u.Type != UpdateInvoicePaid:
	case payload == nil:
		return Update{}, errors.New("update: invoice_paid without payload")
	case payload.kind != gjson.JSON:
		return Update{}, fmt.Errorf("update: invoice: %w", errNotObject)
	default:
		end := payload.at + len(payload.text)
		if err := u.Invoice.read(gjson.Parse(payload.text), body[payload.at:end:end]); err != nil {
			return Update{}, fmt.Errorf("update: %w", err)
		}
	}
	return u, nil
}
