package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// border stands between the shop and a sandbox that may die. It writes down what the shop was told has
// arrived, which the sandbox forgets with its life, and lets nobody through while it is closed.
type border struct {
	proxy  *httputil.ReverseProxy
	closed atomic.Bool

	mu      sync.Mutex
	bills   map[int64]string     // the newest pay link that somebody was sent
	parcels map[int64][][]string // keys that somebody was sent: a list for each message
}

func newBorder(sandbox string) *border {
	b := &border{bills: map[int64]string{}, parcels: map[int64][][]string{}}
	b.closed.Store(true)
	b.proxy = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: sandbox})
		},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) {
			panic(http.ErrAbortHandler) // a dead machine says nothing
		},
		ModifyResponse: b.note,
	}
	return b
}

func (b *border) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case b.closed.Load():
		panic(http.ErrAbortHandler)
	case comparesInvoices(r):
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	if strings.HasSuffix(r.URL.Path, "/getUpdates") { // ends with whoever waits for it
		b.proxy.ServeHTTP(w, r)
		return
	}
	// What the shop has sent is done, and must be written down, though it dies meanwhile.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), patience)
	defer cancel()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	b.proxy.ServeHTTP(w, r.WithContext(ctx))
}

// note writes down the message that an answer of the Bot API tells of. The answer may still be lost on its way to
// the shop.
func (b *border) note(resp *http.Response) error {
	if resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Request.URL.Path, "/telegram/") {
		return nil
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	var answer struct {
		Result struct {
			Chat struct {
				ID int64 `json:"id"`
			} `json:"chat"`
			Text   string `json:"text"`
			Markup struct {
				Rows [][]struct {
					URL string `json:"url"`
				} `json:"inline_keyboard"`
			} `json:"reply_markup"`
		} `json:"result"`
	}
	if json.Unmarshal(body, &answer) != nil || answer.Result.Chat.ID == 0 {
		return nil // it is about something else
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	who := answer.Result.Chat.ID
	for _, button := range slices.Concat(answer.Result.Markup.Rows...) {
		if button.URL != "" {
			b.bills[who] = button.URL
		}
	}
	if keys := keysIn(answer.Result.Text); len(keys) > 0 {
		b.parcels[who] = append(b.parcels[who], keys)
	}
	return nil
}

// bill is the link with which somebody can pay.
func (b *border) bill(who int64) (link string, some bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	link, some = b.bills[who]
	return link, some
}

// goods is what somebody was sent.
func (b *border) goods(who int64) [][]string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([][]string(nil), b.parcels[who]...)
}
