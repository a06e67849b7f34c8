package app

import (
	"bytes"
	"io"
	"sync"
	"time"
)

// outputWait is how long a line of the log waits for its reader.
const outputWait = time.Second

// patientWriter writes to what may stop being read for a while, such as a pipe or a terminal on
// hold. While a write is stuck it drops the lines that follow: a shop must not stand still for its
// log.
type patientWriter struct {
	to     io.Writer
	notice func(lines int) // writes to the same how many were dropped

	mu      sync.Mutex
	stuck   chan struct{} // closed when the stuck write ends; nil while no write is stuck
	dropped int
}

// Write never fails, and takes a second at most: nobody could be told of an error.
func (p *patientWriter) Write(line []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.stuck: // never, if it is nil
		p.stuck = nil
	default:
	}
	if p.stuck != nil {
		p.dropped++
		return len(line), nil
	}
	written := make(chan struct{})
	go func(line []byte, dropped int) {
		defer close(written)
		if dropped > 0 {
			p.notice(dropped)
		}
		_, _ = p.to.Write(line)
	}(bytes.Clone(line), p.dropped) // the caller uses its line again
	p.dropped = 0
	timer := time.NewTimer(outputWait)
	defer timer.Stop()
	select {
	case <-written:
	case <-timer.C:
		p.stuck = written
	}
	return len(line), nil
}
