#!/usr/bin/env bash
# Expected: a models.CallbackQuery is stored as JSON in the same shape, whether the job that holds
#   it keeps it by value or by pointer.
# Happens:  the union types (MaybeInaccessibleMessage, ChatMember, MessageOrigin, ReactionType)
#   have MarshalJSON on the pointer alone. By value the message is written in a shape of Go field
#   names, and reading that back gives an inaccessible message of chat 0, without an error.
# Matters:  a job queue with a field `Query models.CallbackQuery` answers every button to chat 0
#   after a restart, while the same code with the whole Update works.
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
	received := `{"update_id":1,"callback_query":{"id":"7","from":{"id":5},"data":"buy:1",` +
		`"message":{"message_id":3,"date":1793527200,"chat":{"id":5,"type":"private"},"text":"Tea"}}}`
	var u models.Update
	if err := json.Unmarshal([]byte(received), &u); err != nil {
		panic(err)
	}
	type job struct{ Query models.CallbackQuery }

	byPointer, err := json.Marshal(u)
	if err != nil {
		panic(err)
	}
	byValue, err := json.Marshal(job{Query: *u.CallbackQuery})
	if err != nil {
		panic(err)
	}
	var update models.Update
	var again job
	errPointer, errValue := json.Unmarshal(byPointer, &update), json.Unmarshal(byValue, &again)
	good, bad := update.CallbackQuery.Message, again.Query.Message

	fmt.Println("expected: message 3 of chat 5 from both")
	fmt.Printf("seen:     by pointer, read: error %v, message %d of chat %d\n",
		errPointer, good.Message.ID, good.Message.Chat.ID)
	fmt.Println("          by value, stored:", string(byValue))
	fmt.Printf("          by value, read:   error %v, message %+v, inaccessible message %+v\n",
		errValue, bad.Message, bad.InaccessibleMessage)

	lost := errValue == nil && bad.Message == nil && bad.InaccessibleMessage != nil &&
		bad.InaccessibleMessage.Chat.ID == 0
	if errPointer != nil || good.Message == nil || good.Message.Chat.ID != 5 || !lost {
		fmt.Println("CHANGED: a callback query by value keeps its message now")
		os.Exit(1)
	}
}
EOF
go get github.com/go-telegram/bot@v1.19.0
go list -m github.com/go-telegram/bot
go run .
