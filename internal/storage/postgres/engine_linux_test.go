package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
	"shopbot/internal/storage"
	"shopbot/internal/storage/postgres/pgtest"
)

func note(t *testing.T, db *storage.DB, name string) string {
	t.Helper()
	value, err := db.Note(t.Context(), name)
	require.NoError(t, err)
	return string(value)
}

func TestACommitWhoseAnswerIsLostIsMadeOnce(t *testing.T) {
	server := pgtest.Start(t)
	cut, address := newProxy(t, server.Schema(t))
	db, _ := mustOpen(t, address)
	for range 3 {
		before, err := db.AuditHead(t.Context())
		require.NoError(t, err)
		cut.swallow.Store(1)
		require.NoError(t, db.Record(t.Context(), shop.AuditEntry{Act: "pause"}))
		after, err := db.AuditHead(t.Context())
		require.NoError(t, err)
		require.Equal(t, before.Number+1, after.Number)
	}
	require.EqualValues(t, 3, cut.cut.Load(), "the answers were lost")
	sound(t, db)
}

// Each unit would take a round trip while all other writers wait.
func TestTheUnitsOfAListAreLookedUpTogether(t *testing.T) {
	server := pgtest.Start(t)
	between, address := newProxy(t, server.Schema(t))
	db, _ := mustOpen(t, address)
	var units []string
	for n := range 900 {
		units = append(units, fmt.Sprint("key ", n))
	}
	load := func(sku string, units []string, want shop.StockAdded) {
		t.Helper()
		before := between.answers.Load()
		added, err := db.AddStock(t.Context(), shop.StockLoad{SKU: sku, Units: slices.Values(units)})
		require.NoError(t, err)
		want.Batch = added.Batch
		require.Equal(t, want, added)
		require.Less(t, between.answers.Load()-before, int32(100))
	}
	load("vpn", append(units, units[0]), shop.StockAdded{Added: 900, Duplicates: 1})
	load("vpn", units, shop.StockAdded{Duplicates: 900})
	load("mail", append([]string{"another"}, units...), shop.StockAdded{Added: 1, Elsewhere: 900})
	before := between.answers.Load()
	places, err := db.FindUnits(t.Context(), []string{"key 7", "nowhere", "another"})
	require.NoError(t, err)
	require.Len(t, places[0], 1)
	require.Equal(t, shop.UnitForSale, places[0][0].Where)
	require.Empty(t, places[1])
	require.Equal(t, "mail", places[2][0].SKU)
	require.Less(t, between.answers.Load()-before, int32(20))
	sound(t, db)
}

func TestClaimedOrdersAreReadTogether(t *testing.T) {
	server := pgtest.Start(t)
	between, address := newProxy(t, server.Schema(t))
	db, _ := mustOpen(t, address)
	const orders = 60
	for n := range int64(orders) {
		o := draft(n)
		_, _, err := db.Checkout(t.Context(), o, time.Now().Add(time.Hour), func(*shop.Order, shop.View) error { return nil })
		require.NoError(t, err)
		db.Release(t.Context(), shop.TaskInvoice, o.ID)
	}
	before, now := between.answers.Load(), time.Now()
	claimed, err := db.Claim(t.Context(), shop.TaskInvoice, now, now.Add(time.Hour), 2*orders)
	require.NoError(t, err)
	require.Len(t, claimed, orders)
	require.Less(t, between.answers.Load()-before, int32(orders/2))
}

