package bot

import (
	"context"

	"shopbot/internal/shop"
)

// homeButton is a button of the staff's home.
type homeButton struct {
	text   string // "button_"+text is its label
	action string
	role   shop.Role // who sees it
}

// homeButtons lists the buttons of the staff's home in their order, two to a row.
func homeButtons() []homeButton {
	return []homeButton{
		{"home_held", actHeld, shop.RoleSupport},
		{"home_stats", actStats, shop.RoleManager},
		{"home_stock", actStock, shop.RoleManager},
		{"home_coupons", actCoupons, shop.RoleManager},
	}
}

// adminHome is /admin, and /start of staff: the shop at a glance, with buttons to everything that
// the person's role may do.
func (b *Bot) adminHome(ctx context.Context, r *request) error {
	return b.show(ctx, r, adminScreen(r.loc, r.role))
}

func adminScreen(l localizer, role shop.Role) screen {
	s := screen{Text: l.say("admin", "Role", l.plain("role_"+string(role)))}
	var pair []button
	for _, h := range homeButtons() {
		if role.May(h.role) {
			pair = append(pair, l.button(h.text, h.action))
		}
		if len(pair) == 2 {
			s.Rows, pair = append(s.Rows, pair), nil
		}
	}
	s.Rows = append(s.Rows, pair, row(l.button("buyers_view", actHome)))
	return s
}
