package bot

import (
	"context"
	"strings"

	"shopbot/internal/shop"
	"shopbot/internal/support"
)

// tellQuestion shows one message of a buyer in the group of the staff, or else to everybody of the
// shop who answers questions, and returns where. For those who cannot be reached it counts as missed,
// and the question stays open.
func (c *Courier) tellQuestion(ctx context.Context, q support.Question, m support.Message) (shown []shop.MessageRef) {
	if group := c.group.Load(); group != 0 {
		ref, err := c.tellTopic(ctx, group, q, m)
		if err == nil {
			return []shop.MessageRef{ref}
		}
		c.log.WarnContext(ctx, "tell group of a question failed, telling people", "chat", group, "question", q.ID, "error", err)
	}
	people := c.staff.With(shop.RoleSupport)
	if len(people) == 0 {
		c.owners.nobody.Do(func() { c.log.WarnContext(ctx, "nobody to tell: the shop has no owner") })
	}
	for _, person := range people {
		l := c.chat.localizer(ctx, person, "")
		ref, err := c.chat.pass(ctx, person, c.forRole(questionScreen(l, q, m), c.staff.Role(person)))
		away := c.owners.isAway(ctx, c.log, person, err)
		if err == nil {
			shown = append(shown, ref)
			continue
		}
		if !away {
			c.log.WarnContext(ctx, "tell staff of a question failed", "user", person, "error", err)
		}
		if err := c.noteMissed(ctx, person, func(m *missed) { m.Questions++ }); err != nil {
			c.log.WarnContext(ctx, "note what somebody missed failed", "user", person, "error", err)
		}
	}
	return shown
}

// pass sends a screen that may have a picture which somebody sent. A text that is too long for a
// caption follows the picture, with the buttons; the picture then has the heading alone, so that it
// does not look like the shop's own.
func (c *chat) pass(ctx context.Context, to int64, s screen) (shop.MessageRef, error) {
	if s.Passed != "" && visible(s.Text) > maxCaption {
		heading, _, _ := strings.Cut(string(s.Text), "\n")
		if _, err := c.send(ctx, to, screen{Passed: s.Passed, Topic: s.Topic, Text: clipMarkup(markup(heading), maxCaption)}); err != nil {
			return shop.MessageRef{}, err
		}
		s.Passed = ""
	}
	return c.send(ctx, to, s)
}
