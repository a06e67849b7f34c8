package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/app"
	"shopbot/internal/config"
	"shopbot/internal/ops"
	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/shop"
)

// reconcile runs the command beside a closed shop.
func (w *town) reconcile(args ...string) (stdout, stderr string, code int) {
	w.t.Helper()
	var out, trouble strings.Builder
	code = execute(w.t.Context(), append([]string{"reconcile"}, args...), &console{
		environ: w.env, stdin: strings.NewReader(""), stdout: &out, stderr: &trouble, sys: app.System{Transport: w.net.Transport()},
	})
	for _, secret := range []string{botToken, appToken} {
		require.NotContains(w.t, out.String()+trouble.String(), secret)
	}
	return out.String(), trouble.String(), code
}

// askOps asks a shop's ops listener, as the command beside a running shop does.
func (w *town) askOps(method, path string) string {
	w.t.Helper()
	cfg, err := config.Load(w.env, "")
	require.NoError(w.t, err)
	r, err := http.NewRequestWithContext(w.t.Context(), method, "http://127.0.0.1:9090"+path, nil)
	require.NoError(w.t, err)
	r.Header.Set("Authorization", ops.Bearer(cfg.OpsKey()))
	resp, err := (&http.Client{Transport: w.net.Transport()}).Do(r)
	require.NoError(w.t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(w.t, err)
	require.NoError(w.t, resp.Body.Close())
	require.Equal(w.t, http.StatusOK, resp.StatusCode, string(body))
	return string(body)
}

// invoiceFor makes an invoice with a payload of its own, as an answer that was lost leaves one.
func (w *town) invoiceFor(payload, amount string) cryptopay.Invoice {
	w.t.Helper()
	before := len(w.CryptoPay().Invoices(appToken))
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, "http://sandbox.test/cryptopay/api/createInvoice",
		strings.NewReader(`{"currency_type":"fiat","fiat":"USD","amount":"`+amount+`","payload":"`+payload+`"}`))
	require.NoError(w.t, err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Crypto-Pay-API-Token", appToken)
	resp, err := (&http.Client{Transport: w.net.Transport()}).Do(r)
	require.NoError(w.t, err)
	require.NoError(w.t, resp.Body.Close())
	all := w.CryptoPay().Invoices(appToken)
	require.Len(w.t, all, before+1)
	return all[len(all)-1]
}

// refund has the owner send back all that an order was paid.
func (w *town) refund(order string) {
	w.t.Helper()
	w.say(olga, "/refund "+order)
	w.tap(olga, "Yes, send")
}

// tillMorning lets the next night pass, in which the books are compared.
func (w *town) tillMorning() {
	now := time.Now()
	morning := time.Date(now.Year(), now.Month(), now.Day(), 3, 0, 0, 0, now.Location())
	if !morning.After(now) {
		morning = morning.AddDate(0, 0, 1)
	}
	time.Sleep(morning.Sub(now) + 2*time.Hour + time.Minute)
	synctest.Wait()
}

const nightWords = "The books do not agree"

func TestBooksThatAgreeAreNoNews(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.refund(w.sold())
		w.sold()
		w.say(boris, "/buy guide")
		w.tillMorning()
		require.Zero(t, w.heard(olga, nightWords))
		require.Equal(t, 1, strings.Count(w.log.String(), "books compared"))

		body := w.askOps(http.MethodPost, "/ops/reconcile")
		require.Contains(t, body, `"orders":3`)
		require.Contains(t, body, `"differences":null`)
		w.close()
		out, stderr, code := w.reconcile()
		require.Equal(t, exitDone, code, stderr)
		require.Contains(t, out, "Compared 3 orders, 2 invoices and 1 transfer; nothing is left to do.")
		require.Regexp(t, `(?m)^info    balance           \S+ USDT is there; the orders of all time brought 4.699\d* USDT`, out)
		w.open()
	})
}

