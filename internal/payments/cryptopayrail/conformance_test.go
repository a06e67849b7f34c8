package cryptopayrail_test

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/money"
	"shopbot/internal/payments/cryptopayrail"
	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/shop"
	"shopbot/internal/shop/railtest"
)

var (
	_ shop.Rail  = (*cryptopayrail.Rail)(nil)
	_ shop.Rates = (*cryptopayrail.Rail)(nil)
)

// inProcess hands requests to a handler without a network.
type inProcess struct{ http.Handler }

func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w.Result(), nil
}

const buyer = int64(1001)

// testShop is a rail on a sandbox of its own, in which the buyer has a wallet.
type testShop struct {
	*cryptopayrail.Rail
	api *cryptopay.Service
}

func newTestShop(t *testing.T) testShop {
	t.Helper()
	api := cryptopay.New(cryptopay.Config{})
	t.Cleanup(api.Close)
	api.SetTransfersEnabled(testToken, true)
	api.SetBalance(testToken, amount(t, "100", "USDT"))
	api.SetStarted(buyer, true)
	return testShop{newRail(t, inProcess{api}), api}
}

func (s testShop) order(t *testing.T, total money.Amount) (shop.Order, shop.Invoice) {
	t.Helper()
	o := shop.Order{ID: testOrder, Total: total, Rail: s.ID(), Lines: []shop.Line{line("VPN", 1), line("Card", 2)}}
	in, err := s.CreateInvoice(t.Context(), o, time.Hour)
	require.NoError(t, err)
	require.NotEmpty(t, in.ID)
	require.NotEmpty(t, in.URL)
	return o, in
}

func (s testShop) pay(t *testing.T, in shop.Invoice) {
	t.Helper()
	_, err := s.api.Pay(in.URL, buyer, "USDT")
	require.NoError(t, err)
}

func TestCryptoPayIsARail(t *testing.T) {
	railtest.Test(t, func(t *testing.T) railtest.Subject {
		t.Helper()
		s := newTestShop(t)
		return railtest.Subject{
			Rail: s.Rail, Buyer: buyer, Price: amount(t, "2.5", "USDT"),
			Pay: func(t *testing.T, _ shop.Order, in shop.Invoice) shop.Payment {
				t.Helper()
				s.pay(t, in)
				found, err := s.LookUp(t.Context(), []string{in.ID})
				require.NoError(t, err)
				return found[0].Payment
			},
			Break: func() { s.api.FailNext("", 100, cryptopay.Failure{Status: http.StatusBadGateway}) },
		}
	})
}

// TestTheRailCanDoWhatItSays runs what stands behind each of its Abilities.
func TestTheRailCanDoWhatItSays(t *testing.T) {
	for name, c := range map[string]struct {
		can  func(shop.Abilities) bool
		does func(*testing.T, testShop)
	}{
		"look up": {func(a shop.Abilities) bool { return a.LookUp }, looksUp},
		"close":   {func(a shop.Abilities) bool { return a.Close }, closes},
		"refund":  {func(a shop.Abilities) bool { return a.Refund }, refunds},
		"check":   {func(a shop.Abilities) bool { return a.Check }, givesChecks},
	} {
		t.Run(name, func(t *testing.T) {
			s := newTestShop(t)
			require.Equal(t, shop.CryptoPay, s.ID())
			require.True(t, c.can(s.Can()))
			c.does(t, s)
		})
	}
}

func looksUp(t *testing.T, s testShop) {
	t.Helper()
	o, in := s.order(t, amount(t, "2.5", "USDT"))
	for _, look := range []func() ([]shop.RemoteInvoice, error){
		func() ([]shop.RemoteInvoice, error) { return s.LookUp(t.Context(), []string{in.ID, "999999"}) },
		func() ([]shop.RemoteInvoice, error) { return s.FindInvoices(t.Context(), o.ID, time.Now()) },
	} {
		found, err := look()
		require.NoError(t, err)
		require.Len(t, found, 1, "those that the service does not know are missing")
		require.Equal(t, in, found[0].Invoice)
		require.Equal(t, o.ID, found[0].Order)
		require.Equal(t, shop.InvoiceOpen, found[0].Status)
	}
	s.pay(t, in)
	found, err := s.FindInvoices(t.Context(), o.ID, time.Now())
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Equal(t, shop.InvoicePaid, found[0].Status)
	require.Equal(t, s.ID(), found[0].Payment.Rail)
	require.Equal(t, in.ID, found[0].Payment.Invoice)
	require.True(t, found[0].Payment.Amount.Equal(o.Total))
	require.True(t, found[0].Payment.Price.Equal(o.Total))
	require.Positive(t, found[0].Payment.Fee.Sign())
	none, err := s.FindInvoices(t.Context(), "111111111111111", time.Now())
	require.NoError(t, err)
	require.Empty(t, none)
}

func closes(t *testing.T, s testShop) {
	t.Helper()
	_, in := s.order(t, amount(t, "5", "EUR"))
	for range 2 {
		require.NoError(t, s.CloseInvoice(t.Context(), in.ID), "closing a closed invoice is not an error")
	}
	_, err := s.api.Pay(in.URL, buyer, "USDT")
	require.Error(t, err)
	found, err := s.LookUp(t.Context(), []string{in.ID})
	require.NoError(t, err)
	require.Empty(t, found)
}

