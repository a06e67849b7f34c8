package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

// While a long list is loaded, each copy is a whole shop, and what it has of the list is what it
// counts.
func TestABackupTakenWhileALongListIsLoadedIsAWholeShop(t *testing.T) {
	db := open(t, inTemp(t))
	const units = 20_000
	loaded := make(chan error, 1)
	go func() {
		_, err := db.AddStock(t.Context(), shop.StockLoad{SKU: "vpn", Units: func(yield func(string) bool) {
			for i := range units {
				if !yield(fmt.Sprint("key ", i)) {
					return
				}
			}
		}})
		loaded <- err
	}()
	for n := 0; ; n++ {
		var copied bytes.Buffer
		require.NoError(t, db.Backup(t.Context(), &copied))
		at := open(t, written(t, copied.Bytes()))
		sound(t, at)
		stock, err := at.StockOf(t.Context(), "vpn")
		require.NoError(t, err)
		require.Zero(t, stock.Free%stockPart, "no part of a part")
		select {
		case err := <-loaded:
			require.NoError(t, err)
			require.Positive(t, n)
			sound(t, db)
			return
		default:
		}
	}
}

// Steps of all kinds share a commit with one that fails after it has written: each of the others
// happens once.
func TestNeighboursOfAStepThatSpoilsHappenOnce(t *testing.T) {
	db := open(t, inTemp(t))
	require.NoError(t, load(t.Context(), db, "vpn", "A", "B", "C"))
	require.NoError(t, place(t.Context(), db, draft(1)))
	p := paymentOf(draft(1), "1")
	var fresh []int64
	errs := together(t, db,
		func() error { return load(t.Context(), db, "vpn", "D", "E") },
		func() error {
			_, err := db.RecordPayment(t.Context(), p, applyPayment(p))
			return err
		},
		func() error {
			return db.write(t.Context(), func(t *tx) error {
				_ = setNote("a", "x")(t)
				return errors.New("spoils")
			})
		},
		func() error {
			_, _, err := db.Checkout(t.Context(), draft(2), time.Now().Add(time.Hour), anybody)
			return err
		},
		func() (err error) {
			fresh, err = db.KeepUpdates(t.Context(), map[int64][]byte{7: []byte(`{}`)}, []int64{6})
			return err
		},
		func() error {
			_, err := db.RecordPayment(t.Context(), p, applyPayment(p))
			return err
		},
	)
	require.Error(t, errs[2])
	errs[2] = nil
	require.NoError(t, errors.Join(errs...))
	stock, err := db.StockOf(t.Context(), "vpn")
	require.NoError(t, err)
	require.Equal(t, shop.Stock{Free: 3, Reserved: 1, Sold: 1}, stock)
	require.Equal(t, []int64{7}, fresh)
	o, err := db.Order(t.Context(), draft(1).ID)
	require.NoError(t, err)
	require.Len(t, o.Payments, 1)
	require.Equal(t, []string{"A"}, o.Lines[0].Goods)
	s, err := db.Statistics(t.Context(), "", "")
	require.NoError(t, err)
	require.Equal(t, 1, s.Total.Paid)
	require.Equal(t, 2, s.Total.Ordered)
	claimed, err := db.Claim(t.Context(), shop.TaskInvoice, time.Now(), time.Now().Add(time.Minute), 10)
	require.NoError(t, err)
	require.Empty(t, claimed, "the new order's invoice is claimed for its maker")
	claimed, err = db.Claim(t.Context(), shop.TaskDeliver, time.Now(), time.Now().Add(time.Minute), 10)
	require.NoError(t, err)
	require.Len(t, claimed, 1)
	sound(t, db)
}

// Whatever is in the queue, a worker that asks when to come back is never told "now" although it
// gets nothing now.
func TestWhatIsNotGivenOutIsNotDue(t *testing.T) {
	db := open(t, inTemp(t))
	for n := range int64(4) {
		require.NoError(t, sell(t.Context(), db, n))
	}
	require.NoError(t, spoilable{db}.Spoil(t.Context(), draft(1).ID))
	_, err := db.Change(t.Context(), draft(2).ID, func(o *shop.Order, _ shop.Free) error {
		o.Postpone(shop.TaskDeliver, time.Now(), time.Now().Add(time.Hour))
		return nil
	})
	require.NoError(t, err)
	for _, task := range shop.Tasks() {
		until := time.Now().Add(time.Minute)
		_, err := db.Claim(t.Context(), task, time.Now(), until, 10)
		require.NoError(t, err)
		due, some, err := db.NextDue(t.Context(), task)
		require.NoError(t, err)
		if some {
			require.True(t, due.After(time.Now().Add(30*time.Second)), "%s is due at %s", task, due)
		}
		again, err := db.Claim(t.Context(), task, time.Now(), until, 10)
		require.NoError(t, err)
		require.Empty(t, again)
	}
}

// A step's caller may go at any moment: either nothing happened and it hears so, or it happened.
func TestACallerThatGoesAtAnyMomentHearsTheTruth(t *testing.T) {
	db := open(t, inTemp(t))
	var done, gone atomic.Int64
	crowdOf(50, func(i int) {
		for n := range 20 {
			ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
			go func() {
				time.Sleep(time.Duration((i*7+n*13)%40) * 50 * time.Microsecond)
				cancel()
			}()
			name := fmt.Sprint(i, " ", n)
			err := db.SetNote(ctx, name, []byte("x"))
			value, readErr := db.Note(context.WithoutCancel(ctx), name)
			switch {
			case readErr != nil:
				t.Error(readErr)
			case err == nil && string(value) == "x":
				done.Add(1)
			case errors.Is(err, context.Canceled) && value == nil:
				gone.Add(1)
			default:
				t.Errorf("error %v, and the note is %q", err, value)
			}
		}
	})
	require.EqualValues(t, 1000, done.Load()+gone.Load())
	require.Positive(t, done.Load())
}

// Each examination and each copy of a file in use finds consistent books.
func TestAnExaminationOfABackupTakenUnderLoadFindsNothing(t *testing.T) {
	db := open(t, inTemp(t))
	ctx, stop := context.WithCancel(t.Context())
	sold := make(chan error, 1)
	go func() {
		var err error
		for n := int64(1); err == nil && ctx.Err() == nil; n++ {
			err = sell(context.WithoutCancel(ctx), db, n)
		}
		sold <- err
	}()
	for i := range 3 {
		path := filepath.Join(t.TempDir(), fmt.Sprint(i))
		_, err := WriteBackup(t.Context(), []string{db.Name()}, path, false, func(w io.Writer) error { return db.Backup(t.Context(), w) })
		require.NoError(t, err)
		_, err = Examine(t.Context(), path, func(breach string) { t.Error(breach) })
		require.NoError(t, err)
	}
	stop()
	require.NoError(t, <-sold)
}
