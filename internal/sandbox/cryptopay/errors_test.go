package cryptopay

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRefusalsAreThoseOfTheRealService(t *testing.T) {
	const bill = `"asset":"USDT","amount":"1"`
	const gift = `"user_id":1001,"asset":"USDT","amount":"5","spend_id":"s1"`
	for _, c := range []struct {
		method, body string
		status       int
		name         string
	}{
		{"createInvoice", `{"asset":"USDT"}`, 400, "AMOUNT_REQUIRED"},
		{"createInvoice", `{"amount":"1"}`, 400, "ASSET_REQUIRED"},
		{"createInvoice", `{"asset":"FOO","amount":"1"}`, 400, "UNSUPPORTED_ASSET"},
		{"createInvoice", `{"asset":"usdt","amount":"1"}`, 400, "UNSUPPORTED_ASSET"},
		{"createInvoice", `{"asset":"JET","amount":"1"}`, 400, "UNSUPPORTED_ASSET"},
		{"createInvoice", `{"asset":"USDT","amount":"0"}`, 400, "AMOUNT_TOO_SMALL"},
		{"createInvoice", `{"asset":"USDT","amount":"-1"}`, 400, "AMOUNT_INVALID"},
		{"createInvoice", `{"asset":"USDT","amount":"1,5"}`, 400, "AMOUNT_INVALID"},
		{"createInvoice", `{"asset":"USDT","amount":"1e999"}`, 400, "AMOUNT_INVALID"},
		{"createInvoice", `{"currency_type":"shells","amount":"1"}`, 400, "CURRENCY_TYPE_INVALID"},
		{"createInvoice", `{"currency_type":"fiat","amount":"1"}`, 400, "FIAT_REQUIRED"},
		{"createInvoice", `{"currency_type":"fiat","fiat":"XXX","amount":"1"}`, 400, "FIAT_INVALID"},
		{"createInvoice", `{"currency_type":"fiat","fiat":"USD","amount":"1","accepted_assets":"TON,FOO"}`, 400, "UNSUPPORTED_ACCEPTED_ASSET"},
		{"createInvoice", `{"currency_type":"fiat","fiat":"USD","amount":"1","accepted_assets":["TON"]}`, 500, "APP_ERROR"},
		{"createInvoice", `{` + bill + `,"paid_btn_name":"callback"}`, 400, "PAID_BTN_URL_REQUIRED"},
		{"createInvoice", `{` + bill + `,"paid_btn_name":"bell","paid_btn_url":"https://a.b"}`, 400, "PAID_BTN_NAME_INVALID"},
		{"createInvoice", `{` + bill + `,"paid_btn_name":"callback","paid_btn_url":"ftp://a.b"}`, 400, "PAID_BTN_URL_INVALID"},
		{"createInvoice", `{` + bill + `,"expires_in":0}`, 400, "EXPIRES_IN_INVALID"},
		{"createInvoice", `{` + bill + `,"expires_in":-1}`, 400, "EXPIRES_IN_INVALID"},
		{"createInvoice", `{` + bill + `,"expires_in":2678401}`, 400, "EXPIRES_IN_INVALID"},
		{"createInvoice", `{` + bill + `,"expires_in":1.5}`, 400, "EXPIRES_IN_INVALID"},
		{"createInvoice", `{` + bill + `,"swap_to":"DOGE"}`, 400, "SWAP_TO_INVALID"},
		{"createInvoice", `{` + bill + `,"allow_comments":"maybe"}`, 400, "ALLOW_COMMENTS_INVALID"},
		{"createInvoice", `{` + bill + `,"description":"` + strings.Repeat("ы", 1025) + `"}`, 400, "DESCRIPTION_INVALID"},
		{"createInvoice", `{` + bill + `,"hidden_message":"` + strings.Repeat("ы", 2049) + `"}`, 400, "HIDDEN_MESSAGE_INVALID"},
		{"createInvoice", `{` + bill + `,"payload":"` + strings.Repeat("ы", 2049) + `"}`, 400, "PAYLOAD_INVALID"},
		{"createInvoice", `{` + bill, 400, "BAD_REQUEST"},
		{"deleteInvoice", `{}`, 400, "INVOICE_ID_REQUIRED"},
		{"deleteInvoice", `{"invoice_id":"x"}`, 400, "INVOICE_ID_INVALID"},
		{"deleteInvoice", `{"invoice_id":404}`, 400, "INVOICE_NOT_FOUND"},
		{"getInvoices", `{"count":-30}`, 500, "APP_ERROR"},
		{"getInvoices", `{"offset":-10}`, 500, "INTERNAL_SERVER_ERROR"},
		{"getInvoices", `{"count":0}`, 400, "COUNT_INVALID"},
		{"getInvoices", `{"count":1001}`, 400, "COUNT_INVALID"},
		{"getInvoices", `{"status":"expired"}`, 400, "STATUS_INVALID"},
		{"getInvoices", `{"invoice_ids":"1,x"}`, 400, "INVOICE_IDS_INVALID"},
		{"getTransfers", `{"count":-1}`, 500, "APP_ERROR"},
		{"getTransfers", `{"transfer_ids":"x"}`, 400, "TRANSFER_IDS_INVALID"},
		{"getChecks", `{"status":"paid"}`, 400, "STATUS_INVALID"},
		{"transfer", `{"user_id":1001,"asset":"USDT","amount":"5"}`, 400, "SPEND_ID_REQUIRED"},
		{"transfer", `{"user_id":1001,"asset":"USDT","amount":"5","spend_id":"` + strings.Repeat("s", 65) + `"}`, 400, "SPEND_ID_INVALID"},
		{"transfer", `{"asset":"USDT","amount":"5","spend_id":"s"}`, 400, "USER_ID_REQUIRED"},
		{"transfer", `{"user_id":-5,"asset":"USDT","amount":"5","spend_id":"s"}`, 400, "USER_ID_INVALID"},
		{"transfer", `{"user_id":1,"asset":"FOO","amount":"5","spend_id":"s"}`, 400, "AMOUNT_INVALID"},
		{"transfer", `{"user_id":1,"asset":"USDT","amount":"0.99","spend_id":"s"}`, 400, "AMOUNT_TOO_SMALL"},
		{"transfer", `{"user_id":1,"asset":"BTC","amount":"1000","spend_id":"s"}`, 400, "AMOUNT_TOO_BIG"},
		{"transfer", `{"user_id":1,"asset":"USDT","amount":"1000.01","spend_id":"s"}`, 400, "NOT_ENOUGH_COINS"},
		{"transfer", `{"user_id":13,"asset":"USDT","amount":"5","spend_id":"s"}`, 400, "USER_NOT_FOUND"},
		{"transfer", `{` + gift + `,"comment":"` + strings.Repeat("ы", 1025) + `"}`, 400, "COMMENT_INVALID"},
		{"createCheck", `{"asset":"FOO","amount":"5"}`, 400, "ASSET_INVALID"},
		{"createCheck", `{"asset":"USDT","amount":"0.001"}`, 400, "AMOUNT_TOO_SMALL"},
		{"createCheck", `{"asset":"USDT","amount":"1001"}`, 400, "NOT_ENOUGH_COINS"},
		{"createCheck", `{"asset":"USDT","amount":"5","pin_to_user_id":"bob"}`, 400, "PIN_TO_USER_ID_INVALID"},
		{"deleteCheck", `{"check_id":404}`, 400, "CHECK_NOT_FOUND"},
		{"getStats", `{"start_at":"2020-01-01","end_at":"2022-10-01"}`, 400, "INTERVAL_TOO_BIG"},
		{"getStats", `{"start_at":"yesterday"}`, 400, "START_AT_INVALID"},
		{"getstats", `{}`, 405, "METHOD_NOT_FOUND"},
		{"getBalances", ``, 405, "METHOD_NOT_FOUND"},
		{"getMe/", ``, 405, "METHOD_NOT_FOUND"},
	} {
		t.Run(c.method+" "+c.name, func(t *testing.T) {
			s := New(Config{})
			s.SetStarted(13, false)
			a := call(t, s, shop, c.method, c.body)
			require.Equal(t, c.status, a.status, a.raw)
			require.False(t, a.OK)
			require.Equal(t, c.status, a.Error.Code)
			require.Equal(t, c.name, a.Error.Name)
			require.NotContains(t, a.raw, "result")
			require.Empty(t, s.Invoices(shop))
			require.Empty(t, s.Transfers(shop))
			require.Empty(t, s.Checks(shop))
			require.Equal(t, "1000", has(t, s.Balance(shop), "USDT"))
		})
	}
}

