package payments

import (
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"
	"pgregory.net/rapid"
)

// tagged is an invoice as encoding/json reads it: the oracle for what reads it faster.
type tagged struct {
	ID             scalar `json:"invoice_id"`
	Hash           scalar `json:"hash"`
	CurrencyType   scalar `json:"currency_type"`
	Asset          scalar `json:"asset"`
	Fiat           scalar `json:"fiat"`
	Amount         scalar `json:"amount"`
	PaidAsset      scalar `json:"paid_asset"`
	PaidAmount     scalar `json:"paid_amount"`
	PaidFiatRate   scalar `json:"paid_fiat_rate"`
	AcceptedAssets codes  `json:"accepted_assets"`
	FeeAsset       scalar `json:"fee_asset"`
	FeeAmount      scalar `json:"fee_amount"`
	Fee            scalar `json:"fee"`
	FeeInUSD       scalar `json:"fee_in_usd"`
	PayURL         scalar `json:"pay_url"`
	BotURL         scalar `json:"bot_invoice_url"`
	MiniAppURL     scalar `json:"mini_app_invoice_url"`
	WebAppURL      scalar `json:"web_app_invoice_url"`
	Description    scalar `json:"description"`
	Status         scalar `json:"status"`
	taggedSwap
	CreatedAt       scalar `json:"created_at"`
	AllowComments   scalar `json:"allow_comments"`
	AllowAnonymous  scalar `json:"allow_anonymous"`
	ExpiresAt       scalar `json:"expiration_date"`
	PaidUSDRate     scalar `json:"paid_usd_rate"`
	USDRate         scalar `json:"usd_rate"`
	PaidAt          scalar `json:"paid_at"`
	PaidAnonymously scalar `json:"paid_anonymously"`
	Comment         scalar `json:"comment"`
	HiddenMessage   scalar `json:"hidden_message"`
	Payload         scalar `json:"payload"`
	PaidButton      scalar `json:"paid_btn_name"`
	PaidButtonURL   scalar `json:"paid_btn_url"`
}

type taggedSwap struct {
	SwapTo    scalar `json:"swap_to"`
	IsSwapped scalar `json:"is_swapped"`
	UID       scalar `json:"swapped_uid"`
	SwappedTo scalar `json:"swapped_to"`
	Rate      scalar `json:"swapped_rate"`
	Output    scalar `json:"swapped_output"`
	USDAmount scalar `json:"swapped_usd_amount"`
	SwapUSD   scalar `json:"swapped_usd_rate"`
}

// flat are the values of a struct's fields by name, those of embedded structs too.
func flat(v reflect.Value) map[string]any {
	values := map[string]any{}
	for field, value := range v.Fields() {
		if field.Anonymous {
			maps.Copy(values, flat(value))
		} else {
			values[field.Name] = value.Interface()
		}
	}
	return values
}

// plain reports whether all names are as the API writes them. encoding/json also takes others for
// them that differ in the case of letters.
func plain(text []byte) bool {
	odd := false
	gjson.ParseBytes(text).ForEach(func(name, _ gjson.Result) bool {
		odd = odd || strings.Trim(name.String(), "abcdefghijklmnopqrstuvwxyz_") != ""
		return !odd
	})
	return !odd
}

// alike compares both readings of a text, which may also be no object.
func alike(t interface {
	require.TestingT
	Helper()
}, text []byte,
) {
	t.Helper()
	var want tagged
	err := json.Unmarshal(text, &want)
	var got wireInvoice
	gotErr := readObject(text, got.set)
	require.Equal(t, err != nil || gjson.ParseBytes(text).Type == gjson.Null, gotErr != nil, "%s: %v, %v", text, err, gotErr)
	if gotErr == nil {
		require.Equal(t, flat(reflect.ValueOf(want)), flat(reflect.ValueOf(got)), "%s", text)
	}
}

func TestAnInvoiceIsReadAsByEncodingJSON(t *testing.T) {
	answers, err := os.ReadFile("testdata/getInvoices.json")
	require.NoError(t, err)
	items := gjson.GetBytes(answers, "result.items").Array()
	require.NotEmpty(t, items)
	for _, item := range items {
		alike(t, []byte(item.Raw))
	}
	for _, text := range []string{
		`{}`, `null`, `[]`, `7`, `"x"`, ``, `{`, `{"invoice_id":1} `, `{"invoice_id":1}{}`, `{"hash":"\u00e4\ud83d\ude00\ud800\n\/"}`,
		`{"hash":"a","hash":"b"}`, `{"hash":null}`, `{"hash":"a","hash":null}`, "{\"hash\":\"\xff\xfe\"}", `{"amount":1e3,"fee":-0.5}`,
		`{"accepted_assets":["USDT",null,7,"TON"]}`, `{"accepted_assets":"USDT, TON,,"}`, `{"accepted_assets":null}`, `{"accepted_assets":[]}`,
		`{"accepted_assets":{"a":1}}`, `{"payload":{"a":[1,2]},"comment":[ ]}`, `{"h\u0061sh":"x"}`, `{"hash": true , "payload" : false}`,
	} {
		alike(t, []byte(text))
	}
}

func TestWhateverAnInvoiceHoldsIsReadAsByEncodingJSON(t *testing.T) {
	value := rapid.OneOf(
		rapid.Map(rapid.String(), func(s string) any { return s }),
		rapid.Map(rapid.Float64Range(-1e6, 1e6), func(f float64) any { return f }),
		rapid.Map(rapid.Int64(), func(n int64) any { return n }),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }),
		rapid.Just[any](nil),
		rapid.Map(rapid.SliceOf(rapid.String()), func(l []string) any { return l }),
		rapid.Map(rapid.MapOf(rapid.String(), rapid.Int()), func(m map[string]int) any { return m }),
	)
	name := rapid.SampledFrom([]string{
		"invoice_id",
		"hash",
		"currency_type",
		"asset",
		"fiat",
		"amount",
		"paid_asset",
		"paid_amount",
		"paid_fiat_rate",
		"accepted_assets",
		"fee_asset",
		"fee_amount",
		"fee",
		"fee_in_usd",
		"pay_url",
		"bot_invoice_url",
		"mini_app_invoice_url",
		"web_app_invoice_url",
		"description",
		"status",
		"created_at",
		"allow_comments",
		"allow_anonymous",
		"expiration_date",
		"paid_usd_rate",
		"usd_rate",
		"paid_at",
		"paid_anonymously",
		"comment",
		"hidden_message",
		"payload",
		"paid_btn_name",
		"paid_btn_url",
		"swap_to",
		"is_swapped",
		"swapped_uid",
		"swapped_to",
		"swapped_rate",
		"swapped_output",
		"swapped_usd_amount",
		"swapped_usd_rate",
		"something_new",
	})
	rapid.Check(t, func(t *rapid.T) {
		text, err := json.Marshal(rapid.MapOf(name, value).Draw(t, "invoice"))
		require.NoError(t, err)
		alike(t, text)
	})
}

func FuzzInvoiceFields(f *testing.F) {
	f.Add([]byte(`{"invoice_id":1,"accepted_assets":["USDT"],"amount":"1.5"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) < 1000 && plain(text) { // encoding/json gives up on deep nesting, and Crypto Pay does not nest
			alike(t, text)
		}
	})
}
