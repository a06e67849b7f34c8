#!/usr/bin/env bash
# Expected: a compressed file of 0 bytes is refused, as gzip refuses it, since the encoder writes 13
#   bytes for an empty input and every other cut of its output gives unexpected EOF.
# Happens:  the reader takes a file for any number of frames, none included, so 0 bytes decode to an
#   empty result without an error, with NewReader as with DecodeAll.
# Matters:  an export or a log of payments that lost its content (disk full, power cut before the
#   sync) passes the check "does it decompress" and counts as a day without orders.
# github.com/klauspost/compress/zstd v1.20.3, compress/gzip of Go 1.26, 2026-11
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
go mod init finding 2>/dev/null
cat >main.go <<'EOF'
package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/zstd"
)

func decompress(b []byte) (int64, error) {
	r, err := zstd.NewReader(bytes.NewReader(b))
	if err != nil {
		return 0, err
	}
	defer r.Close()
	return io.Copy(io.Discard, r)
}

func main() {
	var archive bytes.Buffer
	w, err := zstd.NewWriter(&archive)
	if err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	refused := 0
	for cut := 1; cut < archive.Len(); cut++ {
		if _, err := decompress(archive.Bytes()[:cut]); errors.Is(err, io.ErrUnexpectedEOF) {
			refused++
		}
	}
	n, errEmpty := decompress(nil)
	_, errGzip := gzip.NewReader(bytes.NewReader(nil))

	fmt.Println("expected: an error for 0 bytes, as from gzip:", errGzip)
	fmt.Printf("seen:     the archive of an empty input has %d bytes; %d of %d shorter files are refused\n",
		archive.Len(), refused, archive.Len()-1)
	fmt.Printf("          0 bytes: %d bytes of content, error %v\n", n, errEmpty)

	if archive.Len() == 0 || refused != archive.Len()-1 || n != 0 || errEmpty != nil || errGzip == nil {
		fmt.Println("CHANGED: an empty file is refused now, or cut files are not")
		os.Exit(1)
	}
}
EOF
go get github.com/klauspost/compress@v1.20.3
go list -m github.com/klauspost/compress
go run .
