package crash

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

	"shopbot/internal/e2e/testenv"
)

// recordingProxy is between the shop and a sandbox process that may be killed. It records what the
// shop was told has arrived, since the sandbox forgets it, and answers nobody while it is closed.
type recordingProxy struct {
	proxy  *httputil.ReverseProxy
	closed atomic.Bool

	mu       sync.Mutex
	payLinks map[int64]string     // the newest that each person was sent
	goods    map[int64][][]string // keys that each person was sent: a list for each message
}

func newRecordingProxy(sandbox string) *recordingProxy {
	p := &recordingProxy{payLinks: map[int64]string{}, goods: map[int64][][]string{}}
	p.closed.Store(true)
	p.proxy = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: sandbox})
		},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) {
			panic(http.ErrAbortHandler) // a dead machine sends nothing
		},
		ModifyResponse: p.record,
	}
	return p
}

func (p *recordingProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case p.closed.Load():
		panic(http.ErrAbortHandler)
	case comparesInvoices(r):
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	if strings.HasSuffix(r.URL.Path, "/getUpdates") { // ends when the shop dies
		p.proxy.ServeHTTP(w, r)
		return
	}
	// Any other request takes effect and has to be recorded, even if the shop dies meanwhile.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), testTimeout)
	defer cancel()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	p.proxy.ServeHTTP(w, r.WithContext(ctx))
}

// record keeps the message in an answer of the Bot API. The shop may not get the answer.
func (p *recordingProxy) record(resp *http.Response) error {
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
		return nil // no message
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	who := answer.Result.Chat.ID
	for _, button := range slices.Concat(answer.Result.Markup.Rows...) {
		if button.URL != "" {
			p.payLinks[who] = button.URL
		}
	}
	if keys := testenv.KeysIn(answer.Result.Text); len(keys) > 0 {
		p.goods[who] = append(p.goods[who], keys)
	}
	return nil
}

// payLink returns the newest pay link that somebody was sent.
func (p *recordingProxy) payLink(who int64) (link string, found bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	link, found = p.payLinks[who]
	return link, found
}

// goodsOf lists the keys that somebody was sent: a list for each message.
func (p *recordingProxy) goodsOf(who int64) [][]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.goods[who])
}
