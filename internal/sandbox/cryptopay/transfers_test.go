package cryptopay

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"shopbot/internal/money"
)

func TestTransferMatchesTheCapturedAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Config{})
		const common = `"user_id":1001,"asset":"USDT","amount":"5.5","status":"completed","completed_at":"2000-01-01T00:00:00.000Z","comment":"sorry"}`
		a := call(t, s, shop, "transfer", `{"user_id":"1001","asset":"USDT","amount":5.50,"spend_id":"refund-1","comment":"sorry","disable_send_notification":"True"}`)
		requireBytes(t, `{"ok":true,"result":{"transfer_id":1,`+common+`}`, a.raw, "without the spend_id")
		a = call(t, s, shop, "getTransfers", `{"spend_id":"refund-1"}`)
		requireBytes(t, `{"ok":true,"result":{"items":[{"transfer_id":1,"spend_id":"refund-1",`+common+`]}}`, a.raw)
		requireBytes(t, `{"ok":true,"result":{"items":[]}}`, call(t, s, shop, "getTransfers", `{"spend_id":"refund-2"}`).raw)

		require.Equal(t, "994.5", has(t, s.Balance(shop), "USDT"))
		require.Equal(t, "1005.5", has(t, s.Wallet(alice), "USDT"))
		require.True(t, s.Transfers(shop)[0].Silent)
	})
}

func TestUsedSpendIDIsTheFirstError(t *testing.T) {
	s := New(Config{})
	const gift = `{"user_id":1001,"asset":"USDT","amount":"5","spend_id":"refund-1","comment":"hi"}`
	mustCall(t, s, shop, "transfer", gift, nil)
	s.SetBalance(shop, mustAmount(t, "0", "USDT"))
	s.SetStarted(alice, false)
	s.SetCommentsEnabled(shop, false)
	a := call(t, s, shop, "transfer", gift)
	require.Equal(t, 400, a.status)
	require.Equal(t, "SPEND_ID_ALREADY_USED", a.Error.Name)
	mustCall(t, s, rival, "getMe", "", nil)
	require.Equal(t, "USER_NOT_FOUND", call(t, s, rival, "transfer", gift).Error.Name, "another app may use the same id")
}

// In any sequence of repeated and refused transfers, a spend_id pays at most once, a refused one
// may be tried again, and no coin is created or lost.
func TestASpendIDPaysAtMostOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := New(Config{})
		paid := map[string]bool{}
		for range rapid.IntRange(1, 30).Draw(rt, "calls") {
			id := rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(rt, "spend_id")
			user := rapid.SampledFrom([]int64{alice, bob}).Draw(rt, "user")
			amount := rapid.SampledFrom([]string{"0.5", "1", "400.25", "700", "30000"}).Draw(rt, "amount")
			s.SetStarted(bob, rapid.Bool().Draw(rt, "started"))
			a := call(t, s, shop, "transfer", fmt.Sprintf(`{"user_id":%d,"asset":"USDT","amount":%q,"spend_id":%q}`, user, amount, id))
			if paid[id] {
				require.Equal(rt, "SPEND_ID_ALREADY_USED", a.Error.Name)
				continue
			}
			require.NotEqual(rt, "SPEND_ID_ALREADY_USED", a.Error.Name)
			paid[id] = a.OK
		}
		seen := map[string]bool{}
		for _, transfer := range s.Transfers(shop) {
			require.False(rt, seen[transfer.SpendID])
			require.True(rt, paid[transfer.SpendID])
			seen[transfer.SpendID] = true
		}
		require.Equal(rt, "3000", total(t, s).Decimal())
	})
}

// total is all USDT of the shop and its two customers.
func total(t *testing.T, s *Service) money.Amount {
	t.Helper()
	sum := money.Zero("USDT")
	for _, amounts := range [][]money.Amount{s.Balance(shop), s.Wallet(alice), s.Wallet(bob)} {
		var err error
		sum, err = sum.Add(amounts[0])
		require.NoError(t, err)
	}
	return sum
}