func refunds(t *testing.T, s testShop) {
	t.Helper()
	r := shop.Refund{ID: "refund-1", Amount: amount(t, "1.5", "USDT")}
	first, err := s.Refund(t.Context(), of(buyer), r)
	require.NoError(t, err)
	again, err := s.Refund(t.Context(), of(buyer), r)
	require.NoError(t, err)
	require.Equal(t, first, again, "its id makes it repeatable")
	require.Len(t, s.api.Transfers(testToken), 1)

	s.api.SetStarted(buyer+1, false)
	_, err = s.Refund(t.Context(), of(buyer+1), shop.Refund{ID: "refund-2", Amount: r.Amount})
	var no *shop.RefusedError
	require.ErrorAs(t, err, &no)
	require.Equal(t, "USER_NOT_FOUND", no.Name)
}

func givesChecks(t *testing.T, s testShop) {
	t.Helper()
	coins, ctx, began := amount(t, "0.5", "USDT"), t.Context(), time.Now()
	given, err := s.GiveCheck(ctx, shop.Order{Buyer: shop.Buyer{ID: buyer}}, coins)
	require.NoError(t, err)
	require.True(t, shop.ValidLink(given.Link), given.Link)
	want := given
	require.Equal(t, shop.Check{ID: given.ID, Link: given.Link, User: buyer, Amount: coins}, want)
	for listed, err := range s.Ledger().Checks(ctx, began) {
		require.NoError(t, err)
		require.Equal(t, given, listed)
	}
	_, err = s.api.ActivateCheck(given.Link, buyer+1, "")
	require.Error(t, err, "for the buyer alone")
	_, err = s.api.ActivateCheck(given.Link, buyer, "")
	require.NoError(t, err)
	again, err := s.Ledger().ChecksByID(ctx, []string{given.ID, "999"})
	require.NoError(t, err)
	require.Len(t, again, 1)
	require.False(t, again[0].Opened.IsZero())
	_, err = s.Ledger().ChecksByID(ctx, []string{"tg-1"})
	require.ErrorContains(t, err, `check id "tg-1"`)

	can := s.Can()
	require.Equal(t, "1 USD, 25000 USD, 0.01 USD", fmt.Sprint(can.LeastTransfer, ", ", can.MostTransfer, ", ", can.LeastCheck))
	_, err = s.GiveCheck(ctx, shop.Order{Buyer: shop.Buyer{ID: buyer}}, amount(t, "0.001", "USDT"))
	var no *shop.RefusedError
	require.ErrorAs(t, err, &no)
	require.Equal(t, "AMOUNT_TOO_SMALL", no.Name)
}

func TestTheLedgerShowsWhatTheRailDid(t *testing.T) {
	s, ctx := newTestShop(t), t.Context()
	began := time.Now()
	_, paid := s.order(t, amount(t, "2.5", "USDT"))
	_, open := s.order(t, amount(t, "2.5", "USDT"))
	s.pay(t, paid)
	transfer, err := s.Refund(ctx, of(buyer), shop.Refund{ID: "refund-1", Amount: amount(t, "1.5", "USDT")})
	require.NoError(t, err)

	l := s.Ledger()
	require.Equal(t, []string{paid.ID}, idsOf(t, l.PaidInvoices, began))
	require.Equal(t, []string{open.ID}, idsOf(t, l.OpenInvoices, began))
	both, err := l.Invoices(ctx, []string{paid.ID, open.ID})
	require.NoError(t, err)
	require.Len(t, both, 2)
	for sent, err := range l.Transfers(ctx, began) {
		require.NoError(t, err)
		require.Equal(t, shop.Transfer{ID: transfer, SpendID: "refund-1", User: buyer, Amount: amount(t, "1.5", "USDT")}, sent)
	}
	byID, err := l.TransfersByID(ctx, []string{transfer})
	require.NoError(t, err)
	require.Len(t, byID, 1)
	require.NoError(t, l.CloseInvoice(ctx, open.ID))
	require.Empty(t, idsOf(t, l.OpenInvoices, began))
	balances, err := l.Balances(ctx)
	require.NoError(t, err)
	require.True(t, slices.ContainsFunc(balances, s.api.Balance(testToken)[0].Equal), "%v", balances)
}

func idsOf(t *testing.T, list func(context.Context, time.Time) iter.Seq2[shop.RemoteInvoice, error], since time.Time) (ids []string) {
	t.Helper()
	for in, err := range list(t.Context(), since) {
		require.NoError(t, err)
		ids = append(ids, in.Invoice.ID)
	}
	return ids
}

func TestTheRailKnowsRatesOnceItHasAsked(t *testing.T) {
	api := cryptopay.New(cryptopay.Config{})
	defer api.Close()
	client := newClient(t, inProcess{api})
	rail := cryptopayrail.New(client, nil)
	_, known := rail.Rate("TON", "USD")
	require.False(t, known)
	_, err := client.Rates(t.Context())
	require.NoError(t, err)
	rate, known := rail.Rate("TON", "USD")
	require.True(t, known)
	worth, err := rate.Convert(amount(t, "1", "TON"), 2)
	require.NoError(t, err)
	require.Positive(t, worth.Sign())
}

// TestACheckThatMayBeGivenIsNotRefused checks that an outage is never taken for a refusal.
func TestACheckThatMayBeGivenIsNotRefused(t *testing.T) {
	s := newTestShop(t)
	s.api.FailNext("", 100, cryptopay.Failure{Status: http.StatusBadGateway})
	_, err := s.GiveCheck(t.Context(), shop.Order{Buyer: shop.Buyer{ID: buyer}}, amount(t, "1.5", "USDT"))
	require.Error(t, err)
	var no *shop.RefusedError
	require.NotErrorAs(t, err, &no)
}