// All sessions end again and again while many steps are written: each is done once.
func TestStepsSurviveTheEndOfTheirSessions(t *testing.T) {
	server := pgtest.Start(t)
	db, _ := mustOpen(t, server.Schema(t))
	var ended sync.WaitGroup
	stop := make(chan struct{})
	ended.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(100 * time.Millisecond):
				server.Exec(t, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'`)
			}
		}
	})
	const each, workers = 40, 8
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for range each {
				for { // an error says that nothing was done
					err := db.Record(t.Context(), shop.AuditEntry{Act: "pause"})
					if err == nil {
						break
					}
					if !errors.As(err, new(*storage.GivenUpError)) {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	close(stop)
	ended.Wait()
	head, err := db.AuditHead(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, each*workers, head.Number)
	sound(t, db)
}

func TestAServerThatComesBackIsUsedAgain(t *testing.T) {
	server := pgtest.New(t)
	server.Run(t)
	db, _ := mustOpen(t, server.Schema(t))
	require.NoError(t, db.SetNote(t.Context(), "a", []byte("1")))
	server.Kill()
	err := db.SetNote(t.Context(), "a", []byte("2"))
	require.ErrorContains(t, err, "see that the server runs there")
	require.Error(t, db.Trouble())
	server.Run(t)
	require.NoError(t, db.Writable(t.Context()))
	require.NoError(t, db.Trouble())
	require.Equal(t, "1", note(t, db, "a"))
	require.NoError(t, db.SetNote(t.Context(), "a", []byte("3")))
	require.Equal(t, "3", note(t, db, "a"))
}

// What cannot be read is not what is not there.
func TestAnOrderIsNotMissingBecauseTheServerIsAway(t *testing.T) {
	server := pgtest.New(t)
	server.Run(t)
	db, _ := mustOpen(t, server.Schema(t))
	id := mustOrder(t, db)
	server.Kill()
	_, err := db.Order(t.Context(), id)
	require.NotErrorIs(t, err, shop.ErrNotFound)
	gone, ok := errors.AsType[*storage.GivenUpError](err)
	require.True(t, ok, err)
	require.True(t, gone.TryAgain())
	server.Run(t)
}

func TestOneReplicaLeadsAndAnotherTakesOver(t *testing.T) {
	server := pgtest.Start(t)
	address := server.Schema(t)
	first, _, err := open(t.Context(), address)
	require.NoError(t, err)
	second, _ := mustOpen(t, address)
	leading, err := first.Lead(t.Context())
	require.NoError(t, err)
	limited, cancel := context.WithTimeout(t.Context(), leaseTime+time.Second)
	defer cancel()
	_, err = second.Lead(limited)
	require.ErrorIs(t, err, context.DeadlineExceeded, "the first renews its lease")
	require.NoError(t, leading.Err())
	begun := time.Now()
	require.NoError(t, first.Close())
	require.ErrorIs(t, context.Cause(leading), storage.ErrDeposed)
	_, err = second.Lead(t.Context())
	require.NoError(t, err)
	require.Less(t, time.Since(begun), leaseTime, "a lease that is given up need not lapse")
}

func TestAReplicaThatSleptWithItsLeaseWritesNothingMore(t *testing.T) {
	server := pgtest.Start(t)
	address := server.Schema(t)
	sleeper, engine := mustOpen(t, address)
	leading, err := sleeper.Lead(t.Context())
	require.NoError(t, err)
	order := draft(1)
	_, _, err = sleeper.Checkout(t.Context(), order, time.Now().Add(time.Hour), func(*shop.Order, shop.View) error { return nil })
	require.NoError(t, err)

	// As after a sleep: the lease has lapsed, and another replica has it.
	server.Exec(t, `UPDATE `+schemaOf(t, address)+`.lease SET until = clock_timestamp()`)
	other, _ := mustOpen(t, address)
	_, err = other.Lead(t.Context())
	require.NoError(t, err)
	now := time.Now()
	claimed, err := other.Claim(t.Context(), shop.TaskInvoice, now, now.Add(time.Hour), 10)
	require.NoError(t, err)
	require.Len(t, claimed, 1, "a new leader gives up the claims of the one before")

	sleeper.Release(t.Context(), shop.TaskInvoice, order.ID)
	again, err := other.Claim(t.Context(), shop.TaskInvoice, now, now.Add(time.Hour), 10)
	require.NoError(t, err)
	require.Empty(t, again, "a late release ends nobody's claim")
	require.ErrorIs(t, sleeper.SetNote(t.Context(), "a", []byte("x")), storage.ErrDeposed)
	<-leading.Done()
	require.ErrorIs(t, context.Cause(leading), storage.ErrDeposed)
	require.EqualValues(t, deposed, engine.term.Load())
	sleeper.StandBy()
	require.NoError(t, sleeper.SetNote(t.Context(), "a", []byte("y")), "it takes in what comes")
	require.Equal(t, "y", note(t, other, "a"))
}

// Both a leader and one that takes in write nothing more from the moment on at which a newer version
// has changed the tables.
func TestAnOlderVersionWritesNothingOnceTheLayoutIsAnother(t *testing.T) {
	server := pgtest.Start(t)
	address := server.Schema(t)
	leader, _ := mustOpen(t, address)
	leading, err := leader.Lead(t.Context())
	require.NoError(t, err)
	standby, _ := mustOpen(t, address)
	server.Exec(t, `UPDATE `+schemaOf(t, address)+`.shop SET layout = 7`)
	for _, db := range []*storage.DB{standby, leader} {
		err := db.SetNote(t.Context(), "b", []byte("x"))
		require.ErrorIs(t, err, storage.ErrOtherVersion)
		require.ErrorContains(t, err, "layout 7")
	}
	<-leading.Done()
	require.Empty(t, note(t, standby, "b"))
	_, err = standby.Lead(t.Context())
	require.ErrorIs(t, err, storage.ErrOtherVersion)
}

// The server kills a session that stands still while all others wait for it.
func TestALeaderWhoseServerIsGoneStepsBackInTime(t *testing.T) {
	server := pgtest.New(t)
	server.Run(t)
	db, _ := mustOpen(t, server.Schema(t))
	leading, err := db.Lead(t.Context())
	require.NoError(t, err)
	begun := time.Now()
	server.Kill()
	<-leading.Done()
	require.Less(t, time.Since(begun), leaseTime)
	server.Run(t)
}

func TestWhoeverLeadsHearsOfWhatOthersTakeIn(t *testing.T) {
	server := pgtest.Start(t)
	address := server.Schema(t)
	leader, _ := mustOpen(t, address)
	leading, err := leader.Lead(t.Context())
	require.NoError(t, err)
	hints := make(chan storage.Hint, 100)
	ctx, cancel := context.WithCancel(leading)
	var listening sync.WaitGroup
	listening.Go(func() { _ = leader.Hints(ctx, func(h storage.Hint) { hints <- h }) })
	defer listening.Wait()
	defer cancel()
	require.Equal(t, storage.HintWork, <-hints, "what waits already")
	require.Equal(t, storage.HintInbox, <-hints)

	other, _ := mustOpen(t, address)
	time.Sleep(hintPause / 4) // for LISTEN
	for len(hints) > 0 {
		<-hints
	}
	_, err = other.KeepUpdates(t.Context(), map[int64][]byte{7: []byte("{}")}, nil)
	require.NoError(t, err)
	require.Equal(t, storage.HintInbox, <-hints)
	_, _, err = other.Checkout(t.Context(), draft(1), time.Now().Add(time.Hour), func(*shop.Order, shop.View) error { return nil })
	require.NoError(t, err)
	require.Equal(t, storage.HintWork, <-hints)
}

// While the server is away nobody is woken again and again, and afterwards hints come as before.
func TestHintsSurviveARestartOfTheServer(t *testing.T) {
	server := pgtest.New(t)
	server.Run(t)
	db, _ := mustOpen(t, server.Schema(t))
	var hints atomic.Int64
	ctx, cancel := context.WithCancel(t.Context())
	var listening sync.WaitGroup
	listening.Go(func() { _ = db.Hints(ctx, func(storage.Hint) { hints.Add(1) }) })
	defer listening.Wait()
	defer cancel()
	time.Sleep(hintPause / 2)
	server.Kill()
	before := hints.Load()
	time.Sleep(2 * hintPause)
	require.LessOrEqual(t, hints.Load()-before, int64(2*4))
	server.Run(t)
	require.Eventually(t, func() bool {
		return listens(t, server)
	}, time.Minute, 100*time.Millisecond)
}

// listens reports whether somebody listens to the server.
func listens(t *testing.T, server *pgtest.Server) (some bool) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), server.URL())
	require.NoError(t, err)
	defer func() { _ = conn.Close(t.Context()) }()
	require.NoError(t, conn.QueryRow(t.Context(), `SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE query LIKE 'LISTEN%')`).Scan(&some))
	return some
}