func TestAPaymentThatWasMissedIsTakenInByTheCommand(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.say(alice, "/buy vpn")
		bill := w.bill(alice)
		w.close()
		w.CryptoPay().SetWebhook(appToken, "")
		in, err := w.CryptoPay().Pay(bill, alice, "USDT")
		require.NoError(t, err)
		time.Sleep(10 * time.Minute)

		out, stderr, code := w.reconcile("--since", "24h")
		require.Equal(t, exitDone, code, stderr)
		require.Contains(t, out, "mended  paid_there        Order "+orderOf(in)+": Crypto Pay has 4.99")
		out, _, _ = w.reconcile()
		require.NotContains(t, out, "paid_there")
		w.open()
		w.settle()
		require.Equal(t, []string{"KEY-01"}, w.keysOf(alice))
	})
}

func TestAfterAnOldBackupEverythingThatItLacksIsNamed(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.close()
		file := filepath.Join(w.dir, "shop.db")
		old, err := os.ReadFile(file)
		require.NoError(t, err)
		w.open()
		order := w.sold()
		w.refund(order)
		w.say(boris, "/buy guide")
		w.close()
		require.NoError(t, os.WriteFile(file, old, 0o600)) //nolint:gosec // in the test's own directory

		out, stderr, code := w.reconcile()
		require.Equal(t, exitFailed, code)
		require.Equal(t, "shopbot: 3 differences to be settled by a person\n", stderr)
		require.Regexp(t, `(?m)^open    no_order_paid     Invoice \d+ is paid \(4.99\d+ USDT\) for order `+order, out)
		require.Regexp(t, `(?m)^open    no_order_open     Invoice \d+ can be paid`, out)
		require.Regexp(t, `(?m)^open    transfer_stray    Transfer \d+ sent 4.99\d+ USDT as refund refund-`+order, out)
		require.Equal(t, 4, strings.Count(out, "\n"), out)
		w.open()
	})
}

func TestWithAnotherAppsTokenNothingThatWasPaidIsThere(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.refund(w.sold())
		w.close()
		w.set("CRYPTOPAY_TOKEN", "2001:TestCryptoPayTokenTestCryptoPayToken")
		out, stderr, code := w.reconcile()
		require.Equal(t, exitFailed, code, stderr)
		require.Regexp(t, `(?m)^open    paid_here `, out)
		require.Regexp(t, `(?m)^open    refund_missing `, out)
		w.set("CRYPTOPAY_TOKEN", appToken)
		w.open()
	})
}

func TestTheNightTellsTheOwnerEachDifferenceOnce(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		order := w.sold()
		in := w.invoiceFor(order, "5.00")
		w.CryptoPay().SetFaults(cryptopay.Faults{LoseWebhooks: true})
		_, err := w.CryptoPay().Pay(in.Hash, boris, "USDT")
		require.NoError(t, err)
		w.settle()
		require.Zero(t, w.heard(olga, "was paid a second time"), "nobody has noticed")

		w.tillMorning()
		require.Equal(t, 1, w.heard(olga, "was paid a second time"), "the night has")
		require.Equal(t, 1, w.heard(olga, nightWords), w.transcript(olga))
		require.Equal(t, 1, w.heard(olga, "/order "+order), "with the remedy")
		require.Equal(t, 1, w.heard(alice, "was paid a second time"))

		w.close()
		w.open()
		w.tillMorning()
		require.Equal(t, 2, strings.Count(w.log.String(), "books compared"))
		require.Equal(t, 1, w.heard(olga, nightWords), "and not every night again")

		w.invoiceFor("1P8M2QX-7KD93HWA", "1")
		w.tillMorning()
		require.Equal(t, 2, w.heard(olga, nightWords), "what is new is told")
		require.Equal(t, 1, w.heard(olga, "/order "+order), "and what is old is not")
	})
}

