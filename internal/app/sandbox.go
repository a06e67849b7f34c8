package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"shopbot/internal/sandbox"
)

// RunSandbox serves the sandbox alone at an address until ctx ends. It prints to out how to reach it.
func RunSandbox(ctx context.Context, address string, testnet bool, out io.Writer, log *slog.Logger) error {
	var l net.ListenConfig
	listener, err := l.Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listen for the sandbox: %w; choose another address by --listen", err)
	}
	world := sandbox.New(sandbox.Options{Log: log, Testnet: testnet}) //nolint:contextcheck // it lives until Close
	describeSandbox(out, "http://"+listener.Addr().String())
	return serveSandbox(ctx, world, listener)
}

// serveSandbox serves a sandbox until ctx ends, and gives the requests in flight three seconds to finish.
func serveSandbox(ctx context.Context, world *sandbox.World, l net.Listener) error {
	server := &http.Server{Handler: world.Handler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	stopped := make(chan struct{})
	defer context.AfterFunc(ctx, func() {
		defer close(stopped)
		world.Close()
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer cancel()
		if server.Shutdown(grace) != nil {
			_ = server.Close() // cuts the requests that are left
		}
	})()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		world.Close()
		return fmt.Errorf("serve the sandbox: %w", err)
	}
	<-stopped
	return nil
}

func describeSandbox(out io.Writer, base string) {
	_, _ = fmt.Fprintf(out, `The sandbox is running. Its chat page is %[1]s

  Telegram Bot API   %[1]s/telegram
  Crypto Pay API     %[1]s/cryptopay

For a shop in another terminal, with tokens that work here and nowhere else:

  export SHOPBOT_TELEGRAM_API_URL=%[1]s/telegram
  export SHOPBOT_CRYPTOPAY_API_URL=%[1]s/cryptopay
  export SHOPBOT_TELEGRAM_TOKEN=%[2]s
  export SHOPBOT_CRYPTOPAY_TOKEN=%[3]s
  export SHOPBOT_ADMINS=%[4]d
  shopbot run

Ctrl-C ends it.
`, base, demoBotToken, demoAppToken, sandbox.Olga)
}
