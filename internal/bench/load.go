//go:build linux

package main

import (
	"bufio"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync/atomic"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	"golang.org/x/sync/errgroup"

	"shopbot/internal/sandbox/cryptopay"
)

const (
	buyers     = 64   // who order and pay at the same time
	waiting    = 2000 // who do so or wait for their goods; many, since a chat gets one message a second

	newBuyer = 7_000_000_000 // the first one who orders while this program runs
	oldBuyer = 6_000_000_000 // the first one of the history

	boundColumn = "bound"
	loneRow     = "a lone payment is acknowledged within, ms (bound: a commit of bbolt)"
)

// measureShop measures a shop on a copy of its database, and the memory on empty ones.
func (b *bench) measureShop(ctx context.Context, s instance) {
	original := s.database
	s.database = filepath.Join(b.dir, "copy.db")
	check(exec.CommandContext(ctx, "dd", "if="+original, "of="+s.database, "bs=1M", "conv=fsync", "status=none").Run())
	s.serve(ctx, anyPace, func(p process) {
		b.listOrders(s.column)
		b.sell(ctx, s.column, p)
	})
	s.serve(ctx, telegramPace, func(p process) {
		b.put("start until ready, ms", s.column, milliseconds(p.started))
		b.pay(ctx, s.column, b.public, s.payments)
	})
	check(os.Remove(s.database))
	if s.orders > b.orders[0] {
		return // the same program as in the first column
	}
	for i, add := range []func(context.Context, int){s.addKeys, s.sendKeys} {
		s.serve(ctx, telegramPace, func(p process) {
			add(ctx, b.keys)
			way := []string{"by command", "by chat"}[i]
			b.put(fmt.Sprintf("peak memory while %d keys are loaded %s, MB", b.keys, way), s.column, p.peak())
		})
		check(os.Remove(s.database))
	}
}

// listOrders measures the answers to /orders.
func (b *bench) listOrders(column string) {
	var times []float64
	for user := int64(oldBuyer); user < oldBuyer+20; user++ {
		chat, leave := b.open(user)
		began := time.Now()
		b.write(user, "/orders")
		await(chat, anything)
		times = append(times, milliseconds(time.Since(began)))
		leave()
	}
	b.put("a buyer's /orders is answered within, ms", column, median(times))
}

// sell measures whole sales: the order in the chat, its invoice, the payment, the goods. Each buyer buys once, so that
// the limits of one chat and of one buyer do not count.
func (b *bench) sell(ctx context.Context, column string, p process) {
	clients := make(chan client, buyers)
	for range buyers {
		clients <- dial(ctx, b.public)
	}
	var sold atomic.Int64
	end := time.Now().Add(2 * b.selling)
	together(waiting+1, waiting+1, func(i int) {
		if i > 0 {
			for b.sale(clients, end) {
				sold.Add(1)
			}
			return
		}
		time.Sleep(b.selling) // until as many get their goods as order
		n, cpu, began := sold.Load(), p.cpu(), time.Now()
		time.Sleep(time.Until(end))
		sales := float64(sold.Load() - n)
		b.put(fmt.Sprintf("whole sales a second, %d buyers at once", buyers), column, sales/time.Since(began).Seconds())
		b.put("processor time of the shop for a sale, ms", column, milliseconds(p.cpu()-cpu)/sales)
	})
	for range buyers {
		check((<-clients).Close())
	}
}

// sale is one of them, if it is not too late. The next one may begin when its payment is acknowledged.
func (r *remote) sale(clients chan client, end time.Time) bool {
	c := <-clients
	if time.Now().After(end) {
		clients <- c
		return false
	}
	user := newBuyer + r.ids.Add(1)
	chat, leave := r.open(user)
	defer leave()
	c.post(r.order(user, chat))
	clients <- c
	await(chat, soldKey)
	return true
}

// order has a user order, and returns the webhook of the payment.
func (r *remote) order(user int64, chat <-chan []byte) []byte {
	r.write(user, "/buy "+sku)
	id, now := await(chat, payLink), time.Now().UTC().Format(time.RFC3339)
	body := fmt.Sprintf(`{"update_id":%s,"update_type":"invoice_paid","request_date":"%s","payload":%s}`, id, now,
		r.invoice(id, `"status":"paid","paid_at":"`+now+`","paid_asset":"USDT","paid_amount":"10.49974",`+
			`"paid_fiat_rate":"1.0000247","fee_asset":"USDT","fee_amount":"0.314992","paid_anonymously":true`))
	return fmt.Appendf(nil, "POST /cryptopay/webhook HTTP/1.1\r\nHost: shop.test\r\nContent-Type: application/json\r\n"+
		"%s: %s\r\nContent-Length: %d\r\n\r\n%s", cryptopay.SignatureHeader, cryptopay.Sign(appToken, []byte(body)), len(body), body)
}

