package main

import (
	"context"
	"fmt"
	"strings"

	"shopbot/internal/config"
	"shopbot/internal/ops"
)

type forgetCommand struct {
	settingsFlags

	User int64 `arg:"" name:"user" help:"The buyer's Telegram id, as /order and 'shopbot orders' show it."`
	Yes  bool  `help:"Required, since it cannot be undone."`
}

// Run deletes a buyer's personal data out of closed orders.
func (c *forgetCommand) Run(ctx context.Context, con *console) error {
	if c.User <= 0 {
		return config.Error{What: fmt.Sprintf("%d is not the Telegram id of a person; ids are above zero", c.User)}
	}
	if !c.Yes {
		return config.Error{What: fmt.Sprintf("nothing was deleted yet: it cannot be undone, and the closed orders of buyer %d can no longer be refunded or shown to them; add --yes to go on", c.User)}
	}
	return con.withShop(ctx, c.settingsFlags, func(s ops.Shop) error {
		done, err := s.Forget(ctx, c.User)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(con.stdout, "deleted from %s, with language, open form and dead letters of buyer %d\n", plural(done.Orders, "closed order"), c.User)
		if err != nil || len(done.Open) == 0 {
			return err
		}
		ids := make([]string, 0, len(done.Open))
		for _, id := range done.Open {
			ids = append(ids, string(id))
		}
		_, err = fmt.Fprintf(con.stdout, "still needed by %s that %s not closed: %s; run this again when they are\n",
			plural(len(ids), "order"), map[bool]string{true: "is", false: "are"}[len(ids) == 1], strings.Join(ids, ", "))
		return err
	})
}
