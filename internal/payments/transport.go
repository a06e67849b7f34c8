package payments

import (
	"net"
	"net/http"
	"time"
)

// Limits of a connection to the API, phase by phase.
const (
	dialTimeout      = 5 * time.Second
	handshakeTimeout = 5 * time.Second
	keepAlive        = 30 * time.Second
	idleTimeout      = 90 * time.Second
	maxHeaderBytes   = 64 << 10
)

// NewTransport makes the transport that a Client uses by default: at most
// maxConns connections to a host, HTTP/2 where the server speaks it, the proxy
// that the environment names, and a timeout for each phase: 5 s to connect, 5 s
// for TLS, timeout for the answer's header. Change it before its first use, or
// wrap it, and give it as Config.Transport.
func NewTransport(maxConns int, timeout time.Duration) *http.Transport {
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: keepAlive}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    handshakeTimeout,
		ResponseHeaderTimeout:  timeout,
		IdleConnTimeout:        idleTimeout,
		MaxIdleConns:           maxConns,
		MaxIdleConnsPerHost:    maxConns,
		MaxConnsPerHost:        maxConns,
		MaxResponseHeaderBytes: maxHeaderBytes,
		ForceAttemptHTTP2:      true,
	}
}
