package bot

import (
	"context"
	"crypto/subtle"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"shopbot/internal/shop"
)

// ownerCode is the code that makes its sender the owner of a shop that has none. Each start of the
// program makes a new one, and it works once.
type ownerCode struct {
	mu    sync.Mutex
	code  string // "" before it is drawn, once it was used, and after too many wrong tries
	wrong int    // codes that were tried and are not it
}

// codeBytes makes a code of 16 characters: nobody guesses it in wrongCodes tries, and a person can
// type it.
const codeBytes = 10

// wrongCodes is how many wrong codes end the right one.
const wrongCodes = 10

// codeAlphabet has no letters that look like digits (crockford.com/base32.html).
//
//nolint:gochecknoglobals // a constant
var codeAlphabet = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// OwnerCode draws the code that makes its sender the owner; "" if the shop has an owner. The code
// gives ownership: it belongs on the terminal, and in no log.
func (b *Bot) OwnerCode() (string, error) {
	if b.staff.HasOwner() {
		return "", nil
	}
	raw := make([]byte, codeBytes)
	if _, err := io.ReadFull(b.nonces.random, raw); err != nil {
		return "", fmt.Errorf("draw the code for the first owner: %w", err)
	}
	b.code.mu.Lock()
	defer b.code.mu.Unlock()
	b.code.code, b.code.wrong = codeAlphabet.EncodeToString(raw), 0
	return b.code.code, nil
}

// readCode is a code as OwnerCode gave it; false for anything that cannot be one.
func readCode(said string) (string, bool) {
	code := strings.NewReplacer("-", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(strings.TrimSpace(said)))
	_, err := codeAlphabet.DecodeString(code)
	return code, err == nil && len(code) == codeAlphabet.EncodedLen(codeBytes)
}

// try compares a code with the right one. Wrong ones are counted; left tells how many there may
// still be. known is false if no code is waited for.
func (c *ownerCode) try(code string) (right bool, left int, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.code == "" {
		return false, 0, false
	}
	if subtle.ConstantTimeCompare([]byte(code), []byte(c.code)) == 1 {
		return true, wrongCodes - c.wrong, true
	}
	c.wrong++
	if c.wrong == wrongCodes {
		c.code = ""
	}
	return false, wrongCodes - c.wrong, true
}

func (c *ownerCode) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.code = ""
}

// claim takes what somebody wrote for the code of the first owner. It reports whether that is
// answered by it: nothing is a code while none is waited for.
func (b *Bot) claim(ctx context.Context, r *request, said string) (taken bool, err error) {
	code, ok := readCode(said)
	if !ok {
		return false, nil
	}
	right, left, known := b.code.try(code)
	switch {
	case !known:
		return false, nil
	case !right:
		b.log.WarnContext(ctx, "wrong code for the first owner", "user", r.user.ID, "left", left)
		if left == 0 {
			b.log.ErrorContext(ctx, "the code for the first owner has ended after wrong ones; restart the shop for a new one")
		}
		return true, b.say(ctx, r, "owner_code_wrong")
	}
	err = b.staff.Claim(ctx, r.user.ID)
	if err != nil && !errors.Is(err, shop.ErrHasOwner) {
		return true, err // the code stays good
	}
	b.code.end()
	if err != nil {
		return false, nil //nolint:nilerr // somebody was quicker, so it is no code any more
	}
	return true, b.welcome(ctx, r)
}
