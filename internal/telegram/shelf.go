package telegram

import "sync"

// shelf knows which updates of the inbox are in memory already, so that the inbox
// can be read beside updates that come in and are done, and none is taken twice.
//
// While it is behind, the inbox has updates that are in no lane; then new ones
// must not overtake them, but stay in the inbox as well.
type shelf struct {
	mu      sync.Mutex
	taken   map[int64]struct{} // coming in, in a lane, or done since reading began
	reading bool
	done    []int64 // done while reading: what was read may still show them
	behind  bool
	more    bool          // something was left in the inbox after reading began
	wake    chan struct{} // something was left, or there is room
}

func newShelf() *shelf {
	return &shelf{
		taken:  map[int64]struct{}{},
		behind: true, // of what the last run left
		wake:   make(chan struct{}, 1),
	}
}

// take claims those of ids that nobody has claimed.
func (s *shelf) take(ids []int64) (mine []int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		if _, ok := s.taken[id]; !ok {
			s.taken[id] = struct{}{}
			mine = append(mine, id)
		}
	}
	return mine
}

// finish gives up the claim on updates that are no longer in the inbox, or that
// whoever reads it goes back to.
func (s *shelf) finish(ids ...int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reading {
		s.done = append(s.done, ids...)
		return
	}
	for _, id := range ids {
		delete(s.taken, id)
	}
}

// leave gives up the claim on updates that are in the inbox, or may be.
func (s *shelf) leave(ids ...int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left(ids)
}

// left is leave with s.mu held.
func (s *shelf) left(ids []int64) {
	for _, id := range ids {
		delete(s.taken, id)
	}
	s.behind, s.more = true, true
	s.nudge()
}

// nudge wakes whoever fills the lanes from the inbox.
func (s *shelf) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// place puts a claimed update into its lane, unless it would overtake others; then
// it stays in the inbox. False: it is one too many of its chat.
func (s *shelf) place(l *lanes, t *task) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.behind {
		s.left([]int64{t.id})
		return true
	}
	put := l.add(t)
	if put == noRoom {
		s.left([]int64{t.id})
	}
	return put != tooMany
}

// beginReading is called before a page of the inbox is read, endReading after it
// was put into lanes.
func (s *shelf) beginReading() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reading = true
}

func (s *shelf) endReading() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reading = false
	for _, id := range s.done {
		delete(s.taken, id)
	}
	s.done = nil
}

// startOver forgets that something was left: all of it will be read now.
func (s *shelf) startOver() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.more = false
}

// caughtUp ends being behind, unless something was left since startOver.
func (s *shelf) caughtUp() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.behind = s.more
	return !s.behind
}

func (s *shelf) isBehind() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.behind
}
