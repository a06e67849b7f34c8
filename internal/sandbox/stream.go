package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

const (
	// breath is the least time between two views of a stream, so that a burst of
	// changes does not draw every one of them.
	breath = 40 * time.Millisecond
	// heartbeat keeps a quiet stream open, and finds out that nobody reads it.
	heartbeat = 15 * time.Second
)

// events serves a window's stream of views until the window or the world closes.
// A stranger sees what the first person sees: a browser could not read a refusal.
func (p *page) events(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	who, err := p.person(q.Get("as"))
	if err != nil {
		who = p.people()[0]
	}
	changed, forget := p.world.changes.listen()
	defer forget()
	w.Header().Set("Content-Type", "text/event-stream")
	s := stream{w, http.NewResponseController(w)}
	window := newLooker(p, who, q.Get("bot"))
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for err = s.send(window.look()); err == nil; {
		select {
		case <-changed:
			time.Sleep(breath)
			drain(changed)
			err = s.send(window.look())
		case <-beat.C:
			err = s.write(": still here\n\n")
		case <-p.world.changes.done:
			return
		case <-r.Context().Done():
			return
		}
	}
}

// drain takes back the news of what the next view will show anyway.
func drain(changed <-chan struct{}) {
	select {
	case <-changed:
	default:
	}
}

// stream writes server-sent events.
type stream struct {
	http.ResponseWriter
	*http.ResponseController
}

func (s stream) send(v view) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encoding a view: %w", err)
	}
	return s.write(fmt.Sprintf("retry: 1000\ndata: %s\n\n", body))
}

// write sends a text at once. A window that takes nothing for a while is gone,
// however long the server allows answers to be.
func (s stream) write(text string) error {
	// A writer without deadlines, as in tests, has no clients that stall.
	_ = s.SetWriteDeadline(time.Now().Add(2 * heartbeat))
	if _, err := s.Write([]byte(text)); err != nil {
		return err
	}
	return s.Flush()
}
