package shop

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"shopbot/internal/catalog"
)

const (
	// slowDelivery is how long goods may take before the order's message says that they are paid.
	slowDelivery = time.Second
	// drawLimit is how long a delivered order waits for its message to be redrawn. After that it is
	// redrawn later.
	drawLimit = 2 * time.Second
)

// stuckAfter is how long paid goods may take before the owners are told, and unpreparedAfter the same
// if their maker asks to wait (NotReadyError).
const (
	stuckAfter      = 10 * time.Minute
	unpreparedAfter = time.Hour
)

// deliver hands a paid order over, line by line. A line is marked after its goods were sent: a
// crash between the two repeats a message with the same goods, and loses none.
func (s *Shop) deliver(ctx context.Context, o Order) error {
	// Goods go first: a chat takes about one message a second. The order's own message loses its
	// pay button meanwhile only if they take long.
	paid, early := o.Clone(), make(chan struct{})
	drawing, giveUp := context.WithCancel(ctx)
	defer giveUp()
	slow := time.AfterFunc(slowDelivery, func() {
		defer close(early)
		_ = s.courier.Tell(drawing, paid, Notice{What: WhatPaid, To: ToBuyer}) // told again below
	})
	sent, err := s.deliverLines(ctx, &o)
	fast := slow.Stop()
	if !fast {
		defer time.AfterFunc(drawLimit, giveUp).Stop()
		<-early
	}
	if err != nil {
		if fast && !IsFinal(err) {
			_ = s.courier.Tell(ctx, paid, Notice{What: WhatPaid, To: ToBuyer}) // the next attempt tells it again
		}
		return s.undelivered(ctx, o, TaskDeliver, err)
	}
	if sent < 0 {
		return nil // the rest is still being made
	}
	at := now()
	drawn := func(*Order) {}
	switch delivered := o.Clone(); {
	case drawing.Err() != nil: // what was given up may still arrive, so it is drawn later
		drawn = func(o *Order) { o.notify(Notice{What: WhatPaid, To: ToBuyer}) }
	case delivered.MarkLineDelivered(sent, at) == nil:
		drawn = s.draw(ctx, delivered)
	}
	_, err = s.change(ctx, o.ID, func(o *Order, _ Free) error {
		if err := o.MarkLineDelivered(sent, at); err != nil {
			return err
		}
		drawn(o)
		return nil
	})
	if err == nil {
		s.log.InfoContext(ctx, "order delivered", "order", o.ID, "user", o.Buyer.ID)
	}
	return err
}

// draw redraws the message of an order. What it returns notes in the order what is left to do: a
// notice if it could not be done now.
func (s *Shop) draw(ctx context.Context, o Order) func(*Order) {
	ctx, cancel := context.WithTimeout(ctx, drawLimit)
	defer cancel()
	told := Notice{What: WhatPaid, To: ToBuyer}
	switch err := s.courier.Tell(ctx, o, told); {
	case err == nil:
		return func(*Order) {}
	case IsFinal(err):
		return func(o *Order) { o.Outdated = true }
	default:
		return func(o *Order) { o.notify(told) }
	}
}

// deliverLines sends the goods of all lines that are ready and marks each, but the last one if
// nothing is pending after it: its index is returned, else -1.
func (s *Shop) deliverLines(ctx context.Context, o *Order) (last int, err error) {
	var ready []int
	pending := 0
	for i := range o.Lines {
		if err := known(&o.Lines[i]); err != nil && o.Lines[i].Pending() {
			return 0, err
		}
		if o.Lines[i].Pending() {
			pending++
		}
		if o.Lines[i].ready() {
			ready = append(ready, i)
		}
	}
	for n, i := range ready {
		if err := s.courier.Deliver(ctx, *o, i); err != nil {
			return 0, err
		}
		if n == pending-1 {
			return i, nil
		}
		at := now()
		marked, err := s.change(ctx, o.ID, func(o *Order, _ Free) error { return o.MarkLineDelivered(i, at) })
		if err != nil {
			return 0, err
		}
		*o = marked
	}
	switch {
	case pending == 0:
		return 0, fmt.Errorf("order %s is paid and nothing of it is pending", o.ID)
	case o.anyLine((*Line).toMake):
		return -1, nil
	}
	return 0, &UndeliverableError{Reason: HoldManual, Err: errors.New("a person makes the goods")}
}

// known is an *UndeliverableError if a line is delivered in a way that this program does not know.
func known(l *Line) error {
	for _, p := range l.Parts() {
		if !p.Deliver.Known() {
			return &UndeliverableError{Reason: HoldUnknownWay, Err: fmt.Errorf(
				"%s is delivered by %q, which this version of the program does not know", l.SKU, string(p.Deliver))}
		}
	}
	return nil
}

