package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"shopbot/internal/sandbox"
)

type sandboxCommand struct {
	Listen  string `default:"127.0.0.1:8088" placeholder:"ADDR" help:"Address of both APIs and the chat page (${default})."`
	Testnet bool   `help:"Be Crypto Pay's test network."`
}

// Help is what "shopbot sandbox --help" adds.
func (sandboxCommand) Help() string {
	return `Any well-formed token is a bot or an app of its own. All that happens is kept in memory and gone at the end.`
}

// Run serves the sandbox until ctx ends.
func (c *sandboxCommand) Run(ctx context.Context, con *console) error {
	if err := checkListenFlag(c.Listen); err != nil {
		return err
	}
	var l net.ListenConfig
	listener, err := l.Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("listen for the sandbox: %w; choose another address by --listen", err)
	}
	world := sandbox.New(sandbox.Options{Log: con.quietLog(), Testnet: c.Testnet}) //nolint:contextcheck // it lives until Close
	describeSandbox(con.stdout, "http://"+listener.Addr().String())
	return serveWorld(ctx, world, listener)
}

// serveWorld serves a sandbox until ctx ends, and lets the requests under way end well.
func serveWorld(ctx context.Context, world *sandbox.World, l net.Listener) error {
	server := &http.Server{Handler: world.Handler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	stopped := make(chan struct{})
	defer context.AfterFunc(ctx, func() {
		defer close(stopped)
		world.Close()
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer cancel()
		if server.Shutdown(grace) != nil {
			_ = server.Close() // what did not end in time is cut
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
