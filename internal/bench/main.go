package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run does what args ask for: the measurement, or one of the handlers for it.
func run(ctx context.Context, args []string, in io.Reader, out, progress io.Writer) error {
	if len(args) == 2 && args[0] == baselineCommand {
		return serveBaseline(ctx, args[1], in, out)
	}
	p, err := parsePlan(args, progress)
	if err != nil {
		return err
	}
	return measure(ctx, p, out, progress)
}
