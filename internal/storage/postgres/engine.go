package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"shopbot/internal/storage"
)

// Engine is a PostgreSQL database.
type Engine struct {
	pool    *pgxpool.Pool
	leases  *pgxpool.Pool // one connection, so that the lease is renewed whatever the others do
	config  *pgxpool.Config
	log     *slog.Logger
	name    string
	holder  string // of the lease
	buckets map[*storage.Bucket]int16

	// term is the term that this process leads in; standby or deposed if it does not.
	term  atomic.Int64
	lease leaseKeeper
	// own are the claims of this process.
	own   ownClaims
	close sync.Once
}

// What term is while the process does not lead.
const (
	standby = 0
	deposed = -1 // nothing is written until what the leader began has stopped
)

// How long the server lets a session wait. A replica that stands still while it writes loses its
// transaction, and with it the lock that all others wait for.
const (
	idleLimit      = 5 * time.Second // within a transaction
	lockLimit      = 10 * time.Second
	statementLimit = time.Minute
)

// How long this side waits.
const (
	connectLimit = 5 * time.Second
	acquireLimit = 5 * time.Second  // for one of the connections
	writeLimit   = 30 * time.Second // for a whole transaction that writes
)

// connections is how many connections are kept, unless the address says pool_max_conns.
const connections = 16

// Open connects to the database at address (postgres://user:password@host:port/name, also with
// several hosts and with the parameters that libpq and pgxpool know), and brings its tables up to
// date.
//
// Errors, each with its remedy and without the password: storage.ErrOtherVersion if a newer program
// made the tables; what the server or the network says.
func Open(ctx context.Context, address string, log *slog.Logger) (*Engine, error) {
	config, err := configOf(address)
	if err != nil {
		return nil, err
	}
	e := &Engine{config: config, log: log, name: nameOf(config.ConnConfig), holder: rand.Text()}
	if err := e.open(ctx); err != nil {
		return nil, e.withHint(err)
	}
	return e, nil
}

func (e *Engine) open(ctx context.Context) (err error) {
	if err := migrate(ctx, e.config.ConnConfig, e.log); err != nil {
		return err
	}
	if e.pool, err = pgxpool.NewWithConfig(ctx, e.config); err != nil {
		return err
	}
	one := e.config.Copy()
	one.MaxConns, one.MinConns, one.MinIdleConns = 1, 0, 0
	if e.leases, err = pgxpool.NewWithConfig(ctx, one); err == nil {
		err = e.loadBuckets(ctx)
	}
	if err != nil {
		e.closePools()
	}
	return err
}

func (e *Engine) closePools() {
	e.pool.Close()
	if e.leases != nil {
		e.leases.Close()
	}
}

func configOf(address string) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(address)
	if err != nil {
		return nil, fmt.Errorf("%w: write it as postgres://user:password@host:5432/name", withoutAddress(err))
	}
	if !strings.Contains(address, "pool_max_conns") {
		config.MaxConns = connections
	}
	c := config.ConnConfig
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = connectLimit
	}
	// A server whose machine died says nothing.
	c.DialFunc = (&net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 5 * time.Second, Interval: 2 * time.Second, Count: 3}}).DialContext
	if c.ValidateConnect == nil {
		c.ValidateConnect = refuseStandby
	}
	for name, value := range map[string]string{
		"application_name":                    "shopbot",
		"idle_in_transaction_session_timeout": milliseconds(idleLimit),
		"lock_timeout":                        milliseconds(lockLimit),
		"statement_timeout":                   milliseconds(statementLimit),
	} {
		if _, given := c.RuntimeParams[name]; !given {
			c.RuntimeParams[name] = value
		}
	}
	c.OnNotice = func(*pgconn.PgConn, *pgconn.Notice) {}
	config.AfterConnect = prepareSession
	return config, nil
}

func refuseStandby(ctx context.Context, conn *pgconn.PgConn) error {
	if err := pgconn.ValidateConnectTargetSessionAttrsReadWrite(ctx, conn); err != nil {
		return errors.Join(errStandby, err)
	}
	return nil
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// withoutAddress is an error about an address that does not repeat it: it holds a password.
func withoutAddress(err error) error {
	if parse, ok := errors.AsType[*pgconn.ParseConfigError](err); ok && parse.Unwrap() != nil {
		return fmt.Errorf("the address of the database cannot be read: %w", parse.Unwrap())
	}
	return errors.New("the address of the database cannot be read")
}

// prepareSession makes a session keep what it commits, and find entries by their key. Without
// statistics, as before a new shop's first ANALYZE, PostgreSQL would read whole tables instead. A
// database that does not know such a setting does not need it.
func prepareSession(ctx context.Context, conn *pgx.Conn) error {
	for _, set := range []string{
		`SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local')`,
		`SELECT set_config(name, 'off', false) FROM unnest(ARRAY['enable_seqscan', 'enable_bitmapscan', 'enable_hashjoin', 'enable_mergejoin']) AS name`,
		`SELECT set_config('jit', 'off', false)`,
	} {
		if _, err := conn.Exec(ctx, set, pgx.QueryExecModeSimpleProtocol); err != nil && !isServerError(err) {
			return err
		}
	}
	return nil
}

// nameOf is what a database is called where people read it.
func nameOf(c *pgx.ConnConfig) string {
	u := url.URL{Scheme: "postgres", Host: net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port))), Path: "/" + c.Database}
	if c.User != "" {
		u.User = url.User(c.User)
	}
	return u.String()
}

// loadBuckets learns the numbers of the buckets, and numbers those that are new.
func (e *Engine) loadBuckets(ctx context.Context) error {
	all := storage.Buckets()
	names := make([]string, len(all))
	for i, b := range all {
		names[i] = b.String()
	}
	numbers := map[string]int16{}
	err := pgx.BeginFunc(ctx, e.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT 1 FROM shop FOR UPDATE`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO buckets (bucket, name)
			SELECT (SELECT coalesce(max(bucket), 0) FROM buckets) + row_number() OVER (), name
			FROM unnest($1::text[]) AS name WHERE name NOT IN (SELECT name FROM buckets)`, names)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT name, bucket FROM buckets`)
		if err != nil {
			return err
		}
		var name string
		var number int16
		_, err = pgx.ForEachRow(rows, []any{&name, &number}, func() error { numbers[name] = number; return nil })
		return err
	})
	e.buckets = make(map[*storage.Bucket]int16, len(all))
	for _, b := range all {
		e.buckets[b] = numbers[b.String()]
	}
	return err
}

// Name implements storage.Engine: the address without its password.
func (e *Engine) Name() string { return e.name }

// Claims implements storage.Engine.
func (e *Engine) Claims() storage.Claims { return claims{e} }

// Commits implements storage.Engine.
func (e *Engine) Commits(ctx context.Context) (n int64) {
	_ = e.pool.QueryRow(ctx, `SELECT commits FROM shop`).Scan(&n) // 0 if it cannot be read
	return n
}

// InPlace implements storage.Engine: what the server commits lasts.
func (e *Engine) InPlace() error { return nil }

// Broken implements storage.Engine: the server may come back at any time.
func (e *Engine) Broken() error { return nil }

// Close implements storage.Engine. It gives up the lease, so that another process leads at once.
func (e *Engine) Close() error {
	e.close.Do(func() {
		e.resign()
		e.closePools()
	})
	return nil
}
