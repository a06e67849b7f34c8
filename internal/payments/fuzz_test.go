package payments_test

import (
	"crypto/hmac"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"shopbot/internal/payments"
)

// addGolden gives a fuzz target all that testdata has.
func addGolden(f *testing.F) {
	f.Helper()
	names, err := filepath.Glob("testdata/*.json")
	require.NoError(f, err)
	require.NotEmpty(f, names)
	for _, name := range names {
		data, err := os.ReadFile(filepath.Clean(name))
		require.NoError(f, err)
		f.Add(data)
	}
}

// FuzzUpdate compares what is read of a webhook with a plain map of it.
func FuzzUpdate(f *testing.F) {
	addGolden(f)
	f.Add([]byte(vector2))
	f.Fuzz(func(t *testing.T, body []byte) {
		u, err := payments.ParseUpdate(body)
		if err != nil {
			return
		}
		if u.Type != payments.UpdateInvoicePaid {
			require.Zero(t, u.Invoice.ID)
			return
		}
		require.Positive(t, u.Invoice.ID)
		require.True(t, json.Valid(u.Invoice.Raw))
		var plain map[string]any
		require.NoError(t, json.Unmarshal(u.Invoice.Raw, &plain))
		if hasTwins(plain, "paid_amount") || hasTwins(plain, "payload") {
			return
		}
		requireSameNumber(t, plain, "paid_amount", u.Invoice.PaidAmount.Decimal(), u.Invoice.Unread)
		if text, ok := plain["payload"].(string); ok {
			require.Equal(t, text, u.Invoice.Payload)
		}
	})
}

// hasTwins reports whether object has a name that differs from the given one in case alone: json
// reads both into the same field.
func hasTwins(object map[string]any, name string) bool {
	for other := range object {
		if other != name && strings.EqualFold(other, name) {
			return true
		}
	}
	return false
}

func requireSameNumber(t *testing.T, plain map[string]any, field, got string, unread []string) {
	t.Helper()
	text, ok := plain[field].(string)
	if !ok || text == "" || strings.Contains(strings.Join(unread, " "), field) {
		return
	}
	want, ok := new(big.Rat).SetString(text)
	require.True(t, ok, "%q is not a number", text)
	have, ok := new(big.Rat).SetString(got)
	require.True(t, ok)
	require.Zero(t, want.Cmp(have), "%s became %s", text, got)
}

// FuzzSignature compares with another way of checking.
func FuzzSignature(f *testing.F) {
	f.Add([]byte(vector1), signature1)
	f.Add([]byte(vector2), signature2)
	f.Add([]byte(vector2), strings.ToUpper(signature2))
	f.Add([]byte(vector2), rawKeySignature2)
	f.Add([]byte{}, "")
	v, err := payments.NewVerifier("99:other", testToken)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, body []byte, signature string) {
		given, err := hex.DecodeString(signature)
		want := err == nil && (hmac.Equal(given, mustHex(t, sign(string(body), testToken))) ||
			hmac.Equal(given, mustHex(t, sign(string(body), "99:other"))))
		require.Equal(t, want, v.Verify(body, signature))
		require.True(t, v.Verify(body, sign(string(body), testToken)))
	})
}

func mustHex(t *testing.T, s string) []byte {
	t.Helper()
	data, err := hex.DecodeString(s)
	require.NoError(t, err)
	return data
}

// FuzzAnswer gives every method any answer: a result or an error, never a crash.
func FuzzAnswer(f *testing.F) {
	addGolden(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		api := newAPI()
		c := newClient(t, api)
		for method, call := range allMethods(t) {
			api.Script(method, apiAnswer{Body: string(body)})
			result, err := call(t.Context(), c)
			if err == nil && !json.Valid(body) {
				t.Errorf("%s: %q is taken for %v", method, body, result)
			}
		}
	})
}

// FuzzErrorBody looks at what errors show of a strange answer.
func FuzzErrorBody(f *testing.F) {
	addGolden(f)
	f.Add([]byte(gatewayPage(502).Body))
	f.Add([]byte(`{"ok":false,"error":{"code":400,"name":"` + testToken + `"}}`))
	f.Add([]byte("x" + testToken + "<b>\x00"))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, status := range []int{200, 400, 502} {
			api := newAPI()
			api.Script("createInvoice", apiAnswer{Status: status, Body: string(body)})
			_, err := newClient(t, api).CreateInvoice(t.Context(), payments.InvoiceRequest{Amount: amount(t, "1", "USDT")})
			if err == nil {
				require.Equal(t, http.StatusOK, status)
				continue
			}
			text := err.Error()
			require.NotContains(t, text, testToken)
			require.Less(t, len(text), 800)
			require.False(t, strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }), "%q", text)
			require.Equal(t, status != 400 && !refusedInside(err), payments.MayHaveHappened(err), text)
		}
	})
}

// refusedInside reports whether the API itself refused on another HTTP status.
func refusedInside(err error) bool {
	var e *payments.Error
	return errors.As(err, &e) && e.Name != "" && e.Status == 200 && e.Code >= 300 && e.Code < 500 && e.Code != 408
}