// placeOrders has n orders made and returns the webhooks of their payments.
func (r *remote) placeOrders(n int) [][]byte {
	webhooks := make([][]byte, n)
	together(buyers, n, func(i int) {
		user := newBuyer + r.ids.Add(1)
		chat, leave := r.open(user)
		defer leave()
		webhooks[i] = r.order(user, chat)
	})
	return webhooks
}

// burst is so many payments over so many connections, each sent as soon as the one before is answered.
type burst struct{ conns, payments int }

// pay measures how bursts of payments are acknowledged at an address.
func (b *bench) pay(ctx context.Context, column, address string, payments [][]byte) {
	time.Sleep(b.selling / 2) // a shop that has just started compares the open invoices
	for _, burst := range b.bursts {
		times := make([]time.Duration, burst.payments)
		var next atomic.Int64
		began := time.Now()
		together(burst.conns, burst.conns, func(int) {
			c := dial(ctx, address)
			defer c.Close()
			for i := next.Add(1) - 1; i < int64(burst.payments); i = next.Add(1) - 1 {
				sent := time.Now()
				c.post(payments[i])
				times[i] = time.Since(sent)
			}
		})
		payments = payments[burst.payments:]
		perSecond := float64(burst.payments) / time.Since(began).Seconds()
		b.put(fmt.Sprintf("payments acknowledged a second over %d connections", burst.conns), column, perSecond)
		switch slices.Sort(times); {
		case burst.conns > 1:
			b.put(fmt.Sprintf("… and 99 of 100 within, ms, over %d", burst.conns), column, milliseconds(times[len(times)*99/100]))
		case column != boundColumn:
			b.put(loneRow, column, milliseconds(times[len(times)/2]))
		}
	}
}

// together runs do for each i below n, at most limit at the same time.
func together(limit, n int, do func(i int)) {
	var all errgroup.Group
	all.SetLimit(limit)
	for i := range n {
		all.Go(func() error { do(i); return nil })
	}
	check(all.Wait())
}

// client sends prepared requests over one connection, to cost little beside the server.
type client struct {
	net.Conn

	in *bufio.Reader
}

func dial(ctx context.Context, address string) client {
	conn := must((&net.Dialer{}).DialContext(ctx, "tcp", address))
	check(conn.SetDeadline(time.Now().Add(2 * patience)))
	return client{conn, bufio.NewReader(conn)}
}

// post sends a request, which has to be answered with 200.
func (c client) post(request []byte) {
	must(c.Write(request))
	resp := must(http.ReadResponse(c.in, nil)) //nolint:bodyclose // read to its end
	if must(io.Copy(io.Discard, resp.Body)); resp.StatusCode != http.StatusOK {
		log.Fatalf("webhook answered with %s", resp.Status)
	}
}

// boundCommand has this program be the handler that the shop is compared with.
const boundCommand = "bound"

// serveBound serves a handler that verifies and decodes webhooks, and nothing else.
func serveBound(address string) error {
	key := sha256.Sum256([]byte(appToken))
	handler := func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
		signature, err2 := hex.DecodeString(r.Header.Get(cryptopay.SignatureHeader))
		mac := hmac.New(sha256.New, key[:])
		mac.Write(body)
		var update map[string]any
		if r.Method == http.MethodPost && (errors.Join(err, err2) != nil || !hmac.Equal(signature, mac.Sum(nil)) ||
			json.Unmarshal(body, &update) != nil) {
			w.WriteHeader(http.StatusBadRequest)
		}
	}
	return (&http.Server{Addr: address, Handler: http.HandlerFunc(handler), ReadHeaderTimeout: patience}).ListenAndServe()
}

// startBound runs that handler in a process of its own until this one ends.
func (r *remote) startBound(ctx context.Context) {
	cmd := exec.CommandContext(ctx, must(os.Executable()), boundCommand, r.bound)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	check(cmd.Start())
	waitFor(ctx, "http://"+r.bound)
}

// loneCommit is the median time, in ms, in which bbolt commits 1 kB of a lone writer: two flushes of the disk.
func loneCommit(dir string) float64 {
	db := must(bbolt.Open(filepath.Join(dir, "commit.db"), 0o600, &bbolt.Options{Timeout: time.Second}))
	defer db.Close()
	var times []time.Duration
	for began := time.Now(); len(times) < 500; began = time.Now() {
		check(db.Update(func(tx *bbolt.Tx) error {
			records, err := tx.CreateBucketIfNotExists([]byte("records"))
			return errors.Join(err, records.Put(fmt.Appendf(nil, "%08d", len(times)), make([]byte, 1000)))
		}))
		times = append(times, time.Since(began))
	}
	return milliseconds(median(times))
}
