#!/usr/bin/env bash
# Expected: RankFindFold ignores case for the distance too, as RankMatchFold does: a search for
#   "tea" puts "TEA" first, at distance 0.
# Happens:  RankFindFold and RankFindNormalizedFold fold to decide what matches, but count the
#   distance to the unfolded name: "TEA" is 3 away, behind "steam". RankMatchFold says 0 for it.
# Matters:  a customer types "чай", and the product called "ЧАЙ" comes below "чайка". A test of the
#   function for a single name finds nothing wrong. Fold both sides before ranking.
# github.com/lithammer/fuzzysearch v1.1.8, 2026-11
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
go mod init finding 2>/dev/null
cat >main.go <<'EOF'
package main

import (
	"fmt"
	"os"
	"sort"

	"github.com/lithammer/fuzzysearch/fuzzy"
)

func main() {
	ranks := fuzzy.RankFindFold("tea", []string{"TEA", "steam", "teapots"})
	sort.Sort(ranks)
	cyrillic := fuzzy.RankFindNormalizedFold("чай", []string{"ЧАЙ", "чайка"})
	sort.Sort(cyrillic)
	single := fuzzy.RankMatchFold("tea", "TEA")

	fmt.Println("expected: TEA first at distance 0; ЧАЙ first at distance 0")
	fmt.Print("seen:    ")
	for _, r := range append(ranks, cyrillic...) {
		fmt.Printf(" %s %d;", r.Target, r.Distance)
	}
	fmt.Println(" RankMatchFold of TEA:", single)

	if ranks[0].Target != "steam" || ranks[1].Target != "TEA" || ranks[1].Distance != 3 || single != 0 ||
		cyrillic[0].Target != "чайка" || cyrillic[1].Distance != 3 {
		fmt.Println("CHANGED: distances are counted differently now")
		os.Exit(1)
	}
}
EOF
go get github.com/lithammer/fuzzysearch/fuzzy@v1.1.8
go list -m github.com/lithammer/fuzzysearch
go run .
