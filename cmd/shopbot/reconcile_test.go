package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/config"
	"shopbot/internal/e2e/testenv"
	"shopbot/internal/ops"
	"shopbot/internal/sandbox"
	"shopbot/internal/shop"
	"shopbot/internal/storage/dbtest"
)

// reconcile runs the command beside a stopped shop.
func reconcile(t *testing.T, env *testenv.Env, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	stdout, stderr, code = commandIn(env).run(t, append([]string{"reconcile"}, args...)...)
	for _, secret := range []string{testenv.BotToken, testenv.AppToken} {
		require.NotContains(t, stdout+stderr, secret)
	}
	return stdout, stderr, code
}

// sellKey has Alice buy one key, and returns the order's number.
func sellKey(env *testenv.Env) string {
	env.T.Helper()
	env.Say(sandbox.Alice, "/buy vpn")
	return env.Pay(sandbox.Alice).Payload
}

// refund has the owner send back all that an order was paid.
func refund(env *testenv.Env, order string) {
	env.T.Helper()
	env.Say(sandbox.Olga, "/refund "+order)
	env.Tap(sandbox.Olga, "Yes, send")
}

func TestReconcileOfBooksThatAgreeHasNothingToReport(t *testing.T) {
	testenv.Run(t, func(t *testing.T, env *testenv.Env) {
		refund(env, sellKey(env))
		sellKey(env)
		env.Say(sandbox.Boris, "/buy guide")
		time.Sleep(time.Hour) // until the order has expired
		env.Stop()
		out, stderr, code := reconcile(t, env)
		require.Equal(t, exitDone, code, stderr)
		require.Contains(t, out, "Compared 3 orders, 2 invoices and 1 transfer; nothing is left to do.")
		require.Regexp(t, `(?m)^info    balance           \S+ USDT is there; the orders of all time brought 4.699\d* USDT`, out)
		env.Start()
	})
}

func TestCheckWarnsThatWebhooksHaveStoppedComing(t *testing.T) {
	testenv.Run(t, func(t *testing.T, env *testenv.Env) {
		sellKey(env)
		time.Sleep(5 * time.Minute)
		env.CryptoPay().SetWebhook(testenv.AppToken, "")
		sellKey(env)
		time.Sleep(5 * time.Minute)
		env.Stop()
		out, stderr, code := command{environ: env.Environ}.run(t, "check", "--offline")
		require.Equal(t, exitDone, code, out+stderr)
		require.Regexp(t, `(?m)^warn  webhook        none has come since 2000-01-01T00:\S+Z, and payments`, out)
		env.Start()
	})
}

func TestAPaymentThatWasMissedIsTakenInByTheCommand(t *testing.T) {
	testenv.Run(t, func(t *testing.T, env *testenv.Env) {
		env.Say(sandbox.Alice, "/buy vpn")
		bill := env.PayLink(sandbox.Alice)
		env.Stop()
		env.CryptoPay().SetWebhook(testenv.AppToken, "")
		in, err := env.CryptoPay().Pay(bill, sandbox.Alice, "USDT")
		require.NoError(t, err)
		time.Sleep(10 * time.Minute)

		out, stderr, code := reconcile(t, env, "--since", "24h")
		require.Equal(t, exitDone, code, stderr)
		require.Contains(t, out, "mended  paid_there        Order "+in.Payload+": Crypto Pay has 4.99")
		out, _, _ = reconcile(t, env)
		require.NotContains(t, out, "paid_there")
		env.Start()
		env.Settle()
		require.Equal(t, []string{"KEY-01"}, env.KeysOf(sandbox.Alice))
	})
}

func TestAfterAnOldBackupEverythingThatItLacksIsNamed(t *testing.T) {
	testenv.Run(t, func(t *testing.T, env *testenv.Env) {
		env.Stop()
		file := filepath.Join(env.Dir, "shop.db")
		old, err := os.ReadFile(file)
		require.NoError(t, err)
		env.Start()
		order := sellKey(env)
		refund(env, order)
		env.Say(sandbox.Boris, "/buy guide")
		env.Stop()
		require.NoError(t, os.WriteFile(file, old, 0o600)) //nolint:gosec // in the test's own directory

		out, stderr, code := reconcile(t, env)
		require.Equal(t, exitFailed, code)
		require.Equal(t, "shopbot: 3 differences to be settled by a person\n", stderr)
		require.Regexp(t, `(?m)^open    no_order_paid     Invoice \d+ is paid \(4.99\d+ USDT\) for order `+order, out)
		require.Regexp(t, `(?m)^open    no_order_open     Invoice \d+ can be paid`, out)
		require.Regexp(t, `(?m)^open    transfer_stray    Transfer \d+ sent 4.99\d+ USDT as refund refund-`+order, out)
		require.Equal(t, 4, strings.Count(out, "\n"), out)
		env.Start()
	})
}

func TestWithAnotherAppsTokenNothingThatWasPaidIsThere(t *testing.T) {
	testenv.Run(t, func(t *testing.T, env *testenv.Env) {
		refund(env, sellKey(env))
		env.Stop()
		env.Setenv("CRYPTOPAY_TOKEN", "2001:TestCryptoPayTokenTestCryptoPayToken")
		out, stderr, code := reconcile(t, env)
		require.Equal(t, exitFailed, code, stderr)
		require.Regexp(t, `(?m)^open    paid_here `, out)
		require.Regexp(t, `(?m)^open    refund_missing `, out)
		env.Setenv("CRYPTOPAY_TOKEN", testenv.AppToken)
		env.Start()
	})
}

func TestTheCommandAsksTheRunningShop(t *testing.T) {
	environ, dir := shopEnviron(t)
	db := dbtest.Open(t, filepath.Join(dir, "shop.db"))
	dbtest.Checkout(t, db, 2)
	c := command{environ: environ}
	_, stderr, code := c.run(t, "reconcile", "--since", "soon")
	require.Equal(t, exitUsage, code)
	require.Contains(t, stderr, "--since")

	cfg, err := config.Load(environ, "")
	require.NoError(t, err)
	asked := &askedBooks{}
	openShop(t, cfg, ops.Server{Operator: ops.ClosedShop{DB: db}, Reconciler: asked})
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
	require.Equal(t, "shopbot: another reconciliation is under way\n", stderr)
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
		Differences: []shop.Difference{{Kind: shop.PaidHere, Order: "1P8M2QX7KD93HWA", Invoice: "7"}}, More: 7, Unasked: "METHOD_DISABLED",
	}, a.err
}

func (*askedBooks) Webhooks(context.Context) (shop.Webhooks, error) {
	return shop.Webhooks{Last: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}, nil
}
