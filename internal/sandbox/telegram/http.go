package telegram

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
)

// call is one request of a bot, decoded.
type call struct {
	*Service
	bot  *bot
	gone <-chan struct{} // closed when nobody waits for the answer any more
	params
}

// method answers a call. All but those marked free run under the lock.
type method struct {
	run  func(*call) (any, error)
	kind methodKind
}

type methodKind int

const (
	quiet methodKind = iota // changes nothing that a person could see
	act                     // changes something
	send                    // changes something, and counts towards the flood limits
	free                    // takes the lock itself, as it waits
)

// answer is what a call comes to.
type answer struct {
	status int
	envelope
}

type envelope struct {
	OK          bool            `json:"ok"`
	Result      any             `json:"result,omitempty"`
	ErrorCode   int             `json:"error_code,omitempty"`
	Description string          `json:"description,omitempty"`
	Parameters  *retryParameter `json:"parameters,omitempty"`
}

type retryParameter struct {
	RetryAfter int `json:"retry_after"`
}

// described is a result with a remark, as setWebhook gives it.
type described struct {
	result      any
	description string
}

// ServeHTTP answers /bot<token>/<method> and /file/bot<token>/<path>. All else,
// and a malformed token, is a 404.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	if rest, ok := strings.CutPrefix(path, "/file/bot"); ok {
		s.serveFile(w, rest)
		return
	}
	rest, isCall := strings.CutPrefix(path, "/bot")
	token, name, hasMethod := strings.Cut(rest, "/")
	if !isCall || !hasMethod || !wellFormed(token) {
		failed(notFound()).write(w)
		return
	}
	name = strings.ToLower(strings.TrimSuffix(name, "/"))
	p, err := decode(w, r) // first of all, so that no client is left with half of its body
	s.count(token, name)
	work := func() answer {
		if err != nil {
			return failed(err)
		}
		return s.perform(r.Context().Done(), token, name, p)
	}
	if failure, planned := s.takeFailure(name); planned {
		failure.play(w, r, work)
		return
	}
	work().write(w)
}

// count notes a call, and the bot as one that calls.
func (s *Service) count(token, name string) {
	s.mu.Lock()
	s.calls[name]++
	b, err := s.botOf(token)
	fresh := err == nil && !b.called
	if fresh {
		b.called = true
	}
	s.mu.Unlock()
	if fresh {
		s.changed()
	}
}

// perform does what a call asks for.
func (s *Service) perform(gone <-chan struct{}, token, name string, p params) answer {
	m, known := s.methods[name]
	if !known {
		return failed(notFound())
	}
	result, err := s.run(gone, m, token, p)
	if err != nil {
		s.log.Debug("refused", "method", name, "err", err)
		return failed(err)
	}
	if m.kind != quiet && m.kind != free {
		s.changed()
	}
	if d, ok := result.(described); ok {
		return answer{http.StatusOK, envelope{OK: true, Result: d.result, Description: d.description}}
	}
	return answer{http.StatusOK, envelope{OK: true, Result: result}}
}

func (s *Service) run(gone <-chan struct{}, m method, token string, p params) (any, error) {
	s.mu.Lock()
	b, err := s.botOf(token)
	if err != nil {
		s.mu.Unlock()
		return nil, notFound()
	}
	c := &call{Service: s, bot: b, gone: gone, params: p}
	if m.kind == free {
		s.mu.Unlock()
		return m.run(c)
	}
	defer s.mu.Unlock()
	if m.kind == send {
		if err := c.pace(); err != nil {
			return nil, err
		}
	}
	return m.run(c)
}

// failed is the answer to a call that is refused.
func failed(err error) answer {
	var refusal apiError
	if !errors.As(err, &refusal) {
		refusal = apiError{code: http.StatusInternalServerError, description: "Internal Server Error: " + err.Error()}
	}
	a := answer{refusal.code, envelope{ErrorCode: refusal.code, Description: refusal.description}}
	if refusal.retryAfter > 0 {
		a.Parameters = &retryParameter{refusal.retryAfter}
	}
	return a
}

func (a answer) write(w http.ResponseWriter) {
	body, err := json.Marshal(a.envelope)
	if err != nil { // no result holds anything that JSON cannot
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(a.status)
	_, _ = w.Write(body) // a client that has gone away wants no answer
}

// serveFile answers a download; rest is what follows /file/bot.
func (s *Service) serveFile(w http.ResponseWriter, rest string) {
	token, path, _ := strings.Cut(rest, "/")
	s.mu.Lock()
	file, ok := s.fileAt(token, path)
	s.mu.Unlock()
	if !ok {
		failed(notFound()).write(w)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(file.Data) // see above
}
