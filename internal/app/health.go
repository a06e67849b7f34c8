package app

import (
	"context"
	"encoding/json"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/health"
	"shopbot/internal/machine"
	"shopbot/internal/preflight"
	"shopbot/internal/shop"
	"shopbot/internal/status"
)

// health examines the running shop as 'shopbot check' does.
func (p *program) health(ctx context.Context) health.Report {
	return preflight.Examine(ctx, p.cfg, preflight.Options{
		Transport: p.sys.Transport, Goods: p.sys.Goods, Running: runningShop{p.catalog, p},
	})
}

// runningShop is this shop, as its examination asks it.
type runningShop struct {
	*catalog.Source

	p *program
}

func (s runningShop) Stock(ctx context.Context) (map[string]shop.Stock, error) {
	return s.p.shop.Stock(ctx)
}

func (s runningShop) Owners(context.Context) ([]int64, error) {
	return s.p.staff.With(shop.RoleOwner), nil
}

func (s runningShop) Webhooks(ctx context.Context) (shop.Webhooks, error) {
	return s.p.shop.Webhooks(ctx)
}

func (s runningShop) Status(ctx context.Context) (status.Status, error) {
	return s.p.status(ctx), nil
}

// watchSleep notes when the machine was asleep.
func (p *program) watchSleep(ctx context.Context) error {
	machine.WatchSleep(ctx, func(d time.Duration) {
		p.log.WarnContext(ctx, "the machine slept, or its clock was set forward", "slept", d.Round(time.Second))
		s := p.sleep(ctx)
		s.Last, s.Minutes, s.Times = time.Now(), int(d.Minutes()), s.Times+1
		note, err := json.Marshal(s)
		if err == nil {
			err = p.db.SetNote(ctx, machine.SleepNote(p.cfg.Database.IsPostgres()), note)
		}
		if err != nil {
			p.log.WarnContext(ctx, "note sleep failed", "error", err)
		}
	})
	return nil
}

// sleep is what is known of the machine's sleep. If it cannot be read, the result is zero.
func (p *program) sleep(ctx context.Context) (s machine.Sleep) {
	if note, err := p.db.Note(ctx, machine.SleepNote(p.cfg.Database.IsPostgres())); err == nil && note != nil {
		_ = json.Unmarshal(note, &s)
	}
	return s
}
