package telegram

import (
	"net/url"
	"strconv"
	"strings"
)

// markLink ends a text_link as Telegram does: the address of a user becomes a mention, an address
// without a scheme gets one, and a link that leads nowhere is dropped, while its text stays.
func (m *markupBuilder) markLink(offset int, address string) {
	if digits, ok := strings.CutPrefix(address, "tg://user?id="); ok {
		if id, err := strconv.ParseInt(digits, 10, 64); err == nil && id > 0 {
			m.mark(Entity{Type: entityTextUser, Offset: offset, UserID: id})
			return
		}
	}
	if target := linkTarget(address); target != "" {
		m.mark(Entity{Type: entityTextLink, Offset: offset, URL: target})
	}
}

// linkTarget completes an address; "" if it leads nowhere.
func linkTarget(address string) string {
	address = strings.TrimSpace(address)
	if address == "" || urlFault(address) != "" {
		return ""
	}
	u, err := parseAddress(address)
	if err != nil {
		return ""
	}
	if u.Path == "" && strings.HasPrefix(u.Scheme, "http") {
		u.Path = "/"
	}
	return u.String()
}

// parseAddress parses an address, and adds http:// to one such as "example.com/x" or
// "localhost:80/x".
func parseAddress(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" || u.Opaque != "" {
		return url.Parse("http://" + address)
	}
	return u, nil
}

// urlFault says what is wrong with an address; "": nothing.
func urlFault(address string) string {
	const wrong = "Wrong HTTP URL"
	if strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return wrong
	}
	if _, err := url.Parse(address); err != nil {
		return wrong
	}
	u, err := parseAddress(address)
	if err != nil {
		return wrong
	}
	switch strings.ToLower(u.Scheme) {
	case "tg", "ton", "tonsite":
		return ""
	case "http", "https":
	default:
		return "Unsupported URL protocol"
	}
	host := u.Hostname()
	if host == "" || !strings.ContainsAny(host, ".:") && host != "localhost" {
		return wrong
	}
	return ""
}

// checkURL refuses an address that Telegram would not put under a button, except for loopback,
// where a sandbox lives.
func checkURL(address, what string) error {
	const maxURL = 2048
	if len(address) > maxURL {
		return badRequest("BUTTON_URL_INVALID")
	}
	if reason := urlFault(address); reason != "" {
		return badRequest("inline keyboard button " + what + " '" + address + "' is invalid: " + reason)
	}
	return nil
}