func TestFaultsOfTheDatabaseComeWithTheirRemedy(t *testing.T) {
	server := pgtest.New(t)
	server.Run(t)
	server.Exec(t, `CREATE ROLE nobody LOGIN PASSWORD 'x'`)
	server.Exec(t, `CREATE DATABASE readonly`)
	server.Exec(t, `ALTER DATABASE readonly SET default_transaction_read_only = on`)
	newer := server.Schema(t)
	_, engine, err := open(t.Context(), newer)
	require.NoError(t, err)
	require.NoError(t, engine.Close())
	server.Exec(t, `INSERT INTO `+schemaOf(t, newer)+`.`+versionTable+` (version_id, is_applied) VALUES (1000, true)`)
	at := func(user, database string) string {
		return "postgres://" + user + ":s3cret@" + server.Address() + "/" + database
	}
	for name, c := range map[string]struct{ address, want string }{
		"nobody listens there":       {"postgres://u:s3cret@127.0.0.1:1/x", "see that the server runs there"},
		"no such database":           {at("shopbot", "none"), "createdb"},
		"no such user":               {at("stranger", "postgres"), "user and password"},
		"no right to make tables":    {at("nobody", "postgres"), "GRANT CREATE"},
		"a standby":                  {at("shopbot", "readonly"), "name the primary"},
		"written by a newer version": {newer, "have version 1000"},
		"not an address":             {"postgres://u:s3cret@host:port/x", "postgres://user:password@host"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(t.Context(), c.address, slog.New(slog.DiscardHandler))
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), "s3cret")
			require.NotContains(t, err.Error(), "\n")
			t.Log(err)
		})
	}
}

func schemaOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	return strings.TrimSpace(u.Query().Get("search_path"))
}

func sound(t *testing.T, db *storage.DB) {
	t.Helper()
	require.NoError(t, db.Check(context.WithoutCancel(t.Context()), func(breach string) { t.Error(breach) }))
}

func TestALeaderWhoseConnectionsAreAllInUseStaysTheLeader(t *testing.T) {
	server := pgtest.Start(t)
	db, engine := mustOpen(t, server.Schema(t)+"&pool_max_conns=2")
	leading, err := db.Lead(t.Context())
	require.NoError(t, err)
	for range 2 {
		conn, err := engine.pool.Acquire(t.Context())
		require.NoError(t, err)
		defer conn.Release()
	}
	require.ErrorContains(t, db.SetNote(t.Context(), "a", []byte("x")), "raise pool_max_conns")
	_, err = db.Note(t.Context(), "a")
	require.ErrorContains(t, err, "raise pool_max_conns")
	require.NoError(t, leading.Err())
}
