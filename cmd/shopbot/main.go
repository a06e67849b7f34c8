// Command shopbot is a Telegram shop that is paid through Crypto Pay. This package
// holds the command line, the configuration, and run, which joins the parts.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	collectRarely()
	runBesideFlushes()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // so that a second signal ends the process at once
	os.Exit(execute(ctx, os.Args[1:], &console{
		environ: os.Environ(), stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, hangups: hangups(ctx),
	}))
}

// hangups tells of each SIGHUP until ctx ends.
func hangups(ctx context.Context) <-chan struct{} {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGHUP)
	told := make(chan struct{})
	go func() {
		defer signal.Stop(signals)
		for {
			select {
			case <-ctx.Done():
				return
			case <-signals:
			}
			select {
			case <-ctx.Done():
				return
			case told <- struct{}{}:
			}
		}
	}()
	return told
}
