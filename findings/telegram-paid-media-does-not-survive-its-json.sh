#!/usr/bin/env bash
# Expected: an update that was decoded into the library's types, stored as JSON and decoded again is
#   the same update: most of its unions (reactions, chat members, message origins) do survive.
# Happens:  PaidMedia has an UnmarshalJSON but no MarshalJSON. It is written in another shape, with
#   "Type", "Preview", "Photo" and "Video", and reading that gives an empty item, without an error.
# Matters:  a durable queue of updates kept as re-encoded structs loses what a customer paid for in
#   stars. Keep the raw JSON of an update, not the struct.
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
	"reflect"

	"github.com/go-telegram/bot/models"
)

func roundTrip[T any](received string) (first, second T, stored string, errRead error) {
	if err := json.Unmarshal([]byte(received), &first); err != nil {
		panic(err)
	}
	b, err := json.Marshal(&first)
	if err != nil {
		panic(err)
	}
	errRead = json.Unmarshal(b, &second)
	return first, second, string(b), errRead
}

func main() {
	received := `{"star_count":5,"paid_media":[{"type":"preview","width":640,"height":480,"duration":3}]}`
	first, second, stored, err := roundTrip[models.PaidMediaInfo](received)
	member, memberAgain, _, errMember := roundTrip[models.ChatMember](
		`{"status":"kicked","user":{"id":1,"is_bot":false,"first_name":"A"},"until_date":0}`)

	fmt.Println("expected: stored as received, and equal after reading it back")
	fmt.Println("received:", received)
	fmt.Println("stored:  ", stored)
	fmt.Printf("seen:     error on reading back: %v; width before %d, preview afterwards %+v\n",
		err, first.PaidMedia[0].Preview.Width, second.PaidMedia[0].Preview)
	fmt.Println("          a chat member survives:", reflect.DeepEqual(member, memberAgain))

	if reflect.DeepEqual(first, second) || errMember != nil || !reflect.DeepEqual(member, memberAgain) {
		fmt.Println("CHANGED: paid media survives now, or chat members no longer do")
		os.Exit(1)
	}
}
EOF
go get github.com/go-telegram/bot@v1.19.0
go list -m github.com/go-telegram/bot
go run .
