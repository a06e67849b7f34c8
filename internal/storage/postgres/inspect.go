package postgres

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
)

// Facts are what a server is like, and what the shop's user may do there.
type Facts struct {
	// Version is what the server calls itself, such as "15.14", and Number 150014.
	Version string
	Number  int
	// HasTables says that there are tables of a shop, and MayCreate that the user may make them.
	HasTables, MayCreate bool
	// Fsync and FullPages are false if a power cut can lose what was committed.
	Fsync, FullPages bool
	// Encrypted says that the connection is, and Local that it does not leave the machine.
	Encrypted, Local bool
	// RoundTrip is how long the server takes to answer, and Ahead how far its clock is before ours.
	RoundTrip, Ahead time.Duration
}

// Inspect asks a server for its facts, and changes nothing. Its errors are those of Open.
func Inspect(ctx context.Context, address string) (f Facts, err error) {
	config, err := configOf(address)
	if err != nil {
		return f, err
	}
	e := &Engine{config: config, log: slog.New(slog.DiscardHandler), name: nameOf(config.ConnConfig)}
	conn, err := pgx.ConnectConfig(ctx, config.ConnConfig)
	if err != nil {
		return f, e.withHint(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // nothing was written
	if err := f.read(ctx, conn); err != nil {
		return f, e.withHint(err)
	}
	return f, nil
}

func (f *Facts) read(ctx context.Context, conn *pgx.Conn) error {
	err := conn.QueryRow(ctx, `
		SELECT current_setting('server_version'), current_setting('server_version_num')::int,
			to_regclass('entries') IS NOT NULL,
			coalesce(has_schema_privilege(current_schema(), 'CREATE'), false),
			coalesce(current_setting('fsync', true), 'on') = 'on',
			coalesce(current_setting('full_page_writes', true), 'on') = 'on'`,
	).Scan(&f.Version, &f.Number, &f.HasTables, &f.MayCreate, &f.Fsync, &f.FullPages)
	if err != nil {
		return err
	}
	var now time.Time
	for range 3 { // the first answer may have to be planned
		begun := time.Now()
		if err := conn.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&now); err != nil {
			return err
		}
		if took := time.Since(begun); f.RoundTrip == 0 || took < f.RoundTrip {
			f.RoundTrip, f.Ahead = took, now.Sub(begun.Add(took/2))
		}
	}
	network := conn.PgConn().Conn()
	_, f.Encrypted = network.(*tls.Conn)
	f.Local = isLocal(network.RemoteAddr())
	return nil
}

// isLocal reports whether an address is on this machine: a Unix socket, or loopback.
func isLocal(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return !ok || tcp.IP.IsLoopback()
}
