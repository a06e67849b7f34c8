package storage

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

// sellTwo makes a trail of six entries: stock, an order and its payment, twice.
func sellTwo(t *testing.T) *DB {
	t.Helper()
	db := open(t, inTemp(t))
	for n := range int64(2) {
		require.NoError(t, sell(t.Context(), db, n+1))
	}
	return db
}

// putEntry stores an entry as if it had been there when the chain was made, after the entry with
// the hash before.
func putEntry(t *tx, r auditRecord, before []byte) (hash []byte) {
	record, err := encode(r)
	t.check(err)
	hash = chain(before, r.Number, record)
	t.put(bucketAudit, number(r.Number), join(hash, record))
	return hash
}

func entryAt(t *tx, n int64) (auditRecord, []byte) {
	value := append([]byte(nil), t.get(bucketAudit, number(n))...)
	r, err := decodeAudit(n, value)
	t.check(err)
	return r, value
}

func TestTheTrailTellsOfUnitsCoinsAndDecisions(t *testing.T) {
	db := sellTwo(t)
	require.NoError(t, db.Record(t.Context(), shop.AuditEntry{Act: shop.AuditPaused, By: 7}))
	trail, err := db.AuditTrail(t.Context(), 0, 100)
	require.NoError(t, err)
	var acts []string
	units, reserved := 0, 0
	for i, e := range trail {
		require.EqualValues(t, i+1, e.Number)
		require.WithinDuration(t, time.Now(), e.At, time.Minute)
		acts = append(acts, string(e.Act))
		for _, m := range e.Stock {
			units, reserved = units+m.Units, reserved+m.Reserved
		}
	}
	require.Equal(t, "stock_added placed paid stock_added placed paid paused", strings.Join(acts, " "))
	require.Zero(t, units, "both units were sold")
	require.Zero(t, reserved)
	require.EqualValues(t, 7, trail[6].By)
	of, err := db.TrailOf(t.Context(), draft(2).ID)
	require.NoError(t, err)
	require.Equal(t, trail[4:6], of)
	require.NotContains(t, fmt.Sprint(trail), "key ", "no goods")
	next, err := db.AuditTrail(t.Context(), 5, 1)
	require.NoError(t, err)
	require.Equal(t, trail[5:6], next)
	sound(t, db)
}

func TestPaymentsAreKeptAsTheyCame(t *testing.T) {
	path := inTemp(t)
	db, err := Open(t.Context(), path)
	require.NoError(t, err)
	o := textDraft(1)
	require.NoError(t, place(t.Context(), db, o))
	first, second := paymentOf(o, "11"), paymentOf(o, "12")
	second.Source, second.Raw = shop.FromSync, []byte("\x00\xff not even text")
	for _, p := range []shop.IncomingPayment{first, first, second} {
		_, err := db.RecordPayment(t.Context(), p, applyPayment(p))
		require.NoError(t, err)
	}
	require.NoError(t, db.Close())
	db = open(t, path)
	got, err := query(t.Context(), db, func(t *tx) ([]auditRecord, error) {
		stored, err := t.order(o.ID)
		if err != nil {
			return nil, err
		}
		trail, err := t.trailOf(stored)
		return slices.DeleteFunc(trail, func(r auditRecord) bool { return r.Source == "" }), err
	})
	require.NoError(t, err)
	require.Len(t, got, 2)
	for i, want := range []shop.IncomingPayment{first, second} {
		require.Equal(t, want.Raw, got[i].Raw)
		require.Equal(t, want.Source, got[i].Source)
		require.Equal(t, want.Payment.Invoice, got[i].Reference)
		require.Equal(t, o.ID, got[i].Order)
		require.WithinDuration(t, time.Now(), got[i].At, time.Minute)
	}
	require.Equal(t, shop.AuditPaidAgain, got[1].Act)
	sound(t, db)
}

func TestAStepThatFailsLeavesNoEntry(t *testing.T) {
	db := sellTwo(t)
	no := errors.New("no")
	_, err := db.Change(t.Context(), draft(1).ID, func(*shop.Order, shop.Free) error { return no })
	require.ErrorIs(t, err, no)
	require.NoError(t, load(t.Context(), db, "vpn", "key 1")) // known already
	head, err := db.VerifyAudit(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 6, head.Number)
	last, err := db.AuditHead(t.Context())
	require.NoError(t, err)
	require.Equal(t, head, last)
}

