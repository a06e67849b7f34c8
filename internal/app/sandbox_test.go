package app

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox"
)

func TestTheSandboxOnLoopbackIsServedUnderLoopbackNamesAlone(t *testing.T) {
	l, err := listenForSandbox(t.Context(), "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() {
		done <- serveSandbox(t.Context(), sandbox.New(sandbox.Options{Log: slog.New(slog.DiscardHandler)}), l)
	}()
	t.Cleanup(func() { require.NoError(t, <-done) })
	for host, want := range map[string]int{
		"": http.StatusOK, "localhost:8088": http.StatusOK, "[::1]:8088": http.StatusOK,
		"evil.test": http.StatusMisdirectedRequest, "192.0.2.1:8088": http.StatusMisdirectedRequest,
	} {
		for _, path := range []string{"/", "/telegram/bot" + demoBotToken + "/getMe", "/cryptopay/api/getMe"} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+l.Addr().String()+path, nil)
			require.NoError(t, err)
			r.Host = host
			r.Header.Set("Crypto-Pay-API-Token", demoAppToken)
			resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
			require.NoError(t, err)
			_, _ = io.Copy(io.Discard, resp.Body)
			require.NoError(t, resp.Body.Close())
			require.Equal(t, want, resp.StatusCode, "%s at %q", path, host)
		}
	}
}

func TestTheSandboxPrintsItsNetwork(t *testing.T) {
	for testnet, network := range map[bool]string{false: "mainnet", true: "testnet"} {
		var out bytes.Buffer
		describeSandbox(&out, "http://127.0.0.1:8088", testnet)
		require.Contains(t, out.String(), "http://127.0.0.1:8088/cryptopay  ("+network+")\n")
		require.Contains(t, out.String(), "  export SHOPBOT_CRYPTOPAY_NETWORK="+network+"\n")
	}
}
