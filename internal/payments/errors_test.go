package payments_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/money"
	"shopbot/internal/payments"
)

func TestEveryErrorNameIsToldApart(t *testing.T) {
	for _, test := range []struct {
		method   string
		code     int
		name     string
		sentinel error
		doubt    bool
	}{
		{"getMe", 401, "UNAUTHORIZED", payments.ErrUnauthorized, false},
		{"getMe", 405, "METHOD_NOT_FOUND", payments.ErrMethodNotFound, false},
		{"createCheck", 403, "METHOD_DISABLED", payments.ErrMethodDisabled, false},
		{"createInvoice", 400, "PAID_BTN_URL_REQUIRED", nil, false},
		{"createInvoice", 400, "UNSUPPORTED_ASSET", payments.ErrUnsupportedAsset, false},
		{"createInvoice", 400, "UNSUPPORTED_ACCEPTED_ASSET", payments.ErrUnsupportedAsset, false},
		{"createCheck", 400, "ASSET_INVALID", payments.ErrUnsupportedAsset, false},
		{"createCheck", 400, "AMOUNT_INVALID", payments.ErrAmountInvalid, false},
		{"createCheck", 400, "AMOUNT_TOO_SMALL", payments.ErrAmountTooSmall, false},
		{"createCheck", 400, "AMOUNT_TOO_BIG", payments.ErrAmountTooBig, false},
		{"createCheck", 400, "NOT_ENOUGH_COINS", payments.ErrNotEnoughCoins, false},
		{"createCheck", 400, "INSUFFICIENT_FUNDS", payments.ErrNotEnoughCoins, false},
		{"createInvoice", 400, "EXPIRES_IN_INVALID", payments.ErrExpiresInInvalid, false},
		{"getStats", 400, "INTERVAL_TOO_BIG", payments.ErrIntervalTooBig, false},
		{"deleteInvoice", 400, "INVOICE_NOT_FOUND", payments.ErrInvoiceNotFound, false},
		{"deleteCheck", 400, "CHECK_NOT_FOUND", payments.ErrCheckNotFound, false},
		{"createInvoice", 500, "APP_ERROR", nil, true},
		{"createCheck", 500, "INTERNAL_SERVER_ERROR", nil, true},
		{"getInvoices", 500, "INTERNAL_SERVER_ERROR", nil, false},
		{"createInvoice", 429, "TOO_MANY_REQUESTS", payments.ErrRateLimited, false},
		{"createInvoice", 418, "NEVER_HEARD_OF", nil, false},
	} {
		t.Run(test.method+" "+test.name, func(t *testing.T) {
			api := newAPI()
			api.Script(test.method, refusal(test.code, test.name))
			_, err := allMethods(t)[test.method](t.Context(), newClient(t, api))
			var e *payments.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, test.method, e.Method)
			require.Equal(t, test.code, e.Status)
			require.Equal(t, test.code, e.Code)
			require.Equal(t, test.name, e.Name)
			require.Equal(t, test.doubt, payments.MayHaveHappened(err))
			require.Equal(t, test.code/100 == 4 && test.code != 429, e.Refused())
			require.Equal(t, fmt.Sprintf("crypto pay %s: %s (%d)", test.method, test.name, test.code), err.Error())
			if test.sentinel != nil {
				require.ErrorIs(t, err, test.sentinel)
				require.NotEmpty(t, e.Hint())
			} else {
				require.Empty(t, e.Hint())
			}
		})
	}
}