// makeGoods makes the goods of a paid order that are made at delivery, and stores them. It makes them at
// the same time, so that slow or failing ones delay no others.
func (s *Shop) makeGoods(ctx context.Context, o Order) error {
	prepare := func() error {
		_, err := s.change(ctx, o.ID, func(o *Order, _ Free) error { return o.MarkPreparing() })
		return err
	}
	told := make(chan error, 1)
	slow := time.AfterFunc(slowDelivery, func() { told <- prepare() })
	var making sync.WaitGroup
	var mu sync.Mutex
	var failed error
	for i := range o.Lines {
		for _, p := range o.Lines[i].Parts() {
			if !p.unmade() || !o.Lines[i].Pending() {
				continue
			}
			making.Go(func() {
				err := s.makePart(ctx, o, i, p.Deliver)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					failed = sooner(failed, err)
				}
			})
		}
	}
	making.Wait()
	if !slow.Stop() {
		if err := <-told; err != nil {
			return err
		}
	} else if failed != nil && !IsFinal(failed) {
		if err := prepare(); err != nil {
			return err
		}
	}
	if failed == nil {
		return nil
	}
	o, err := s.store.Order(ctx, o.ID) // with what was made
	if err != nil || o.State != StatePaid {
		return err // the money goes back meanwhile
	}
	if _, waits := errors.AsType[*NotReadyError](failed); waits && !IsFinal(failed) {
		if len(o.Payments) > 0 && elapsed(o.waitsSince(), unpreparedAfter) {
			if _, err := s.change(ctx, o.ID, func(o *Order, _ Free) error { return o.MarkStuck(TaskMake) }); err != nil {
				return err
			}
		}
		return s.postpone(ctx, o, TaskMake, failed)
	}
	if IsFinal(failed) && o.anyLine((*Line).ready) { // what is ready goes out before the order is held
		failed = errors.New(failed.Error())
	}
	return s.undelivered(ctx, o, TaskMake, failed)
}

// sooner is the one of two errors after which goods may still be made without a person.
func sooner(a, b error) error {
	if a == nil || IsFinal(a) {
		return b
	}
	return a
}

// makePart makes the goods of a line in one way, and stores them.
func (s *Shop) makePart(ctx context.Context, o Order, line int, kind catalog.Kind) error {
	produce := s.cfg.Ways[kind].Make
	if produce == nil {
		return &UndeliverableError{Reason: HoldUnknownWay, Err: fmt.Errorf("nothing makes the goods of %q", string(kind))}
	}
	goods, err := produce(ctx, o, line)
	if err != nil {
		return fmt.Errorf("make the goods of %s: %w", o.Lines[line].SKU, err)
	}
	_, err = s.change(ctx, o.ID, func(o *Order, _ Free) error { return o.MarkMade(line, kind, goods) })
	return err
}

// undelivered notes a failed attempt: the order is held if only a person can help, else the task is
// tried again.
func (s *Shop) undelivered(ctx context.Context, o Order, t Task, cause error) error {
	if never, ok := errors.AsType[*UndeliverableError](cause); ok {
		if never.Reason == HoldManual {
			s.log.InfoContext(ctx, "goods are made by hand", "order", o.ID, "user", o.Buyer.ID)
		} else {
			s.log.WarnContext(ctx, "goods cannot reach the buyer", "order", o.ID, "reason", never.Reason, "error", cause)
		}
		_, err := s.change(ctx, o.ID, func(o *Order, _ Free) error {
			if err := o.MarkHeld(never.Reason); err != nil {
				return err
			}
			o.HoldNote = never.Note
			return nil
		})
		return err
	}
	_, silent := s.alarms.lasting(AlarmTelegram) // one alarm for all orders
	silent = silent && t == TaskDeliver
	if !silent && len(o.Payments) > 0 && elapsed(o.waitsSince(), stuckAfter) {
		if _, err := s.change(ctx, o.ID, func(o *Order, _ Free) error { return o.MarkStuck(t) }); err != nil {
			return err
		}
	}
	return s.postpone(ctx, o, t, cause)
}

// waitsSince is since when the goods of a paid order are to be delivered.
func (o *Order) waitsSince() time.Time {
	since := o.Payments[0].At
	for i := range o.Lines {
		for _, r := range o.Lines[i].Replacing() {
			since = r.At
		}
	}
	return since
}

// unclearAfter is after how long without an answer the owners hear of a refund.
const unclearAfter = 30 * time.Second

