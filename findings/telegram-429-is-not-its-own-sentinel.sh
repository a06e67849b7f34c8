#!/usr/bin/env bash
# Expected: bot.ErrorTooManyRequests stands beside ErrorForbidden and ErrorConflict and is tested
#   the same way, with errors.Is; IsTooManyRequestsError also sees through a wrapped error.
# Happens:  errors.Is is false for every 429, because that sentinel is never returned, and
#   IsTooManyRequestsError is false as soon as the error is wrapped. errors.As works in both cases.
# Matters:  a sender that adds the chat to its errors treats a 429 as a final failure and drops the
#   delivery of a paid order, instead of waiting retry_after seconds.
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
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/go-telegram/bot"
)

func send(code int, body string) error {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		fmt.Fprint(w, body)
	}))
	defer server.Close()
	b, err := bot.New("1:token", bot.WithServerURL(server.URL), bot.WithSkipGetMe())
	if err != nil {
		panic(err)
	}
	_, err = b.SendMessage(context.Background(), &bot.SendMessageParams{ChatID: 1, Text: "paid"})
	return err
}

func main() {
	forbidden := send(http.StatusForbidden, `{"ok":false,"error_code":403,"description":"Forbidden"}`)
	flood := send(http.StatusTooManyRequests,
		`{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":7}}`)
	wrapped := fmt.Errorf("send to chat 1: %w", flood)

	var typed *bot.TooManyRequestsError
	is403 := errors.Is(forbidden, bot.ErrorForbidden)
	is429 := errors.Is(flood, bot.ErrorTooManyRequests)
	direct, throughWrap := bot.IsTooManyRequestsError(flood), bot.IsTooManyRequestsError(wrapped)
	as := errors.As(wrapped, &typed)

	fmt.Println("expected: true for each line")
	fmt.Println("seen:     errors.Is(403, ErrorForbidden):       ", is403)
	fmt.Println("          errors.Is(429, ErrorTooManyRequests): ", is429)
	fmt.Println("          IsTooManyRequestsError(429):          ", direct)
	fmt.Println("          IsTooManyRequestsError(wrapped 429):  ", throughWrap)
	fmt.Println("          errors.As(wrapped 429):               ", as)

	if !is403 || is429 || !direct || throughWrap || !as || typed.RetryAfter != 7 {
		fmt.Println("CHANGED: a 429 is recognised differently now")
		os.Exit(1)
	}
}
EOF
go get github.com/go-telegram/bot@v1.19.0
go list -m github.com/go-telegram/bot
go run .
