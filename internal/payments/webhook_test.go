package payments_test

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/payments"
)

const (
	vector1    = `{"update_id":1}`
	signature1 = "0565b1ae21e14ea5d5fcdb1d5089d7c5077e8155c5ddefa099dbab75874e49ad"
	vector2    = `{"update_id":42,"update_type":"invoice_paid","request_date":"2026-01-02T03:04:05.678Z","payload":{"invoice_id":1001,"hash":"IVtestvector","currency_type":"crypto","asset":"USDT","amount":"2.6","paid_asset":"USDT","paid_amount":"2.6","fee_asset":"USDT","fee_amount":"0.078","status":"paid","payload":"order:7 <тест> & \"q\" /"}}`
	signature2 = "ecbc9b91b3e6c136091beb8093802c8b73cdfe464690bd6a0fc3abca29250e2f"
	vector3    = `{"update_type":"invoice_paid"}`
	signature3 = "3fe6fa1f99eab081755f517980f8210ffb048bfe6e1cd6f2133db45acf2552d5"
	// Made with the wrong keys: the raw token, and the hex text of its hash.
	rawKeySignature2 = "efa9a753a1636832e4205269a678b37ba924aa9ce00392f88e233d18079436b3"
	hexKeySignature2 = "c5edc053c566647d8dff6dd9de9931965fab91d15a9fd22a322e5efa4a7ed5bc"
)

func TestTheVectorsAreAsPublished(t *testing.T) {
	sum := sha256.Sum256([]byte(vector2))
	require.Len(t, vector2, 331)
	require.Equal(t, "0d74c8b5388961197e554ec8964536076bc2287529000791cc6334758003b21a", hex.EncodeToString(sum[:]))
}

func TestOnlyTheSignatureOfTheTokenIsAccepted(t *testing.T) {
	for _, test := range []struct {
		name, body, signature string
		token                 payments.Secret
		want                  bool
	}{
		{"first vector", vector1, signature1, testToken, true},
		{"second vector", vector2, signature2, testToken, true},
		{"third vector", vector3, signature3, "12345:AAkat", true},
		{"upper case", vector2, strings.ToUpper(signature2), testToken, true},
		{"key is the raw token", vector2, rawKeySignature2, testToken, false},
		{"key is the hex of the hash", vector2, hexKeySignature2, testToken, false},
		{"another body", vector2 + "\n", signature2, testToken, false},
		{"another token", vector2, signature2, testToken + "x", false},
		{"none", vector2, "", testToken, false},
		{"cut", vector2, signature2[:62], testToken, false},
		{"longer", vector2, signature2 + "00", testToken, false},
		{"not hex", vector2, strings.Repeat("zz", 32), testToken, false},
		{"not ASCII", vector2, strings.Repeat("ж", 32), testToken, false},
	} {
		v, err := payments.NewVerifier("99:new", test.token)
		require.NoError(t, err, test.name)
		require.Equal(t, test.want, v.Verify([]byte(test.body), test.signature), test.name)
	}
	v, err := payments.NewVerifier(testToken)
	require.NoError(t, err)
	for i := range signature2 {
		wrong := []byte(signature2)
		wrong[i] ^= 1
		require.False(t, v.Verify([]byte(vector2), string(wrong)), "digit %d", i)
	}
}

func TestAWebhookTellsOfItsPaidInvoice(t *testing.T) {
	u, err := payments.ParseUpdate(readGolden(t, "webhook.json"))
	require.NoError(t, err)
	require.Equal(t, payments.UpdateInvoicePaid, u.Type)
	require.Equal(t, 10780*time.Millisecond, u.RequestDate.Sub(u.Invoice.PaidAt))
	require.Equal(t, "2.6 USDT", u.Invoice.PaidAmount.String())
	require.Equal(t, "0.078 USDT", u.Invoice.Fee.String())
	require.Equal(t, "order-2605021703-7f3a", u.Invoice.Payload)
	require.Empty(t, u.Invoice.Unread)

	u, err = payments.ParseUpdate([]byte(vector2))
	require.NoError(t, err)
	require.Equal(t, `order:7 <тест> & "q" /`, u.Invoice.Payload)
}

func TestWhatIsNoUpdateIsRefused(t *testing.T) {
	for _, body := range []string{
		"", "x", "[]", "1", `"x"`, "null", "{}", vector1, vector3, `{"update_type":"invoice_paid","payload":null}`,
		`{"update_type":"invoice_paid","payload":[]}`, `{"update_type":"invoice_paid","payload":{}}`,
		`{"update_type":"invoice_paid","payload":{"invoice_id":-1}}`, `{"update_type":"invoice_paid","payload":{"invoice_id":1.5}}`,
		`{"update_type":"invoice_paid","payload":{"invoice_id":9223372036854775808}}`, vector2 + "{}",
	} {
		_, err := payments.ParseUpdate([]byte(body))
		require.Error(t, err, body)
	}
	u, err := payments.ParseUpdate([]byte(`{"update_type":"check_activated","payload":7}`))
	require.NoError(t, err)
	require.Equal(t, "check_activated", u.Type)
}
