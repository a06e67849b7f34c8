package app

import (
	"context"

	"shopbot/internal/backup"
	"shopbot/internal/shop"
)

// openBackups makes the keeper of scheduled backups; p.backups is nil if none are asked for.
func (p *program) openBackups() (err error) {
	p.backups, err = backup.New(p.cfg, p.db.Backup, p.courier.SendBackup)
	if p.backups != nil {
		p.backups.Log = p.log
	}
	return err
}

// keepBackups makes scheduled backups. One that fails is an alarm until the next one is made.
func (p *program) keepBackups(ctx context.Context) error {
	if p.backups == nil {
		p.shop.ServiceWorks(shop.AlarmBackup) // the owner wants none any more
		return nil
	}
	return p.backups.Run(ctx, p.db, func(err error) {
		if err != nil {
			p.metrics.backupsFailed.Inc()
			p.shop.ServiceFails(shop.AlarmBackup, shop.CauseFailed, err.Error())
			return
		}
		p.shop.ServiceWorks(shop.AlarmBackup)
	})
}
