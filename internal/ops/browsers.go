package ops

import (
	"net"
	"net/http"
	"slices"
	"strings"

	"shopbot/internal/config"
)

// ForThisMachine serves h under names of this machine alone, if it listens on loopback. Any other
// name in a request comes from a web page whose name was made to resolve to this machine, so that
// its scripts may read the answers. Where an operator has chosen an address that other machines
// reach, they also choose its names, and every name is served.
func ForThisMachine(listen string, h http.Handler) http.Handler {
	own := hostOf(listen)
	if !config.IsLoopback(own) {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := hostOf(r.Host)
		if host != "" && host != own && !config.IsLoopback(host) {
			answerText(w, http.StatusMisdirectedRequest, "served as localhost or by a loopback address only; to be reached by another name, listen at an address that is not loopback\n")
			return
		}
		h.ServeHTTP(w, r)
	})
}

// hostOf is the host of HOST or HOST:PORT, in lower case and without brackets or a dot at its end.
func hostOf(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		address = host
	}
	return strings.ToLower(strings.TrimSuffix(strings.Trim(address, "[]"), "."))
}

// refuseOtherSites refuses what a browser has marked as a request of another site's page. Programs
// mark nothing.
func refuseOtherSites(h http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin := r.Header.Get("Origin")
		foreign := slices.Contains([]string{"cross-site", "same-site"}, r.Header.Get("Sec-Fetch-Site")) ||
			origin != "" && origin != "http://"+r.Host && origin != "https://"+r.Host
		if foreign || protection.Check(r) != nil {
			answerText(w, http.StatusForbidden, "requests from other sites are refused\n")
			return
		}
		h.ServeHTTP(w, r)
	})
}