func TestTheAssetsThatAnAssetErrorNamesAreFoundWhereverTheyStand(t *testing.T) {
	some := []money.Currency{"USDT", "GRAM"}
	for name, test := range map[string]struct {
		body string
		want []money.Currency
	}{
		"as it was seen":   {`{"ok":false,"error":{"code":400,"name":"UNSUPPORTED_ASSET","allowed_crypto_assets":["USDT","GRAM"]}}`, some},
		"of a fiat one":    {`{"ok":false,"error":{"code":400,"name":"UNSUPPORTED_ACCEPTED_ASSET","allowed_crypto_assets":["USDT","GRAM"]}}`, some},
		"deeper":           {`{"ok":false,"error":{"code":400,"name":"UNSUPPORTED_ASSET","data":{"allowed_crypto_assets":["USDT","GRAM"]}}}`, some},
		"beside the error": {`{"ok":false,"allowed_assets":["USDT","GRAM"],"error":{"code":400,"name":"UNSUPPORTED_ASSET"}}`, some},
		"as one text":      {`{"ok":false,"error":{"code":400,"name":"UNSUPPORTED_ASSET","allowed_crypto_assets":"USDT, GRAM,USDT"}}`, some},
		"as rows":          {`{"ok":false,"error":{"code":400,"name":"ASSET_INVALID","allowed_crypto_assets":[{"code":"USDT"},{"code":"GRAM"},{}]}}`, some},
		"with odd ones":    {`{"ok":false,"error":{"code":400,"name":"UNSUPPORTED_ASSET","allowed_crypto_assets":["USDT",7,null,"<b>","GRAM",["x"]]}}`, some},
		"none":             {`{"ok":false,"error":{"code":400,"name":"UNSUPPORTED_ASSET"}}`, nil},
		"null":             {`{"ok":false,"error":{"code":400,"name":"UNSUPPORTED_ASSET","allowed_crypto_assets":null}}`, nil},
		"of another error": {`{"ok":false,"error":{"code":400,"name":"AMOUNT_TOO_BIG","allowed_crypto_assets":["USDT"]}}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			api := newAPI()
			api.Script("createInvoice", apiAnswer{Status: 400, Body: test.body})
			_, err := newClient(t, api).CreateInvoice(t.Context(), payments.InvoiceRequest{Amount: amount(t, "2", "TON")})
			var e *payments.Error
			require.ErrorAs(t, err, &e)
			require.True(t, e.Refused())
			require.Equal(t, test.want, e.AllowedAssets)
		})
	}
}

func TestAnAnswerThatIsNotTheAPIsIsAnErrorAndNeverACrash(t *testing.T) {
	for name, test := range map[string]struct {
		answer apiAnswer
		text   string
		doubt  bool
	}{
		"gateway":         {gatewayPage(502), `status 502: not an answer of the API "502 Bad Gateway 502 Bad Gateway"`, true},
		"plain 404":       {apiAnswer{Status: 404, Body: "Not Found\n"}, `status 404: not an answer of the API "Not Found"`, false},
		"login page":      {gatewayPage(200), "status 200: not an answer", true},
		"redirect":        {apiAnswer{Status: 302, Header: http.Header{"Location": {"https://evil.test/"}}}, "status 302", false},
		"cut":             {apiAnswer{Body: `{"ok":true,"result":{"invoice_id":1`}, "status 200: not an answer", true},
		"empty":           {apiAnswer{}, "status 200: not an answer", true},
		"null":            {apiAnswer{Body: "null"}, "status 200: not an answer", true},
		"no result":       {apiAnswer{Body: `{"ok":true}`}, "status 200: not an answer", true},
		"ok, but 500":     {apiAnswer{Status: 500, Body: `{"ok":true,"result":{"invoice_id":1}}`}, "status 500: not an answer", true},
		"no name":         {apiAnswer{Status: 400, Body: `{"ok":false,"error":{"code":400}}`}, "status 400: not an answer", false},
		"another shape":   {okResult(`[1]`), "another form than documented", true},
		"no id":           {okResult(`{"hash":"IV"}`), "invoice_id", true},
		"control bytes":   {apiAnswer{Status: 500, Body: "a\x1b[31m\x00\xff\r\nb"}, `"a [31m � b"`, true},
		"hidden script":   {apiAnswer{Status: 503, Body: "<style>x{}</style><SCRIPT a=1>alert(1)</script>Down"}, `"Down"`, true},
		"long":            {apiAnswer{Status: 500, Body: strings.Repeat("ж", 1<<20)}, strings.Repeat("ж", 119) + "…", true},
		"refusal on 200":  {apiAnswer{Body: `{"ok":false,"error":{"code":"400","name":"AMOUNT_TOO_BIG"}}`}, "AMOUNT_TOO_BIG (400)", false},
		"refusal on 502":  {apiAnswer{Status: 502, Body: `{"ok":false,"error":{"code":400,"name":"ODD"}}`}, "ODD (400)", true},
		"broken":          {cut(), "connection reset by peer", true},
		"request timeout": {gatewayPage(408), "status 408", true},
	} {
		t.Run(name, func(t *testing.T) {
			api := newAPI()
			api.Script("createInvoice", test.answer)
			_, err := newClient(t, api).CreateInvoice(t.Context(), payments.InvoiceRequest{Amount: amount(t, "2", "USDT")})
			require.ErrorContains(t, err, test.text)
			require.ErrorContains(t, err, "crypto pay createInvoice: ")
			require.Equal(t, test.doubt, payments.MayHaveHappened(err))
			require.Len(t, api.Calls(""), 1, "a redirect is not followed: it would get the token")
		})
	}
}

func TestAListThatIsMissingIsNotAnEmptyList(t *testing.T) {
	api := newAPI()
	c := newClient(t, api)
	for _, result := range []string{`{}`, `{"items":null}`, `{"count":0}`} {
		api.Script("getInvoices", okResult(result))
		_, err := c.GetInvoices(t.Context(), payments.InvoiceFilter{})
		require.Error(t, err, result)
	}
}

func TestNothingHappenedWhereNothingWasSent(t *testing.T) {
	api := newAPI()
	api.Script("createInvoice", apiAnswer{Err: &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}})
	c := newClient(t, api)
	request := payments.InvoiceRequest{Amount: amount(t, "2", "USDT")}
	_, err := c.CreateInvoice(t.Context(), request)
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
	require.False(t, payments.MayHaveHappened(err))

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = c.CreateInvoice(ended, request)
	require.ErrorIs(t, err, context.Canceled)
	require.False(t, payments.MayHaveHappened(err))

	_, err = c.CreateInvoice(t.Context(), payments.InvoiceRequest{})
	require.False(t, payments.MayHaveHappened(err))
	require.False(t, payments.MayHaveHappened(nil))
	require.True(t, payments.MayHaveHappened(errors.New("something else")))
}

func TestARealTransportKnowsThatItNeverConnected(t *testing.T) {
	var l net.ListenConfig
	listener, err := l.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := "http://" + listener.Addr().String()
	require.NoError(t, listener.Close())
	c, err := payments.New(payments.Config{Token: testToken, BaseURL: address})
	require.NoError(t, err)
	defer c.Close()
	_, err = c.CreateInvoice(t.Context(), payments.InvoiceRequest{Amount: amount(t, "2", "USDT")})
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
	require.False(t, payments.MayHaveHappened(err))
}

func TestARealTransportKnowsWhatItMayHaveSent(t *testing.T) {
	cut := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	}))
	defer cut.Close()
	for address, doubt := range map[string]bool{
		cut.URL: true,
		strings.Replace(cut.URL, "http:", "https:", 1): false, // TLS fails, nothing is sent
	} {
		c, err := payments.New(payments.Config{Token: testToken, BaseURL: address})
		require.NoError(t, err)
		_, err = c.CreateInvoice(t.Context(), payments.InvoiceRequest{Amount: amount(t, "2", "USDT")})
		require.Error(t, err)
		require.Equal(t, doubt, payments.MayHaveHappened(err), err.Error())
		c.Close()
	}
}

func TestLimitsAreNamedBeforeAnythingIsSent(t *testing.T) {
	api := newAPI()
	c := newClient(t, api)
	coins, euros := amount(t, "1", "USDT"), amount(t, "1", "EUR")
	invoice := func(r payments.InvoiceRequest) error { _, err := c.CreateInvoice(t.Context(), r); return err }
	transfer := func(r payments.TransferRequest) error { _, err := c.Transfer(t.Context(), r); return err }
	check := func(r payments.CheckRequest) error { _, err := c.CreateCheck(t.Context(), r); return err }
	list := func(f payments.InvoiceFilter) error { _, err := c.GetInvoices(t.Context(), f); return err }
	for want, err := range map[string]error{
		"amount: want an amount of a currency": invoice(payments.InvoiceRequest{}),
		"amount: want more than zero":          invoice(payments.InvoiceRequest{Amount: money.Zero("USDT")}),
		"accepted_assets: want none unless":    invoice(payments.InvoiceRequest{Amount: coins, AcceptedAssets: []money.Currency{"TON"}}),
		"accepted_assets: want codes":          invoice(payments.InvoiceRequest{CurrencyType: payments.Fiat, Amount: euros, AcceptedAssets: []money.Currency{"TON,BTC"}}),
		"description: want at most 1024":       invoice(payments.InvoiceRequest{Amount: coins, Description: strings.Repeat("ж", 1025)}),
		"description: want valid UTF-8":        invoice(payments.InvoiceRequest{Amount: coins, Description: "\xff"}),
		"hidden_message: want at most 2048":    invoice(payments.InvoiceRequest{Amount: coins, HiddenMessage: strings.Repeat("x", 2049)}),
		"payload: want at most 4096 bytes":     invoice(payments.InvoiceRequest{Amount: coins, Payload: strings.Repeat("ж", 2049)}),
		"expires_in: want whole seconds":       invoice(payments.InvoiceRequest{Amount: coins, ExpiresIn: 31*24*time.Hour + time.Second}),
		"expires_in: want whole":               invoice(payments.InvoiceRequest{Amount: coins, ExpiresIn: 1500 * time.Millisecond}),
		"expires_in: want":                     invoice(payments.InvoiceRequest{Amount: coins, ExpiresIn: -time.Second}),
		"paid_btn_url: want an address":        invoice(payments.InvoiceRequest{Amount: coins, PaidButton: payments.ButtonOpenBot}),
		"paid_btn_url: want an address that":   invoice(payments.InvoiceRequest{Amount: coins, PaidButton: "x", PaidButtonURL: "tg://x"}),
		"swap_to: want a code":                 invoice(payments.InvoiceRequest{Amount: coins, SwapTo: "usdt"}),
		"user_id: want":                        transfer(payments.TransferRequest{Amount: coins, SpendID: "s"}),
		"spend_id: want an id":                 transfer(payments.TransferRequest{UserID: 1, Amount: coins}),
		"spend_id: want at most 64 characters": transfer(payments.TransferRequest{UserID: 1, Amount: coins, SpendID: strings.Repeat("ж", 65)}),
		"comment: want at most 1024":           transfer(payments.TransferRequest{UserID: 1, Amount: coins, SpendID: "s", Comment: strings.Repeat("x", 1025)}),
		"pin_to_username: want one of":         check(payments.CheckRequest{Amount: coins, PinToUserID: 1, PinToUsername: "bob"}),
		"offset: want zero or more":            list(payments.InvoiceFilter{Page: payments.Page{Offset: -10}}),
		"count: want 1 to 1000":                list(payments.InvoiceFilter{Page: payments.Page{Count: 1001}}),
		"count: want 1":                        list(payments.InvoiceFilter{Page: payments.Page{Count: -30}}),
		"invoice_ids: want ids above zero":     list(payments.InvoiceFilter{IDs: []int64{0}}),
		"invoice_ids: want at most 1000":       list(payments.InvoiceFilter{IDs: make([]int64, 1001)}),
		"invoice_id: want ids above zero":      c.DeleteInvoice(t.Context(), 0),
		"check_id: want ids above zero":        c.DeleteCheck(t.Context(), -1),
	} {
		require.ErrorContains(t, err, want)
		var field *payments.FieldError
		require.ErrorAs(t, err, &field)
	}
	require.Empty(t, api.Calls(""))
}

func TestTheTokenIsShownNowhere(t *testing.T) {
	secret := strings.SplitN(testToken, ":", 2)[1]
	var log bytes.Buffer
	api := newAPI()
	c := newClient(t, api, func(cfg *payments.Config) {
		cfg.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		cfg.MaxRetries, cfg.RetryBackoff = 1, time.Nanosecond
	})
	var shown []string
	for _, answer := range []apiAnswer{
		{Status: 502, Body: "<p>your header was Crypto-Pay-API-Token: " + testToken + "</p>"},
		{Status: 502, Body: strings.Repeat("x", 100) + testToken},
		{Status: 502, Body: "<i" + strings.Repeat(" ", 4070) + ">" + testToken},
		{Status: 502, Body: "token=" + url.QueryEscape(testToken)},
		refusal(401, "BAD_TOKEN_"+testToken),
		{Err: &url.Error{Op: "Get", URL: "https://x.test/" + testToken, Err: syscall.ECONNRESET}},
		{Err: fmt.Errorf("dump of %s: %w", testToken, context.DeadlineExceeded)},
	} {
		api.Script("getMe", answer)
		_, err := c.GetMe(t.Context())
		require.Error(t, err)
		for e := err; e != nil; e = errors.Unwrap(e) {
			shown = append(shown, e.Error(), fmt.Sprintf("%+v %#v", e, e))
		}
	}
	_, err := payments.New(payments.Config{Token: testToken + "\n", BaseURL: "::" + testToken, Network: "x"})
	shown = append(shown, err.Error())
	cfg := payments.Config{Token: testToken}
	listener, err := payments.NewListener(payments.ListenerConfig{
		Tokens: []payments.Secret{testToken}, Record: func(context.Context, []byte, payments.Update) error { return nil },
	})
	require.NoError(t, err)
	shown = append(shown, fmt.Sprintf("%v %+v %#v %s", cfg, cfg, cfg, cfg.Token), fmt.Sprintf("%+v %#v", c, c),
		fmt.Sprintf("%+v %#v", listener, listener), log.String())
	slog.New(slog.NewJSONHandler(&log, nil)).Info("config", "token", cfg.Token, "key", payments.Secret(testToken))
	shown = append(shown, log.String())
	for _, text := range shown {
		require.NotContains(t, text, secret[:8], "nor a part of it")
	}
	require.Contains(t, log.String(), "method=getMe")
	require.Contains(t, log.String(), "[secret]")
}

func TestAWrongConfigurationNamesAllItsFaults(t *testing.T) {
	_, err := payments.New(payments.Config{
		Token: "1:a b", BaseURL: "https://u:p@host", MaxConns: -1, Timeout: -1, MaxRetries: -1,
		RetryBackoff: -1, RateLimit: -1, RateBurst: -1, RatesTTL: -1, RatesMaxStale: -1,
	})
	for _, name := range []string{
		"token", "base URL", "MaxConns", "Timeout", "MaxRetries", "RetryBackoff", "RateLimit",
		"RateBurst", "RatesTTL", "RatesMaxStale",
	} {
		require.ErrorContains(t, err, name+": ")
	}
	_, err = payments.New(payments.Config{Token: testToken, Network: "moonnet"})
	require.ErrorContains(t, err, "moonnet")
	_, err = payments.New(payments.Config{})
	require.ErrorContains(t, err, "token: missing")
}
