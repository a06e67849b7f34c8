package goodsserver

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Headers of a request, of Standard Webhooks 1.0.
const (
	headerID        = "Webhook-Id"
	headerTime      = "Webhook-Timestamp" // seconds since 1970
	headerSignature = "Webhook-Signature" // "v1," and a signature, for each secret
)

// Limits of a secret in bytes, of Standard Webhooks 1.0.
const (
	minSecret = 24
	maxSecret = 64
)

var errBadSecret = errors.New("want 24 to 64 random bytes in base64; make them with: openssl rand -base64 32")

// ParseSecret reads the key of the signatures: base64, with or without "whsec_" before it. Its error
// does not repeat the secret.
func ParseSecret(text string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(text, "whsec_"))
	if err != nil || len(key) < minSecret || len(key) > maxSecret {
		return nil, errBadSecret
	}
	return key, nil
}

// sign adds the id, the time and the signatures of a request with a body. There is a signature for
// each secret, so that a server can change to another one at any time.
func sign(header http.Header, secrets [][]byte, id string, at time.Time, body []byte) {
	seconds := strconv.FormatInt(at.Unix(), 10)
	var signatures []string
	for _, secret := range secrets {
		mac := hmac.New(sha256.New, secret)
		_, _ = mac.Write([]byte(id + "." + seconds + "."))
		_, _ = mac.Write(body)
		signatures = append(signatures, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	header.Set(headerID, id)
	header.Set(headerTime, seconds)
	header.Set(headerSignature, strings.Join(signatures, " "))
}
