package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"
)

// callTimeout is after how long without an answer a measurement is given up.
const callTimeout = 30 * time.Second

// caller sends prepared requests over one connection and reads of the answers what
// is needed to find the next one: a client that costs little beside the server.
type caller struct {
	conn net.Conn
	in   *bufio.Reader
}

func dial(ctx context.Context, address string) (*caller, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &caller{conn: conn, in: bufio.NewReaderSize(conn, 4<<10)}, nil
}

func (c *caller) close() { _ = c.conn.Close() }

// patience sets the deadline of the calls that follow. To set it at each would cost more than it is worth.
func (c *caller) patience(d time.Duration) error { return c.conn.SetDeadline(time.Now().Add(d)) }

var errAnswer = errors.New("not an answer that this client can read")

// do sends a request and returns the status of its answer.
func (c *caller) do(request []byte) (status int, err error) {
	if _, err := c.conn.Write(request); err != nil {
		return 0, err
	}
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if len(line) < len("HTTP/1.1 200") {
		return 0, errAnswer
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, errAnswer
	}
	return status, c.skipRest()
}

// skipRest reads the header fields and the body that they announce.
func (c *caller) skipRest() error {
	length := -1
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		const name = "content-length:"
		if len(line) > len(name) && bytes.EqualFold(line[:len(name)], []byte(name)) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(line[len(name):]))); err != nil {
				return errAnswer
			}
		}
	}
	if length < 0 {
		return fmt.Errorf("%w: no length", errAnswer)
	}
	_, err := c.in.Discard(length)
	return err
}

// request is a whole HTTP request, ready to be sent. header holds whole lines.
func request(path, header string, body []byte) []byte {
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: shop.test\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n%s",
		path, header, len(body), body)
}
