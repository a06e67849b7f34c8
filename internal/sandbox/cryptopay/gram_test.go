package cryptopay

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/money"
)

// The lists of the API's page: the assets of the test network, and the fiat currencies.
func TestTheListsAreThoseOfTheAPIsPage(t *testing.T) {
	for testnet, assets := range map[bool]string{
		false: "USDT TON BTC ETH LTC BNB TRX USDC", true: "USDT TON BTC ETH LTC BNB TRX USDC JET",
	} {
		var rows []currencyObject
		mustCall(t, New(Config{Testnet: testnet}), shop, "getCurrencies", `{}`, &rows)
		var gotAssets, gotFiats []string
		for _, row := range rows {
			if row.Fiat {
				gotFiats = append(gotFiats, string(row.Code))
			} else {
				gotAssets = append(gotAssets, string(row.Code))
			}
		}
		require.Equal(t, assets, strings.Join(gotAssets, " "))
		require.Equal(t, "USD EUR RUB BYN UAH GBP CNY KZT UZS GEL TRY AMD THB INR BRL IDR AZN AED PLN ILS KGS TJS", strings.Join(gotFiats, " "))
	}
}

func TestBothAssetErrorsNameTheAssetsThatThereAre(t *testing.T) {
	s := New(Config{})
	s.SetGram(true)
	const list = `"allowed_crypto_assets":["USDT","GRAM","BTC","ETH","LTC","BNB","TRX","USDC"]`
	a := call(t, s, shop, "createInvoice", `{"asset":"TON","amount":"1"}`)
	requireBytes(t, `{"ok":false,"error":{"code":400,"name":"UNSUPPORTED_ASSET",`+list+`}}`, a.raw)
	a = call(t, s, shop, "createInvoice", `{"currency_type":"fiat","fiat":"USD","amount":"1","accepted_assets":"USDT,TON"}`)
	requireBytes(t, `{"ok":false,"error":{"code":400,"name":"UNSUPPORTED_ACCEPTED_ASSET",`+list+`}}`, a.raw)
	a = call(t, s, shop, "getStats", `{"start_at":"yesterday"}`)
	require.NotContains(t, a.raw, "allowed", "other errors have no list")
}

func TestToncoinCanBeCalledGramAndBack(t *testing.T) {
	s := New(Config{})
	defer s.Close()
	old := mustBill(t, s, `{"currency_type":"fiat","fiat":"USD","amount":"5","accepted_assets":"TON,USDT"}`)
	has := func(amounts []money.Amount, want string) {
		t.Helper()
		var all []string
		for _, a := range amounts {
			all = append(all, a.String())
		}
		require.Contains(t, all, want)
	}
	has(s.Wallet(alice), "500 TON")
	s.SetGram(true)
	s.SetGram(true) // flipping it twice is flipping it once
	require.True(t, s.Gram())
	has(s.Wallet(alice), "500 GRAM")
	has(s.Wallet(bob), "500 GRAM") // whom nobody had asked about
	has(s.Balance(shop), "500 GRAM")
	has(s.Balance(rival), "500 GRAM")
	require.Len(t, s.Wallet(alice), 8, "none comes twice")
	_, err := s.Pay(old.Hash, alice, "TON")
	require.ErrorIs(t, err, ErrAsset, "an older invoice cannot be paid by the new name nor the old")
	_, err = s.Pay(old.Hash, alice, "USDT")
	require.NoError(t, err)

	named := mustBill(t, s, `{"asset":"GRAM","amount":"2"}`)
	_, err = s.Pay(named.Hash, alice, "")
	require.NoError(t, err)
	has(s.Wallet(alice), "498 GRAM")
	s.SetGram(false)
	has(s.Wallet(alice), "498 TON")
	has(s.Balance(shop), "501.94 TON")
	var rows []rateObject
	mustCall(t, s, shop, "getExchangeRates", `{}`, &rows)
	require.NotContains(t, rows[len(s.rates.fiats)].Source, "GRAM")
}
