// Package storagetest says what a shop.Store promises, as scenarios that every Store has to pass:
// concurrency, order, what survives, what counts.
//
// It knows no database. The one idea to keep in mind: whatever a store does with disks and
// networks, a shop must not be able to tell it from the plain model in model.go, other than by its
// speed.
//
// A Store that several processes share has to do more for claims than one that has its database
// alone. There a claim is a lease: its deadline is on the database's clock, so that the work of a
// process that died is taken over, and it carries a fence, so that a late Release by a process
// whose lease ran out does not end the lease of the one that took over. A Store that has its
// database alone keeps claims in memory, where they end with the process. The scenarios hold for
// both: after a restart, work that was claimed is there at the claim's deadline at the latest.
package storagetest

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/broadcast"
	"shopbot/internal/catalog"
	"shopbot/internal/review"
	"shopbot/internal/shop"
	"shopbot/internal/support"
	"shopbot/internal/wish"
)

// Store is a shop.Store that can look itself over and be closed.
type Store interface {
	shop.Store
	shop.Forms
	support.Store
	shop.People
	shop.Teams
	broadcast.Store
	wish.Store
	review.Store
	shop.UnitsForSale
	catalog.Store
	// Check reports every breach of the store's own invariants.
	Check(ctx context.Context, report func(breach string)) error
	// Spoil makes an order's record undecodable, as a defect would.
	Spoil(ctx context.Context, id shop.OrderID) error
	Close() error
}

// Place is where a database is. It opens the database, for the first time or again.
type Place func(ctx context.Context) (Store, error)

// Run runs every scenario, each with a place of its own, where nothing is yet.
func Run(t *testing.T, place func(t *testing.T) Place) {
	t.Helper()
	for _, group := range [][]scenario{checkouts(), changes(), renewals(), stocks(), claims(), lists(), counts(), forms(), carts(), people(), buyers(), questions(), wishes(), reviews(), coupons(), referrals(), teams(), waiting(), exports(), broadcasts(), catalogs(), crowds()} {
		for _, s := range group {
			t.Run(s.name, func(t *testing.T) {
				b := newBench(t.Context(), t, place(t))
				s.run(b)
				b.finish()
			})
		}
	}
	t.Run("a record that cannot be decoded does not disturb the others", func(t *testing.T) { spoiled(newBench(t.Context(), t, place(t))) })
	t.Run("a shop cannot tell it from a plain model", func(t *testing.T) { compareWithModel(t, place) })
}

type scenario struct {
	name string
	run  func(b *bench)
}

// reporter is what *testing.T and *rapid.T have in common.
type reporter interface {
	require.TestingT
	Helper()
}

// bench is one database under test.
type bench struct {
	Store

	t     reporter
	ctx   context.Context //nolint:containedctx // that of the test
	place Place
}

func newBench(ctx context.Context, t reporter, place Place) *bench {
	b := &bench{t: t, ctx: ctx, place: place}
	b.open()
	return b
}

func (b *bench) open() {
	store, err := b.place(b.ctx)
	require.NoError(b.t, err)
	b.Store = store
}

// reopen is a restart of the program.
func (b *bench) reopen() {
	b.t.Helper()
	require.NoError(b.t, b.Close())
	b.open()
}

// finish looks the database over, before and after a restart.
func (b *bench) finish() {
	b.t.Helper()
	b.sound()
	b.reopen()
	b.sound()
	require.NoError(b.t, b.Close())
}

func (b *bench) sound() {
	b.t.Helper()
	var breaches []string
	require.NoError(b.t, b.Check(b.ctx, func(breach string) { breaches = append(breaches, breach) }))
	require.Empty(b.t, breaches)
}
