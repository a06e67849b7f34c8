package cryptopay

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRatesListEveryPairAndSomeInvalidOnes(t *testing.T) {
	for _, testnet := range []bool{false, true} {
		s := New(Config{Testnet: testnet})
		var rows []rateObject
		mustCall(t, s, shop, "getExchangeRates", "", &rows)
		require.Len(t, rows, len(s.network.assets)*len(s.rates.fiats)+len(s.rates.fiats)-1)
		broken, fiat := 0, 0
		for _, row := range rows {
			require.NotEqual(t, row.Crypto, row.Fiat)
			require.NotEqual(t, "0", row.Rate, "%s in %s", row.Source, row.Target)
			if !row.Valid {
				broken++
			}
			if row.Fiat {
				fiat++
			}
		}
		require.Equal(t, 3, broken)
		require.Positive(t, fiat, "a source may be a fiat currency")
		for _, asset := range s.network.assets {
			_, valid := s.rates.rate(asset, usd)
			require.True(t, valid, "%s needs a price in USD", asset)
		}
	}
}

func TestCurrenciesAreAllNamed(t *testing.T) {
	s := New(Config{Testnet: true})
	var rows []currencyObject
	mustCall(t, s, shop, "getCurrencies", "", &rows)
	require.Len(t, rows, len(s.network.assets)+len(s.rates.fiats))
	for _, row := range rows {
		require.NotEmpty(t, row.Name, row.Code)
		require.Positive(t, row.Decimals)
	}
	require.Contains(t, call(t, s, shop, "getCurrencies", "").raw,
		`{"is_blockchain":false,"is_stablecoin":true,"is_fiat":false,"name":"Tether","code":"USDT","url":"https://tether.to/","decimals":18}`)
}

func TestStatsCountTheSpan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Config{})
		defer s.Close()
		mustPay(t, s, mustBill(t, s, `{"asset":"USDT","amount":"7"}`), "")
		time.Sleep(48 * time.Hour)
		mustPay(t, s, mustBill(t, s, `{"asset":"USDT","amount":"10"}`), "")
		mustPay(t, s, mustBill(t, s, `{"asset":"USDT","amount":"10"}`), "")
		mustBill(t, s, `{"asset":"USDT","amount":"10"}`)
		requireBytes(t, `{"ok":true,"result":{"volume":"20.004","conversion":"66.66","unique_users_count":1,"created_invoice_count":3,"paid_invoice_count":2,"start_at":"2000-01-02T00:00:00.000Z","end_at":"2000-01-03T00:00:00.000Z"}}`,
			call(t, s, shop, "getStats", "").raw)
		require.Contains(t, call(t, s, shop, "getStats", `{"start_at":"1999-12-31T12:00:00"}`).raw, `"created_invoice_count":4`)
		require.Contains(t, call(t, s, rival, "getStats", "").raw, `"volume":"0","conversion":"0"`)
	})
}
