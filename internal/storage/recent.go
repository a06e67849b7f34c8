package storage

import "sync/atomic"

// recentRoom is for how many payments, a power of two.
const recentRoom = 1 << 16

// recent remembers the invoices of the latest payments. It is a guess which way is the shorter one for a payment that
// comes, never an answer: one that it forgot, or never knew, is found by the longer way.
type recent [recentRoom]atomic.Int64

func (r *recent) has(invoice int64) bool { return r.place(invoice).Load() == invoice }
func (r *recent) add(invoice int64)      { r.place(invoice).Store(invoice) }

func (r *recent) place(invoice int64) *atomic.Int64 { return &r[uint64(invoice)%recentRoom] } //nolint:gosec // any number will do
