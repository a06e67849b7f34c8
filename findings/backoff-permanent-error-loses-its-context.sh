#!/usr/bin/env bash
# Expected: Retry returns the error of the last try as the operation returned it. Permanent only
#   says that there is no further try.
# Happens:  with Permanent anywhere in the chain Retry returns what is inside it: everything that
#   was wrapped around it is gone. After the last of MaxTries the error comes back whole; when the
#   context ends, the error of the last try is not returned at all.
# Matters:  "deliver order 7: chat 5: forbidden" arrives in the log as "forbidden", in the one case
#   that a person has to look after. Put Permanent outermost, around the finished message.
# github.com/cenkalti/backoff/v5 v5.0.3, 2026-11
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
	"os"
	"time"

	"github.com/cenkalti/backoff/v5"
)

func retry(ctx context.Context, result error) error {
	_, err := backoff.Retry(ctx, func() (struct{}, error) { return struct{}{}, result },
		backoff.WithBackOff(backoff.NewConstantBackOff(10*time.Millisecond)), backoff.WithMaxTries(50))
	return err
}

func main() {
	ctx := context.Background()
	forbidden := errors.New("forbidden")
	inner := retry(ctx, fmt.Errorf("deliver order 7: %w", backoff.Permanent(forbidden)))
	outer := retry(ctx, backoff.Permanent(fmt.Errorf("deliver order 7: %w", forbidden)))
	exhausted := retry(ctx, fmt.Errorf("deliver order 7: %w", forbidden))
	short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	ended := retry(short, fmt.Errorf("deliver order 7: %w", forbidden))

	fmt.Println("expected: deliver order 7: forbidden, each time")
	fmt.Println("seen:     Permanent inside the message:", inner)
	fmt.Println("          Permanent around the message:", outer)
	fmt.Println("          all tries used:              ", exhausted)
	fmt.Println("          context ended:               ", ended)

	whole := "deliver order 7: forbidden"
	if inner.Error() != "forbidden" || outer.Error() != whole || exhausted.Error() != whole ||
		errors.Is(ended, forbidden) {
		fmt.Println("CHANGED: Retry returns other errors now")
		os.Exit(1)
	}
}
EOF
go get github.com/cenkalti/backoff/v5@v5.0.3
go list -m github.com/cenkalti/backoff/v5
go run .
