#!/usr/bin/env bash
# Expected: a call without parameters has an empty body, or {} where the type says JSON.
# Happens:  telebot posts the four bytes null, declared as application/json: nil is encoded like any
#   other payload. getMe at the start of each bot is such a call.
# Matters:  Telegram ignores a body that it cannot read, so it works there. A stricter server, proxy or
#   fake that wants a JSON object refuses the first call, and the bot does not start.
# gopkg.in/telebot.v4 v4.0.0-beta.10, 2026-11
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
go mod init finding 2>/dev/null
cat >main.go <<'EOF'
package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"

	tele "gopkg.in/telebot.v4"
)

func main() {
	var kind, body string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		read, _ := io.ReadAll(r.Body)
		kind, body = r.Header.Get("Content-Type"), string(read)
		_, _ = io.WriteString(w, `{"ok":true,"result":{"id":1,"is_bot":true,"first_name":"x"}}`)
	}))
	defer server.Close()
	if _, err := tele.NewBot(tele.Settings{URL: server.URL, Token: "1:x"}); err != nil {
		panic(err)
	}
	fmt.Println(`expected: an empty body, or "{}"`)
	fmt.Printf("seen:     %q as %s\n", body, kind)
	if body != "null\n" && body != "null" || kind != "application/json" {
		fmt.Println("CHANGED: getMe has another body now")
		os.Exit(1)
	}
}
EOF
go get gopkg.in/telebot.v4@v4.0.0-beta.10 2>/dev/null
go list -m gopkg.in/telebot.v4
go run -mod=mod .