func TestValuesAtTheLimitsAreAccepted(t *testing.T) {
	s := New(Config{})
	const bill = `"asset":"USDT","amount":"1"`
	for _, body := range []string{
		`{` + bill + `,"expires_in":1}`,
		`{` + bill + `,"expires_in":"2678400"}`,
		`{` + bill + `,"description":"` + strings.Repeat("ы", 1024) + `"}`,
		`{` + bill + `,"hidden_message":"` + strings.Repeat("ы", 2048) + `"}`,
		`{` + bill + `,"payload":"` + strings.Repeat("ы", 2048) + `"}`,
		`{` + bill + `,"paid_btn_name":"openBot","paid_btn_url":"http://a.b"}`,
		`{` + bill + `,"accepted_assets":""}`,
		`{"currency_type":"fiat","fiat":"USD","amount":"1.105"}`,
	} {
		mustBill(t, s, body)
	}
	mustCall(t, s, shop, "createCheck", `{"asset":"USDT","amount":"0.1"}`, nil)
	mustCall(t, s, shop, "transfer", `{"user_id":"1001","asset":"USDT","amount":1,"spend_id":"`+strings.Repeat("ы", 64)+`","comment":null}`, nil)
	mustCall(t, s, shop, "getStats", `{"start_at":"2025-01-01T00:00:00.000Z","end_at":"2026-01-01"}`, nil)
	mustCall(t, s, shop, "getInvoices", `{"count":1000}`, nil)
}