func TestANightInWhichCryptoPayIsAwayIsMadeUpFor(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.invoiceFor("1P8M2QX-7KD93HWA", "1")
		w.CryptoPay().FailNext("", 1_000_000, cryptopay.Failure{Status: http.StatusBadGateway})
		w.tillMorning()
		require.Contains(t, w.log.String(), "books not compared")
		require.Zero(t, w.heard(olga, nightWords))
		w.CryptoPay().FailNext("", 0, cryptopay.Failure{})
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		require.Equal(t, 1, w.heard(olga, nightWords))
	})
}

func TestTheLastWebhookIsShownToWhoLooks(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		require.Equal(t, "ready\nlast payment webhook: none so far\n", w.askOps(http.MethodGet, "/readyz"))
		w.sell()
		require.Regexp(t, `^ready\nlast payment webhook: 2000-01-01T00:\d\d:\d\dZ\n$`, w.askOps(http.MethodGet, "/readyz"))
		w.CryptoPay().SetWebhook(appToken, "")
		w.sell()
		require.Contains(t, w.askOps(http.MethodGet, "/readyz"), ", and silence since\n")
		require.Contains(t, w.askOps(http.MethodGet, "/ops/webhooks"), `"last":"2000-01-01T00:`)

		w.close()
		var out strings.Builder
		code := execute(t.Context(), []string{"check", "--offline"}, &console{environ: w.env, stdout: &out, stderr: w.log})
		require.Equal(t, exitDone, code, out.String())
		require.Regexp(t, `(?m)^warn  webhook        none has come since 2000-01-01T00:\S+Z, and payments`, out.String())
		w.open()
	})
}

func TestTheCommandAsksTheRunningShop(t *testing.T) {
	environ, dir := shopEnviron(t)
	db := mustOpen(t, filepath.Join(dir, "shop.db"))
	mustCheckout(t, db, 2)
	c := command{environ: environ}
	_, stderr, code := c.run(t, "reconcile", "--since", "soon")
	require.Equal(t, exitUsage, code)
	require.Contains(t, stderr, "--since")

	cfg, err := config.Load(environ, "")
	require.NoError(t, err)
	asked := &askedBooks{}
	server := httptest.NewServer(ops.Server{Metrics: http.NotFoundHandler(), Operator: db, Reconciler: asked, Key: cfg.OpsKey()}.Handler())
	defer server.Close()
	c.environ = append([]string{"SHOPBOT_OPS_LISTEN=" + strings.TrimPrefix(server.URL, "http://")}, environ...)
	out, stderr, code := c.run(t, "reconcile", "--since", "2026-11-23")
	require.Equal(t, exitFailed, code)
	require.Equal(t, time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), asked.since.UTC())
	require.Contains(t, out, "open    paid_here ")
	require.Contains(t, out, "open    more              7 differences beyond")
	require.Contains(t, out, "open    transfers         Crypto Pay does not show them (METHOD_DISABLED)")
	require.Equal(t, "shopbot: 8 differences to be settled by a person\n", stderr)
	out, _, _ = c.run(t, "check", "--offline")
	require.Regexp(t, `(?m)^ok    webhook        the last one came at 2026-11-23T12:00:00Z$`, out)

	asked.err = shop.ErrReconciling
	_, stderr, code = c.run(t, "reconcile")
	require.Equal(t, exitFailed, code)
	require.Equal(t, "shopbot: another comparison is under way\n", stderr)
	require.True(t, asked.since.IsZero())
}

// askedBooks is a running shop's side of the command.
type askedBooks struct {
	since time.Time
	err   error
}

func (a *askedBooks) Reconcile(_ context.Context, since time.Time) (shop.Report, error) {
	a.since = since
	return shop.Report{
		Differences: []shop.Difference{{Kind: shop.PaidHere, Order: "1P8M2QX-7KD93HWA", Invoice: 7}}, More: 7, Unasked: "METHOD_DISABLED",
	}, a.err
}

func (*askedBooks) Webhooks(context.Context) (shop.Webhooks, error) {
	return shop.Webhooks{Last: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}, nil
}
