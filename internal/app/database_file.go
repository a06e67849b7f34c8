package app

import (
	"context"
	"time"
)

const (
	// fileInterval is how often the database's path is looked at. Before each commit it is looked at
	// too.
	fileInterval = 10 * time.Second
	// rescueAgain is how often the copy of a lost file is looked after.
	rescueAgain = time.Minute
)

// watchDatabaseFile notices that the database's file was deleted or replaced under the running shop,
// has a copy of it written, and tells the owners. While no copy can be written, it tells them so once,
// and tries again: a shop that is killed without one leaves nothing.
func (p *program) watchDatabaseFile(ctx context.Context) error {
	tick := time.NewTicker(fileInterval)
	defer tick.Stop()
	lost, told, known := false, false, "" // told: the owners know of the loss; known: and of this copy
	var due time.Time
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		switch err := p.db.InPlace(); {
		case err == nil && lost:
			lost, told, known, due = false, false, "", time.Time{}
			p.log.InfoContext(ctx, "database file is in place again")
		case err != nil && !time.Now().Before(due):
			copied, fault := p.db.Rescue()
			if copied == "" && fault == nil { // it has just come back
				continue
			}
			isNew := fault == nil && copied != known
			if !lost || isNew {
				p.log.ErrorContext(ctx, "database file is lost, nothing is taken in", "error", err,
					"database", p.cfg.Database.Path(), "copy", copied, "copy_error", fault)
			}
			lost, due = true, time.Now().Add(rescueAgain)
			if told && !isNew {
				continue
			}
			if failed := p.courier.TellLostDatabase(ctx, p.cfg.Database.Path(), copied, fault); failed != nil {
				p.log.WarnContext(ctx, "tell owners of the lost database failed", "error", failed)
				continue
			}
			told, known = true, copied
		}
	}
}
