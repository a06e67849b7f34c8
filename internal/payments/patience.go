package payments

import (
	"context"
	"sync/atomic"
	"time"
)

// patience tells those who do something for how long they may. Who begins within a tenth of that time shares one
// context, since one has a timer and costs six allocations.
type patience struct {
	each   time.Duration
	latest atomic.Pointer[sharedContext]
}

type sharedContext struct {
	ctx   context.Context //nolint:containedctx // of nobody's request
	until time.Time       // it is given to those who come before
}

// context ends after each, or up to a tenth of it sooner.
func (p *patience) context() context.Context {
	now := time.Now()
	if s := p.latest.Load(); s != nil && now.Before(s.until) {
		return s.ctx
	}
	ctx, cancel := context.WithTimeout(context.Background(), p.each)
	context.AfterFunc(ctx, cancel) // nobody knows who has it still
	p.latest.Store(&sharedContext{ctx: ctx, until: now.Add(p.each / 10)})
	return ctx
}
