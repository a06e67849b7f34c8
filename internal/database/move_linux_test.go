package database

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/config"
	"shopbot/internal/money"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
	"shopbot/internal/storage/postgres/pgtest"
)

func quiet(storage.MoveStage, int64, int64) {}

func mustOpen(t *testing.T, d config.Database) *storage.DB {
	t.Helper()
	db, err := Open(t.Context(), d)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// sell makes an order that is paid, of a unit of its own.
func sell(t *testing.T, db *storage.DB, n int64) {
	t.Helper()
	_, err := db.AddStock(t.Context(), shop.StockLoad{SKU: "vpn", Units: slices.Values([]string{fmt.Sprint("key ", n)})})
	require.NoError(t, err)
	require.NoError(t, sellOne(t.Context(), db, n))
}

// sellOne makes an order that is paid.
func sellOne(ctx context.Context, db *storage.DB, n int64) error {
	at := time.Unix(1_790_000_000+n, 0).UTC()
	price, err := money.Parse("2.6", "USDT")
	if err != nil {
		return err
	}
	o := shop.Order{
		ID: shop.NewOrderID(nil, shop.Origin{User: n, At: at}), State: shop.StateNew,
		Buyer: shop.Buyer{ID: n % 1000, Name: "Ann", Language: "en"}, Rail: shop.CryptoPay,
		Lines: []shop.Line{{
			SKU: "vpn", Title: catalog.Plain("VPN"), Quantity: 1, Price: price, Part: shop.Part{Deliver: catalog.Keys}, FromStock: true,
		}},
		Total: price, Created: at, Expires: at.Add(time.Hour),
	}
	if _, _, err := db.Checkout(ctx, o, time.Now().Add(time.Minute), func(*shop.Order, shop.View) error { return nil }); err != nil {
		return err
	}
	db.Release(ctx, shop.TaskInvoice, o.ID)
	p := shop.IncomingPayment{
		Order: o.ID, Source: shop.FromWebhook, Received: at, Raw: []byte("{}"),
		Payment: shop.Payment{Rail: o.Rail, Invoice: fmt.Sprint(n + 1), Amount: price, Price: price, At: at},
	}
	_, err = db.RecordPayment(ctx, p, func(o *shop.Order, free shop.Free) error { return o.ApplyPayment(p.Payment, free) })
	return err
}

// soldFile is a file with sales.
func soldFile(t *testing.T, sales int64) config.Database {
	t.Helper()
	d := config.Database(filepath.Join(t.TempDir(), "shop.db"))
	db, err := Open(t.Context(), d)
	require.NoError(t, err)
	for n := range sales {
		sell(t, db, n)
	}
	require.NoError(t, db.Close())
	return d
}

func TestAShopMovesToPostgreSQLAndBack(t *testing.T) {
	server := pgtest.Start(t)
	from, there := soldFile(t, 30), config.Database(server.Schema(t))
	done, err := Move(t.Context(), from, there, quiet)
	require.NoError(t, err)
	require.Equal(t, 30, done.Orders)
	require.Equal(t, 30, done.Stock.Sold)
	_, err = Open(t.Context(), from)
	require.ErrorIs(t, err, storage.ErrMoved)

	// What was paid is delivered by the new one, which goes on selling.
	db := mustOpen(t, there)
	_, err = db.Lead(t.Context())
	require.NoError(t, err)
	now := time.Unix(1_800_000_000, 0)
	due, err := db.Claim(t.Context(), shop.TaskDeliver, now, now.Add(time.Minute), 100)
	require.NoError(t, err)
	require.Len(t, due, 30)
	sell(t, db, 77)
	head, err := db.VerifyAudit(t.Context())
	require.NoError(t, err)

	// Nobody moves a shop that runs.
	back := config.Database(filepath.Join(t.TempDir(), "back.db"))
	_, err = Move(t.Context(), there, back, quiet)
	require.ErrorIs(t, err, errRuns)
	require.NoError(t, db.Close())

	done, err = Move(t.Context(), there, back, quiet)
	require.NoError(t, err)
	require.Equal(t, 31, done.Orders)
	_, err = Open(t.Context(), there)
	require.ErrorIs(t, err, storage.ErrMoved)
	home := mustOpen(t, back)
	same, err := home.VerifyAudit(t.Context(), head)
	require.NoError(t, err)
	require.Equal(t, head, same)
	sell(t, home, 78)
	require.NoError(t, home.Check(t.Context(), func(breach string) { t.Error(breach) }))
}

func TestAMoveToPostgreSQLThatWasStoppedGoesOn(t *testing.T) {
	server := pgtest.Start(t)
	from, to := soldFile(t, 10), config.Database(server.Schema(t))
	for _, part := range []int64{4, 2} {
		ctx, stop := context.WithCancel(t.Context())
		_, err := Move(ctx, from, to, func(stage storage.MoveStage, done, total int64) {
			if stage == storage.MoveCopies && done > total/part {
				stop()
			}
		})
		stop()
		require.Error(t, err)
		_, err = Open(t.Context(), to)
		require.ErrorIs(t, err, storage.ErrHalfMoved)
	}
	// The source sells on meanwhile, so what is there already is of no use.
	db, err := Open(t.Context(), from)
	require.NoError(t, err)
	sell(t, db, 50)
	require.NoError(t, db.Close())

	done, err := Move(t.Context(), from, to, quiet)
	require.NoError(t, err)
	require.Equal(t, 11, done.Orders)
	moved := mustOpen(t, to)
	require.NoError(t, moved.Check(t.Context(), func(breach string) { t.Error(breach) }))
	_, err = moved.Lead(t.Context())
	require.NoError(t, err)
	now := time.Unix(1_800_000_000, 0)
	due, err := moved.Claim(t.Context(), shop.TaskDeliver, now, now.Add(time.Minute), 100)
	require.NoError(t, err)
	require.Len(t, due, 11)

	_, err = Move(t.Context(), soldFile(t, 1), to, quiet)
	require.ErrorIs(t, err, errRuns, "it is in use")
	require.NoError(t, moved.Close())
	_, err = Move(t.Context(), soldFile(t, 1), to, quiet)
	require.ErrorIs(t, err, storage.ErrNotEmpty)
}

func TestABackupOfPostgreSQLIsAFileThatIsRestoredToEither(t *testing.T) {
	server := pgtest.Start(t)
	to := config.Database(server.Schema(t))
	_, err := Move(t.Context(), soldFile(t, 10), to, quiet)
	require.NoError(t, err)
	db := mustOpen(t, to)
	var copied bytes.Buffer
	require.NoError(t, db.Backup(t.Context(), &copied))
	write := func(w io.Writer) error { _, err := w.Write(copied.Bytes()); return err }
	sell(t, db, 60)
	require.NoError(t, db.Close())

	for _, d := range []config.Database{config.Database(server.Schema(t)), config.Database(filepath.Join(t.TempDir(), "shop.db"))} {
		done, err := Restore(t.Context(), d, "backup", write, quiet)
		require.NoError(t, err)
		require.Equal(t, 10, done.Orders)
		restored := mustOpen(t, d)
		require.NoError(t, restored.Check(t.Context(), func(breach string) { t.Error(breach) }))
		sell(t, restored, 61)
	}
	_, err = Restore(t.Context(), to, "backup", write, quiet)
	require.ErrorIs(t, err, storage.ErrNotEmpty, "what is there is never overwritten")
	empty := config.Database(server.Schema(t))
	_, err = Restore(t.Context(), empty, "backup", func(w io.Writer) error { _, err := w.Write([]byte("no database")); return err }, quiet)
	require.ErrorIs(t, err, storage.ErrNotOurs)
	require.ErrorContains(t, err, "backup backup: ")
	_, err = Restore(t.Context(), empty, "backup", write, quiet)
	require.NoError(t, err, "one that failed leaves it empty")
}

func TestThereHasToBeAShopToMove(t *testing.T) {
	server := pgtest.Start(t)
	missing := config.Database(filepath.Join(t.TempDir(), "shop.db"))
	_, err := Move(t.Context(), missing, config.Database(server.Schema(t)), quiet)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.NoFileExists(t, missing.Path())
	_, err = Move(t.Context(), config.Database(server.Schema(t)), missing, quiet)
	require.ErrorIs(t, err, storage.ErrNoShop)
}

// A replica that waited for the lead while the shop was moved away does not lead the old database.
func TestNobodyLeadsADatabaseThatWasMoved(t *testing.T) {
	server := pgtest.Start(t)
	there := config.Database(server.Schema(t))
	_, err := Move(t.Context(), soldFile(t, 1), there, quiet)
	require.NoError(t, err)
	standby := mustOpen(t, there)
	_, err = Move(t.Context(), there, config.Database(filepath.Join(t.TempDir(), "back.db")), quiet)
	require.NoError(t, err)
	_, err = standby.Lead(t.Context())
	require.ErrorIs(t, err, storage.ErrMoved)
}
