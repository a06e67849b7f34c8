#!/usr/bin/env bash
# Expected: Server.Shutdown is graceful: a request on a connection that was accepted before is answered,
#   if it comes within the deadline that Shutdown was given.
# Happens:  a new connection keeps Shutdown waiting, but the server reads its request and closes it
#   without an answer: the handler is not called, and the client gets EOF.
# Matters:  with a socket that another process holds (systemd's socket activation, SO_REUSEPORT) nothing
#   else would be lost in a restart. Close the listener, wait until nothing waits for an answer, and call
#   Shutdown then.
# net/http of Go 1.26, 2026-11
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
go mod init finding 2>/dev/null
cat >main.go <<'EOF'
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

// ask accepts a connection, calls stop, sends a request on the connection, and returns the answer.
func ask(stop func(s *http.Server, l net.Listener)) (answer string, called bool) {
	accepted := make(chan struct{}, 1)
	s := &http.Server{
		Handler:   http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }),
		ConnState: func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				accepted <- struct{}{}
			}
		},
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	go s.Serve(l)
	c, err := net.Dial("tcp", l.Addr().String())
	must(err)
	<-accepted
	stop(s, l)
	_, err = io.WriteString(c, "GET / HTTP/1.1\r\nHost: shop\r\n\r\n")
	must(err)
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return err.Error(), called
	}
	return resp.Status, called
}

func main() {
	shutdown, called := ask(func(s *http.Server, _ net.Listener) {
		begun := make(chan struct{})
		s.RegisterOnShutdown(func() { close(begun) })
		go s.Shutdown(context.Background())
		<-begun
	})
	closed, answered := ask(func(_ *http.Server, l net.Listener) { must(l.Close()) })
	time.Sleep(10 * time.Millisecond)
	fmt.Println("expected: 200 OK for both, and both handlers are called")
	fmt.Printf("seen:     after Shutdown began:        %s, handler called: %t\n", shutdown, called)
	fmt.Printf("          after the listener closed:   %s, handler called: %t\n", closed, answered)
	if called || shutdown == "200 OK" || !answered || closed != "200 OK" {
		fmt.Println("CHANGED: Shutdown answers what was accepted")
		os.Exit(1)
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
EOF
go version
go run .
