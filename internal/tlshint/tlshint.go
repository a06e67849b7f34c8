// Package tlshint says what to do about a server's certificate that was not accepted.
package tlshint

import (
	"crypto/x509"
	"errors"
	"fmt"
)

// With adds a remedy to an error of a TLS connection. Other errors are returned as they are.
func With(err error) error {
	if remedy := remedy(err); remedy != "" {
		return fmt.Errorf("%w: %s", err, remedy)
	}
	return err
}

func remedy(err error) string {
	_, noRoots := errors.AsType[x509.SystemRootsError](err)
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	invalid, isInvalid := errors.AsType[x509.CertificateInvalidError](err)
	_, otherHost := errors.AsType[x509.HostnameError](err)
	switch {
	case noRoots, unknown: // without any root Go says the latter
		return "there are no CA certificates here, or not this server's; install ca-certificates, or set SSL_CERT_FILE"
	case isInvalid && invalid.Reason == x509.Expired:
		return "see that this machine's clock is right"
	case otherHost:
		return "something else answers in the server's place, such as a proxy or a captive portal"
	}
	return ""
}
