#!/usr/bin/env bash
# Expected: {"step": {"one": "Choose", "two": "Pay"}} is a group of two messages, step.one and
#   step.two, as it is with the names first and second.
# Happens:  it is one message "step" with plural forms. The file loads without an error, step.one
#   does not exist. With a third key such as "three" loading fails instead.
# Matters:  buttons called one/many/other (quantities) or id/description (lines of a receipt) are
#   missing at run time in every language, and a test that only loads the files passes.
# github.com/nicksnyder/go-i18n/v2 v2.7.0, 2026-11
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

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

func load(text string) (ids []string, localizer *i18n.Localizer, err error) {
	bundle := i18n.NewBundle(language.English)
	bundle.RegisterUnmarshalFunc("json", json.Unmarshal)
	file, err := bundle.ParseMessageFileBytes([]byte(text), "en.json")
	if err != nil {
		return nil, nil, err
	}
	for _, m := range file.Messages {
		ids = append(ids, m.ID)
	}
	return ids, i18n.NewLocalizer(bundle, "en"), nil
}

func main() {
	good, _, errGood := load(`{"step": {"first": "Choose", "second": "Pay"}}`)
	plural, localizer, errPlural := load(`{"step": {"one": "Choose", "two": "Pay"}}`)
	if errPlural != nil {
		fmt.Println("CHANGED: the file is refused now:", errPlural)
		os.Exit(1)
	}
	_, errMissing := localizer.Localize(&i18n.LocalizeConfig{MessageID: "step.one"})
	receipt, _, errReceipt := load(`{"receipt": {"id": "Number", "description": "Goods"}}`)
	_, _, errThree := load(`{"step": {"one": "Choose", "two": "Pay", "three": "Receive"}}`)

	fmt.Println("expected: [step.one step.two], as first and second give", len(good), "messages")
	fmt.Println("seen:     messages loaded:", plural, "error:", errPlural)
	fmt.Println("          step.one:", errMissing)
	fmt.Println("          receipt with id and description:", receipt, "error:", errReceipt)
	fmt.Println("          one, two and three:", errThree)

	vanished := len(plural) == 1 && plural[0] == "step" && errMissing != nil
	receiptVanished := errReceipt == nil && len(receipt) == 1 && receipt[0] == "Number"
	if errGood != nil || len(good) != 2 || !vanished || !receiptVanished || errThree == nil {
		fmt.Println("CHANGED: such groups are read differently now")
		os.Exit(1)
	}
}
EOF
go get github.com/nicksnyder/go-i18n/v2/i18n@v2.7.0
go list -m github.com/nicksnyder/go-i18n/v2
go run .
