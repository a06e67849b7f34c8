package telegram_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-telegram/bot"
	"github.com/stretchr/testify/require"

	"shopbot/internal/telegram"
)

const token = "12345:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"

// made is a call that reached the API.
type made struct {
	method string
	params map[string]string
	at     time.Time
}

// reply is what the API answers; the zero reply is a success.
type reply struct {
	status int
	body   string
	header http.Header
	err    error // of the network, instead of an answer
}

// api is a Bot API in place of a network.
type api struct {
	answer func(ctx context.Context, m made) reply // nil: successes

	mu    sync.Mutex
	calls []made
}

func (a *api) RoundTrip(req *http.Request) (*http.Response, error) {
	m := made{method: path.Base(req.URL.Path), params: params(req), at: time.Now()}
	a.mu.Lock()
	a.calls = append(a.calls, m)
	a.mu.Unlock()
	var r reply
	if a.answer != nil {
		r = a.answer(req.Context(), m)
	}
	if r.err != nil {
		return nil, r.err
	}
	body := cmp.Or(r.body, `{"ok":true,"result":{"message_id":7,"date":1,"chat":{"id":5}}}`)
	return &http.Response{
		StatusCode: cmp.Or(r.status, http.StatusOK), Header: r.header,
		Body: io.NopCloser(strings.NewReader(body)), Request: req,
	}, nil
}

// made lists the calls of a method; "" all.
func (a *api) made(method string) []made {
	a.mu.Lock()
	defer a.mu.Unlock()
	var found []made
	for _, m := range a.calls {
		if method == "" || m.method == method {
			found = append(found, m)
		}
	}
	return found
}

func params(req *http.Request) map[string]string {
	if req.Body == nil {
		return nil
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil
	}
	found := map[string]string{}
	_, media, err := mime.ParseMediaType(req.Header.Get("Content-Type"))
	if err != nil || media["boundary"] == "" {
		found["json"] = string(body)
		return found
	}
	form := multipart.NewReader(bytes.NewReader(body), media["boundary"])
	for {
		part, err := form.NextPart()
		if err != nil {
			return found
		}
		value, _ := io.ReadAll(part)
		found[part.FormName()] = string(value)
	}
}

func refusal(code int, description string, retryAfter int) reply {
	return reply{status: code, body: fmt.Sprintf(
		`{"ok":false,"error_code":%d,"description":%q,"parameters":{"retry_after":%d}}`, code, description, retryAfter)}
}

func newClient(t *testing.T, transport http.RoundTripper) *telegram.Client {
	t.Helper()
	c, err := telegram.New(telegram.Config{Token: token, APIURL: "https://api.test", Transport: transport})
	require.NoError(t, err)
	return c
}

func text(chat int64) *bot.SendMessageParams {
	return &bot.SendMessageParams{ChatID: chat, Text: "hello"}
}

// inbox keeps updates as storage does, and survives an Intake.
type inbox struct {
	fail      func(method string) error // nil: never; fails before the effect
	failAfter func(method string) error // nil: never; fails although the effect is there
	read      func()                    // nil, or called after pending updates were read and before they are returned

	mu      sync.Mutex
	seen    map[int64]bool
	pending map[int64][]byte
	dead    map[int64]string
	keeps   int // calls of KeepUpdates
	most    int // pending at once
}

func newInbox() *inbox {
	return &inbox{seen: map[int64]bool{}, pending: map[int64][]byte{}, dead: map[int64]string{}}
}

// inboxWith returns an inbox in which a last run has left updates.
func inboxWith(raws ...[]byte) *inbox {
	b := newInbox()
	for i, raw := range raws {
		id := int64(i + 1)
		b.seen[id], b.pending[id] = true, raw
	}
	return b
}

var errDisk = errors.New("disk full")

func call(fail func(method string) error, method string) error {
	if fail == nil {
		return nil
	}
	return fail(method)
}

func (b *inbox) KeepUpdates(ctx context.Context, updates map[int64][]byte, done []int64) (fresh []int64, err error) {
	b.mu.Lock()
	b.keeps++
	b.mu.Unlock()
	if err := cmp.Or(call(b.fail, "KeepUpdates"), ctx.Err()); err != nil {
		return nil, err
	}
	b.mu.Lock()
	for _, id := range done {
		delete(b.pending, id)
		b.seen[id] = true
	}
	for id, raw := range updates {
		if !b.seen[id] {
			b.seen[id] = true
			b.pending[id] = bytes.Clone(raw)
			fresh = append(fresh, id)
		}
	}
	b.most = max(b.most, len(b.pending))
	b.mu.Unlock()
	if err := call(b.failAfter, "KeepUpdates"); err != nil {
		return nil, err
	}
	return fresh, nil
}

