package cryptopay

import (
	"bytes"
	"encoding/json"
	"math/big"
	"mime/multipart"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"shopbot/internal/money"
	"shopbot/internal/sandbox/emulate"
)

func TestEveryRequestFormOfSDKsCreatesTheSameInvoice(t *testing.T) {
	multipartType, multipartBody := mustMultipart(t)
	const query = "asset=USDT&amount=0.00001&allow_comments=false&payload=%D0%B7%D0%B0%D0%BA%D0%B0%D0%B7+7"
	habits := map[string]request{
		"query string":                      {"GET", "/api/createInvoice?" + query, "", ""},
		"POST with query and empty body":    {"POST", "/api/createInvoice?" + query, "", ""},
		"POST with query and no JSON in it": {"POST", "/api/createInvoice?" + query, asJSON, ""},
		"POST with query and null":          {"POST", "/api/createInvoice?" + query, asJSON, "null"},
		"POST with query and PHP's nothing": {"POST", "/api/createInvoice?" + query, asJSON, "[]"},
		"form":                              {"POST", "/api/createInvoice", asForm, query},
		"form without a content type":       {"POST", "/api/createInvoice", "", query},
		"multipart":                         {"POST", "/api/createInvoice", multipartType, multipartBody},
		"doubled slash":                     {"GET", "/api//createInvoice?" + query, "", ""},
		"JSON": {
			"POST", "/api/createInvoice", asJSON,
			`{"asset":"USDT","amount":"0.00001","allow_comments":false,"payload":"заказ 7"}`,
		},
		"JSON with charset": {
			"POST", "/api/createInvoice", asJSON + "; charset=utf-8",
			`{"asset":"USDT","amount":"0.00001","allow_comments":false,"payload":"заказ 7"}`,
		},
		"JSON in a GET": {
			"GET", "/api/createInvoice", asJSON,
			`{"asset":"USDT","amount":"0.00001","allow_comments":false,"payload":"заказ 7"}`,
		},
		"JSON that calls itself a form": {
			"POST", "/api/createInvoice", asForm,
			` {"asset":"USDT","amount":"0.00001","allow_comments":false,"payload":"заказ 7"}`,
		},
		"JSON with escapes, nulls and unknown fields": {
			"POST", "/api/createInvoice", asJSON,
			`{"asset":"USDT","amount":"0.00001","description":null,"expires_in":null,"x":[1],"allow_comments":false,"payload":"\u0437\u0430\u043a\u0430\u0437 7"}`,
		},
		"amount as a number": {
			"POST", "/api/createInvoice", asJSON,
			`{"asset":"USDT","amount":0.00001,"allow_comments":false,"payload":"заказ 7"}`,
		},
		"Python's amount and boolean": {
			"POST", "/api/createInvoice", asJSON,
			`{"asset":"USDT","amount":"1e-05","allow_comments":"False","payload":"заказ 7"}`,
		},
		"JavaScript's amount": {
			"POST", "/api/createInvoice", asJSON,
			`{"asset":"USDT","amount":1e-5,"allow_comments":"false","payload":"заказ 7"}`,
		},
		"the body wins over the query": {
			"POST", "/api/createInvoice?asset=TON&amount=5", asJSON,
			`{"asset":"USDT","amount":"0.0000100","allow_comments":false,"payload":"заказ 7"}`,
		},
	}
	for name, habit := range habits {
		t.Run(name, func(t *testing.T) {
			s := New(Config{})
			defer s.Close()
			a := habit.send(t, s, shop)
			require.True(t, a.OK, a.raw)
			var v invoiceObject
			require.NoError(t, json.Unmarshal(a.Result, &v))
			require.Equal(t, "USDT", string(v.Asset))
			require.Equal(t, "0.00001", v.Amount)
			require.Equal(t, "заказ 7", v.Payload)
			require.False(t, v.AllowComments)
			require.True(t, v.AllowAnonymous)
		})
	}
}

func mustMultipart(t *testing.T) (contentType, body string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, field := range [][2]string{{"asset", "USDT"}, {"amount", "0.00001"}, {"allow_comments", "False"}, {"payload", "заказ 7"}} {
		require.NoError(t, w.WriteField(field[0], field[1]))
	}
	require.NoError(t, w.Close())
	return w.FormDataContentType(), b.String()
}

func TestBooleansInEverySpelling(t *testing.T) {
	for text, want := range map[string]bool{
		`true`: true, `"true"`: true, `"True"`: true, `"1"`: true, `1`: true,
		`false`: false, `"false"`: false, `"False"`: false, `0`: false,
		`null`: true, `""`: true, // the default
	} {
		s := New(Config{})
		v := mustBill(t, s, `{"asset":"USDT","amount":"1","allow_anonymous":`+text+`}`)
		require.Equal(t, want, v.AllowAnonymous, text)
	}
}

