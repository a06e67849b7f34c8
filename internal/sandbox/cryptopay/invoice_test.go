package cryptopay

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"shopbot/internal/money"
)

// A bubble starts at midnight of 2000-01-01 UTC, and zeros make the hash predictable.
func TestInvoiceMatchesTheCapturedAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Config{Rand: zeros{}})
		defer s.Close()
		a := call(t, s, shop, "createInvoice", `{"asset":"USDT","amount":"2.60","description":"a < b & \"c\"","payload":"order:7","expires_in":1800,"hidden_message":"спасибо","paid_btn_name":"callback","paid_btn_url":"https://shop.test/7","swap_to":"TON"}`)
		hash := s.Invoices(shop)[0].Hash
		require.Regexp(t, `^IV[A-Za-z0-9]{10}$`, hash)
		requireBytes(t, strings.ReplaceAll(`{"ok":true,"result":{"invoice_id":1,"hash":"HASH","currency_type":"crypto","asset":"USDT","amount":"2.6",`+
			`"pay_url":"https://t.me/CryptoBot?start=HASH","bot_invoice_url":"https://t.me/CryptoBot?start=HASH",`+
			`"mini_app_invoice_url":"https://t.me/CryptoBot/app?startapp=invoice-HASH&mode=compact",`+
			`"web_app_invoice_url":"https://app.send.tg/invoices/HASH",`+
			`"description":"a < b & \"c\"","status":"active","swap_to":"TON","created_at":"2000-01-01T00:00:00.000Z",`+
			`"allow_comments":true,"allow_anonymous":true,"expiration_date":"2000-01-01T00:29:59.998Z",`+
			`"hidden_message":"спасибо","payload":"order:7","paid_btn_name":"callback","paid_btn_url":"https://shop.test/7"}}`, "HASH", hash), a.raw)
	})
}

func TestTestNetworkHasItsOwnNamesAndNoSwaps(t *testing.T) {
	s := New(Config{Testnet: true})
	v := mustBill(t, s, `{"asset":"JET","amount":"1","swap_to":"TON"}`)
	require.Empty(t, v.SwapTo)
	require.Equal(t, "https://t.me/CryptoTestnetBot?start="+v.Hash, v.BotURL)
	require.Equal(t, "https://t.me/CryptoTestnetBot/app?startapp=invoice-"+v.Hash+"&mode=compact", v.MiniAppURL)
	require.Equal(t, "https://testnet-app.send.tg/invoices/"+v.Hash, v.WebAppURL)
	require.Equal(t, "10000", has(t, s.Wallet(alice), "JET"))
}

func TestInvoiceIsFoundByIDHashAndEveryLink(t *testing.T) {
	s := New(Config{})
	mustBill(t, s, `{"asset":"TON","amount":"1"}`)
	v := mustBill(t, s, `{"asset":"USDT","amount":"1"}`)
	for _, ref := range []string{"2", v.Hash, v.BotURL, v.MiniAppURL, v.WebAppURL} {
		found, err := s.Invoice(ref)
		require.NoError(t, err, ref)
		require.Equal(t, v.ID, found.ID)
	}
	for _, ref := range []string{"", "0", "3", "IVAAAAAAAAAA", "https://t.me/CryptoBot?start=", strings.Repeat("IV", 5000)} {
		_, err := s.Invoice(ref)
		require.ErrorIs(t, err, ErrNotFound)
		_, err = s.Offers(ref)
		require.ErrorIs(t, err, ErrNotFound)
		_, err = s.Pay(ref, alice, "")
		require.ErrorIs(t, err, ErrNotFound)
	}
}

func TestPaymentMovesExactlyTheAmountLessTheFee(t *testing.T) {
	s := New(Config{})
	v := mustBill(t, s, `{"asset":"USDT","amount":"2.6"}`)
	paid := mustPay(t, s, v, "")
	require.Equal(t, StatusPaid, paid.Status)
	require.Equal(t, "0.078 USDT", paid.Payment.Fee.String())
	require.Equal(t, "997.4", has(t, s.Wallet(alice), "USDT"))
	require.Equal(t, "1002.522", has(t, s.Balance(shop), "USDT"))

	_, err := s.Pay(v.Hash, bob, "")
	require.ErrorIs(t, err, ErrAlreadyPaid)
	require.Equal(t, "1000", has(t, s.Wallet(bob), "USDT"))
}

