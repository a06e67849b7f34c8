package app

import (
	"context"
	"time"
)

const (
	// fileInterval is how often the database's path is looked at. Before each commit it is looked at
	// too.
	fileInterval = 10 * time.Second
	// rescueAgain is the pause after a copy could not be written, or the owners not be told.
	rescueAgain = time.Minute
)

// watchDatabaseFile notices that the database's file was deleted or replaced under the running shop,
// has a copy of it written, and tells the owners. While no copy can be written, it tells them so once,
// and tries again: a shop that is killed without one leaves nothing.
func (p *program) watchDatabaseFile(ctx context.Context) error {
	tick := time.NewTicker(fileInterval)
	defer tick.Stop()
	var lost, told, saved bool // told: the owners know of the loss; saved: and of the copy
	var due time.Time
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		switch err := p.db.InPlace(); {
		case err == nil && lost:
			lost, told, saved, due = false, false, false, time.Time{}
			p.log.InfoContext(ctx, "database file is in place again")
		case err != nil && !saved && !time.Now().Before(due):
			copied, fault := p.db.Rescue()
			if !lost || fault == nil {
				p.log.ErrorContext(ctx, "database file is lost, nothing is taken in", "error", err,
					"database", p.cfg.Database.Path(), "copy", copied, "copy_error", fault)
			}
			lost, due = true, time.Now().Add(rescueAgain)
			if told && fault != nil {
				continue
			}
			if failed := p.courier.TellLostDatabase(ctx, p.cfg.Database.Path(), copied, fault); failed != nil {
				p.log.WarnContext(ctx, "tell owners of the lost database failed", "error", failed)
				continue
			}
			told, saved = true, fault == nil
		}
	}
}
