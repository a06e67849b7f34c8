package storage

// work was, up to schema 3: task + 0 + moment due + number of the order's latest audit entry + id => "claimed" or nothing.
var work = []byte("work")

// dropWork is schema 4: what waits is read from the orders in work when the database is opened.
func (t *tx) dropWork() error { return t.dropBucket(work) }
