package storage

import (
	"context"
	"errors"
	"time"

	"shopbot/internal/shop"
)

// Engine keeps the entries of a database: keys and values in buckets, sorted by key as bytes. There
// are two, a bbolt file and a PostgreSQL database (package postgres). What an entry means, and
// every business step, is above it and the same for both.
//
// At any moment one transaction writes, whatever number of processes share the database, so a step
// never sees another one half done. The audit trail needs this order anyway: each of its entries
// holds the hash of the one before.
type Engine interface {
	// Name is what errors call the database. It holds no secret.
	Name() string
	// Begin starts the transaction that writes. It waits until no other one does.
	Begin(ctx context.Context) (Tx, error)
	// View starts a transaction that reads what is committed at this moment.
	View(ctx context.Context) (Tx, error)
	// Claims hands out the work of the orders.
	Claims() Claims
	// Commits counts the commits of the database; 0 if that cannot be read now.
	Commits(ctx context.Context) int64
	// InPlace returns ErrLost if nothing that is written now would last.
	InPlace() error
	// Broken is why the database cannot be used again before a restart, or nil.
	Broken() error
	// Lead waits until this process may do the work that only one does: handle chats, deliver, ask
	// payment services. The context that it returns ends, with the cause ErrDeposed, when that is
	// over; from then on the engine refuses to write until StandBy is called. The lead goes on after
	// ctx has ended, until StandBy or Close: work that is being finished may still write.
	Lead(ctx context.Context) (context.Context, error)
	// StandBy says that nothing a leader has begun goes on in this process, and gives the lead up if
	// the process has it.
	StandBy()
	// Hints calls hint, until ctx ends, soon after another process has committed something that
	// waits for the leader. Hints can be lost, so the leader also looks at times.
	Hints(ctx context.Context, hint func(Hint)) error
	// Close waits for the transactions under way.
	Close() error
}

// ErrDeposed says that this process led and no longer does. Nothing was done.
var ErrDeposed = errors.New("another replica leads now")

// GivenUpError says that a transaction is over and nothing of it was done.
type GivenUpError struct {
	Err error
	// Again says that its steps may run again, at once: it failed because of others, or because the
	// connection was lost.
	Again bool
}

func (e *GivenUpError) Error() string { return e.Err.Error() }

func (e *GivenUpError) Unwrap() error { return e.Err }

// TryAgain reports Again, for callers that do not know this package.
func (e *GivenUpError) TryAgain() bool { return e.Again }

// IsInbox reports whether a bucket holds chat updates that wait.
func IsInbox(b *Bucket) bool { return b == bucketInbox }

// Hint tells what another process has left for the leader.
type Hint string

// The hints.
const (
	HintWork  Hint = "work"  // of an order
	HintInbox Hint = "inbox" // a chat update
)

// Tx is a transaction. One goroutine uses it. What Get, Last and the scans return is valid until it
// ends, and must not be changed.
type Tx interface {
	// Get returns nil for a key that is not there.
	Get(b *Bucket, key []byte) ([]byte, error)
	// Expect says which keys Get will be asked for, so that an engine far away reads them together,
	// with the next thing that it has to read. ExpectScan and ExpectScanBack say the same of scans.
	Expect(b *Bucket, keys ...[]byte)
	ExpectScan(b *Bucket, prefix, from []byte)
	ExpectScanBack(b *Bucket, prefix, before []byte)
	// Put keeps key and value until the transaction ends. A value is never nil.
	Put(b *Bucket, key, value []byte) error
	Delete(b *Bucket, key []byte) error
	// Next draws the next number of a bucket, from 1.
	Next(b *Bucket) (int64, error)
	// Sequence is the last number that was drawn.
	Sequence(b *Bucket) (int64, error)
	// SetSequence sets what Sequence returns.
	SetSequence(b *Bucket, n int64) error
	// Scan visits the entries whose keys begin with prefix, from prefix+from on, while visit returns
	// true. visit may read, and write to other buckets.
	Scan(b *Bucket, prefix, from []byte, visit func(key, value []byte) bool) error
	// ScanBack is Scan backwards, from the last key of prefix below prefix+before.
	ScanBack(b *Bucket, prefix, before []byte, visit func(key, value []byte) bool) error
	// Last is the last entry of a bucket; nil if it is empty.
	Last(b *Bucket) (key, value []byte, err error)
	// Commit returns once the transaction is on disk. changes are those of the work in it.
	Commit(changes []WorkChange) error
	// Rollback ends the transaction; after Commit it does nothing.
	Rollback() error
}

// Claims knows which orders wait for which task, and which of them are claimed. Due and until are
// times of the caller's clock.
type Claims interface {
	// Claim claims up to limit orders that are due at now, the longest due first. An order whose wait
	// began in the future (shop.ClockWasAhead) comes before all.
	Claim(ctx context.Context, task shop.Task, now, until time.Time, limit int) ([]shop.OrderID, error)
	// Release gives claims of this process back.
	Release(ctx context.Context, task shop.Task, ids []shop.OrderID)
	// Next is when the next order is due, or a claim ends. some is false if nothing waits.
	Next(ctx context.Context, task shop.Task) (due time.Time, some bool, err error)
}

// WorkChange is what a commit changes of the work: the jobs that an order waits for, or, if Claim is
// set, a new claim.
type WorkChange struct {
	Order shop.OrderID
	// Rank breaks ties: the order whose last audit entry is oldest comes first.
	Rank  int64
	Jobs  []shop.Job
	Claim shop.Task
	Until time.Time
}
