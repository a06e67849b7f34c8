package main

import (
	"context"
	"time"
)

// headInterval is how often the head of the audit trail is logged.
const headInterval = 24 * time.Hour

// noteAuditHead logs the head of the audit trail now, once a day, and when ctx ends: logs that are
// kept elsewhere are what a trail that was written anew can be told by.
func (p *program) noteAuditHead(ctx context.Context) error {
	tick := time.NewTicker(headInterval)
	defer tick.Stop()
	for {
		head, err := p.file.AuditHead(context.WithoutCancel(ctx))
		switch {
		case err != nil:
			p.log.WarnContext(ctx, "audit head not readable", "error", err)
		case head.Number > 0:
			p.log.InfoContext(ctx, "audit head", "entry", head.Number, "hash", head.Hash)
		}
		if ctx.Err() != nil {
			return nil
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}
