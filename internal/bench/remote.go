package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// patience is after how long without an answer the measurement is given up.
const patience = time.Minute

var errTimeout = errors.New("no answer in time")

// site is where shops run, one at a time. It is Telegram and Crypto Pay for them, which agree to everything at once and
// cost as little as they can. They do not check what the shop sends; internal/sandbox does.
type site struct {
	*httptest.Server

	dir                   string       // of all files
	public, ops, baseline string       // addresses of the shop and of what it is compared with
	ids                   atomic.Int64 // of updates, messages, invoices and users
	updates               chan string  // not yet fetched by the shop
	chats                 sync.Map     // user => chan message, while somebody waits
	payloads              sync.Map     // id of an invoice => its payload
}

// message is one that the shop sent or edited.
type message struct {
	id   int64
	call []byte // the parameters of the call
}

func newSite(dir string) *site {
	s := &site{dir: dir, updates: make(chan string, 1<<16)}
	mux := http.NewServeMux()
	mux.HandleFunc("/telegram/", s.telegram)
	mux.HandleFunc("/cryptopay/", s.cryptoPay)
	mux.HandleFunc("/telegram/file/", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, filepath.Join(dir, "keys.txt")) // the only document that people send
	})
	s.Server = httptest.NewServer(mux)
	for _, address := range []*string{&s.public, &s.ops, &s.baseline} {
		l := must(net.Listen("tcp", "127.0.0.1:0")) //nolint:noctx // at once
		defer l.Close()                             // makes place for who is started there
		*address = l.Addr().String()
	}
	return s
}

// open registers a user's chat. s.chats.Delete closes it.
func (s *site) open(user int64) <-chan message {
	c := make(chan message, 16)
	s.chats.Store(user, c)
	return c
}

// What people look for in a message. The group is what they need of it.
var (
	anything  = regexp.MustCompile(`()`)
	buyButton = regexp.MustCompile(`"text":"Buy[^}]*"callback_data":"([^"]+)"`)
	addButton = regexp.MustCompile(`"callback_data":"(stock:add[^"]*)"`)
	payLink   = regexp.MustCompile(`bench-invoice-(\d+)`)
	soldKey   = regexp.MustCompile(`KEY-(\d+)`)
)

// await waits for a message that matches and returns its id and the group.
func await(chat <-chan message, wanted *regexp.Regexp) (id int64, group string) {
	for timeout := time.After(patience); ; {
		select {
		case m := <-chat:
			if match := wanted.FindSubmatch(m.call); match != nil {
				return m.id, string(match[1])
			}
		case <-timeout:
			check(fmt.Errorf("wait for %s in a chat: %w", wanted, errTimeout))
		}
	}
}

// push sends an update. $user is who causes it.
func (s *site) push(user int64, update string) {
	s.updates <- strings.NewReplacer("$new", fmt.Sprint(s.ids.Add(1)), "$now", fmt.Sprint(time.Now().Unix()), "$user",
		fmt.Sprintf(`{"id":%d,"is_bot":false,"type":"private","first_name":"Alice","username":"alice_example","language_code":"en"}`, user),
	).Replace(update)
}

func (s *site) say(user int64, content string) {
	s.push(user, `"message":{"message_id":$new,"from":$user,"chat":$user,"date":$now,`+content+`}`)
}

func (s *site) command(user int64, text string) {
	name, _, _ := strings.Cut(text, " ")
	s.say(user, fmt.Sprintf(`"text":%q,"entities":[{"offset":0,"length":%d,"type":"bot_command"}]`, text, len(name)))
}

func (s *site) press(user, id int64, button string) {
	s.push(user, fmt.Sprintf(`"callback_query":{"id":"$new","from":$user,"chat_instance":"1","data":%q,`+
		`"message":{"message_id":%d,"date":$now,"chat":$user,"text":"…"}}`, button, id))
}

// telegram answers a call of the Bot API.
func (s *site) telegram(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	result := "true"
	switch path.Base(r.URL.Path) {
	case "getMe":
		result = `{"id":1000,"is_bot":true,"first_name":"Bench","username":"bench_goods_bot"}`
	case "getUpdates":
		var batch []string
		for len(batch) == 0 || len(batch) < 100 && len(s.updates) > 0 {
			select {
			case u := <-s.updates:
				batch = append(batch, fmt.Sprintf(`{"update_id":%d,%s}`, s.ids.Add(1), u))
			case <-r.Context().Done(): // nobody wrote before the shop gave up or stopped
				return
			}
		}
		result = "[" + strings.Join(batch, ",") + "]"
	case "getFile":
		result = `{"file_id":"list","file_unique_id":"list","file_path":"keys.txt"}`
	case "sendMessage", "editMessageText":
		user, id := number(body, "chat_id"), cmp.Or(number(body, "message_id"), s.ids.Add(1))
		result = fmt.Sprintf(`{"message_id":%d,"date":%d,"chat":{"id":%d,"type":"private"},"text":"…"}`, id, time.Now().Unix(), user)
		c, _ := s.chats.Load(user)
		waiting, _ := c.(chan message)
		select {
		case waiting <- message{id, body}:
		default: // nobody waits
		}
	}
	fmt.Fprintf(w, `{"ok":true,"result":%s}`, result)
}

var payload, digits = regexp.MustCompile(`"payload":"([^"]*)"`), regexp.MustCompile(`\d+`)

// cryptoPay answers a call of the Crypto Pay API. Nobody has paid the invoices that it is asked for.
func (s *site) cryptoPay(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	result := `{"items":[]}`
	switch path.Base(r.URL.Path) {
	case "createInvoice":
		id := fmt.Sprint(s.ids.Add(1))
		s.payloads.Store(id, string(payload.FindSubmatch(body)[1]))
		result = s.invoice(id, `"status":"active"`)
	case "getInvoices":
		var list []string
		for _, id := range digits.FindAllString(r.URL.RawQuery+string(body), -1) {
			if _, found := s.payloads.Load(id); found {
				list = append(list, s.invoice(id, `"status":"active"`))
			}
		}
		result = `{"items":[` + strings.Join(list, ",") + `]}`
	case "getExchangeRates":
		result = `[{"is_valid":true,"is_crypto":true,"is_fiat":false,"source":"USDT","target":"USD","rate":"1.0001"}]`
	}
	fmt.Fprintf(w, `{"ok":true,"result":%s}`, result)
}

// invoice is an invoice of 10.50 USD as Crypto Pay writes it.
func (s *site) invoice(id, status string) string {
	order, _ := s.payloads.Load(id)
	now := time.Now().UTC()
	return fmt.Sprintf(`{"invoice_id":%s,"hash":"bench-invoice-%[1]s","currency_type":"fiat","fiat":"USD","amount":"10.5",`+
		`"accepted_assets":["USDT"],"pay_url":"https://t.me/CryptoBot?start=bench-invoice-%[1]s",`+
		`"bot_invoice_url":"https://t.me/CryptoBot?start=bench-invoice-%[1]s",`+
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