func TestFeesAgreeWithCapturedOnes(t *testing.T) {
	for _, c := range []struct{ amount, asset, rate, fee, inUSD string }{
		{"2.6", "USDT", "1.00002469", "0.078", "0.07800192"},
		{"3", "TRX", "0.32541579", "0.09", "0.02928742"},
		{"2", "USDT", "0.99961845", "0.06", "0.0599771"},
	} {
		s := New(Config{})
		s.rates.price[money.Currency(c.asset)] = mustAmount(t, c.rate, usd)
		v := mustBill(t, s, `{"asset":"`+c.asset+`","amount":"`+c.amount+`"}`)
		p := mustPay(t, s, v, "").Payment
		require.Equal(t, c.fee, p.Fee.Decimal())
		require.Equal(t, c.inUSD, p.FeeUSD.Decimal())
		require.Equal(t, c.rate, p.USDRate.Decimal())
	}
}

func TestInvoiceExpiresWithoutAnEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Config{})
		defer s.Close()
		v := mustBill(t, s, `{"asset":"USDT","amount":"1","expires_in":60}`)
		forever := mustBill(t, s, `{"asset":"USDT","amount":"1"}`)
		time.Sleep(time.Minute - 3*time.Millisecond)
		require.Equal(t, StatusActive, s.Invoices(shop)[0].Status)
		time.Sleep(time.Millisecond)
		require.Equal(t, StatusExpired, s.Invoices(shop)[0].Status)
		_, err := s.Pay(v.Hash, alice, "")
		require.ErrorIs(t, err, ErrExpired)
		var active list[invoiceObject]
		mustCall(t, s, shop, "getInvoices", `{"status":"active"}`, &active)
		require.Len(t, active.Items, 1)
		require.Equal(t, forever.ID, active.Items[0].ID)

		var all list[invoiceObject]
		mustCall(t, s, shop, "getInvoices", ``, &all)
		require.Equal(t, StatusExpired, all.Items[1].Status)
		require.Empty(t, all.Items[0].ExpirationDate)
		time.Sleep(365 * 24 * time.Hour)
		mustPay(t, s, forever, "")
	})
}

func TestDeletedInvoiceIsGone(t *testing.T) {
	s := New(Config{})
	v := mustBill(t, s, `{"asset":"USDT","amount":"1"}`)
	require.Equal(t, "INVOICE_NOT_FOUND", call(t, s, rival, "deleteInvoice", `{"invoice_id":1}`).Error.Name)
	requireBytes(t, `{"ok":true,"result":true}`, call(t, s, shop, "deleteInvoice", `{"invoice_id":1}`).raw)
	require.Equal(t, "INVOICE_NOT_FOUND", call(t, s, shop, "deleteInvoice", `{"invoice_id":1}`).Error.Name)
	requireBytes(t, `{"ok":true,"result":{"items":[]}}`, call(t, s, shop, "getInvoices", ``).raw)
	_, err := s.Pay(v.Hash, alice, "")
	require.ErrorIs(t, err, ErrNotFound)

	paid := mustPay(t, s, mustBill(t, s, `{"asset":"USDT","amount":"1"}`), "")
	require.Equal(t, int64(2), paid.ID, "numbers are not used again")
	require.Equal(t, "INVOICE_NOT_FOUND", call(t, s, shop, "deleteInvoice", `{"invoice_id":2}`).Error.Name)
	require.Len(t, s.Invoices(shop), 1)
}

func TestAppsDoNotSeeEachOther(t *testing.T) {
	s := New(Config{})
	mustPay(t, s, mustBill(t, s, `{"asset":"USDT","amount":"1"}`), "")
	for _, method := range []string{"getInvoices", "getTransfers", "getChecks"} {
		requireBytes(t, `{"ok":true,"result":{"items":[]}}`, call(t, s, rival, method, ``).raw)
	}
	require.Equal(t, "1000", has(t, s.Balance(rival), "USDT"))
}

