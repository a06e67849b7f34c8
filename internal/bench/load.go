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
	"sync"
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

// dial opens connections. They are closed by the one who gets them.
func dial(ctx context.Context, address string, n int) chan client {
	clients := make(chan client, n)
	for range n {
		conn := must((&net.Dialer{}).DialContext(ctx, "tcp", address))
		check(conn.SetDeadline(time.Now().Add(2 * patience)))
		clients <- client{conn, bufio.NewReader(conn)}
	}
	return clients
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
func webhook(id string, order any) []byte {
	now := time.Now().UTC().Format(time.RFC3339)
	body := fmt.Sprintf(`{"update_id":%s,"update_type":"invoice_paid","request_date":"%s","payload":%s}`, id, now,
		invoice(id, order, `"status":"paid","paid_at":"`+now+`","paid_asset":"USDT","paid_amount":"10.49974",`+
			`"paid_fiat_rate":"1.0000247","fee_asset":"USDT","fee_amount":"0.314992","paid_anonymously":true`))
	return fmt.Appendf(nil, "POST /cryptopay/webhook HTTP/1.1\r\nHost: shop.test\r\nContent-Type: application/json\r\n"+
		"%s: %x\r\nContent-Length: %d\r\n\r\n%s", signatureHeader, signature([]byte(body)), len(body), body)
}

// burst is so many payments over so many connections, each sent as soon as the one before is answered.
type burst struct{ conns, payments int }

// send sends each request once. It returns how many were answered a second and the sorted times of all.
func (b burst) send(ctx context.Context, address string, requests [][]byte) (rate float64, times []time.Duration) {
	times = make([]time.Duration, b.payments)
	clients := dial(ctx, address, b.conns)
	var next atomic.Int64
	var all errgroup.Group
	began := time.Now()
	for range b.conns {
		all.Go(func() error {
			c := <-clients
			defer c.Close() //nolint:errcheck // all is answered
			for i := next.Add(1) - 1; i < int64(b.payments); i = next.Add(1) - 1 {
				sent := time.Now()
				if err := c.post(requests[i]); err != nil {
					return err
				}
				times[i] = time.Since(sent)
			}
			return nil
		})
	}
	check(all.Wait())
	rate = float64(b.payments) / time.Since(began).Seconds()
	slices.Sort(times)
	return rate, times
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
func (s *site) startBaseline(ctx context.Context) {
	check(exec.CommandContext(ctx, must(os.Executable()), baselineCommand, s.baseline).Start())
	waitFor(ctx, "http://"+s.baseline)
}

// loneCommit is the median time in which bbolt commits 1 kB of a lone writer: two flushes of the disk.
func loneCommit(dir string) time.Duration {
	path := filepath.Join(dir, "commit.db")
	db := must(bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second}))
	defer os.Remove(path) //nolint:errcheck // it goes with dir
	times := make([]time.Duration, 500)
	for i := range times {
		began := time.Now()
		check(db.Update(func(tx *bbolt.Tx) error {
			b := must(tx.CreateBucketIfNotExists([]byte("records")))
			return b.Put(binary.BigEndian.AppendUint64(nil, uint64(i)), make([]byte, 1000)) //nolint:gosec // an index
		}))
		times[i] = time.Since(began)
	}
	check(db.Close())
	slices.Sort(times)
	return times[len(times)/2]
}

const (
	buyers     = 64   // who order and pay at the same time
	waiting    = 2000 // who do so or wait for their goods; many, since a chat gets one message a second
	firstBuyer = 7_000_000_000
)

// order has a user order: every other one by the command, the others by the Buy button of the product's card. It
// returns the webhook of the payment.
func (r *remote) order(user int64, c <-chan message) ([]byte, error) {
	if user%2 == 0 {
		r.command(user, "/buy "+sku)
	} else {
		r.command(user, "/start p_"+sku)
		card, button, err := await(c, buyButton)
		if err != nil {
			return nil, err
		}
		r.press(user, card, button)
	}
	_, id, err := await(c, payLink)
	payload, _ := r.payloads.Load(id)
	return webhook(id, payload), err
}

// placeOrders has n orders made and returns the webhooks of their payments.
func (r *remote) placeOrders(n int) [][]byte {
	webhooks := make([][]byte, n)
	var all errgroup.Group
	all.SetLimit(buyers)
	for i := range webhooks {
		all.Go(func() (err error) {
			user := firstBuyer + r.ids.Add(1)
			defer r.chats.Delete(user)
			webhooks[i], err = r.order(user, r.open(user))
			return err
		})
	}
	check(all.Wait())
	return webhooks
}

// sell measures whole sales for so long: the order in the chat, its invoice, the payment, the goods. Each buyer buys
// once, so that the limits of one chat and of one buyer do not count.
func (s *site) sell(ctx context.Context, p process, d time.Duration) (perSecond float64, cpu time.Duration) {
	clients := dial(ctx, s.public, buyers)
	told := s.open(owner)
	defer s.chats.Delete(int64(owner))
	var sold atomic.Int64
	var over atomic.Bool
	var keys sync.Map
	var all errgroup.Group
	for range waiting {
		all.Go(func() error {
			for {
				c := <-clients
				if over.Load() {
					clients <- c
					return nil
				}
				if err := s.sale(clients, c, &keys); err != nil {
					over.Store(true)
					return err
				}
				sold.Add(1)
			}
		})
	}
	time.Sleep(d) // until as many get their goods as order
	n, before, began := sold.Load(), p.cpu(), time.Now()
	time.Sleep(d)
	n, cpu, d = sold.Load()-n, p.cpu()-before, time.Since(began)
	over.Store(true)
	check(all.Wait())
	_, _, err := await(told, anything) // of as many sales as one chat's pace allows
	check(err)
	return float64(n) / d.Seconds(), cpu / time.Duration(max(n, 1))
}

// sale is one of them. It gives c back when the payment is acknowledged. keys are those that were sold.
func (s *site) sale(clients chan<- client, c client, keys *sync.Map) error {
	user := firstBuyer + s.ids.Add(1)
	chat := s.open(user)
	defer s.chats.Delete(user)
	webhook, err := s.order(user, chat)
	if err == nil {
		err = c.post(webhook)
	}
	clients <- c
	if err != nil {
		return err
	}
	_, key, err := await(chat, soldKey)
	if other, sent := keys.Swap(key, user); sent && err == nil {
		return fmt.Errorf("user %d got the key of %d", user, other)
	}
	return err
}
