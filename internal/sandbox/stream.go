package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

const (
	// minInterval is the least time between two views of a stream, so a burst of changes is one view.
	minInterval = 40 * time.Millisecond
	// heartbeat keeps a quiet stream open, and detects that nobody reads it.
	heartbeat = 15 * time.Second
)

// events serves a window's stream of views until the window or the world closes. An unknown user sees
// what the first one sees: a browser could not read an error.
func (p *page) events(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	user, err := p.user(q.Get("as"))
	if err != nil {
		user = p.users()[0]
	}
	changed, forget := p.world.listen()
	defer forget()
	w.Header().Set("Content-Type", "text/event-stream")
	s := stream{w, http.NewResponseController(w)}
	window := &window{page: p, user: user, bot: q.Get("bot")}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for err = s.send(window.next()); err == nil; {
		select {
		case <-changed:
			time.Sleep(minInterval)
			select {
			case <-changed: // the next view covers these changes too
			default:
			}
			err = s.send(window.next())
		case <-beat.C:
			err = s.write(": still here\n\n")
		case <-p.world.done:
			return
		case <-r.Context().Done():
			return
		}
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
		return fmt.Errorf("encode view: %w", err)
	}
	return s.write(fmt.Sprintf("retry: 1000\ndata: %s\n\n", body))
}

// write sends a text at once. It fails if the window reads nothing for a while, whatever the server's
// own timeout is.
func (s stream) write(text string) error {
	// A writer without deadlines, as in tests, has no clients that stall.
	_ = s.SetWriteDeadline(time.Now().Add(2 * heartbeat))
	if _, err := s.Write([]byte(text)); err != nil {
		return err
	}
	return s.Flush()
}
