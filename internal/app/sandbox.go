package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"shopbot/internal/ops"
	"shopbot/internal/payments"
	"shopbot/internal/sandbox"
)

// RunSandbox serves the sandbox alone at an address until ctx ends. It prints to out how to reach
// it.
func RunSandbox(ctx context.Context, address string, testnet bool, out io.Writer, log *slog.Logger) error {
	listener, err := listenForSandbox(ctx, address)
	if err != nil {
		return err
	}
	world := sandbox.New(sandbox.Options{Log: log, Testnet: testnet}) //nolint:contextcheck // it lives until Close
	describeSandbox(out, "http://"+listener.Addr().String(), testnet)
	return serveSandbox(ctx, world, listener)
}

func listenForSandbox(ctx context.Context, address string) (net.Listener, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for the sandbox: %w; choose another address by --listen", err)
	}
	return listener, nil
}

// serveSandbox serves a sandbox until ctx ends.
func serveSandbox(ctx context.Context, world *sandbox.World, l net.Listener) error {
	defer world.Close()
	handler := ops.ForThisMachine(l.Addr().String(), world.Handler())
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	server.RegisterOnShutdown(world.Close) // ends the page's streams, which Shutdown would wait for
	return serveUntilDone(ctx, server, l, publicGrace, nil)
}

func describeSandbox(out io.Writer, base string, testnet bool) {
	network := payments.Mainnet
	if testnet {
		network = payments.Testnet
	}
	_, _ = fmt.Fprintf(out, `The sandbox is running. Its chat page is %[1]s

  Telegram Bot API   %[1]s/telegram
  Crypto Pay API     %[1]s/cryptopay  (%[5]s)

For a shop in another terminal, with tokens that work here and nowhere else:

  export SHOPBOT_TELEGRAM_API_URL=%[1]s/telegram
  export SHOPBOT_CRYPTOPAY_API_URL=%[1]s/cryptopay
  export SHOPBOT_TELEGRAM_TOKEN=%[2]s
  export SHOPBOT_CRYPTOPAY_TOKEN=%[3]s
  export SHOPBOT_CRYPTOPAY_NETWORK=%[5]s
  export SHOPBOT_ADMINS=%[4]d
  shopbot run

Ctrl-C ends it.
`, base, demoBotToken, demoAppToken, sandbox.Olga, network)
}
