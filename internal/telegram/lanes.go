package telegram

import (
	"sync"
	"time"
)

// Bounds of what is in memory. What is beyond them waits in the inbox.
const (
	maxWorkers = 64   // chats that are answered at the same time
	maxPerChat = 30   // updates of one chat that wait; more are dropped
	maxExempt  = 300  // the same of a chat without a quota
	maxQueued  = 2000 // updates of all chats that wait
)

// lanes are queues of tasks, one a chat. Within a lane one task follows the
// other; different lanes do not wait for each other while there are workers. A
// worker takes one task at a time, so that a long queue does not keep others waiting.
type lanes struct {
	work   func(*task) (again time.Duration) // 0: done; else when to do it again
	freed  func()                            // a task has left
	exempt func(chat int64) bool             // nil, or who may have more tasks waiting

	mu      sync.Mutex
	byChat  map[int64]*lane
	ready   []*lane // have a task that nobody works on, in the order of their turns
	workers int
	queued  int
	open    bool
	busy    sync.WaitGroup // workers
}

// lane is the queue of one chat. It is in byChat while it has tasks.
type lane struct {
	chat  int64
	tasks []*task // the first may be worked on
	told  bool    // that there are too many
}

// place is what becomes of a task that is added.
type place int

const (
	placed  place = iota
	noRoom        // for anybody
	tooMany       // of its chat
)

func newLanes() *lanes {
	return &lanes{byChat: map[int64]*lane{}}
}

// start lets workers work. Before, and after close, tasks only queue up.
func (l *lanes) start(work func(*task) time.Duration, freed func(), exempt func(int64) bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.work, l.freed, l.exempt, l.open = work, freed, exempt, true
	for range l.ready { // what came before
		l.hire()
	}
}

// close lets nobody begin another task.
func (l *lanes) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open = false
}

func (l *lanes) isOpen() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open
}

// size counts the tasks that wait or are worked on.
func (l *lanes) size() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.queued
}

// add queues t. The first one too many of a chat puts the answer to that at the
// end of the lane; there is no second answer before the lane was empty.
func (l *lanes) add(t *task) place {
	l.mu.Lock()
	defer l.mu.Unlock()
	ln := l.byChat[t.chat]
	switch {
	case ln != nil && len(ln.tasks) >= l.room(t.chat):
		l.answer(ln)
		return tooMany
	case l.queued >= maxQueued:
		return noRoom
	}
	l.push(l.laneOf(t.chat), t)
	return placed
}

// room is how many tasks of a chat may wait. l.mu is held.
func (l *lanes) room(chat int64) int {
	if l.exempt != nil && l.exempt(chat) {
		return maxExempt
	}
	return maxPerChat
}

// tell puts the answer to too many updates at the end of a chat's lane, unless it is there.
func (l *lanes) tell(chat int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answer(l.laneOf(chat))
}

// answer is tell with l.mu held.
func (l *lanes) answer(ln *lane) {
	if !ln.told {
		ln.told = true
		l.push(ln, &task{chat: ln.chat, overflow: true})
	}
}

// laneOf finds a chat's lane, or begins one, which gets a task before l.mu is given back.
func (l *lanes) laneOf(chat int64) *lane {
	ln := l.byChat[chat]
	if ln == nil {
		ln = &lane{chat: chat}
		l.byChat[chat] = ln
	}
	return ln
}

// push is add without bounds. A lane that was empty becomes ready.
func (l *lanes) push(ln *lane, t *task) {
	ln.tasks = append(ln.tasks, t)
	l.queued++
	if len(ln.tasks) == 1 {
		l.wake(ln)
	}
}

// wake gives a lane to the workers. l.mu is held.
func (l *lanes) wake(ln *lane) {
	l.ready = append(l.ready, ln)
	if l.open {
		l.hire()
	}
}

// hire begins one more worker, unless there are enough. l.mu is held.
func (l *lanes) hire() {
	if l.workers < maxWorkers {
		l.workers++
		l.busy.Go(l.serve)
	}
}

// serve works until there is nothing to do.
func (l *lanes) serve() {
	for {
		ln, t := l.next()
		if ln == nil {
			return
		}
		l.step(ln, l.work(t))
	}
}

// next takes the lane whose turn it is, or takes the worker off the list.
func (l *lanes) next() (*lane, *task) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.open || len(l.ready) == 0 {
		l.workers--
		return nil, nil
	}
	ln := l.ready[0]
	l.ready[0] = nil
	l.ready = l.ready[1:]
	return ln, ln.tasks[0]
}

// step moves a lane on after its first task was worked on. A task that is to be
// done again keeps its lane waiting, but no worker.
func (l *lanes) step(ln *lane, again time.Duration) {
	if again > 0 {
		time.AfterFunc(again, func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.wake(ln)
		})
		return
	}
	l.mu.Lock()
	ln.tasks[0] = nil
	ln.tasks = ln.tasks[1:]
	l.queued--
	if len(ln.tasks) == 0 {
		delete(l.byChat, ln.chat)
	} else {
		l.ready = append(l.ready, ln) // behind the others; this worker is there for whoever is first
	}
	l.mu.Unlock()
	l.freed() // not under l.mu, which others lock after a lock of their own
}
