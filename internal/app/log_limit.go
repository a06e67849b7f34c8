package app

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Of the warnings and errors with one message, mostAlike are logged in a window. People cause them
// from outside, and a disk that a log has filled takes no payments.
const (
	mostAlike   = 100
	limitWindow = time.Minute
)

// limitedHandler bounds how often one warning or error is logged. At the end of a window it logs
// how many lines it left out.
type limitedHandler struct {
	slog.Handler

	shared *logLimit
}

// logLimit is shared by all handlers of a logger.
type logLimit struct {
	out slog.Handler // for what is logged about left-out lines

	mu   sync.Mutex
	seen map[string]int // lines in this window, by message: messages are constant, so they are few
}

func limitLog(h slog.Handler) slog.Handler {
	return limitedHandler{h, &logLimit{out: h, seen: map[string]int{}}}
}

func (h limitedHandler) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelWarn && !h.shared.take(r.Message) { //nolint:contextcheck // the window outlives the line
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

func (h limitedHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return limitedHandler{h.Handler.WithAttrs(attrs), h.shared}
}

func (h limitedHandler) WithGroup(name string) slog.Handler {
	return limitedHandler{h.Handler.WithGroup(name), h.shared}
}

// take reports whether one more line with a message may be logged.
func (l *logLimit) take(message string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seen[message] == 0 {
		time.AfterFunc(limitWindow, func() { l.end(message) })
	}
	l.seen[message]++
	return l.seen[message] <= mostAlike
}

// end ends the window of a message.
func (l *logLimit) end(message string) {
	l.mu.Lock()
	left := l.seen[message] - mostAlike
	delete(l.seen, message)
	l.mu.Unlock()
	if left <= 0 {
		return
	}
	r := slog.NewRecord(time.Now(), slog.LevelWarn, "log lines left out", 0)
	r.Add("message", message, "count", left)
	_ = l.out.Handle(context.Background(), r) // as slog does
}
