package app

import (
	"context"
	"time"
)

// fileInterval is how often the database's path is looked at. Before each commit it is looked at
// too.
const fileInterval = 10 * time.Second

// watchDatabaseFile notices that the database's file was deleted or replaced under the running
// shop, has a copy of it written, and tells the owners once.
func (p *program) watchDatabaseFile(ctx context.Context) error {
	tick := time.NewTicker(fileInterval)
	defer tick.Stop()
	lost, told := false, false
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		switch err := p.db.InPlace(); {
		case err == nil && lost:
			lost, told = false, false
			p.log.InfoContext(ctx, "database file is in place again")
		case err != nil && !told:
			copied, failed := p.db.Rescue()
			if !lost || failed != nil {
				p.log.ErrorContext(ctx, "database file is lost, nothing is taken in", "error", err,
					"database", p.cfg.Database.Path(), "copy", copied, "copy_error", failed)
			}
			lost = true
			failed = p.courier.TellLostDatabase(ctx, p.cfg.Database.Path(), copied, failed)
			if told = failed == nil; !told {
				p.log.WarnContext(ctx, "tell owners of the lost database failed", "error", failed)
			}
		}
	}
}
