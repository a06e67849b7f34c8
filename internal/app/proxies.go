package app

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"shopbot/internal/config"
)

// forwardedFor is the header in which each proxy appends the address that it was called from.
const forwardedFor = "X-Forwarded-For"

// behindProxies gives h requests whose RemoteAddr is the client's. Proxies of trusted networks tell
// it by X-Forwarded-For. That header is removed, since anybody else can write what they like.
func behindProxies(trusted config.Networks, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if client := clientAddress(trusted, r); client.IsValid() {
			r.RemoteAddr = net.JoinHostPort(client.String(), "0")
		}
		r.Header.Del(forwardedFor)
		h.ServeHTTP(w, r)
	})
}

// clientAddress reads the addresses from the latest to the earliest as long as a trusted proxy
// wrote them; invalid if the peer is not one.
func clientAddress(trusted config.Networks, r *http.Request) (client netip.Addr) {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !trusts(trusted, peer.Addr()) {
		return netip.Addr{}
	}
	chain := strings.Split(strings.Join(r.Header.Values(forwardedFor), ","), ",")
	for _, hop := range slices.Backward(chain) {
		address, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			return client
		}
		client = address.Unmap().WithZone("")
		if !trusts(trusted, client) {
			return client
		}
	}
	return client
}

func trusts(networks config.Networks, address netip.Addr) bool {
	address = address.Unmap().WithZone("")
	return slices.ContainsFunc(networks, func(n netip.Prefix) bool { return n.Contains(address) })
}
