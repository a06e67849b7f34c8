package bot

import (
	"context"
	"slices"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
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
		{"home_questions", actQuestions, shop.RoleSupport},
		{"home_find", actFind, shop.RoleSupport},
		{"home_stats", actStats, shop.RoleManager},
		{"home_stock", actStock, shop.RoleManager},
		{"home_coupons", actCoupons, shop.RoleManager},
		{"home_broadcast", actBroadcast, shop.RoleManager},
		{"home_balance", actBalance, shop.RoleOwner},
		{"home_export", actExport, shop.RoleOwner},
		{"home_morning", actMorning, shop.RoleManager},
		{"home_staff", actStaff, shop.RoleOwner},
		{"home_products", actEdit, shop.RoleManager},
		{"home_reviews", actReviews, shop.RoleManager},
		{"home_health", actHealth, shop.RoleOwner},
	}
}

// countMost is up to how many the home counts of what waits.
const countMost = 20

// homeWaits lists what the home counts of what waits for staff. text has plural forms, and Number.
func homeWaits() []homeWait {
	return []homeWait{
		{"admin_held", shop.RoleSupport, func(d desk) int { return d.waiting.Held }},
		{"admin_late", shop.RoleSupport, func(d desk) int { return d.late }},
		{"admin_questions", shop.RoleSupport, func(d desk) int { return d.waiting.Questions }},
		{"admin_low", shop.RoleManager, func(d desk) int { return shop.CountLow(d.products, d.waiting.Stock) }},
	}
}

type homeWait struct {
	text  string
	role  shop.Role
	count func(d desk) int // more than countMost: nobody knows how many
}

// desk is what the home of staff shows.
type desk struct {
	today    shop.Counters
	waiting  shop.Waiting
	products []catalog.Product
	late     int // orders whose handwork is late; 0 where nobody counted
	paused   bool
}

// adminHome is /admin, and /start of staff: the shop at a glance, with buttons to everything that
// the person's role may do.
func (b *Bot) adminHome(ctx context.Context, r *request) error {
	d, err := b.desk(ctx, r.catalog)
	if err != nil {
		return err
	}
	return b.show(ctx, r, adminScreen(r.loc, r.role, r.catalog, d, b.rates))
}

// desk reads twice, however much there is: the counters of today, and what waits.
func (b *Bot) desk(ctx context.Context, c *catalog.Catalog) (d desk, err error) {
	d.products = c.Products
	today, err := b.shop.Totals(ctx, []shop.Day{shop.DayOf(time.Now(), c.Shop.Zone())})
	if err != nil {
		return d, err
	}
	d.today = today[0]
	if d.waiting, err = b.shop.Waiting(ctx, countMost+1); err != nil {
		return d, err
	}
	d.paused, err = b.shop.Paused(ctx)
	return d, err
}

func adminScreen(l localizer, role shop.Role, c *catalog.Catalog, d desk, rates shop.Rates) screen {
	heading := l.Say("admin", "Shop", c.Shop.Name, "Role", l.Plain("role_"+string(role)))
	var sales []markup
	if role.May(shop.RoleManager) {
		sales = append(sales, salesToday(l, reckonedIn(c), d.today, rates))
	}
	if d.paused {
		sales = append(sales, l.Say("admin_paused"))
	}
	return screen{Text: sections(heading, lines(sales...), lines(waitLines(l, role, d)...)), Rows: homeRows(l, role, c, d.paused)}
}

// waitLines says what waits for somebody of a role.
func waitLines(l localizer, role shop.Role, d desk) []markup {
	var waits []markup
	for _, w := range homeWaits() {
		if n := w.count(d); n > 0 && role.May(w.role) {
			waits = append(waits, l.Say(w.text, "Count", min(n, countMost), "Number", upTo(n, countMost)))
		}
	}
	if len(waits) == 0 {
		waits = append(waits, l.Say("admin_nothing"))
	}
	return waits
}

func homeRows(l localizer, role shop.Role, c *catalog.Catalog, paused bool) [][]button {
	var all []button
	for _, h := range homeButtons() {
		switch {
		case !role.May(h.role):
		case h.action == actBalance && reckonedIn(c) == catalog.Stars:
			all = append(all, l.button("home_balance_stars", actBalance))
		default:
			all = append(all, l.button(h.text, h.action))
		}
	}
	switch {
	case !role.May(shop.RoleManager):
	case paused:
		all = append(all, l.button("home_resume", actPause, "off"))
	default:
		all = append(all, l.button("home_pause", actPause, "on"))
	}
	return append(slices.Collect(slices.Chunk(all, 2)), row(l.button("buyers_view", actHome)))
}

// salesToday is today's sales and what is left of them, in one line.
func salesToday(l localizer, in money.Currency, t shop.Counters, rates shop.Rates) markup {
	if t.Paid == 0 {
		return l.Say("admin_no_sales")
	}
	said := l.Say("admin_sales", "Count", t.Paid, "Revenue", l.ShortAmounts(t.Revenue))
	if net, _, _, known := netWorth(t, in, rates); known && len(t.Revenue) == 1 && t.Revenue[0].Currency() == in {
		said += l.Say("admin_net", "Amount", l.Short(net))
	}
	return said
}

// upTo writes a count, or "20+" where more than most were counted.
func upTo(n, most int) string {
	if n > most {
		return itoa(most) + "+"
	}
	return itoa(n)
}

// pauseButton is the home's button that pauses the sales, or ends the pause.
func (b *Bot) pauseButton(ctx context.Context, r *request) error {
	var err error
	switch r.args {
	case "on":
		r.toast, err = r.loc.Plain("paused_short"), b.shop.Pause(ctx, r.user.ID)
	case "off":
		r.toast, err = r.loc.Plain("resumed"), b.shop.Resume(ctx, r.user.ID)
	default:
		return errStale
	}
	if err != nil {
		return err
	}
	return b.adminHome(ctx, r)
}