func TestIDsAsNumbersTextsAndSloppyLists(t *testing.T) {
	s := New(Config{})
	for range 3 {
		mustBill(t, s, `{"asset":"USDT","amount":"1"}`)
	}
	for body, want := range map[string][]int64{
		`{"invoice_ids":"1,3"}`:      {3, 1},
		`{"invoice_ids":",,1"}`:      {1},
		`{"invoice_ids":" 2 , 99 "}`: {2},
		`{"invoice_ids":2}`:          {2},
		`{"invoice_ids":","}`:        {},
		`{"invoice_ids":""}`:         {3, 2, 1},
		`{"count":"2"}`:              {3, 2},
		`{"count":1,"offset":1}`:     {2},
		`{"offset":7}`:               {},
	} {
		var got list[invoiceObject]
		mustCall(t, s, shop, "getInvoices", body, &got)
		ids := []int64{}
		for _, v := range got.Items {
			ids = append(ids, v.ID)
		}
		require.Equal(t, want, ids, body)
	}
	mustCall(t, s, shop, "deleteInvoice", `{"invoice_id":"2"}`, nil)
	mustCall(t, s, shop, "deleteInvoice", `{"invoice_id":3}`, nil)
	require.Len(t, s.Invoices(shop), 1)
}

func TestExponentsAreExpandedExactly(t *testing.T) {
	for text, want := range map[string]string{
		"1e-05": "0.00001", "1e-7": "0.0000001", "1E3": "1000", "1.25e+1": "12.5",
		"12.5e-1": "1.25", "1.50e0": "1.5", "0e5": "0", "125.50": "125.50",
	} {
		got, err := plainDecimal(text)
		require.NoError(t, err)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"1e", "e5", "1e999999999", "1e1.5", "1ee5", "1..e2", "-1e5", "0x1e5"} {
		_, err := plainDecimal(text)
		require.Error(t, err, text)
	}
}

// FuzzParams compares JSON objects and forms with what the standard library makes of them, and
// requires that anything else is parsed or refused without a panic.
func FuzzParams(f *testing.F) {
	f.Add("asset=USDT", asJSON, []byte(`{"amount":1e-5,"a":null,"b":[1],"c":true}`))
	f.Add("", asForm, []byte("amount=1&amount=2&%zz"))
	f.Add("a=%D0", "multipart/form-data; boundary=x", []byte("--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x--\r\n"))
	f.Add("", "", []byte("\x00{"))
	f.Fuzz(func(t *testing.T, query, contentType string, body []byte) {
		p, err := parseParams(query, contentType, body)
		if err != nil {
			return
		}
		in := &reader{params: p}
		for name := range p {
			require.True(t, utf8.ValidString(in.text(name)), name)
		}
		in.err = nil
		in.amount("USDT")
		in.flag("allow_comments", true)
		in.idFilter("invoice_ids")
		in.window()
		checkFields(t, p, query, contentType, body)
	})
}

func checkFields(t *testing.T, p emulate.Params, query, contentType string, body []byte) {
	t.Helper()
	var fields map[string]any
	if contentType != asJSON || query != "" || json.Unmarshal(body, &fields) != nil {
		return
	}
	for name, field := range fields {
		v, there := p[name]
		require.Equal(t, field != nil, there, name)
		switch field := field.(type) {
		case string:
			require.Equal(t, field, v.Text)
		case map[string]any, []any:
			require.True(t, v.Composite)
		case bool:
			require.Equal(t, field, v.Text == "true")
		}
	}
	require.LessOrEqual(t, len(p), len(fields))
}

// FuzzPlainDecimal requires the same number without an exponent, or an error.
func FuzzPlainDecimal(f *testing.F) {
	f.Add("1e-05")
	f.Add("12.50E+3")
	f.Add("-1e-5")
	f.Add("1..E2")
	f.Fuzz(func(t *testing.T, text string) {
		plain, err := plainDecimal(text)
		if err != nil {
			return
		}
		amount, err := money.Parse(plain, "USDT")
		if err != nil {
			return
		}
		want, ok := new(big.Rat).SetString(text)
		require.True(t, ok, text)
		got, ok := new(big.Rat).SetString(amount.Decimal())
		require.True(t, ok)
		require.Zero(t, want.Cmp(got), "%s became %s", text, amount)
	})
}
