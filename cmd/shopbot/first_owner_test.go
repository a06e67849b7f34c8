package main

import (
	"context"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/sandbox"
)

func TestRunPrintsTheCodeForTheFirstOwnerOnStandardOutputAlone(t *testing.T) {
	world := sandbox.New(sandbox.Options{})
	defer world.Close()
	server := httptest.NewServer(world.Handler())
	defer server.Close()
	dir := t.TempDir()
	testenv.WriteShopFiles(t, dir)
	stdout, stderr := &testenv.LogBuffer{}, &testenv.LogBuffer{}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan int)
	go func() {
		ended <- execute(ctx, []string{"run"}, &console{
			stdout: stdout, stderr: stderr, environ: complete(
				"SHOPBOT_CATALOG="+filepath.Join(dir, "catalog.yaml"), "SHOPBOT_DATABASE="+filepath.Join(dir, "shop.db"),
				"SHOPBOT_LISTEN=127.0.0.1:0", "SHOPBOT_OPS_LISTEN=127.0.0.1:0", "SHOPBOT_LOG_LEVEL=debug",
				"SHOPBOT_TELEGRAM_API_URL="+server.URL+"/telegram", "SHOPBOT_CRYPTOPAY_API_URL="+server.URL+"/cryptopay",
			),
		})
	}()
	link := regexp.MustCompile(`https://t\.me/\w+\?start=own_(\w+)`)
	require.Eventually(t, func() bool { return link.MatchString(stdout.String()) }, time.Minute, 10*time.Millisecond)
	stop()
	require.Equal(t, exitDone, <-ended, stderr.String())
	code := link.FindStringSubmatch(stdout.String())[1]
	require.Contains(t, stdout.String(), "send this code")
	require.Contains(t, stderr.String(), "the code that makes one is on standard output")
	require.NotContains(t, stderr.String(), code)
	require.NotContains(t, stdout.String()+stderr.String(), testenv.BotToken)
}
