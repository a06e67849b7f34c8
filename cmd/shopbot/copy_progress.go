package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// copyProgress shows on a terminal how far a long copy is. On anything else it shows nothing.
type copyProgress struct {
	to    io.Writer // nil: nothing is shown
	total int64     // bytes; 0: unknown

	mu    sync.Mutex
	begun time.Time
	shown time.Time
	done  int64
}

// progressOf is the progress of a copy of a file.
func (c *console) progressOf(file string) *copyProgress {
	p := &copyProgress{begun: time.Now()}
	if c.terminal {
		p.to = c.stderr
	}
	if info, err := os.Stat(file); err == nil {
		p.total = info.Size()
	}
	return p
}

// Times of a progress line.
const (
	progressAfter = time.Second // a quick copy has none
	progressEvery = 200 * time.Millisecond
)

// count is w, of which the progress is shown.
func (p *copyProgress) count(w io.Writer) io.Writer {
	return writerFunc(func(b []byte) (int, error) {
		n, err := w.Write(b)
		p.mu.Lock()
		p.done += int64(n)
		done := p.done
		p.mu.Unlock()
		p.say(fmt.Sprintf("copied %d of %d MB", done>>20, max(p.total, done)>>20))
		return n, err
	})
}

// say shows a line in the place of the one before.
func (p *copyProgress) say(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if p.to == nil || now.Sub(p.begun) < progressAfter || now.Sub(p.shown) < progressEvery {
		return
	}
	p.shown = now
	_, _ = fmt.Fprintf(p.to, "\r\033[K%s…", line) // no more than a picture
}

// end removes the line.
func (p *copyProgress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown.IsZero() {
		return
	}
	_, _ = io.WriteString(p.to, "\r\033[K")
	p.shown, p.to = time.Time{}, nil
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
