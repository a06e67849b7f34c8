package payments

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
)

// shortestSecret is the length from which the part of a token behind its colon
// is a secret by itself and not a word that texts contain by chance.
const shortestSecret = 16

// redactor takes a token out of texts. It is a function so that printing a
// value which holds one shows an address and nothing else.
type redactor func(string) string

func newRedactor(token Secret) redactor {
	whole := token.reveal()
	pairs := []string{whole, hidden, url.QueryEscape(whole), hidden}
	if _, secret, found := strings.Cut(whole, ":"); found && len(secret) >= shortestSecret {
		pairs = append(pairs, secret, hidden)
	}
	return strings.NewReplacer(pairs...).Replace
}

// err is err itself where its text holds no token. Otherwise it is a new error
// with the cleaned text, which keeps of the old chain only whether time was up.
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
