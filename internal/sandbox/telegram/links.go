package telegram

import (
	"net/url"
	"strconv"
	"strings"
)

// linkEntity makes a text_link lead where Telegram lets it lead: a person's
// address becomes a mention of the person, an address without a scheme gets one,
// and one that leads nowhere gives an entity without a type.
func linkEntity(e Entity) Entity {
	if id, ok := mentioned(e.URL); ok {
		return Entity{Type: entityTextUser, Offset: e.Offset, UserID: id}
	}
	if e.URL = linkTarget(e.URL); e.URL == "" {
		return Entity{}
	}
	return e
}

// mentioned reads tg://user?id=1.
func mentioned(address string) (int64, bool) {
	digits, ok := strings.CutPrefix(address, "tg://user?id=")
	if !ok {
		return 0, false
	}
	id, err := strconv.ParseInt(digits, 10, 64)
	return id, err == nil && id > 0
}

// linkTarget completes an address; "" if it leads nowhere.
func linkTarget(address string) string {
	address = strings.TrimSpace(address)
	if address == "" || urlFault(address) != "" {
		return ""
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" || u.Opaque != "" {
		u, err = url.Parse("http://" + address)
	}
	if err != nil {
		return ""
	}
	if u.Path == "" && strings.HasPrefix(u.Scheme, "http") {
		u.Path = "/"
	}
	return u.String()
}
