package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// remote is Telegram and Crypto Pay on loopback. It agrees to everything at once and costs as little
// as it can. It does not check what the shop sends; internal/sandbox does.
type remote struct {
	*httptest.Server

	ids      atomic.Int64 // of updates, messages and invoices
	updates  chan string  // not yet fetched by the shop
	document atomic.Value // []byte, the file that the owner sends
	chats    sync.Map     // user => chat, those that somebody waits for
	payloads sync.Map     // id of an invoice => its payload
}

func newRemote() *remote {
	r := &remote{updates: make(chan string, 1<<16)}
	mux := http.NewServeMux()
	mux.HandleFunc("/telegram/", r.telegram)
	mux.HandleFunc("/telegram/file/", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(r.list()) })
	mux.HandleFunc("/cryptopay/", r.cryptoPay)
	r.Server = httptest.NewServer(mux)
	return r
}

func (r *remote) list() []byte { list, _ := r.document.Load().([]byte); return list }

// shown is a message that the shop sent or edited.
type shown struct {
	id   int64
	call []byte // the call's parameters
}

// chat is what the shop shows in one chat.
type chat chan shown

// open registers a user's chat; close it with r.chats.Delete.
func (r *remote) open(user int64) chat {
	c := make(chat, 16)
	r.chats.Store(user, c)
	return c
}

// await returns the next message with text in its parameters.
func (c chat) await(text string) (shown, error) {
	for timeout := time.After(patience); ; {
		select {
		case s := <-c:
			if bytes.Contains(s.call, []byte(text)) {
				return s, nil
			}
		case <-timeout:
			return shown{}, fmt.Errorf("the shop did not show %q in the chat: %w", text, errTimeout)
		}
	}
}

var errTimeout = errors.New("no answer in time")

// button returns the callback data of the first button whose text or data begins with prefix, or "".
func (s shown) button(prefix string) string {
	var markup struct {
		Rows [][]struct {
			Text string `json:"text"`
			Data string `json:"callback_data"`
		} `json:"inline_keyboard"`
	}
	_, rest, found := bytes.Cut(s.call, []byte(`"inline_keyboard"`))
	if found && json.NewDecoder(io.MultiReader(strings.NewReader(`{"inline_keyboard"`), bytes.NewReader(rest))).Decode(&markup) != nil {
		return ""
	}
	for _, b := range slices.Concat(markup.Rows...) {
		if strings.HasPrefix(b.Text, prefix) || strings.HasPrefix(b.Data, prefix) {
			return b.Data
		}
	}
	return ""
}

const person = `{"id":%d,"is_bot":false,"type":"private","first_name":"Alice","username":"alice_example","language_code":"en"}`

// say sends a user's message, of which content is the rest of the fields.
func (r *remote) say(user int64, content string) {
	from := fmt.Sprintf(person, user)
	r.updates <- fmt.Sprintf(`"message":{"message_id":%d,"from":%s,"chat":%s,"date":%d,%s}`, r.ids.Add(1), from, from, time.Now().Unix(), content)
}

func (r *remote) command(user int64, text string) {
	name, _, _ := strings.Cut(text, " ")
	r.say(user, fmt.Sprintf(`"text":%q,"entities":[{"offset":0,"length":%d,"type":"bot_command"}]`, text, len(name)))
}

// press sends a user's press of a button under a message.
func (r *remote) press(user, message int64, data string) {
	from := fmt.Sprintf(person, user)
	r.updates <- fmt.Sprintf(`"callback_query":{"id":"%d","from":%s,"chat_instance":"1","data":%q,`+
		`"message":{"message_id":%d,"date":%d,"chat":%s,"text":"…"}}`, r.ids.Add(1), from, data, message, time.Now().Unix(), from)
}

// nextUpdates waits for updates and returns up to 100.
func (r *remote) nextUpdates(ctx context.Context) string {
	var batch []string
	for timeout := time.After(20 * time.Second); len(batch) < 100; {
		if len(batch) > 0 && len(r.updates) == 0 {
			break
		}
		select {
		case u := <-r.updates:
			batch = append(batch, fmt.Sprintf(`{"update_id":%d,%s}`, r.ids.Add(1), u))
		case <-timeout:
			return ""
		case <-ctx.Done():
			return ""
		}
	}
	return strings.Join(batch, ",")
}

