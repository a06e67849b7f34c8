package status

import (
	"crypto/rand"
	"crypto/sha256"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"
)

// How long a one-time link and a session live, and how many of each there are at most. The oldest
// makes room.
const (
	linkLife    = 2 * time.Minute
	sessionLife = 8 * time.Hour
	mostSecrets = 16
)

// entry lets people in: a one-time link becomes a session. Both end with the process.
type entry struct {
	cookie string // name of the cookie: browsers send cookies to every port of a host

	links, sessions secrets
}

// secrets are random words that are good for a time. Only their hashes are kept, so looking one up
// takes no longer for a better guess.
type secrets struct {
	life time.Duration

	mu   sync.Mutex
	ends map[[sha256.Size]byte]time.Time
}

func newEntry(cookie string) *entry {
	return &entry{
		cookie: cookie,
		links:  secrets{life: linkLife, ends: map[[sha256.Size]byte]time.Time{}}, sessions: secrets{life: sessionLife, ends: map[[sha256.Size]byte]time.Time{}},
	}
}

// issue makes a secret.
func (s *secrets) issue() string {
	word := rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	maps.DeleteFunc(s.ends, func(_ [sha256.Size]byte, end time.Time) bool { return !now.Before(end) })
	if len(s.ends) >= mostSecrets {
		oldest := slices.MinFunc(slices.Collect(maps.Keys(s.ends)), func(a, b [sha256.Size]byte) int { return s.ends[a].Compare(s.ends[b]) })
		delete(s.ends, oldest)
	}
	s.ends[sha256.Sum256([]byte(word))] = now.Add(s.life)
	return word
}

// good reports whether a secret is in force.
func (s *secrets) good(word string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	end, known := s.ends[sha256.Sum256([]byte(word))]
	return known && time.Now().Before(end)
}

// spend is good, and ends the secret.
func (s *secrets) spend(word string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := sha256.Sum256([]byte(word))
	end, known := s.ends[key]
	delete(s.ends, key)
	return known && time.Now().Before(end)
}

// admits reports whether a request comes from a session.
func (e *entry) admits(r *http.Request) bool {
	c, err := r.Cookie(e.cookie)
	return err == nil && e.sessions.good(c.Value)
}

// begin begins a session.
func (e *entry) begin(w http.ResponseWriter) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // the private listener speaks plain HTTP
		Name: e.cookie, Value: e.sessions.issue(), Path: "/", MaxAge: int(sessionLife.Seconds()), HttpOnly: true, SameSite: http.SameSiteStrictMode,
	})
}

// end ends the session of a request.
func (e *entry) end(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie(e.cookie); err == nil {
		e.sessions.spend(c.Value)
	}
	http.SetCookie(w, &http.Cookie{Name: e.cookie, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteStrictMode}) //nolint:gosec // see begin
}
