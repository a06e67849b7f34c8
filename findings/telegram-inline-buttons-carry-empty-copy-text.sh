#!/usr/bin/env bash
# Expected: a button with callback_data alone is sent with callback_data alone. The Bot API wants
#   exactly one field that says what the button does, and a copy_text of 1 to 256 characters.
# Happens:  copy_text is a struct with omitempty, which encoding/json never omits, so each button is
#   sent with "copy_text":{"text":""} as well. Its neighbours such as web_app are pointers.
# Matters:  a test server that follows the documentation refuses every keyboard, each button is 24
#   bytes longer, and a keyboard compared as JSON with one written by hand never matches.
# github.com/go-telegram/bot v1.19.0, 2026-11
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
go mod init finding 2>/dev/null
cat >main.go <<'EOF'
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/go-telegram/bot/models"
)

func main() {
	b, err := json.Marshal(models.InlineKeyboardButton{Text: "Buy", CallbackData: "buy:1"})
	if err != nil {
		panic(err)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(b, &fields); err != nil {
		panic(err)
	}
	fmt.Println(`expected: {"text":"Buy","callback_data":"buy:1"}`)
	fmt.Println("seen:    ", string(b))
	if string(fields["copy_text"]) != `{"text":""}` || len(fields) != 3 {
		fmt.Println("CHANGED: the empty copy_text is gone or looks different")
		os.Exit(1)
	}
}
EOF
go get github.com/go-telegram/bot@v1.19.0
go list -m github.com/go-telegram/bot
go run .
