package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// services are Telegram and Crypto Pay as the shop sees them: they agree to
// everything at once and cost as little as they can. Whether the shop speaks as the
// real ones want it is for the sandbox to find out, not for this program.
type services struct {
	address  string
	server   *http.Server
	secret   atomic.Pointer[string] // that the shop registered its webhook with
	invoices atomic.Int64
	messages atomic.Int64
	silent   atomic.Bool // answers no question about invoices

	mu      sync.Mutex
	waiting map[int64][]chan time.Time // by chat, those that came first first
}

func startServices(ctx context.Context) (*services, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &services{address: "http://" + l.Addr().String(), waiting: map[int64][]chan time.Time{}}
	s.invoices.Store(1 << 40) // above those of prepared orders
	mux := http.NewServeMux()
	mux.HandleFunc("/telegram/", s.telegram)
	mux.HandleFunc("/cryptopay/", s.cryptoPay)
	s.server = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = s.server.Serve(l) }() // until close
	return s, nil
}

func (s *services) close() { _ = s.server.Close() }

// await returns a channel that gets the moment at which the next message reaches a chat.
func (s *services) await(chat int64) <-chan time.Time {
	c := make(chan time.Time, 1)
	s.mu.Lock()
	s.waiting[chat] = append(s.waiting[chat], c)
	s.mu.Unlock()
	return c
}

func (s *services) arrived(chat int64, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	queue := s.waiting[chat]
	if len(queue) == 0 {
		return
	}
	queue[0] <- at // it has room for one
	if s.waiting[chat] = queue[1:]; len(queue) == 1 {
		delete(s.waiting, chat)
	}
}

var errNoMessage = errors.New("the shop did not answer in the chat")

// receive waits for what await promised.
func receive(ctx context.Context, c <-chan time.Time) (time.Time, error) {
	timeout := time.NewTimer(callTimeout)
	defer timeout.Stop()
	select {
	case at := <-c:
		return at, nil
	case <-timeout.C:
		return time.Time{}, errNoMessage
	case <-ctx.Done():
		return time.Time{}, ctx.Err()
	}
}

// telegram answers the calls that the shop makes of the Bot API.
func (s *services) telegram(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	now := time.Now()
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	switch method := path.Base(r.URL.Path); method {
	case "getMe":
		fmt.Fprint(w, `{"ok":true,"result":{"id":1000,"is_bot":true,"first_name":"Bench","username":"bench_goods_bot"}}`)
	case "setWebhook":
		var call struct {
			Secret string `json:"secret_token"`
		}
		if json.Unmarshal(body, &call) == nil {
			s.secret.Store(&call.Secret)
		}
		fmt.Fprint(w, `{"ok":true,"result":true}`)
	case "getUpdates": // nobody writes
		select {
		case <-r.Context().Done():
		case <-time.After(50 * time.Second):
			fmt.Fprint(w, `{"ok":true,"result":[]}`)
		}
	case "sendMessage", "editMessageText":
		chat := chatOf(body)
		if method == "sendMessage" { // to edit one is no news to anybody
			s.arrived(chat, now)
		}
		fmt.Fprintf(w, `{"ok":true,"result":{"message_id":%d,"date":%d,"chat":{"id":%d,"type":"private"}}}`,
			s.messages.Add(1), now.Unix(), chat)
	default:
		fmt.Fprint(w, `{"ok":true,"result":true}`)
	}
}

// chatOf finds the chat of a call, whose parameters are JSON or a form.
func chatOf(body []byte) (chat int64) {
	_, rest, _ := bytes.Cut(body, []byte("chat_id"))
	rest = bytes.TrimLeft(rest, "\": \r\n")
	for _, c := range rest {
		if c < '0' || c > '9' {
			break
		}
		chat = chat*10 + int64(c-'0')
	}
	return chat
}

// cryptoPay answers the calls that the shop makes of Crypto Pay.
func (s *services) cryptoPay(w http.ResponseWriter, r *http.Request) {
	var call struct {
		Amount  string `json:"amount"`
		Payload string `json:"payload"`
		IDs     string `json:"invoice_ids"`
	}
	body, err := io.ReadAll(r.Body)
	if err != nil || len(body) > 0 && json.Unmarshal(body, &call) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	switch path.Base(r.URL.Path) {
	case "createInvoice":
		fmt.Fprintf(w, `{"ok":true,"result":%s}`, activeInvoice(s.invoices.Add(1), call.Amount, call.Payload))
	case "getInvoices":
		if s.silent.Load() {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		fmt.Fprintf(w, `{"ok":true,"result":{"items":[%s]}}`, invoiceList(call.IDs+r.URL.Query().Get("invoice_ids")))
	case "getExchangeRates":
		fmt.Fprint(w, `{"ok":true,"result":[{"is_valid":true,"is_crypto":true,"is_fiat":false,"source":"USDT","target":"USD","rate":"1.0001"},`+
			`{"is_valid":true,"is_crypto":true,"is_fiat":false,"source":"TON","target":"USD","rate":"3.21"}]}`)
	default:
		fmt.Fprint(w, `{"ok":true,"result":{"items":[]}}`)
	}
}

func activeInvoice(id int64, amount, payload string) string {
	now := time.Now()
	return fmt.Sprintf(`{"invoice_id":%d,"hash":"%s","currency_type":"fiat","fiat":"USD","amount":"%s","accepted_assets":["USDT","TON","BTC"],"pay_url":"%s",`+
		`"bot_invoice_url":"%[4]s","mini_app_invoice_url":"%s","web_app_invoice_url":"%s","description":"Steam card","status":"active",`+
		`"created_at":"%s","allow_comments":true,"allow_anonymous":true,"expiration_date":"%s","payload":"%s"}`,
		id, invoiceHash(id), amount, botURL(id), miniAppURL(id), webAppURL(id), moment(now), moment(now.Add(time.Hour)), payload)
}

// invoiceList is what is said of invoices by their ids: nobody has paid any.
func invoiceList(ids string) string {
	var list []string
	for word := range strings.SplitSeq(ids, ",") {
		var id int64
		if _, err := fmt.Sscan(word, &id); err == nil {
			list = append(list, activeInvoice(id, "10.5", ""))
		}
	}
	return strings.Join(list, ",")
}