func TestCheckHoldsCoinsUntilItIsActivatedOrDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Config{Rand: zeros{}})
		a := call(t, s, shop, "createCheck", `{"asset":"USDT","amount":"10.0","pin_to_user_id":1001}`)
		hash := s.Checks(shop)[0].Hash
		require.Regexp(t, `^CQ[A-Za-z0-9]{10}$`, hash)
		requireBytes(t, `{"ok":true,"result":{"check_id":1,"hash":"`+hash+`","asset":"USDT","amount":"10","bot_check_url":"https://t.me/CryptoBot?start=`+hash+`","status":"active","created_at":"2000-01-01T00:00:00.000Z","pin_to_user":{"pin_by":"id","user_id":1001}}}`, a.raw)
		require.Contains(t, call(t, s, shop, "getBalance", "").raw, `{"currency_code":"USDT","available":"990","onhold":"10"}`)

		_, err := s.ActivateCheck(hash, bob, "bob")
		require.ErrorIs(t, err, ErrPinned)
		_, err = s.ActivateCheck("https://t.me/CryptoBot?start="+hash, alice, "")
		require.NoError(t, err)
		_, err = s.ActivateCheck(hash, alice, "")
		require.ErrorIs(t, err, ErrActivated)
		require.Equal(t, "1010", has(t, s.Wallet(alice), "USDT"))
		require.Equal(t, "CHECK_NOT_FOUND", call(t, s, shop, "deleteCheck", `{"check_id":1}`).Error.Name)
		require.Contains(t, call(t, s, shop, "getChecks", `{"status":"activated"}`).raw, `"activated_at":"2000-01-01T00:00:00.000Z"`)

		mustCall(t, s, shop, "createCheck", `{"asset":"USDT","amount":"90","pin_to_username":"@Bob"}`, nil)
		_, err = s.ActivateCheck("2", alice, "alice")
		require.ErrorIs(t, err, ErrPinned)
		require.Equal(t, "CHECK_NOT_FOUND", call(t, s, rival, "deleteCheck", `{"check_id":2}`).Error.Name)
		mustCall(t, s, shop, "deleteCheck", `{"check_id":"2"}`, nil)
		_, err = s.ActivateCheck("2", bob, "bob")
		require.ErrorIs(t, err, ErrNotFound)
		require.Contains(t, call(t, s, shop, "getBalance", "").raw, `{"currency_code":"USDT","available":"990","onhold":"0"}`)
	})
}

func TestChecksAreFilteredByAssetAndStatus(t *testing.T) {
	s := New(Config{})
	mustCall(t, s, shop, "createCheck", `{"asset":"USDT","amount":"1","pin_to_username":"bob"}`, nil)
	mustCall(t, s, shop, "createCheck", `{"asset":"TON","amount":"1"}`, nil)
	_, err := s.ActivateCheck("1", bob, "BOB")
	require.NoError(t, err)
	for body, want := range map[string]int{
		`{"asset":"USDT,TON"}`: 2, `{"asset":"TON"}`: 1, `{"status":"active"}`: 1, `{"check_ids":"1,9"}`: 1, `{"count":1}`: 1,
	} {
		var got list[checkObject]
		mustCall(t, s, shop, "getChecks", body, &got)
		require.Len(t, got.Items, want, body)
	}
}

func TestBalanceMayHoldAssetsOutsideTheNetworksList(t *testing.T) {
	s := New(Config{})
	for _, code := range []money.Currency{"SOL", "DOGE"} {
		s.SetBalance(shop, mustAmount(t, "3", code))
	}
	s.SetBalance(shop, money.Amount{})
	s.SetBalance(shop, minus(mustAmount(t, "1", "TON"), mustAmount(t, "2", "TON")))
	balance := s.Balance(shop)
	require.Equal(t, []string{"3 DOGE", "3 SOL"}, []string{balance[8].String(), balance[9].String()})
	require.Equal(t, "500", has(t, balance, "TON"))
}
