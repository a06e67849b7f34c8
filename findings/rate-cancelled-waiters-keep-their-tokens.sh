#!/usr/bin/env bash
# Expected: waiters that give up before their turn cost nothing, so the next caller waits one
#   interval.
# Happens:  a waiter that gives up returns its token only if nobody reserved behind it. When ten
#   waiters give up from the front of the queue to the back, nine tokens stay spent.
# Matters:  a limiter of one message a second for a chat, and a burst of sends whose contexts end
#   (shutdown of a handler, deadlines that pass in order): the chat is silent for nine seconds more.
# golang.org/x/time/rate v0.16.0 under testing/synctest of Go 1.26, 2026-11
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
go mod init finding 2>/dev/null
cat >main_test.go <<'EOF'
package finding

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"
)

func waitAfterCancels(backToFront bool) time.Duration {
	limiter := rate.NewLimiter(rate.Every(time.Second), 1)
	if err := limiter.Wait(context.Background()); err != nil {
		panic(err)
	}
	const waiters = 10
	var cancels [waiters]context.CancelFunc
	for i := range cancels {
		var ctx context.Context
		ctx, cancels[i] = context.WithCancel(context.Background())
		go func() { _ = limiter.Wait(ctx) }()
		synctest.Wait() // so they queue in order
	}
	for i := range cancels {
		if backToFront {
			i = waiters - 1 - i
		}
		cancels[i]()
		synctest.Wait()
	}
	start := time.Now()
	if err := limiter.Wait(context.Background()); err != nil {
		panic(err)
	}
	return time.Since(start).Round(time.Millisecond)
}

func TestFinding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		front, back := waitAfterCancels(false), waitAfterCancels(true)
		fmt.Println("expected: after ten waiters gave up, the next caller waits 1s")
		fmt.Printf("seen:     given up front to back: %s; back to front: %s\n", front, back)
		if front != 10*time.Second || back != time.Second {
			t.Fatal("CHANGED: cancelled waiters give back something else now")
		}
	})
}
EOF
go get golang.org/x/time@v0.16.0
go list -m golang.org/x/time
go test -run . -v .
