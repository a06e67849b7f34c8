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
	TaskDeliver Task = "deliver" // hand over the goods
	TaskRefund  Task = "refund"  // make the transfer
	TaskNotify  Task = "notify"  // tell people what happened
	TaskClose   Task = "close"   // make sure that a cancelled order's invoice cannot be paid unseen
)

// Tasks lists all kinds of work.
func Tasks() []Task {
	return []Task{TaskInvoice, TaskExpire, TaskDeliver, TaskRefund, TaskNotify, TaskClose}
}

// expiryGrace is how long after its own clock says so an order expires, so that
// the payment service has closed the invoice by then and can be asked how it ended.
const expiryGrace = 5 * time.Second

// Retry is when a task of an order comes up again.
type Retry struct {
	At       time.Time `json:"at"`
	Attempts int       `json:"attempts,omitempty"`
}

// Job is one task of an order and the time at which it is due; the zero time is at once.
type Job struct {
	Task Task
	Due  time.Time
}

// Jobs tells what work o is waiting for: at most one of its state, an invoice to close, and people
// to tell. It follows from the order alone.
func (o *Order) Jobs() []Job {
	var jobs []Job
	switch o.State {
	case StateNew:
		jobs = append(jobs, o.job(TaskInvoice, time.Time{}))
	case StateAwaiting:
		jobs = append(jobs, o.job(TaskExpire, o.Expires.Add(expiryGrace)))
	case StatePaid:
		jobs = append(jobs, o.job(TaskDeliver, time.Time{}))
	case StateRefunding:
		jobs = append(jobs, o.job(TaskRefund, time.Time{}))
	case StateCancelled, StateHeld, StateDelivered, StateRefunded:
	}
	if o.strayInvoice() {
		jobs = append(jobs, o.job(TaskClose, time.Time{}))
	}
	if len(o.Notices) > 0 {
		jobs = append(jobs, o.job(TaskNotify, time.Time{}))
	}
	return jobs
}

// job is a task that is due, or when the last attempt at it says.
func (o *Order) job(t Task, due time.Time) Job {
	if r, ok := o.Retries[t]; ok && r.At.After(due) {
		due = r.At
	}
	return Job{Task: t, Due: due}
}

// Postpone puts a task off after an attempt that did not work out: it is due again at the given
// time.
func (o *Order) Postpone(t Task, at time.Time) {
	o.setRetry(t, Retry{At: at, Attempts: o.Retries[t].Attempts + 1})
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