func (b *inbox) PendingUpdates(ctx context.Context, after int64, limit int) (ids []int64, raws [][]byte, err error) {
	if err := cmp.Or(call(b.fail, "PendingUpdates"), ctx.Err()); err != nil {
		return nil, nil, err
	}
	b.mu.Lock()
	for _, id := range slices.Sorted(maps.Keys(b.pending)) {
		if id > after && len(ids) < limit {
			ids, raws = append(ids, id), append(raws, b.pending[id])
		}
	}
	b.mu.Unlock()
	if b.read != nil {
		b.read()
	}
	return ids, raws, nil
}

func (b *inbox) AddDeadLetter(ctx context.Context, id int64, _ []byte, reason string) error {
	if err := cmp.Or(call(b.fail, "AddDeadLetter"), ctx.Err()); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.pending, id)
	b.seen[id], b.dead[id] = true, reason
	return nil
}

// waiting returns the pending updates.
func (b *inbox) waiting() []int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Sorted(maps.Keys(b.pending))
}

func (b *inbox) deadLetters() map[int64]string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.dead)
}

// counts returns the calls of KeepUpdates, and the most updates that were pending at once.
func (b *inbox) counts() (keeps, most int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.keeps, b.most
}

// crashed returns a copy of what is on disk now, as the next process finds it.
func (b *inbox) crashed() *inbox {
	b.mu.Lock()
	defer b.mu.Unlock()
	return &inbox{seen: maps.Clone(b.seen), pending: maps.Clone(b.pending), dead: maps.Clone(b.dead)}
}

// log is what was logged, by lines, at every level.
type log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *log) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// count tells how many lines hold all words.
func (l *log) count(words ...string) int {
	n := 0
	for line := range strings.Lines(l.String()) {
		if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(line, w) }) {
			n++
		}
	}
	return n
}

// message is an update in which somebody writes.
func message(id, chat int64, text string) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"update_id":%d,"message":{"message_id":%d,"date":1,`+
		`"from":{"id":%d,"first_name":"A"},"chat":{"id":%d,"type":"private"},"text":%q}}`, id, id, chat, chat, text))
}

// updates answers getUpdates as Telegram does: what is not confirmed, in batches, and an empty list
// after the time that the poll is ready to wait.
type updates struct {
	mu    sync.Mutex
	queue []json.RawMessage // by rising id
	ids   []int64
}

func (u *updates) add(id int64, raw json.RawMessage) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.queue, u.ids = append(u.queue, raw), append(u.ids, id)
}

func (u *updates) answer(ctx context.Context, m made) reply {
	if m.method != "getUpdates" {
		return reply{body: `{"ok":true,"result":true}`}
	}
	var p struct {
		Offset         int64
		Limit, Timeout int
	}
	if err := json.Unmarshal([]byte(m.params["json"]), &p); err != nil {
		return refusal(400, err.Error(), 0)
	}
	for waited := 0; ; waited += 10 {
		if batch := u.after(p.Offset, p.Limit); len(batch) > 0 || waited >= p.Timeout {
			body, _ := json.Marshal(map[string]any{"ok": true, "result": batch})
			return reply{body: string(body)}
		}
		select {
		case <-time.After(10 * time.Second):
		case <-ctx.Done():
			return reply{err: ctx.Err()}
		}
	}
}

func (u *updates) after(offset int64, limit int) []json.RawMessage {
	u.mu.Lock()
	defer u.mu.Unlock()
	for offset > 0 && len(u.ids) > 0 && u.ids[0] < offset {
		u.queue, u.ids = u.queue[1:], u.ids[1:]
	}
	return append([]json.RawMessage{}, u.queue[:min(limit, len(u.queue))]...)
}

// running starts an intake's parts and returns what stops them and waits.
func running(t *testing.T, parts ...func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for _, part := range parts {
		wg.Go(func() {
			if err := part(ctx); err != nil {
				t.Errorf("stopped with %v", err)
			}
		})
	}
	return func() {
		cancel()
		wg.Wait()
	}
}

// slowWrites is an inbox's fail that makes each write take a second.
func slowWrites(method string) error {
	if method == "KeepUpdates" {
		time.Sleep(time.Second)
	}
	return nil
}
