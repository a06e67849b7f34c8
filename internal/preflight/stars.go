package preflight

import (
	"context"
	"fmt"

	"shopbot/internal/catalog"
	"shopbot/internal/telegram"
)

const starsSubject = "stars"

// checkStars tells which products take Stars. A shop that takes none is told nothing.
func (c *check) checkStars() {
	if c.catalog == nil || !c.catalog.Takes(catalog.PayStars) {
		return
	}
	stars, derived := 0, 0
	for i := range c.catalog.Products {
		p := &c.catalog.Products[i]
		if !c.catalog.Shop.Takes(p, catalog.PayStars) {
			continue
		}
		stars++
		if p.Stars.IsZero() {
			derived++
		}
	}
	rate := ""
	if derived > 0 {
		rate = fmt.Sprintf("; the prices of %d are derived by stars_rate, a Star for %s", derived, c.catalog.Shop.StarsRate)
	}
	c.ok(starsSubject, "%d of %d products take them%s", stars, len(c.catalog.Products), rate)
}

// checkStarBalance asks how many Stars the bot has, if the shop takes any.
func (c *check) checkStarBalance(ctx context.Context, client *telegram.Client) {
	if c.catalog == nil || !c.catalog.Takes(catalog.PayStars) {
		return
	}
	balance, err := client.StarBalance(ctx)
	if err != nil {
		c.warn(starsSubject, "health_stars_unread", "Detail", err)
		return
	}
	c.ok(starsSubject, "the bot has %d; refunds are paid from them, and Telegram holds each for up to 21 days", balance)
}