func TestWhateverIsChangedInTheTrailIsFound(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		harm func(t *tx)
		says string
	}{
		"a sum": {func(t *tx) {
			r, value := entryAt(t, 3)
			r.Amount = r.Amount.Times(2)
			record, err := encode(r)
			t.check(err)
			t.put(bucketAudit, number(3), join(value[:hashBytes], record))
		}, "entry 3, or the one before it, was changed"},
		"who did it": {func(t *tx) {
			r, _ := entryAt(t, 1)
			r.By = 8
			putEntry(t, r, make([]byte, hashBytes))
		}, "entry 2, or the one before it, was changed"},
		"a raw payment": {func(t *tx) {
			r, value := entryAt(t, 6)
			r.Raw = []byte("{}")
			record, err := encode(r)
			t.check(err)
			t.put(bucketAudit, number(6), join(value[:hashBytes], record))
		}, "entry 6, or the one before it, was changed"},
		"the first is gone": {func(t *tx) { t.remove(bucketAudit, number(1)) }, "entry 1 is missing"},
		"one is gone":       {func(t *tx) { t.remove(bucketAudit, number(4)) }, "entry 4 is missing"},
		"the last is gone":  {func(t *tx) { t.remove(bucketAudit, number(6)) }, "entries 6 to 6 are missing"},
		"two changed places": {func(t *tx) {
			_, a := entryAt(t, 2)
			_, b := entryAt(t, 5)
			t.put(bucketAudit, number(2), b)
			t.put(bucketAudit, number(5), a)
		}, "entry 2"},
		"garbage": {func(t *tx) { t.put(bucketAudit, number(2), []byte("no")) }, "entry 2"},
	} {
		t.Run(name, func(t *testing.T) {
			db := sellTwo(t)
			require.NoError(t, db.write(t.Context(), func(t *tx) error { c.harm(t); return t.failed }))
			_, err := db.VerifyAudit(t.Context())
			require.ErrorIs(t, err, ErrTrailBroken)
			require.ErrorContains(t, err, c.says)
			breaches := ""
			require.NoError(t, db.Check(t.Context(), func(breach string) { breaches += breach + "\n" }))
			require.Contains(t, breaches, "audit")
		})
	}
}

// With write access to the file the whole trail can be written anew. A head that was noted before
// tells.
func TestATrailThatWasWrittenAnewDiffersFromTheNotedHead(t *testing.T) {
	db := sellTwo(t)
	noted, err := db.VerifyAudit(t.Context())
	require.NoError(t, err)
	require.NoError(t, sell(t.Context(), db, 3))
	_, err = db.VerifyAudit(t.Context(), noted, AuditHead{Number: noted.Number, Hash: strings.ToUpper(noted.Hash)})
	require.NoError(t, err, "it only grew")

	require.NoError(t, db.write(t.Context(), func(t *tx) error {
		before := make([]byte, hashBytes)
		for n := int64(1); n <= 9; n++ {
			r, _ := entryAt(t, n)
			if n == 3 {
				r.Amount = r.Amount.Times(2)
			}
			before = putEntry(t, r, before)
		}
		return t.failed
	}))
	_, err = db.VerifyAudit(t.Context())
	require.NoError(t, err, "nobody could tell from the trail alone")
	_, err = db.VerifyAudit(t.Context(), noted)
	require.ErrorIs(t, err, ErrTrailBroken)
	require.ErrorContains(t, err, "written anew")
	_, err = db.VerifyAudit(t.Context(), AuditHead{Number: 99, Hash: noted.Hash})
	require.ErrorContains(t, err, "is not there")
}

func TestTheTrailOfManyWritersHasNoGaps(t *testing.T) {
	db := open(t, inTemp(t))
	crowdOf(300, func(i int) {
		if err := db.Record(t.Context(), shop.AuditEntry{Act: shop.AuditPaused, By: int64(i)}); err != nil {
			t.Error(err)
		}
	})
	head, err := db.VerifyAudit(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 300, head.Number)
	require.Len(t, head.Hash, 2*hashBytes)
}
