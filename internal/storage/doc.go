// Package storage keeps a shop on disk, in one bbolt file and, while it is open, a journal beside it.
//
// It knows the domain's records and rules, and nothing of chats or payment
// services. The one idea to keep in mind: each method is one business step, done
// whole or not at all, and on disk when it returns. Steps that arrive while a
// commit is on its way share the next one (steps.go). A commit goes to the journal (journal.go), which is one write and one
// flush, and is moved into the file later, together with many others (checkpoint.go); what is read is the file
// and what is newer taken together (layer.go, walker.go). Everything that follows from
// a record (indexes, stock, counters) is written where the record is written and
// nowhere else (putOrder). What waits for work follows from the orders in work and is kept in memory
// alone (work_queue.go).
//
// The buckets are drawn in buckets.go; how records look inside is codec.go's own affair.
package storage
