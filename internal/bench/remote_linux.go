package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"shopbot/internal/sandbox/cryptopay"
)

// limit ends the program unless it is stopped within a minute.
func limit(what string) *time.Timer {
	return time.AfterFunc(time.Minute, func() { log.Fatal("no ", what) })
}

// remote is Telegram and Crypto Pay for the shops. It agrees to everything at once, costs as little
// as it can, and does not check what the shop sends.
type remote struct {
	*httptest.Server
	dir, list   string       // of all files; the file with keys
	log         *os.File     // of all commands
	public, ops [3]string    // addresses of the replicas of a shop; most have one
	bound       string       // address of what it is compared with
	ids         atomic.Int64 // of updates, messages, invoices and users
	updates     chan string  // not yet fetched by the shop
	chats       sync.Map     // user => chat that somebody waits in
	payloads    sync.Map     // id of an invoice => its payload
}

func newRemote(dir string) *remote {
	check(os.WriteFile(filepath.Join(dir, "catalog.yaml"), []byte(products), 0o600))
	r := &remote{dir: dir, list: filepath.Join(dir, "keys.txt"), updates: make(chan string, 1<<16)}
	r.log = must(os.Create(filepath.Join(dir, "log.txt"))) //nolint:gosec // a directory of this program
	mux := http.NewServeMux()
	mux.HandleFunc("/telegram/", r.telegram)
	mux.HandleFunc("/cryptopay/", r.cryptoPay)
	mux.HandleFunc("/telegram/file/", func(w http.ResponseWriter, req *http.Request) { http.ServeFile(w, req, r.list) })
	r.Server = httptest.NewServer(mux)
	addresses := []*string{&r.bound}
	for i := range r.public {
		addresses = append(addresses, &r.public[i], &r.ops[i])
	}
	for _, address := range addresses {
		l := must(net.Listen("tcp", "127.0.0.1:0")) //nolint:noctx // at once
		*address = l.Addr().String()
		defer l.Close() // frees the port for the program that listens there
	}
	return r
}

// chat is where what the shop sends to a user arrives, until the user leaves.
type chat struct {
	*remote
	user  int64
	calls chan []byte // the parameters of the calls
}

func (r *remote) open(user int64) chat {
	c := chat{r, user, make(chan []byte, 16)}
	r.chats.Store(user, c)
	return c
}

func (c chat) leave() { c.chats.Delete(c.user) }

// await waits for a message with a number after marker, and returns the number.
func (c chat) await(marker string) (n int64) {
	defer limit("message with " + marker).Stop()
	for n == 0 {
		n = number(<-c.calls, marker)
	}
	return n
}

func (c chat) say(content string) {
	user := fmt.Sprintf(`{"id":%d,"is_bot":false,"type":"private","first_name":"Alice","language_code":"en"}`, c.user)
	c.updates <- fmt.Sprintf(`"message":{"message_id":%d,"from":%s,"chat":%[2]s,"date":%d,%s}`,
		c.ids.Add(1), user, time.Now().Unix(), content)
}

func (c chat) command(text string) {
	name, _, _ := strings.Cut(text, " ")
	c.say(fmt.Sprintf(`"text":%q,"entities":[{"offset":0,"length":%d,"type":"bot_command"}]`, text, len(name)))
}

// press waits for a button whose callback data begins so, and presses it.
func (c chat) press(prefix string) {
	defer limit("button " + prefix).Stop()
	for call := range c.calls {
		if at := bytes.Index(call, []byte(prefix)); at >= 0 {
			pressed, _, _ := strings.Cut(string(call[at:]), `"`)
			c.updates <- fmt.Sprintf(`"callback_query":{"id":"%d","from":{"id":%d,"is_bot":false,"first_name":"Alice","language_code":"en"},`+
				`"chat_instance":"1","data":%q}`, c.ids.Add(1), c.user, pressed)
			return
		}
	}
}

func (r *remote) telegram(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	result := "true"
	switch filepath.Base(req.URL.Path) {
	case "getMe", "getFile":
		result = `{"id":1000,"is_bot":true,"first_name":"Bench","username":"bench_goods_bot","file_id":"1","file_path":"keys.txt"}`
	case "getUpdates":
		var batch []string
		for len(batch) == 0 || len(batch) < 100 && len(r.updates) > 0 {
			select {
			case u := <-r.updates:
				batch = append(batch, fmt.Sprintf(`{"update_id":%d,%s}`, r.ids.Add(1), u))
			case <-req.Context().Done(): // nobody wrote before the shop gave up or stopped
				return
			}
		}
		result = "[" + strings.Join(batch, ",") + "]"
	case "sendMessage", "editMessageText":
		user, id := number(body, "chat_id"), cmp.Or(number(body, "message_id"), r.ids.Add(1))
		result = fmt.Sprintf(`{"message_id":%d,"date":%d,"chat":{"id":%d,"type":"private"},"text":"…"}`, id, time.Now().Unix(), user)
		if c, open := r.chats.Load(user); open {
			c.(chat).calls <- body
		}
	}
	fmt.Fprintf(w, `{"ok":true,"result":%s}`, result)
}

