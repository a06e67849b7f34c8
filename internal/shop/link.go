package shop

import (
	"errors"
	"net/url"
	"strings"
)

// maxLink is more than a link of a payment service needs, and less than Telegram takes in a button.
const maxLink = 1024

// RefusedBadLink is the reason when an invoice came without a link that a button can hold.
const RefusedBadLink = "BAD_LINK"

// ValidLink reports whether a link that came from outside may become a button: an absolute https or
// tg address of printable ASCII without a user name, of at most 1024 bytes. Telegram refuses a
// whole message for one bad button, and http or anything else leads a buyer astray.
func ValidLink(link string) bool {
	printable := func(r rune) bool { return r > ' ' && r < 0x7f }
	if link == "" || len(link) > maxLink || strings.TrimFunc(link, printable) != "" || strings.ContainsAny(link, `"<>\`) {
		return false
	}
	u, err := url.Parse(link)
	if err != nil || u.User != nil || u.Opaque != "" {
		return false
	}
	switch u.Scheme {
	case "https":
		return strings.Contains(u.Hostname(), ".")
	case "tg":
		return u.Host != ""
	}
	return false
}

// payable makes sure that a buyer can get to an invoice. *RefusedError.
func payable(in Invoice, err error) (Invoice, error) {
	if err != nil || in.ID == "" || in.URL != "" {
		return in, err
	}
	return Invoice{}, &RefusedError{Name: RefusedBadLink, Err: errors.New("invoice " + in.ID + " has no link that a button can hold")}
}
