package main

import (
	"bufio"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
	"golang.org/x/sync/errgroup"
)

// client sends prepared requests over one connection, to cost little beside the server.
type client struct {
	net.Conn

	in *bufio.Reader
}

func dial(ctx context.Context, address string) (client, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return client{}, err
	}
	return client{conn, bufio.NewReader(conn)}, conn.SetDeadline(time.Now().Add(2 * patience))
}

// post sends a request and returns an error unless the answer is 200.
func (c client) post(request []byte) error {
	if _, err := c.Write(request); err != nil {
		return err
	}
	resp, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return err
	}
	if _, err = io.Copy(io.Discard, resp.Body); resp.StatusCode != http.StatusOK {
		return fmt.Errorf("webhook answered with %s", resp.Status)
	}
	return errors.Join(err, resp.Body.Close())
}

const signatureHeader = "crypto-pay-api-signature"

func signature(body []byte) []byte {
	key := sha256.Sum256([]byte(appToken))
	mac := hmac.New(sha256.New, key[:])
	mac.Write(body)
	return mac.Sum(nil)
}

// webhook is the whole request that tells of a payment.
func webhook(invoiceID string, order any) []byte {
	now := time.Now().UTC().Format(time.RFC3339)
	body := fmt.Sprintf(`{"update_id":%s,"update_type":"invoice_paid","request_date":"%s","payload":%s}`, invoiceID, now,
		invoice(invoiceID, order, `"status":"paid","paid_at":"`+now+`","paid_asset":"USDT","paid_amount":"10.49974",`+
			`"paid_fiat_rate":"1.0000247","fee_asset":"USDT","fee_amount":"0.314992","paid_anonymously":true`))
	return fmt.Appendf(nil, "POST /cryptopay/webhook HTTP/1.1\r\nHost: shop.test\r\nContent-Type: application/json\r\n"+
		"%s: %x\r\nContent-Length: %d\r\n\r\n%s", signatureHeader, signature([]byte(body)), len(body), body)
}

// burst is so many payments over so many connections.
type burst struct{ conns, payments int }

// answered is how requests were answered.
type answered struct {
	rate     float64 // a second
	p50, p99 time.Duration
}

// post sends each request once over so many connections, each as soon as the one before is answered.
func post(ctx context.Context, address string, conns int, requests [][]byte) (answered, error) {
	times := make([]time.Duration, len(requests))
	var next atomic.Int64
	var all errgroup.Group
	began := time.Now()
	for range conns {
		all.Go(func() error {
			c, err := dial(ctx, address)
			if err != nil {
				return err
			}
			defer func() { _ = c.Close() }()
			for i := next.Add(1) - 1; i < int64(len(requests)); i = next.Add(1) - 1 {
				sent := time.Now()
				if err := c.post(requests[i]); err != nil {
					return err
				}
				times[i] = time.Since(sent)
			}
			return nil
		})
	}
	err := all.Wait()
	rate := float64(len(times)) / time.Since(began).Seconds()
	slices.Sort(times)
	return answered{rate, times[len(times)/2], times[len(times)*99/100]}, err
}

// baselineCommand has this program be the handler that the shop is compared with.
const baselineCommand = "baseline"

// serveBaseline serves a handler that verifies and decodes webhooks, and nothing else.
func serveBaseline(address string) error {
	handler := func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
		got, err2 := hex.DecodeString(r.Header.Get(signatureHeader))
		var update map[string]any
		if r.Method == http.MethodPost &&
			(err != nil || err2 != nil || !hmac.Equal(got, signature(body)) || json.Unmarshal(body, &update) != nil) {
			w.WriteHeader(http.StatusBadRequest)
		}
	}
	return (&http.Server{Addr: address, Handler: http.HandlerFunc(handler), ReadHeaderTimeout: patience}).ListenAndServe()
}

// startBaseline runs that handler in a process of its own until ctx ends.
func (s *site) startBaseline(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if err := exec.CommandContext(ctx, self, baselineCommand, s.baseline).Start(); err != nil {
		return err
	}
	return waitFor(ctx, "http://"+s.baseline)
}

// loneCommit is the median time in which bbolt commits 1 kB of a lone writer: two flushes of the disk.
func loneCommit(dir string) (median time.Duration, err error) {
	path := filepath.Join(dir, "commit.db")
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close(), os.Remove(path)) }()
	times := make([]time.Duration, 500)
	for i := range times {
		began := time.Now()
		if err := db.Update(func(tx *bbolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists([]byte("records"))
			if err != nil {
				return err
			}
			return b.Put(binary.BigEndian.AppendUint64(nil, uint64(i)), make([]byte, 1000)) //nolint:gosec // an index
		}); err != nil {
			return 0, err
		}
		times[i] = time.Since(began)
	}
	slices.Sort(times)
	return times[len(times)/2], nil
}