// refund sends the coins of a pending refund. The spend_id of a transfer is the refund's id, so
// that after an answer that was lost the next attempt finds the coins gone already.
func (s *Shop) refund(ctx context.Context, o Order) error {
	r, pending := o.PendingRefund()
	if !pending {
		return nil
	}
	send := s.transfer
	if r.Way == ByCheck {
		send = s.giveCheck
	}
	id, err := send(ctx, o, r)
	var no *RefusedError
	switch {
	case errors.Is(err, ErrUnchanged): // done by another attempt
		return nil
	case errors.As(err, &no):
		at := now()
		s.log.ErrorContext(ctx, "refund refused", "order", o.ID, "refund", r.ID, "way", r.Way, "reason", no.Name, "error", err)
		_, err = s.change(ctx, o.ID, func(o *Order, _ Free) error { return o.MarkRefundRefused(r.ID, no.Name, at) })
		return err
	case err != nil:
		if elapsed(r.Requested, unclearAfter) {
			if _, err := s.change(ctx, o.ID, func(o *Order, _ Free) error { return o.MarkRefundUnclear(r.ID) }); err != nil {
				return err
			}
		}
		return s.postpone(ctx, o, TaskRefund, err)
	}
	s.log.InfoContext(ctx, "refund sent", "order", o.ID, "refund", r.ID, "way", r.Way, "transfer", id, "amount", r.Amount)
	return nil
}

// transfer makes the transfer of a pending refund and notes it.
func (s *Shop) transfer(ctx context.Context, o Order, r Refund) (id string, err error) {
	if _, err := s.change(ctx, o.ID, func(o *Order, _ Free) error { return o.MarkRefundTried(r.ID) }); err != nil {
		return "", err
	}
	if id, err = s.sendRefund(ctx, o, r); err != nil {
		return "", err
	}
	at := now()
	_, err = s.change(ctx, o.ID, func(o *Order, _ Free) error { return o.MarkRefundSent(r.ID, id, at) })
	return id, err
}

// errUnsettled says that a refusal settles nothing, since an earlier try may have gone through.
var errUnsettled = errors.New("refused now, and not known whether it was done before")

// sendRefund asks the rail for the transfer. A refusal is final only if no coin can have moved: an
// earlier try whose answer was lost may have been done, and an owner who is told "refused" refunds
// again.
func (s *Shop) sendRefund(ctx context.Context, o Order, r Refund) (transfer string, err error) {
	rail, err := s.railBy(&o, o.refundRail(r))
	if err != nil {
		return "", err
	}
	transfer, err = rail.Refund(ctx, o, r)
	var no *RefusedError
	if !r.Tried || !errors.As(err, &no) {
		return transfer, err
	}
	if !rail.Can().FindRefund {
		return "", fmt.Errorf("%w: %v", errUnsettled, err) //nolint:errorlint // it must not count as a refusal
	}
	made, found, lookErr := rail.FindRefund(ctx, o, r)
	switch {
	case lookErr != nil:
		return "", fmt.Errorf("%w: %v", errUnsettled, err) //nolint:errorlint // it must not count as a refusal
	case found:
		return made, nil
	}
	return "", err
}

// tellAttempts is how often one notice is tried; people who cannot be reached
// for so long find what happened in their orders.
const tellAttempts = 50

// tell tells people what happened, each audience in order. That one of them cannot
// be reached now keeps nothing from the other.
func (s *Shop) tell(ctx context.Context, o Order) error {
	done, outdated := make([]bool, len(o.Notices)), o.Outdated
	failed := make(map[Audience]error)
	for i, n := range o.Notices {
		if failed[n.To] != nil {
			continue
		}
		err := s.tellOne(ctx, o, n)
		drop := IsFinal(err) || o.Attempts(TaskNotify) >= tellAttempts
		if err != nil && (!drop || n.NeedsAction()) {
			failed[n.To] = err
			continue
		}
		if err != nil {
			s.log.WarnContext(ctx, "notice dropped", "order", o.ID, "what", n.What, "to", n.To, "error", err)
		}
		if n.To == ToBuyer && n.What != WhatReward { // telling redraws the order's message as well
			outdated = err != nil
		}
		done[i] = true
	}
	told := func(o *Order) {
		if slices.Contains(done, true) {
			o.Told(done)
			o.Outdated = outdated
		}
	}
	if len(failed) > 0 {
		return s.postpone(ctx, o, TaskNotify, errors.Join(slices.Collect(maps.Values(failed))...), told)
	}
	_, err := s.change(ctx, o.ID, func(o *Order, _ Free) error {
		told(o)
		return nil
	})
	return err
}

func (s *Shop) tellOne(ctx context.Context, o Order, n Notice) error {
	if n.What == WhatReward {
		return s.tellReward(ctx, o, n.To)
	}
	return s.courier.Tell(ctx, o, n)
}
