package preflight

import (
	"context"
	"time"

	"shopbot/internal/storage/postgres"
)

const (
	// oldPostgres is the first version that gets security fixes in November 2026.
	oldPostgres = 14_00_00
	// slowTrip makes a sale feel slow: it needs about ten round trips.
	slowTrip = 5 * time.Millisecond
	// clockLimit is how far the clocks of the server and this machine may be apart.
	clockLimit = 2 * time.Second
)

// askServer asks a PostgreSQL server what it is like, and reports whether there are tables of a shop.
func (c *check) askServer(ctx context.Context) (there bool) {
	facts, err := postgres.Inspect(ctx, c.cfg.Database.URL())
	if err != nil {
		c.databaseErr = err
		return false
	}
	c.server = &facts
	return facts.HasTables
}

// checkServer looks at the PostgreSQL server as checkDisk does at the disk of a file.
func (c *check) checkServer(ctx context.Context) {
	const subject = "postgresql"
	if c.server == nil && c.databaseErr == nil {
		c.askServer(ctx)
	}
	s := c.server
	if s == nil {
		return // checkDatabase tells why, unless the running shop has it
	}
	before := c.report.Failed + c.report.Warned
	if !s.HasTables && !s.MayCreate {
		c.fail(subject, "health_postgres_rights", "Database", c.cfg.Database.Name())
	}
	if !s.Fsync {
		c.fail(subject, "health_postgres_fsync")
	}
	if !s.FullPages {
		c.fail(subject, "health_postgres_pages")
	}
	if !s.Encrypted && !s.Local {
		c.warn(subject, "health_postgres_open")
	}
	if s.Number < oldPostgres {
		c.warn(subject, "health_postgres_old", "Version", s.Version)
	}
	if s.RoundTrip > slowTrip {
		c.warn(subject, "health_postgres_slow", "Trip", int(s.RoundTrip.Milliseconds()), "Sale", int(10*s.RoundTrip.Milliseconds()))
	}
	if s.Ahead.Abs() > clockLimit {
		c.warn(subject, "health_postgres_clock", "Seconds", int(s.Ahead.Abs().Seconds()))
	}
	if c.report.Failed+c.report.Warned == before {
		c.ok(subject, "version %s, answers within %s", s.Version, s.RoundTrip.Round(10*time.Microsecond))
	}
}
