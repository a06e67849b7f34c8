// Package storage keeps a shop on disk, in one bbolt file.
//
// It knows the domain's records and rules, and nothing of chats or payment services. The one idea
// to keep in mind: each method is one business step, done whole or not at all, and on disk when it
// returns. Nothing stands between the steps and the file: steps that arrive while a commit is on
// its way share the next one (commit.go), and a read is a plain read transaction, which sees only
// what is committed. Everything that follows from an order (indexes, stock, counters, audit trail)
// is written in putOrder and nowhere else. Which orders wait for work, and who has claimed them, is
// kept in memory (work_queue.go): it is read from the file when that is opened, and changed after
// each commit.
//
// The file alone is the shop, at any moment: a copy of the file of a shop that was stopped or
// killed is the whole shop. The buckets are drawn in buckets.go; records are written by codec.go.
package storage
