package goodsserver

import (
	"net"
	"net/http"
	"time"

	"code.dny.dev/ssrf"
)

// newTransport makes connections to public addresses only, unless private allows all. The address
// is looked at when it is dialled, so a name that resolves to another address the next time is
// refused too. What is not public is listed by IANA: loopback, private networks, link-local, shared
// (carrier-grade NAT), multicast, and IPv4 within IPv6. There is no proxy, which would do the
// resolving in our place.
func newTransport(private bool) *http.Transport {
	dialer := &net.Dialer{Timeout: connectTimeout, KeepAlive: 30 * time.Second}
	if !private {
		dialer.Control = ssrf.New(ssrf.WithAnyPort()).Safe
	}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    connectTimeout,
		MaxIdleConnsPerHost:    2,
		IdleConnTimeout:        time.Minute,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

const connectTimeout = 10 * time.Second

// noRedirect has a redirect answered as any other status: a signed request is for one address only.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
