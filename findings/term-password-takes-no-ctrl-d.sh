#!/usr/bin/env bash
# Expected: Ctrl-D instead of a password ends the input: ReadPassword returns io.EOF, as ReadPassword
#   of the same package's Terminal does, and as getpass of other languages does.
# Happens:  term.ReadPassword takes the read of 0 bytes, which is how a terminal says Ctrl-D, for
#   nothing and reads on. What is typed next is the password.
# Matters:  a person who wants to leave a program by Ctrl-D at the question for a token cannot, and
#   what they then type for their shell, up to Enter, is taken for the token.
# golang.org/x/term v0.48.0, Go 1.26, Linux, 2026-11
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
go mod init finding 2>/dev/null
cat >main.go <<'EOF'
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/creack/pty"
	"golang.org/x/term"
)

// typed is what a person types: Ctrl-D, and then a line.
const typed = "\x04ls -l\n"

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func main() {
	person, tty := must2(pty.Open())
	must(io.WriteString(person, typed))
	plain, errPlain := term.ReadPassword(int(tty.Fd()))

	person, tty = must2(pty.Open())
	must(term.MakeRaw(int(tty.Fd())))
	must(io.WriteString(person, typed))
	editor, errEditor := term.NewTerminal(tty, "").ReadPassword("")

	fmt.Println("expected: io.EOF from both")
	fmt.Printf("seen:     term.ReadPassword:     %q, error %v\n", plain, errPlain)
	fmt.Printf("          Terminal.ReadPassword: %q, error %v\n", editor, errEditor)
	if string(plain) != "ls -l" || errPlain != nil || errEditor != io.EOF {
		fmt.Println("CHANGED: both treat Ctrl-D alike now, or in another way")
		os.Exit(1)
	}
}

func must2(person, tty *os.File, err error) (*os.File, *os.File) {
	if err != nil {
		panic(err)
	}
	return person, tty
}
EOF
go get golang.org/x/term@v0.48.0 github.com/creack/pty@v1.1.24
go list -m golang.org/x/term
go run .