// cryptoPay answers a call of the Crypto Pay API. It finds no paid invoices.
func (r *remote) cryptoPay(w http.ResponseWriter, req *http.Request) {
	result := `{"items":[]}`
	if filepath.Base(req.URL.Path) == "createInvoice" {
		var in map[string]string
		_ = json.NewDecoder(req.Body).Decode(&in) // all but the payload is known
		id := strconv.FormatInt(r.ids.Add(1), 10)
		r.payloads.Store(id, in["payload"])
		result = r.invoice(id, `"status":"active"`)
	}
	fmt.Fprintf(w, `{"ok":true,"result":%s}`, result)
}

// invoice is an invoice of 10.50 USD as Crypto Pay writes it.
func (r *remote) invoice(id, status string) string {
	order, _ := r.payloads.Load(id)
	now := time.Now().UTC()
	return fmt.Sprintf(`{"invoice_id":%s,"hash":"bench-invoice-%[1]s","currency_type":"fiat","fiat":"USD","amount":"10.5",`+
		`"accepted_assets":["USDT"],"bot_invoice_url":"https://t.me/CryptoBot?start=bench-invoice-%[1]s",`+
		`"mini_app_invoice_url":"https://t.me/CryptoBot/app?startapp=bench-invoice-%[1]s&mode=compact",`+
		`"web_app_invoice_url":"https://app.send.tg/invoices/bench-invoice-%[1]s","description":"Steam card $10",`+
		`"created_at":"%[2]s","expiration_date":"%[3]s","allow_comments":true,"allow_anonymous":true,"payload":"%[4]v",%[5]s}`,
		id, now.Format(time.RFC3339), now.Add(24*time.Hour).Format(time.RFC3339), order, status)
}

// number returns the number after name in text, or 0. It reads JSON, forms and /proc alike.
func number(text []byte, name string) (n int64) {
	_, rest, _ := bytes.Cut(text, []byte(name))
	_, _ = fmt.Sscanf(string(bytes.TrimLeft(rest[:min(len(rest), 40)], "\": =\t\r\n")), "%d", &n)
	return n
}

// order orders, and returns the webhook of the payment.
func (c chat) order() []byte {
	c.command("/buy " + sku)
	id, now := strconv.FormatInt(c.await("bench-invoice-"), 10), time.Now().UTC().Format(time.RFC3339)
	body := fmt.Sprintf(`{"update_id":%s,"update_type":"invoice_paid","request_date":"%s","payload":%s}`, id, now,
		c.invoice(id, `"status":"paid","paid_at":"`+now+`","paid_asset":"USDT","paid_amount":"10.49974",`+
			`"paid_fiat_rate":"1.0000247","fee_asset":"USDT","fee_amount":"0.314992","paid_anonymously":true`))
	return fmt.Appendf(nil, "POST /cryptopay/webhook HTTP/1.1\r\nHost: shop.test\r\nContent-Type: application/json\r\n"+
		"%s: %s\r\nContent-Length: %d\r\n\r\n%s", cryptopay.SignatureHeader, cryptopay.Sign(appToken, []byte(body)), len(body), body)
}

func dial(ctx context.Context, address string) *bufio.ReadWriter {
	conn := must((&net.Dialer{}).DialContext(ctx, "tcp", address))
	return bufio.NewReadWriter(bufio.NewReader(conn), bufio.NewWriter(conn))
}

// post sends a prepared request, to cost little beside the server, which has to answer with 200.
func post(c *bufio.ReadWriter, request []byte) {
	must(c.Write(request))
	check(c.Flush())
	resp := must(http.ReadResponse(c.Reader, nil)) //nolint:bodyclose // read to its end
	if must(io.Copy(io.Discard, resp.Body)); resp.StatusCode != http.StatusOK {
		log.Fatalf("webhook answered with %s", resp.Status)
	}
}

// waitFor asks until the answer has that status.
func waitFor(ctx context.Context, url string, status int) {
	defer limit("an answer from " + url).Stop()
	for ; ; time.Sleep(500 * time.Microsecond) {
		resp, err := http.DefaultClient.Do(must(http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)))
		if err == nil && resp.Body.Close() == nil && resp.StatusCode == status {
			return
		}
	}
}

// serveBound serves a handler that verifies and decodes webhooks, and nothing else.
func serveBound(address string) error {
	handler := func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		signed := hmac.Equal([]byte(r.Header.Get(cryptopay.SignatureHeader)), []byte(cryptopay.Sign(appToken, body)))
		var update map[string]any
		if !signed || json.Unmarshal(body, &update) != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
	}
	return (&http.Server{Addr: address, Handler: http.HandlerFunc(handler), ReadHeaderTimeout: time.Minute}).ListenAndServe()
}
