package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/app"
	"shopbot/internal/config"
	"shopbot/internal/e2e/testenv"
	"shopbot/internal/machine"
	"shopbot/internal/ops"
	"shopbot/internal/sandbox"
	"shopbot/internal/shop"
	"shopbot/internal/status"
	"shopbot/internal/storage/dbtest"
)

// checkedShop is a shop with a sandbox, for check.
func checkedShop(t *testing.T) (environ []string, dir string) {
	t.Helper()
	world := sandbox.New(sandbox.Options{})
	t.Cleanup(world.Close)
	server := httptest.NewServer(world.Handler())
	t.Cleanup(server.Close)
	environ, dir = shopEnviron(t)
	return append(environ, "SHOPBOT_TELEGRAM_API_URL="+server.URL+"/telegram", "SHOPBOT_CRYPTOPAY_API_URL="+server.URL+"/cryptopay"), dir
}

// callTelegram calls a method of the sandbox's Bot API past the shop.
func callTelegram(t *testing.T, environ []string, method, body string) {
	t.Helper()
	i := slices.IndexFunc(environ, func(pair string) bool { return strings.HasPrefix(pair, "SHOPBOT_TELEGRAM_API_URL=") })
	_, at, _ := strings.Cut(environ[i], "=")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, at+"/bot"+testenv.BotToken+"/"+method, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusOK, resp.StatusCode)
}

// The running shop asks for messages and gets none: somebody else's program has them.
func TestCheckOfARunningShopTellsOfASecondProgramWithItsToken(t *testing.T) {
	environ, dir := checkedShop(t)
	cfg, err := config.Load(environ, "")
	require.NoError(t, err)
	db := dbtest.Open(t, filepath.Join(dir, "shop.db"))
	log := app.NewLogger(t.Output(), cfg)
	openShop(t, cfg, ops.Server{
		Operator: ops.ClosedShop{DB: db, Catalog: cfg.CatalogFile(), Log: log}, Reconciler: shop.New(db, nil, nil, shop.Config{Log: log}),
		Owners: func() []int64 { return nil },
		Status: func(context.Context) status.Status {
			return status.Status{
				Alarms: []status.Alarm{{ID: "backup", Cause: "failed", Detail: "no room"}},
				Sleep:  machine.Sleep{Last: time.Now(), Minutes: 90},
			}
		},
	})
	c := command{environ: environ}
	out, _, code := c.run(t, "check")
	require.Equal(t, exitFailed, code, out)
	require.Regexp(t, `(?m)^fail  alarm          backup: failed: no room, since`, out)
	require.Regexp(t, `(?m)^warn  machine        .*slept for 90 min`, out)
	require.NotRegexp(t, `(?m)^fail  telegram`, out)
	callTelegram(t, environ, "setWebhook", `{"url":"https://other.example.com/secret"}`)
	out, _, code = c.run(t, "check")
	require.Equal(t, exitFailed, code)
	require.Regexp(t, `(?m)^fail  telegram       .*to other\.example\.com and not to this shop`, out)
	require.NotContains(t, out, "/secret")

	c.environ = append(c.environ, "SHOPBOT_PUBLIC_URL=https://shop.example.com")
	callTelegram(t, environ, "deleteWebhook", `{}`)
	out, _, _ = c.run(t, "check")
	require.Regexp(t, `(?m)^fail  telegram       it calls the shop no more`, out)
}

func without(environ []string, variable string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(pair string) bool { return strings.HasPrefix(pair, variable+"=") })
}

func TestAMissingTokenDoesNotStopTheOtherChecks(t *testing.T) {
	environ, _ := checkedShop(t)
	out, stderr, code := command{environ: without(environ, "SHOPBOT_CRYPTOPAY_TOKEN")}.run(t, "check")
	require.Equal(t, exitFailed, code, out)
	require.Regexp(t, `(?m)^fail  configuration  SHOPBOT_CRYPTOPAY_TOKEN: required`, out)
	require.Regexp(t, `(?m)^ok    catalog`, out, "what is missing is told once")
	require.Regexp(t, `(?m)^ok    telegram`, out)
	require.NotContains(t, out, "Stars alone\n")
	require.Contains(t, stderr, "1 of ")

	out, _, code = command{environ: without(environ, "SHOPBOT_TELEGRAM_TOKEN")}.run(t, "check")
	require.Equal(t, exitFailed, code, out)
	require.Regexp(t, `(?m)^fail  configuration  SHOPBOT_TELEGRAM_TOKEN: required`, out)
	require.Regexp(t, `(?m)^ok    crypto pay`, out)
	require.Regexp(t, `(?m)^ok    transfers`, out)

	out, _, code = command{environ: append(without(environ, "SHOPBOT_DATABASE"), "SHOPBOT_DATABASE=dir/")}.run(t, "check", "--offline")
	require.Equal(t, exitFailed, code, out)
	require.Regexp(t, `(?m)^fail  configuration  SHOPBOT_DATABASE: .* is a directory`, out)
	require.NotRegexp(t, `(?m)^\w+ +(database|disk)`, out, "nobody knows which")
	require.Regexp(t, `(?m)^ok    catalog`, out)
}

func TestCheckWritesJSONForPrograms(t *testing.T) {
	environ, dir := checkedShop(t)
	require.NoError(t, os.Chmod(filepath.Join(dir, "catalog.yaml"), 0o666)) //nolint:gosec // the fault that is to be found
	out, stderr, code := command{environ: append(environ, "SHOPBOT_INVOICE_TTL=soon")}.run(t, "check", "--json")
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "checks failed")
	var report struct {
		Running  bool
		Failed   int
		Warned   int
		Findings []struct{ Level, Subject, Name, Text string }
	}
	require.NoError(t, json.Unmarshal([]byte(out), &report), out)
	require.False(t, report.Running)
	require.Equal(t, 1, report.Failed)
	find := func(subject, level string) (name, text string) {
		for _, f := range report.Findings {
			if f.Subject == subject && f.Level == level {
				return f.Name, f.Text
			}
		}
		require.Fail(t, "no such finding", "%s %s in %s", level, subject, out)
		return "", ""
	}
	_, text := find("configuration", "fail")
	require.Contains(t, text, "SHOPBOT_INVOICE_TTL")
	name, text := find("files", "warn")
	require.Equal(t, "file_changeable", name)
	require.Contains(t, text, "chmod o-w ")
	name, _ = find("owners", "warn")
	require.Equal(t, "owner_away", name)
	require.NotContains(t, out, testenv.AppToken)

	out, _, code = command{}.run(t, "check", "--json")
	require.Equal(t, exitFailed, code)
	require.NoError(t, json.Unmarshal([]byte(out), &report), out)
	require.NotEmpty(t, report.Findings)
	_, _, code = command{}.run(t, "check", "--json", "--database")
	require.Equal(t, exitUsage, code)
}
