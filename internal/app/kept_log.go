package app

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"shopbot/internal/status"
)

// logNote is the note that keeps the latest lines of the log, so that the page of a shop that was
// restarted still tells why.
const logNote = "log"

const (
	// logPause is the least time between two writes of the note. A kill loses the lines of that time.
	logPause = 5 * time.Second
	// logAge is how long lines are kept over restarts.
	logAge = 30 * 24 * time.Hour
)

// loadLog puts the lines of earlier runs, and of other replicas that led, among those of this one.
func (p *program) loadLog(ctx context.Context) {
	note, err := p.db.Note(ctx, logNote)
	if err != nil {
		p.log.WarnContext(ctx, "read the log of earlier runs failed", "error", err)
		return
	}
	var earlier []status.Line
	if note == nil || json.Unmarshal(note, &earlier) != nil { // what is not one is written anew
		return
	}
	p.recent.mu.Lock()
	defer p.recent.mu.Unlock()
	lines := slices.DeleteFunc(earlier, func(l status.Line) bool {
		own := func(o status.Line) bool { return o.At.Equal(l.At) && o.Text == l.Text }
		return time.Since(l.At) > logAge || slices.ContainsFunc(p.recent.lines, own)
	})
	lines = append(lines, p.recent.lines...)
	slices.SortStableFunc(lines, func(a, b status.Line) int { return a.At.Compare(b.At) })
	p.recent.lines = lines[max(0, len(lines)-mostRecent):]
}

// keepLog notes the latest lines of the log whenever there are new ones, until ctx ends.
func (p *program) keepLog(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-p.recent.changed:
		}
		p.noteLog(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(logPause):
		}
	}
}

// noteLog writes the note. A failure is below what is kept, or it would cause the next write.
func (p *program) noteLog(ctx context.Context) {
	lines := p.recent.latest()
	slices.Reverse(lines)
	note, err := json.Marshal(lines)
	if err == nil {
		err = p.db.SetNote(ctx, logNote, note)
	}
	if err != nil {
		p.log.DebugContext(ctx, "note the log failed", "error", err)
	}
}
