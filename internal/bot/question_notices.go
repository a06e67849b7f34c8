package bot

import (
	"context"

	"shopbot/internal/shop"
	"shopbot/internal/support"
)

// tellQuestion shows one message of a buyer to everybody of the shop who answers questions, and
// returns where. Who cannot be reached finds it counted, and the question stays open.
func (c *Courier) tellQuestion(ctx context.Context, q support.Question, m support.Message) []shop.MessageRef {
	return c.toStaff(ctx, shop.RoleSupport, 0, func(m *missed) { m.Questions++ }, func(l localizer) screen { return questionScreen(l, q, m) })
}

// toStaff shows everybody who may do what needs a role a screen in their own language, but not to
// one person (0: to all). It returns the messages. For who cannot be reached, count notes it.
func (c *Courier) toStaff(
	ctx context.Context, role shop.Role, but int64, count func(*missed), draw func(localizer) screen,
) (shown []shop.MessageRef) {
	people := c.staff.with(role)
	if len(people) == 0 {
		c.owners.nobody.Do(func() { c.log.WarnContext(ctx, "nobody to tell: SHOPBOT_ADMINS is empty") })
	}
	for _, person := range people {
		if person == but {
			continue
		}
		ref, err := c.chat.pass(ctx, person, draw(c.chat.localizer(ctx, person, "")))
		away := c.owners.isAway(ctx, c.log, person, err)
		if err == nil {
			shown = append(shown, ref)
			continue
		}
		if !away {
			c.log.WarnContext(ctx, "tell staff failed", "user", person, "error", err)
		}
		if err := c.noteMissed(ctx, person, count); err != nil {
			c.log.WarnContext(ctx, "note what somebody missed failed", "user", person, "error", err)
		}
	}
	return shown
}

// pass sends a screen that may have a picture which somebody sent. A text that is too long for a
// caption follows the picture, with the buttons.
func (c *chat) pass(ctx context.Context, to int64, s screen) (shop.MessageRef, error) {
	if s.Passed != "" && visible(s.Text) > maxCaption {
		if _, err := c.send(ctx, to, screen{Passed: s.Passed}); err != nil {
			return shop.MessageRef{}, err
		}
		s.Passed = ""
	}
	return c.send(ctx, to, s)
}