// telegram answers a call of the Bot API.
func (r *remote) telegram(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	result := "true"
	switch path.Base(req.URL.Path) {
	case "getMe":
		result = `{"id":1000,"is_bot":true,"first_name":"Bench","username":"bench_goods_bot"}`
	case "getUpdates":
		result = "[" + r.nextUpdates(req.Context()) + "]"
	case "getFile":
		result = fmt.Sprintf(`{"file_id":"list","file_unique_id":"list","file_size":%d,"file_path":"list.txt"}`, len(r.list()))
	case "sendMessage", "editMessageText":
		user, id := number(body, "chat_id"), number(body, "message_id")
		id = cmp.Or(id, r.ids.Add(1))
		result = fmt.Sprintf(`{"message_id":%d,"date":%d,"chat":{"id":%d,"type":"private"},"text":"…"}`, id, time.Now().Unix(), user)
		if c, waited := r.chats.Load(user); waited {
			select {
			case c.(chat) <- shown{id, body}: //nolint:forcetypeassert // open stores nothing else
			default:
			}
		}
	}
	fmt.Fprintf(w, `{"ok":true,"result":%s}`, result)
}

// cryptoPay answers a call of the Crypto Pay API. Nobody has paid the invoices that it is asked for.
func (r *remote) cryptoPay(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	result := `{"items":[]}`
	switch path.Base(req.URL.Path) {
	case "createInvoice":
		var call struct{ Payload string }
		_ = json.Unmarshal(body, &call)
		id := fmt.Sprint(r.ids.Add(1))
		r.payloads.Store(id, call.Payload)
		result = invoice(id, call.Payload, `"status":"active"`)
	case "getInvoices":
		var list []string
		for _, id := range strings.FieldsFunc(req.URL.RawQuery+string(body), func(c rune) bool { return c < '0' || c > '9' }) {
			if payload, found := r.payloads.Load(id); found {
				list = append(list, invoice(id, payload, `"status":"active"`))
			}
		}
		result = `{"items":[` + strings.Join(list, ",") + `]}`
	case "getExchangeRates":
		result = `[{"is_valid":true,"is_crypto":true,"is_fiat":false,"source":"USDT","target":"USD","rate":"1.0001"}]`
	}
	fmt.Fprintf(w, `{"ok":true,"result":%s}`, result)
}

// invoiceMark stands before the id of an invoice in its links.
const invoiceMark = "bench-invoice-"

// invoice is an invoice of 10.50 USD as Crypto Pay writes it.
func invoice(id string, payload any, more string) string {
	now := time.Now().UTC()
	return fmt.Sprintf(`{"invoice_id":%s,"hash":"%[2]s%[1]s","currency_type":"fiat","fiat":"USD","amount":"10.5","accepted_assets":["USDT"],`+
		`"pay_url":"https://t.me/CryptoBot?start=%[2]s%[1]s","bot_invoice_url":"https://t.me/CryptoBot?start=%[2]s%[1]s",`+
		`"mini_app_invoice_url":"https://t.me/CryptoBot/app?startapp=%[2]s%[1]s&mode=compact",`+
		`"web_app_invoice_url":"https://app.send.tg/invoices/%[2]s%[1]s","description":"Steam card $10","created_at":"%[3]s",`+
		`"allow_comments":true,"allow_anonymous":true,"expiration_date":"%[4]s","payload":"%[5]s",%[6]s}`,
		id, invoiceMark, now.Format(time.RFC3339), now.Add(24*time.Hour).Format(time.RFC3339), payload, more)
}

// number returns the number that follows name in text, or 0. It reads JSON, forms and /proc alike.
func number(text []byte, name string) (n int64) {
	_, rest, _ := bytes.Cut(text, []byte(name))
	_, _ = fmt.Sscanf(string(bytes.TrimLeft(rest[:min(len(rest), 40)], "\": =\t\r\n")), "%d", &n)
	return n
}
