package app

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"shopbot/internal/status"
	"shopbot/internal/telegram"
)

// mostRecent is how many lines are kept for the operator to look at, and mostRecentText how much of
// one.
const (
	mostRecent     = 100
	mostRecentText = 500
)

// recentLog keeps the latest warnings and errors, and what is said of alarms.
type recentLog struct {
	mu      sync.Mutex
	lines   []status.Line   // the oldest first
	changed chan struct{}   // there are new lines
	safe    strings.Builder // what redact has written
	redact  io.Writer
	replica string // this one; "" if there cannot be several
}

// keepRecent returns a logger that also keeps what it logs.
func keepRecent(log *slog.Logger, secrets []string) (*slog.Logger, *recentLog) {
	kept := &recentLog{changed: make(chan struct{}, 1)}
	kept.redact = telegram.RedactingWriter(&kept.safe, secrets...)
	return slog.New(recentHandler{Handler: log.Handler(), kept: kept}), kept
}

// latest lists the lines, the latest first.
func (l *recentLog) latest() []status.Line {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := slices.Clone(l.lines)
	slices.Reverse(lines)
	return lines
}

func (l *recentLog) keep(r slog.Record, own []slog.Attr) {
	var text strings.Builder
	text.WriteString(r.Message)
	write := func(a slog.Attr) bool {
		text.WriteString(" " + a.Key + "=" + a.Value.Resolve().String())
		return true
	}
	for _, a := range own {
		write(a)
	}
	r.Attrs(write)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.safe.Reset()
	_, _ = l.redact.Write([]byte(text.String())) // into memory
	line := strings.Join(strings.Fields(l.safe.String()), " ")
	if short := []rune(line); len(short) > mostRecentText {
		line = string(short[:mostRecentText]) + "…"
	}
	l.lines = append(l.lines, status.Line{At: r.Time, Level: r.Level.String(), Text: line, Replica: l.replica})
	if len(l.lines) > mostRecent {
		l.lines = slices.Delete(l.lines, 0, len(l.lines)-mostRecent)
	}
	select {
	case l.changed <- struct{}{}:
	default:
	}
}

// recentHandler is a slog.Handler that also keeps what is worth a look.
type recentHandler struct {
	slog.Handler

	kept  *recentLog
	attrs []slog.Attr // of With
}

// Enabled is true for warnings and errors, whatever the log's own level.
func (h recentHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn || h.Handler.Enabled(ctx, level)
}

func (h recentHandler) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelWarn || strings.HasPrefix(r.Message, "alarm") {
		h.kept.keep(r, h.attrs)
	}
	if !h.Handler.Enabled(ctx, r.Level) {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

func (h recentHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return recentHandler{h.Handler.WithAttrs(attrs), h.kept, slices.Concat(h.attrs, attrs)}
}

func (h recentHandler) WithGroup(name string) slog.Handler {
	return recentHandler{h.Handler.WithGroup(name), h.kept, h.attrs}
}
