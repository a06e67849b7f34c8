package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	"shopbot/internal/payments"
)

// baselineCommand has this program serve one of the handlers that the shop is compared with.
const baselineCommand = "baseline"

// The handlers, from the least work to the most.
const (
	baselineBare   = "bare"   // reads the body
	baselineVerify = "verify" // and checks the signature
	baselineDecode = "decode" // and decodes the update
)

func baselines() []string { return []string{baselineBare, baselineVerify, baselineDecode} }

// serveBaseline serves a handler, prints its address and ends when in does, so that it
// never outlives who started it.
func serveBaseline(ctx context.Context, name string, in io.Reader, out io.Writer) error {
	verifier, err := payments.NewVerifier(payments.Key{Token: appToken})
	if err != nil {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: baselineHandler(name, verifier), ReadHeaderTimeout: 5 * time.Second}
	go func() {
		_, _ = io.Copy(io.Discard, in)
		_ = server.Close()
	}()
	_, _ = fmt.Fprintln(out, l.Addr())
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func baselineHandler(name string, v *payments.Verifier) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		switch {
		case err != nil:
			w.WriteHeader(http.StatusBadRequest)
		case name != baselineBare && !v.Verify(body, r.Header.Get(payments.SignatureHeader)):
			w.WriteHeader(http.StatusUnauthorized)
		case name == baselineDecode && !decodes(body):
			w.WriteHeader(http.StatusBadRequest)
		}
	}
}

func decodes(body []byte) bool {
	u, err := payments.ParseUpdate(body)
	return err == nil && u.Type == payments.UpdateInvoicePaid
}

// startBaseline runs a handler in a process of its own. stop ends it.
func startBaseline(ctx context.Context, name string) (address string, stop func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	cmd := exec.CommandContext(ctx, self, baselineCommand, name)
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = in.Close()
		_ = cmd.Wait() // it has nothing to say any more
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, fmt.Errorf("start the handler %s: %w", name, err)
	}
	return strings.TrimSpace(line), stop, nil
}
