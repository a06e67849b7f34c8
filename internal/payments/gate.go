package payments

import (
	"context"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// deepestSlowdown is how often the rate is halved at most: to a sixteenth.
	deepestSlowdown = 4
	// slowdownEvery is the least time between two halvings, so that the refusals of one burst count once.
	slowdownEvery = time.Second
	// recoverEvery is how long without a refusal the rate needs to double again.
	recoverEvery = 10 * time.Second
	// unfairness is how many urgent requests pass a waiting background one.
	unfairness = 20
)

// gate lets requests through at a steady rate, urgent ones first, and more
// slowly for a while after the API said that there were too many.
type gate struct {
	normal rate.Limit

	mu      sync.Mutex
	bucket  *rate.Limiter
	urgent  []chan struct{} // closed when it is their turn
	patient []chan struct{}
	passed  int         // urgent requests since a patient one, while one waited
	timer   *time.Timer // set while somebody waits

	slowdown int       // how often the rate is halved now
	changed  time.Time // when slowdown last changed
	shut     time.Time // nobody passes before
}

func newGate(limit float64, burst int) *gate {
	normal := min(rate.Limit(limit), rate.Inf) // the bucket cannot count with an infinity of its own
	return &gate{normal: normal, bucket: rate.NewLimiter(normal, burst)}
}

// wait returns when it is the caller's turn, or with the error of ctx.
func (g *gate) wait(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	turn := g.enter(isBackground(ctx))
	if turn == nil {
		return nil
	}
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		g.leave(turn)
		return ctx.Err()
	}
}

// enter is nil where the caller may pass at once.
func (g *gate) enter(background bool) chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	queue := &g.urgent
	if background {
		queue = &g.patient
	}
	ahead := len(g.urgent) > 0 || background && len(g.patient) > 0
	if !ahead && g.delay() == 0 {
		return nil
	}
	turn := make(chan struct{})
	*queue = append(*queue, turn)
	g.serve()
	return turn
}

func (g *gate) leave(turn chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	is := func(other chan struct{}) bool { return other == turn }
	g.urgent = slices.DeleteFunc(g.urgent, is)
	g.patient = slices.DeleteFunc(g.patient, is)
	if g.timer != nil && len(g.urgent)+len(g.patient) == 0 {
		g.timer.Stop()
		g.timer = nil
	}
}

// serve lets pass who may, and comes back when the next one may.
func (g *gate) serve() {
	for len(g.urgent)+len(g.patient) > 0 {
		if delay := g.delay(); delay > 0 {
			g.comeBack(delay)
			return
		}
		close(g.next())
	}
	g.timer = nil
}

func (g *gate) comeBack(delay time.Duration) {
	if g.timer != nil {
		g.timer.Stop()
	}
	g.timer = time.AfterFunc(delay, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.serve()
	})
}

// next takes the first who waits out of its queue.
func (g *gate) next() chan struct{} {
	queue := &g.urgent
	if len(g.urgent) == 0 || len(g.patient) > 0 && g.passed >= unfairness {
		queue = &g.patient
	}
	if queue == &g.patient || len(g.patient) == 0 {
		g.passed = 0
	} else {
		g.passed++
	}
	turn := (*queue)[0]
	*queue = (*queue)[1:]
	return turn
}

// delay takes a token and is 0, or takes none and is the time until there is one.
func (g *gate) delay() time.Duration {
	now := time.Now()
	if now.Before(g.shut) {
		return g.shut.Sub(now)
	}
	g.recover(now)
	r := g.bucket.ReserveN(now, 1)
	delay := r.DelayFrom(now)
	if delay > 0 {
		r.CancelAt(now)
	}
	return delay
}

// slow halves the rate, and lets nobody pass for the time that the API asked for.
func (g *gate) slow(asked time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if until := now.Add(min(asked, longestRetryAfter)); until.After(g.shut) {
		g.shut = until
	}
	if g.slowdown > 0 && now.Sub(g.changed) < slowdownEvery {
		return
	}
	g.slowdown = min(g.slowdown+1, deepestSlowdown)
	g.changed = now
	g.adjust(now)
}

// recover doubles the rate for every while that passed without a refusal.
func (g *gate) recover(now time.Time) {
	if g.slowdown == 0 || now.Sub(g.changed) < recoverEvery {
		return
	}
	steps := int(now.Sub(g.changed) / recoverEvery)
	g.slowdown = max(0, g.slowdown-steps)
	g.changed = now
	g.adjust(now)
}

func (g *gate) adjust(now time.Time) {
	g.bucket.SetLimitAt(now, g.normal/rate.Limit(int(1)<<g.slowdown))
}
