package bot

import (
	"context"
	"time"
)

// Interruption is a stop without warning, such as a crash or a power cut, and what was caught up
// after it.
type Interruption struct {
	Last  time.Time // about when the shop was last alive
	Since time.Time // when it was started again
	Times int       // how often it was interrupted between the two
	// What was waiting: paid orders to deliver, payments made meanwhile, and messages of chats.
	Deliveries, Payments, Messages int
}

// TellInterruption tells the owners of an interruption.
func (c *Courier) TellInterruption(ctx context.Context, i Interruption) error {
	return c.warnOwners(ctx, "the interruption", false, func(l localizer) screen { return interruptionScreen(l, i) })
}

func interruptionScreen(l localizer, i Interruption) screen {
	text := l.Say("owner_interrupted", "Last", l.Moment(i.Last), "Since", l.Moment(i.Since))
	if i.Times > 1 {
		text += "\n" + l.Say("owner_interrupted_times", "Count", i.Times)
	}
	caught := markup("")
	for _, part := range []struct {
		text  string
		count int
	}{{"payments", i.Payments}, {"deliveries", i.Deliveries}, {"messages", i.Messages}} {
		if part.count > 0 {
			caught += "\n• " + l.Say("owner_interrupted_"+part.text, "Count", part.count)
		}
	}
	if caught == "" {
		caught = "\n" + l.Say("owner_interrupted_nothing")
	}
	return screen{Text: text + "\n" + caught + "\n\n" + l.Say("owner_interrupted_remedy"), Quiet: true}
}