func TestInvoicesAreFilteredByAssetFiatAndStatus(t *testing.T) {
	s := New(Config{})
	mustPay(t, s, mustBill(t, s, `{"asset":"USDT","amount":"1"}`), "")
	mustBill(t, s, `{"asset":"TON","amount":"1"}`)
	mustBill(t, s, `{"currency_type":"fiat","fiat":"EUR","amount":"1"}`)
	for body, want := range map[string]int{
		`{"asset":"USDT"}`: 1, `{"asset":"USDT,TON"}`: 2, `{"asset":"BTC"}`: 0, `{"fiat":"EUR"}`: 1, `{"fiat":"USD"}`: 0,
		`{"status":"paid"}`: 1, `{"status":"active"}`: 2, `{"status":"active","asset":"TON"}`: 1, `{}`: 3,
	} {
		var got list[invoiceObject]
		mustCall(t, s, shop, "getInvoices", body, &got)
		require.Len(t, got.Items, want, body)
	}
}

func TestFiatInvoiceIsPaidInAnAcceptedAsset(t *testing.T) {
	s := New(Config{})
	v := mustBill(t, s, `{"currency_type":"fiat","fiat":"KZT","amount":"5000.00","accepted_assets":"TON,,TRX,USDT,TON"}`)
	require.Equal(t, []money.Currency{"TON", "TRX", "USDT"}, v.Accepted)
	offers, err := s.Offers(v.Hash)
	require.NoError(t, err)
	require.Len(t, offers, 2, "there is no valid rate of TRX in KZT")
	for _, asset := range []money.Currency{"TRX", "BTC", "XXX"} {
		_, err = s.Pay(v.Hash, alice, asset)
		require.ErrorIs(t, err, ErrAsset, asset)
	}

	paid := mustPay(t, s, v, "USDT")
	require.Equal(t, offers[1].Amount, paid.Payment.Amount)
	var got list[invoiceObject]
	mustCall(t, s, shop, "getInvoices", ``, &got)
	o := got.Items[0]
	require.Equal(t, []any{"fiat", "", "KZT", "5000", "USDT", "521.474274", "1.0002"},
		[]any{o.CurrencyType, string(o.Asset), string(o.Fiat), o.Amount, string(o.PaidAsset), o.PaidFiatRate, o.PaidUSDRate})
	require.Equal(t, "9.58820071", o.PaidAmount, "5000 ÷ 521.474274 = 9.588200701…, rounded up")
}

func TestFiatInvoiceIsPaidByTheFirstOfferByDefault(t *testing.T) {
	s := New(Config{})
	v := mustBill(t, s, `{"currency_type":"fiat","fiat":"USD","amount":"25.1863","accepted_assets":"TON,USDT"}`)
	require.Equal(t, "10 TON", mustPay(t, s, v, "").Payment.Amount.String())
}

// The merchant never gets less than the price, and never a whole unit more.
func TestCostIsEnoughAndNoMore(t *testing.T) {
	s := New(Config{})
	rapid.Check(t, func(t *rapid.T) {
		cents := rapid.IntRange(1, 100_000_000).Draw(t, "cents")
		fiat := rapid.SampledFrom(s.rates.fiats).Draw(t, "fiat")
		asset := rapid.SampledFrom(s.rates.assets).Draw(t, "asset")
		price := constant("0.01", fiat).Times(cents)
		cost, valid := s.rates.cost(price, asset)
		rate, known := s.rates.rate(asset, fiat)
		require.Equal(t, known, valid)
		if !valid {
			return
		}
		one, unit := constant("1", asset), constant("0.00000001", asset)
		value, err := rate.Share(cost, one, 16)
		require.NoError(t, err)
		require.False(t, less(value, price), "%s for %s at %s", cost, price, rate)
		value, err = rate.Share(minus(cost, unit), one, 16)
		require.NoError(t, err)
		require.True(t, less(value, price), "%s for %s at %s", cost, price, rate)
	})
}

