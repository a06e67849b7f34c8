package app

import (
	"context"
	"time"

	"shopbot/internal/localize"
	"shopbot/internal/shop"
)

// reload reads again what a person may have changed: the texts, the catalog, and what else there is
// in p.reloads. SIGHUP asks for it; the files are also watched.
func (p *program) reload(ctx context.Context) {
	p.reloadTexts(ctx)
	p.reportCatalog(ctx, p.catalog.Reload(ctx))
	for _, again := range p.reloads {
		again(ctx)
	}
}

// watchReload reloads at each signal.
func (p *program) watchReload(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-p.sys.Reload:
			p.reload(ctx)
		}
	}
}

// watchTexts takes the shop's own texts over when their files have changed, once they are the same
// for one interval, so that no half-written file is read.
func (p *program) watchTexts(ctx context.Context) error {
	if p.cfg.Texts == "" {
		return nil
	}
	tick := time.NewTicker(catalogInterval)
	defer tick.Stop()
	loaded := localize.Stamp(p.cfg.Texts)
	seen := loaded
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		now := localize.Stamp(p.cfg.Texts)
		if now == seen && now != loaded {
			loaded = now
			p.reloadTexts(ctx)
		}
		seen = now
	}
}

func (p *program) reloadTexts(ctx context.Context) {
	if p.cfg.Texts == "" {
		return
	}
	if err := p.texts.Reload(p.cfg.Texts); err != nil {
		p.log.ErrorContext(ctx, "new texts refused, the old ones stay", "error", err)
		p.shop.TextsRefused(err)
		return
	}
	p.shop.ServiceWorks(shop.AlarmTexts)
	p.log.InfoContext(ctx, "texts reloaded", "languages", p.texts.Changed())
	p.setMenus(ctx)
}
