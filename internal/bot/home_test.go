package bot

import (
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/deeplink"
	"shopbot/internal/localize"
	"shopbot/internal/money"
	"shopbot/internal/shop"
)

func busyDesk(t *testing.T) desk {
	t.Helper()
	return desk{
		today: shop.Counters{
			Ordered: 5, Paid: 3, Units: 4, Revenue: shop.Sums{usd(t, "12.50")}, Received: shop.Sums{usdt(t, "12.50")},
			Fees: shop.Sums{usd(t, "0.38")}, Refunded: shop.Sums{usd(t, "2.50")},
		},
		waiting: shop.Waiting{Held: countMost + 1, Stock: map[string]shop.Stock{"vpn": {Free: 2}, "full": {Free: 100}}},
		products: []catalog.Product{
			{SKU: "vpn", Limit: 10, WarnBelow: 5, Deliver: catalog.Keys},
			{SKU: "none", Limit: 1, WarnBelow: 5, Deliver: catalog.Keys},
			{SKU: "full", Limit: 10, WarnBelow: 5, Deliver: catalog.Keys},
			{SKU: "guide", Limit: 1, Deliver: catalog.Content},
		},
		paused: true,
	}
}

func TestScreensOfTheStaff(t *testing.T) {
	inEachLanguage(t, "staff", func(t *testing.T, l localizer, g *golden) {
		inWorld(t, func(t *testing.T, w *world) {
			w.hire()
			c, b := w.bot.shop.Catalog(), w.bot
			w.store.people[mia] = shop.Person{ID: mia, Name: "Mia <3", Username: "mia"}
			w.store.team.Members[0].Since, w.store.team.Members[0].By = goldenDay, olga
			for _, role := range shop.Roles()[1:] {
				g.add("home of "+string(role), adminScreen(l, role, c, busyDesk(t), noRates{}))
				g.add("help for "+string(role), helpScreen(l, c, role, b.menuCommands(role)))
			}
			g.add("a quiet home", adminScreen(l, shop.RoleOwner, c, desk{}, noRates{}))
			g.add("staff", b.staffScreen(t.Context(), l, 0))
			for _, m := range append(b.staff.Members()[:1], w.store.team.Members...) {
				g.add("member", b.memberScreen(t.Context(), l, m))
			}
			g.add("ask", b.roleQuestion(t.Context(), l, mia, shop.RoleManager, shop.RoleOwner))
			g.add("ask to remove", b.roleQuestion(t.Context(), l, mia, shop.RoleManager, shop.RoleBuyer))
			g.add("invite", invitationChoice(l))
			i := shop.Invitation{Hash: make([]byte, 32), Role: shop.RoleManager, By: olga, Until: goldenDay}
			g.add("invitation", invitationScreen(l, i, link(deeplink.Joining, "secret")))
			g.add("joining", b.joinQuestion(t.Context(), &request{loc: l, catalog: c}, i, "secret"))
			for _, role := range shop.Roles() {
				g.add("told "+string(role), screen{Text: l.Say("you_are_" + roleWord(role))})
			}
		})
	})
}

func TestHomeSaysWhatIsThere(t *testing.T) {
	l := testLocalizer(t, "en")
	c := &catalog.Catalog{Shop: catalog.Shop{Name: catalog.Plain("Shop"), Currency: "USD"}}
	busy := localize.PlainText(adminScreen(l, shop.RoleManager, c, busyDesk(t), noRates{}).Text)
	require.Contains(t, busy, "3 sales · 12.50 USD · net ≈ 9.62 USD", "12.50 less 0.38 of fees and 2.50 sent back")
	require.Contains(t, busy, "20+ paid orders")
	require.Contains(t, busy, "2 products are low or sold out")
	support := localize.PlainText(adminScreen(l, shop.RoleSupport, c, busyDesk(t), noRates{}).Text)
	require.NotContains(t, support, "USD")
	require.NotContains(t, support, "low")

	d := busyDesk(t)
	d.today.Fees = shop.Sums{usdt(t, "0.38")}
	require.NotContains(t, localize.PlainText(adminScreen(l, shop.RoleOwner, c, d, noRates{}).Text), "net", "nobody knows the rate")
	d.today.Revenue = shop.Sums{money.Zero("EUR"), usd(t, "1")}
	require.NotContains(t, localize.PlainText(adminScreen(l, shop.RoleOwner, c, d, noRates{}).Text), "net", "of several currencies")
	d.waiting.Held = countMost
	require.Contains(t, localize.PlainText(adminScreen(l, shop.RoleOwner, c, d, noRates{}).Text), "20 paid orders")
}
