#!/usr/bin/env bash
# Expected: after "429, retry after 30" to getUpdates the library, which parses retry_after into its
#   error, waits 30 seconds before it polls again.
# Happens:  it polls again after 0.1, 0.2, 0.4, 0.8 and so on up to 5 seconds, whatever retry_after
#   says.
# Matters:  a bot that is limited for half a minute calls ten more times while it is told to rest,
#   and no option changes that. A shop that wants to obey needs a poller of its own.
# github.com/go-telegram/bot v1.19.0, against a fake Bot API on loopback, 2026-11
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
go mod init finding 2>/dev/null
cat >main.go <<'EOF'
package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"time"

	"github.com/go-telegram/bot"
)

func main() {
	var mu sync.Mutex
	var polls []time.Duration
	start := time.Now()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		polls = append(polls, time.Since(start).Round(10*time.Millisecond))
		mu.Unlock()
		w.WriteHeader(http.StatusTooManyRequests)
		fmt.Fprint(w, `{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 30",`+
			`"parameters":{"retry_after":30}}`)
	}))
	defer server.Close()

	b, err := bot.New("1:token", bot.WithServerURL(server.URL), bot.WithSkipGetMe(),
		bot.WithErrorsHandler(func(error) {}))
	if err != nil {
		panic(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Second)
	defer cancel()
	b.Start(ctx)

	mu.Lock()
	defer mu.Unlock()
	fmt.Println("expected: one getUpdates within 4 seconds, since the answer asks for 30 seconds of rest")
	fmt.Println("seen:    ", len(polls), "calls, at", polls)
	if len(polls) < 4 {
		fmt.Println("CHANGED: polling keeps away for longer now")
		os.Exit(1)
	}
}
EOF
go get github.com/go-telegram/bot@v1.19.0
go list -m github.com/go-telegram/bot
go run .
