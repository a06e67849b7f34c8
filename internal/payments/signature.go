package payments

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"hash"
	"sync"
	"time"
)

// SignatureHeader is the header in which a webhook carries its signature.
const SignatureHeader = "Crypto-Pay-Api-Signature"

// Key is a token whose signatures are accepted.
type Key struct {
	Token Secret
	Until time.Time // no longer than this; the zero time: without end
}

// Verifier checks signatures of webhooks. It is safe for concurrent use.
type Verifier struct {
	until []time.Time
	// pool is behind a function so that printing a Verifier shows no key.
	pool func() *sync.Pool
}

// NewVerifier makes a Verifier of one token or several, so that after a change
// of token what the old one signed is accepted for a while.
func NewVerifier(keys ...Key) (*Verifier, error) {
	if len(keys) == 0 {
		return nil, errors.New("verifier: want a token")
	}
	v := &Verifier{}
	sums := make([][sha256.Size]byte, len(keys))
	for i, key := range keys {
		if err := checkToken(key.Token); err != nil {
			return nil, err
		}
		sums[i] = sha256.Sum256([]byte(key.Token.reveal()))
		v.until = append(v.until, key.Until)
	}
	pool := &sync.Pool{New: func() any { return newBench(sums) }}
	v.pool = func() *sync.Pool { return pool }
	return v, nil
}

// Verify reports whether signature, in hex, is that of body under a key which is
// accepted now. It takes the same time for every wrong signature of the right form.
func (v *Verifier) Verify(body []byte, signature string) bool {
	_, ok := v.match(body, signature)
	return ok
}

// match is Verify and tells which key it was.
func (v *Verifier) match(body []byte, signature string) (key int, ok bool) {
	pool := v.pool()
	b, _ := pool.Get().(*bench)
	defer pool.Put(b)
	if len(signature) != len(b.hex) {
		return 0, false
	}
	copy(b.hex[:], signature)
	if _, err := hex.Decode(b.given[:], b.hex[:]); err != nil {
		return 0, false
	}
	for i, mac := range b.macs {
		mac.Reset()
		mac.Write(body)
		same := subtle.ConstantTimeCompare(mac.Sum(b.want[:0]), b.given[:]) == 1
		if same && (v.until[i].IsZero() || time.Now().Before(v.until[i])) {
			key, ok = i, true
		}
	}
	return key, ok
}

// Verify reports whether signature is that of body under one of the tokens. It
// is for a single check: a Verifier keeps the work of preparing the keys.
func Verify(body []byte, signature string, tokens ...Secret) bool {
	keys := make([]Key, len(tokens))
	for i, token := range tokens {
		keys[i].Token = token
	}
	v, err := NewVerifier(keys...)
	return err == nil && v.Verify(body, signature)
}

// bench is what checking one signature needs, kept for the next one.
type bench struct {
	macs  []hash.Hash
	hex   [2 * sha256.Size]byte
	given [sha256.Size]byte
	want  [sha256.Size]byte
}

func newBench(sums [][sha256.Size]byte) *bench {
	b := &bench{}
	for _, sum := range sums {
		b.macs = append(b.macs, hmac.New(sha256.New, sum[:]))
	}
	return b
}
