package shop

import (
	"maps"
	"time"
)

// Task is a kind of work that an order can be waiting for. The words are stored on disk.
type Task string

// The kinds of work. Each has workers of its own, so that a slow Telegram
// delays deliveries and no refunds, and a slow Crypto Pay the reverse.
const (
	TaskInvoice Task = "invoice" // ask for the invoice of a new order
	TaskExpire  Task = "expire"  // end the reservation of an unpaid order
	TaskMake    Task = "make"    // make goods, such as a link or a server's answer
	TaskDeliver Task = "deliver" // hand over the goods
	TaskLate    Task = "late"    // tell that what is made by hand is late
	TaskRefund  Task = "refund"  // make the transfer
	TaskNotify  Task = "notify"  // tell people what happened
	TaskClose   Task = "close"   // make sure that an invoice cannot be paid unseen; end a subscription
)

// Tasks lists all kinds of work.
func Tasks() []Task {
	return []Task{TaskInvoice, TaskExpire, TaskMake, TaskDeliver, TaskLate, TaskRefund, TaskNotify, TaskClose}
}

// expiryGrace is how long after its own clock says so an order expires, so that
// the payment service has closed the invoice by then and can be asked how it ended.
const expiryGrace = 5 * time.Second

// Retry is when a task of an order comes up again, and when that was decided.
type Retry struct {
	From     time.Time `json:"from,omitzero"`
	At       time.Time `json:"at"`
	Attempts int       `json:"attempts,omitempty"`
}

// Job is one task of an order, the time at which it is due, and when its wait began. The zero times
// are at once and unknown.
type Job struct {
	Task Task
	From time.Time
	Due  time.Time
}

// IsDue reports whether the job is to be done at now. A wait that began in the future is over: the
// clock was ahead when it was written down, and its end is as far ahead.
func (j Job) IsDue(now time.Time) bool { return !j.Due.After(now) || ClockWasAhead(j.From, now) }

// clockStep is how far the machine's clock may be set back without effect on waits; they then take
// that much longer.
const clockStep = time.Minute

// ClockWasAhead reports whether a time that was noted as the present cannot be true at now, because
// the clock has been set back since.
func ClockWasAhead(noted, now time.Time) bool { return noted.After(LatestStart(now)) }

// LatestStart is the latest time that can have been noted as the present before now, see
// ClockWasAhead.
func LatestStart(now time.Time) time.Time { return now.Add(clockStep) }

// elapsed reports whether more than d has passed since a time that was noted as the present. If
// the clock was ahead then, nobody knows how long ago it was, and it counts as long ago.
func elapsed(since time.Time, d time.Duration) bool {
	at := time.Now()
	return at.Sub(since) > d || ClockWasAhead(since, at)
}

// Jobs tells what work o is waiting for: that of its state, an invoice to close or a subscription to
// end, and people to tell. It depends on the order alone. Goods are made and handed over side by side,
// so that lines do not wait for one another.
func (o *Order) Jobs() []Job {
	var jobs []Job
	switch o.State {
	case StateNew:
		jobs = append(jobs, o.job(TaskInvoice, Job{}))
	case StateAwaiting:
		if len(o.missingInvoices()) > 0 {
			jobs = append(jobs, o.job(TaskInvoice, Job{}))
		}
		jobs = append(jobs, o.job(TaskExpire, Job{From: o.Created, Due: o.Expires.Add(expiryGrace)}))
	case StatePaid:
		if o.anyLine((*Line).toMake) {
			jobs = append(jobs, o.job(TaskMake, Job{}))
		}
		if o.handsOver() {
			jobs = append(jobs, o.job(TaskDeliver, Job{}))
		}
	case StateRefunding:
		jobs = append(jobs, o.job(TaskRefund, Job{}))
	case StateHeld:
		if o.Hold == HoldManual && !o.ToldLate && len(o.Payments) > 0 {
			jobs = append(jobs, o.job(TaskLate, Job{Due: o.Promised()}))
		}
	case StateCancelled, StateDelivered, StateRefunded:
	}
	switch {
	case o.strayInvoice() && o.maybePaid(): // the payment may be on its way
		jobs = append(jobs, o.job(TaskClose, Job{From: o.Approved.At, Due: o.Approved.At.Add(approvedHold)}))
	case o.strayInvoice(), o.EndSubscription != "":
		jobs = append(jobs, o.job(TaskClose, Job{}))
	}
	if len(o.Notices) > 0 {
		jobs = append(jobs, o.job(TaskNotify, Job{}))
	}
	return jobs
}

// handsOver reports whether goods of a paid o may be on their way to the buyer at this moment. If not,
// all that is pending is still to be made.
func (o *Order) handsOver() bool {
	return o.State == StatePaid && (o.anyLine((*Line).ready) || !o.anyLine((*Line).toMake))
}

// job is the first attempt at a task, or the next one.
func (o *Order) job(t Task, first Job) Job {
	if r, ok := o.Retries[t]; ok {
		return Job{Task: t, From: r.From, Due: r.At}
	}
	first.Task = t
	return first
}

// Postpone notes a failed attempt at a task, which from now on waits until at.
func (o *Order) Postpone(t Task, now, at time.Time) {
	o.setRetry(t, Retry{From: now, At: at, Attempts: o.Retries[t].Attempts + 1})
}

// Attempts is how often a task was tried in vain.
func (o *Order) Attempts(t Task) int { return o.Retries[t].Attempts }

// forgetWork drops the retries of the state that o leaves. Those of notices stay.
func (o *Order) forgetWork() {
	telling, some := o.Retries[TaskNotify]
	o.Retries = nil
	if some {
		o.setRetry(TaskNotify, telling)
	}
}

func (o *Order) setRetry(t Task, r Retry) {
	retries := make(map[Task]Retry) // a copy, since values of Order are passed around
	maps.Copy(retries, o.Retries)
	retries[t] = r
	o.Retries = retries
}

func (o *Order) dropRetry(t Task) {
	o.Retries = maps.Clone(o.Retries)
	delete(o.Retries, t)
	if len(o.Retries) == 0 {
		o.Retries = nil
	}
}