func TestMalformedTokensAreRefused(t *testing.T) {
	s := New(Config{})
	for _, token := range []string{
		"", "12345", "12345:short", ":AAAABBBBCCCCDDDDEEEEFFFF", "abc:AAAABBBBCCCCDDDDEEEEFFFF",
		"12345:AAAABBBBCCCCDDDDEEEE FFF", "1234567890123456789:AAAABBBBCCCCDDDDEEEEFFFF",
		"12345:" + strings.Repeat("A", 129),
	} {
		a := call(t, s, token, "getMe", "")
		require.Equal(t, 401, a.status, token)
		requireBytes(t, `{"ok":false,"error":{"code":401,"name":"UNAUTHORIZED"}}`, a.raw)
		require.Nil(t, s.Balance(token))
		s.SetWebhook(token, "http://a.b")
		require.Empty(t, s.Webhook(token))
	}
	require.Empty(t, s.Apps())
	a := call(t, s, shop, "getMe", "")
	requireBytes(t, `{"ok":true,"result":{"app_id":12345,"name":"Sandbox App 12345","payment_processing_bot_username":"CryptoBot"}}`, a.raw)
	require.Equal(t, []string{shop}, s.Apps())
}

func TestOtherPathsAndVerbsAreRefused(t *testing.T) {
	s := New(Config{})
	for _, path := range []string{"/", "/getMe", "/api", "/v1/api/getMe"} {
		a := request{verb: "GET", path: path}.send(t, s, shop)
		require.Equal(t, 404, a.status, path)
		require.NotContains(t, a.raw, "{", "a plain 404 has no envelope")
	}
	for _, verb := range []string{"PUT", "DELETE", "PATCH"} {
		a := request{verb: verb, path: "/api/getMe"}.send(t, s, shop)
		require.Equal(t, "METHOD_NOT_FOUND", a.Error.Name, verb)
	}
	huge := request{"POST", "/api/createInvoice", asJSON, strings.Repeat(" ", maxBody+1)}.send(t, s, shop)
	require.Equal(t, 413, huge.status)
}

func TestRequestWithoutABodyIsServed(t *testing.T) {
	s := New(Config{})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://pay.test/api/getMe", http.NoBody)
	require.NoError(t, err)
	r.Body = nil
	r.Header.Set(TokenHeader, shop)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	require.Equal(t, 200, w.Code)
}

func TestDisabledMethodsAreForbidden(t *testing.T) {
	s := New(Config{})
	s.SetTransfersEnabled(shop, false)
	s.SetChecksEnabled(shop, false)
	s.SetCommentsEnabled(rival, false)
	const gift = `{"user_id":1001,"asset":"USDT","amount":"5","spend_id":"s1","comment":"hi"}`
	for method, body := range map[string]string{"transfer": gift, "createCheck": `{"asset":"USDT","amount":"5"}`} {
		a := call(t, s, shop, method, body)
		require.Equal(t, 403, a.status)
		require.Equal(t, "METHOD_DISABLED", a.Error.Name)
	}
	require.Equal(t, "CANNOT_ATTACH_COMMENT", call(t, s, rival, "transfer", gift).Error.Name)
	mustCall(t, s, rival, "transfer", strings.Replace(gift, `"hi"`, `null`, 1), nil)
	s.SetTransfersEnabled(shop, true)
	mustCall(t, s, shop, "transfer", gift, nil)
}

func TestBrokenRandomnessIsAnInternalError(t *testing.T) {
	s := New(Config{Rand: brokenReader{}})
	a := call(t, s, shop, "createInvoice", `{"asset":"USDT","amount":"1"}`)
	require.Equal(t, "INTERNAL_SERVER_ERROR", a.Error.Name)
	require.Empty(t, s.Invoices(shop))
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("no entropy") }
