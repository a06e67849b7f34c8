#!/usr/bin/env bash
# Expected: decryption is authenticated, so a backup that was cut off gives an error and no data;
#   and the error of a cut file is io.ErrUnexpectedEOF.
# Happens:  the reader hands out each verified 64 KiB chunk before it looks at the next, so io.Copy
#   has written 192 KiB when the error comes. The error is "may be corrupted or tampered with" for
#   most lengths, and unexpected EOF only when the cut falls between two chunks.
# Matters:  a restore that streams into the database has imported most orders when it fails, and an
#   upload that broke off looks like an attack. Read to the end first, then import.
# filippo.io/age v1.3.2, 2026-11
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
go mod init finding 2>/dev/null
cat >main.go <<'EOF'
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"filippo.io/age"
)

func main() {
	identity, err := age.GenerateX25519Identity()
	must(err)
	var file bytes.Buffer
	w, err := age.Encrypt(&file, identity.Recipient())
	must(err)
	const size, chunk, tag = 240_000, 64 << 10, 16
	_, err = w.Write(make([]byte, size))
	must(err)
	must(w.Close())

	restore := func(cut int) (int64, error) {
		r, err := age.Decrypt(bytes.NewReader(file.Bytes()[:file.Len()-cut]), identity)
		must(err)
		return io.Copy(io.Discard, r)
	}
	n0, err0 := restore(0)
	n1, err1 := restore(1)
	n2, err2 := restore(size%chunk + tag) // the whole last chunk

	fmt.Println("expected: the full file gives 240000 bytes, each cut file 0 bytes and unexpected EOF")
	fmt.Printf("seen:     full:               %d bytes, error %v\n", n0, err0)
	fmt.Printf("          last byte missing:  %d bytes, error %v\n", n1, err1)
	fmt.Printf("          last chunk missing: %d bytes, error %v\n", n2, err2)

	if n0 != size || err0 != nil || n1 != 3*chunk || err1 == nil || errors.Is(err1, io.ErrUnexpectedEOF) ||
		n2 != 3*chunk || !errors.Is(err2, io.ErrUnexpectedEOF) {
		fmt.Println("CHANGED: cut files are read differently now")
		os.Exit(1)
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
EOF
go get filippo.io/age@v1.3.2
go list -m filippo.io/age
go run .