func TestPayerWithoutCoinsPaysNothing(t *testing.T) {
	s := New(Config{})
	v := mustBill(t, s, `{"asset":"BTC","amount":"0.05000001"}`)
	_, err := s.Pay(v.Hash, alice, "")
	require.ErrorIs(t, err, ErrNoMoney)
	require.Equal(t, "0.05", has(t, s.Wallet(alice), "BTC"))
	require.Equal(t, StatusActive, s.Invoices(shop)[0].Status)
}

func TestManyPayersOfOneInvoicePayOnce(t *testing.T) {
	s := New(Config{})
	v := mustBill(t, s, `{"asset":"USDT","amount":"10"}`)
	var paid atomic.Int64
	var payers sync.WaitGroup
	for user := range int64(50) {
		payers.Go(func() {
			if _, err := s.Pay(v.Hash, user, ""); err == nil {
				paid.Add(1)
			}
		})
	}
	payers.Wait()
	require.Equal(t, int64(1), paid.Load())
	require.Equal(t, "1009.7", has(t, s.Balance(shop), "USDT"))
}

func TestExtrasAreKeptIfTheInvoiceAllowsThem(t *testing.T) {
	s := New(Config{})
	free := mustBill(t, s, `{"asset":"USDT","amount":"1"}`)
	strict := mustBill(t, s, `{"asset":"USDT","amount":"1","allow_comments":false,"allow_anonymous":"False"}`)
	for _, v := range []Invoice{free, strict} {
		_, err := s.PayWith(v.Hash, alice, "", Extras{Comment: "thanks", Anonymous: true})
		require.NoError(t, err)
	}
	raw := call(t, s, shop, "getInvoices", `{"invoice_ids":"1"}`).raw
	require.Contains(t, raw, `"paid_anonymously":true,"comment":"thanks"`)
	raw = call(t, s, shop, "getInvoices", `{"invoice_ids":"2"}`).raw
	require.Contains(t, raw, `"paid_anonymously":false`)
	require.NotContains(t, raw, "comment\"")
}

func TestSwapCreditsTheTargetAsset(t *testing.T) {
	s := New(Config{})
	mustPay(t, s, mustBill(t, s, `{"asset":"TON","amount":"100","swap_to":"USDT"}`), "")
	raw := call(t, s, shop, "getInvoices", ``).raw
	require.Contains(t, raw, `"swap_to":"USDT","is_swapped":true,"swapped_uid":"1","swapped_to":"USDT","swapped_rate":"2.51812637","swapped_output":"244.25825789","swapped_usd_amount":"244.30710954","swapped_usd_rate":"1.0002","created_at"`)
	require.Equal(t, "1244.25825789", has(t, s.Balance(shop), "USDT"))
	require.Equal(t, "500", has(t, s.Balance(shop), "TON"))

	mustPay(t, s, mustBill(t, s, `{"asset":"TON","amount":"100","swap_to":"SOL"}`), "")
	require.Contains(t, call(t, s, shop, "getInvoices", `{"invoice_ids":2}`).raw, `"swap_to":"SOL","is_swapped":false,"created_at"`)
	require.Equal(t, "597", has(t, s.Balance(shop), "TON"))
}

func TestListenersAreNotifiedOfEveryChange(t *testing.T) {
	s := New(Config{})
	heard := 0
	s.OnChange(func() { heard++; s.Apps() /* no lock is held */ })
	steps := []func(){
		func() { call(t, s, shop, "getMe", "") },
		func() { mustBill(t, s, `{"asset":"USDT","amount":"1"}`) },
		func() { mustPay(t, s, s.Invoices(shop)[0], "") },
		func() { s.SetWebhook(shop, "http://a.b") },
		func() { s.SetFaults(Faults{LoseWebhooks: true}) },
		func() { require.NoError(t, s.Resend("1")) },
		func() { s.SetStarted(alice, false) },
		func() { s.SetBalance(shop, mustAmount(t, "1", "USDT")) },
	}
	for i, step := range steps {
		step()
		require.Equal(t, i+1, heard, "step %d", i)
	}
	call(t, s, shop, "getBalance", "")
	call(t, s, shop, "createInvoice", "{}")
	require.Len(t, steps, heard, "reads and refusals change nothing")
}
