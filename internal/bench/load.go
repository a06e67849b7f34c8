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

// failure ends a measurement: check panics with it, and together and measure return its error.
type failure struct{ error }

func check(err error) {
	if err != nil {
		panic(failure{err})
	}
}

func must[T any](v T, err error) T { check(err); return v }

func catch(err *error) {
	switch f := recover().(type) {
	case nil:
	case failure:
		*err = f.error
	default:
		panic(f)
	}
}

// together runs do for each i below n, at most limit at the same time, until one fails.
func together(limit, n int, do func(i int)) {
	var all errgroup.Group
	all.SetLimit(limit)
	for i := range n {
		all.Go(func() (err error) {
			defer catch(&err)
			do(i)
			return nil
		})
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
	resp := must(http.ReadResponse(c.in, nil)) //nolint:bodyclose // closed below
	must(io.Copy(io.Discard, resp.Body))
	if check(resp.Body.Close()); resp.StatusCode != http.StatusOK {
		check(fmt.Errorf("webhook answered with %s", resp.Status))
	}
}

const signatureHeader = "crypto-pay-api-signature"

func signature(body []byte) []byte {
	key := sha256.Sum256([]byte(appToken))
	mac := hmac.New(sha256.New, key[:])
	mac.Write(body)
	return mac.Sum(nil)
}

// webhook is the whole request that tells of a payment.
func (s *site) webhook(id string) []byte {
	now := time.Now().UTC().Format(time.RFC3339)
	body := fmt.Sprintf(`{"update_id":%s,"update_type":"invoice_paid","request_date":"%s","payload":%s}`, id, now,
		s.invoice(id, `"status":"paid","paid_at":"`+now+`","paid_asset":"USDT","paid_amount":"10.49974",`+
			`"paid_fiat_rate":"1.0000247","fee_asset":"USDT","fee_amount":"0.314992","paid_anonymously":true`))
	return fmt.Appendf(nil, "POST /cryptopay/webhook HTTP/1.1\r\nHost: shop.test\r\nContent-Type: application/json\r\n"+
		"%s: %x\r\nContent-Length: %d\r\n\r\n%s", signatureHeader, signature([]byte(body)), len(body), body)
}

// burst is so many payments over so many connections, each sent as soon as the one before is answered.
type burst struct{ conns, payments int }

// send sends each request once. It returns how many were answered a second and the sorted times of all.
func (b burst) send(ctx context.Context, address string, requests [][]byte) (perSecond float64, times []time.Duration) {
	times = make([]time.Duration, b.payments)
	var next atomic.Int64
	began := time.Now()
	together(b.conns, b.conns, func(int) {
		c := dial(ctx, address)
		defer c.Close()
		for i := next.Add(1) - 1; i < int64(b.payments); i = next.Add(1) - 1 {
			sent := time.Now()
			c.post(requests[i])
			times[i] = time.Since(sent)
		}
	})
	perSecond = float64(b.payments) / time.Since(began).Seconds()
	slices.Sort(times)
	return perSecond, times
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
	defer os.Remove(path)
	defer db.Close()
	var times []time.Duration
	for began := time.Now(); len(times) < 500; began = time.Now() {
		check(db.Update(func(tx *bbolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists([]byte("records"))
			return errors.Join(err, b.Put(fmt.Appendf(nil, "%08d", len(times)), make([]byte, 1000)))
		}))
		times = append(times, time.Since(began))
	}
	return median(times)
}

const (
	buyers     = 64   // who order and pay at the same time
	waiting    = 2000 // who do so or wait for their goods; many, since a chat gets one message a second
	firstBuyer = 7_000_000_000
)

// order has a user order: every other one by the command, the others by the Buy button of the product's card. It
// returns the webhook of the payment.
func (s *site) order(user int64, chat <-chan message) []byte {
	if user%2 == 0 {
		s.command(user, "/buy "+sku)
	} else {
		s.command(user, "/start p_"+sku)
		card, button := await(chat, buyButton)
		s.press(user, card, button)
	}
	_, id := await(chat, payLink)
	return s.webhook(id)
}

// placeOrders has n orders made and returns the webhooks of their payments.
func (s *site) placeOrders(n int) [][]byte {
	webhooks := make([][]byte, n)
	together(buyers, n, func(i int) {
		user := firstBuyer + s.ids.Add(1)
		webhooks[i] = s.order(user, s.open(user))
		s.chats.Delete(user)
	})
	return webhooks
}

// sell measures whole sales: the order in the chat, its invoice, the payment, the goods. Each buyer buys once, so that
// the limits of one chat and of one buyer do not count.
func (b *bench) sell(ctx context.Context, column int, p process) {
	clients := make(chan client, buyers)
	for range buyers {
		clients <- dial(ctx, b.public)
	}
	told := b.open(owner)
	defer b.chats.Delete(int64(owner))
	var sold atomic.Int64
	var soldKeys sync.Map
	end := time.Now().Add(2 * b.selling)
	together(waiting+1, waiting+1, func(i int) {
		if i > 0 {
			for b.sale(clients, end, &soldKeys) {
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
	await(told, anything) // of as many sales as one chat's pace allows
}

// sale is one of them, if it is not too late. The next one may begin when its payment is acknowledged.
func (s *site) sale(clients chan client, end time.Time, keys *sync.Map) bool {
	user := firstBuyer + s.ids.Add(1)
	chat := s.open(user)
	defer s.chats.Delete(user)
	paid := func() bool {
		c := <-clients
		defer func() { clients <- c }()
		if time.Now().After(end) {
			return false
		}
		c.post(s.order(user, chat))
		return true
	}()
	if paid {
		_, key := await(chat, soldKey)
		if other, sent := keys.Swap(key, user); sent {
			check(fmt.Errorf("user %d got the key of %d", user, other))
		}
	}
	return paid
}
