package sandbox

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Handler serves both APIs and the page, at the paths that the package comment
// lists.
func (w *World) Handler() http.Handler {
	telegram := http.StripPrefix("/telegram", w.telegram)
	cryptopay := http.StripPrefix("/cryptopay", w.cryptopay)
	page := w.page.handler()
	// Not a ServeMux, which would redirect paths with two slashes in a row, and
	// the services know these.
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		switch {
		case fromOtherSite(r):
			http.Error(rw, "requests from other sites are refused", http.StatusForbidden)
		case strings.HasPrefix(r.URL.Path, "/telegram/"):
			telegram.ServeHTTP(rw, r)
		case strings.HasPrefix(r.URL.Path, "/cryptopay/"):
			cryptopay.ServeHTTP(rw, r)
		default:
			page.ServeHTTP(rw, r)
		}
	})
}

// fromOtherSite tells whether a browser has marked the request as made by
// another site's page. Following a link is fine. Programs mark nothing.
func fromOtherSite(r *http.Request) bool {
	if r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Method == http.MethodGet {
		return false
	}
	return new(http.CrossOriginProtection).Check(r) != nil ||
		slices.Contains([]string{"cross-site", "same-site"}, r.Header.Get("Sec-Fetch-Site"))
}

// safeHost tells whether a page that was opened under this host may be served.
// A name that somebody else owns could be made to resolve to this machine, and
// its pages could then read ours; an address cannot.
func safeHost(host string, names []string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.Trim(host, "[]"), ".")
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return strings.EqualFold(host, "localhost") ||
		slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(host, name) })
}
