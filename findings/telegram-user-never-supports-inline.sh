#!/usr/bin/env bash
# Expected: getMe of a bot whose inline mode is on gives a User that says so, as the API's answer
#   does (supports_inline_queries, core.telegram.org/bots/api#user).
# Happens:  SupportInlineQueries is false for every bot: its tag is support_inline_queries, without
#   the s, which the API never sends. The fields beside it are read.
# Matters:  a check of a bot's setup reports inline mode as off although it is on, and its owner
#   looks for the fault at @BotFather.
# github.com/go-telegram/bot v1.19.0, against a fake Bot API on loopback, 2026-11
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
go mod init finding 2>/dev/null
cat >main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/go-telegram/bot"
)

func main() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"ok":true,"result":{"id":1,"is_bot":true,"first_name":"Shop","username":"shop_bot",
			"can_join_groups":true,"can_read_all_group_messages":true,"supports_inline_queries":true}}`)
	}))
	defer server.Close()
	b, err := bot.New("1:token", bot.WithServerURL(server.URL), bot.WithSkipGetMe())
	if err != nil {
		panic(err)
	}
	me, err := b.GetMe(context.Background())
	if err != nil {
		panic(err)
	}
	fmt.Println("expected: true for each line")
	fmt.Println("seen:     CanJoinGroups:           ", me.CanJoinGroups)
	fmt.Println("          CanReadAllGroupMessages: ", me.CanReadAllGroupMessages)
	fmt.Println("          SupportInlineQueries:    ", me.SupportInlineQueries)
	if !me.CanJoinGroups || !me.CanReadAllGroupMessages || me.SupportInlineQueries {
		fmt.Println("CHANGED: the field is read differently now")
		os.Exit(1)
	}
}
GO
go get github.com/go-telegram/bot@v1.19.0
go list -m github.com/go-telegram/bot
go run .
