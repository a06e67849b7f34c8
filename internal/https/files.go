package https

import (
	"context"
	"crypto/tls"
	"errors"
	"os"
	"strings"
	"time"

	"shopbot/internal/config"
)

// filesInterval is how often the files are looked at.
const filesInterval = 5 * time.Second

// files is a certificate and its key in two PEM files.
type files struct{ cert, key string }

// certificate reads the files. Where one was replaced and the other was not yet, they do not match;
// the next look finds both.
func (f *files) certificate(context.Context) (*tls.Certificate, error) {
	return Load(f.cert, f.key)
}

// Load reads a certificate with its chain, and its private key. Faults are of type config.Error.
func Load(cert, key string) (*tls.Certificate, error) {
	chain, err := os.ReadFile(cert) //nolint:gosec // the operator names it
	if err != nil {
		return nil, config.Error{Where: "SHOPBOT_TLS_CERT", What: err.Error() + "; write the path of a PEM file that the shop's user can read"}
	}
	secret, err := os.ReadFile(key) //nolint:gosec // the operator names it
	if err != nil {
		return nil, config.Error{Where: "SHOPBOT_TLS_KEY", What: err.Error() + "; write the path of a PEM file that the shop's user can read"}
	}
	pair, err := tls.X509KeyPair(chain, secret)
	switch {
	case err == nil:
		return &pair, nil
	case strings.Contains(string(chain), "PRIVATE KEY") && !strings.Contains(string(chain), "BEGIN CERTIFICATE"):
		return nil, config.Error{Where: "SHOPBOT_TLS_CERT", What: cert + " is a private key; this variable is for the certificate"}
	case strings.Contains(err.Error(), "does not match"):
		return nil, config.Error{Where: "SHOPBOT_TLS_KEY", What: key + " is not the key of " + cert + "; write the one that belongs to it"}
	case strings.Contains(err.Error(), "key"):
		return nil, config.Error{Where: "SHOPBOT_TLS_KEY", What: key + ": " + plain(err) + "; want an unencrypted private key in PEM"}
	}
	return nil, config.Error{Where: "SHOPBOT_TLS_CERT", What: cert + ": " + plain(err) + "; want a certificate and its chain in PEM"}
}

func plain(err error) string { return strings.TrimPrefix(err.Error(), "tls: ") }

func (f *files) challenge(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return nil, errors.New("certificates come from files, not from ACME")
}

func (f *files) wait(int) time.Duration { return filesInterval }

func (f *files) remedy() string {
	return "put a certificate and its key there; the shop reads them again"
}
