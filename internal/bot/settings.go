package bot

import (
	"context"
	"strings"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/localize"
	"shopbot/internal/shop"
)

// forgetShown is how many orders are named that keep a buyer from deleting their data.
const forgetShown = 5

// settingsButton is /settings, and the buttons of its screens: "verb:argument".
func (b *Bot) settingsButton(ctx context.Context, r *request) error {
	verb, argument, _ := strings.Cut(r.args, ":")
	if r.query == nil { // what follows the command /settings is ignored
		verb = ""
	}
	switch verb {
	case "":
	case "offers":
		if err := b.setOffers(ctx, r, argument == "yes"); err != nil {
			return err
		}
	case "privacy":
		s := rulesScreen(r.loc, "privacy", r.catalog, r.catalog.Shop.Privacy)
		s.Rows = [][]button{row(settingsBack(r.loc))}
		return b.show(ctx, r, s)
	case "forget":
		return b.forgetMe(ctx, r, argument)
	default:
		return errStale
	}
	p, err := b.chat.memory.Person(ctx, r.user.ID)
	if err != nil {
		return err
	}
	return b.show(ctx, r, settingsScreen(r.loc, b.chat.texts, p))
}

// settingsScreen shows what a person can decide about themselves.
func settingsScreen(l localizer, t *localize.Texts, p shop.Person) screen {
	offers, change := "settings_offers_on", l.button("offers_off", actSettings, "offers", "no")
	if p.NoBroadcasts {
		offers, change = "settings_offers_off", l.button("offers_on", actSettings, "offers", "yes")
	}
	return screen{
		Text: l.Say("settings", "Language", t.Name(l.Language), "Offers", l.Say(offers)),
		Rows: [][]button{
			row(l.button("language", actLanguage)), row(change),
			row(l.button("privacy", actSettings, "privacy")), row(l.button("forget", actSettings, "forget")),
			row(l.button("home", actHome)),
		},
	}
}

func settingsBack(l localizer) button { return l.button("back", actSettings) }

// forgetMe asks whether to delete the person's data, and deletes it if the nonce is that of the
// question. It refuses to the staff, and while an order needs the person.
func (b *Bot) forgetMe(ctx context.Context, r *request, nonce string) error {
	if r.isStaff() {
		r.warn("forget_staff")
		return nil
	}
	needed, err := b.shop.NeedsBuyer(ctx, r.user.ID, forgetShown)
	if err != nil {
		return err
	}
	if len(needed) > 0 {
		return b.show(ctx, r, forgetRefusedScreen(r.loc, needed))
	}
	if nonce == "" {
		if nonce, err = b.nonces.draw(r.user.ID, time.Now()); err != nil {
			return err
		}
		return b.show(ctx, r, forgetScreen(r.loc, r.catalog, nonce))
	}
	if _, err := b.nonces.drawn(r.user.ID, nonce, time.Now()); err != nil {
		return err
	}
	done, err := b.shop.Forget(ctx, r.user.ID)
	if err != nil {
		return err
	}
	if len(done.Open) > 0 { // paid at this moment, or a subscription that goes on
		if needed, err = b.needing(ctx, done.Open); err != nil {
			return err
		}
		return b.show(ctx, r, forgetRefusedScreen(r.loc, needed))
	}
	r.forgotten = true
	b.log.InfoContext(ctx, "a buyer deleted their data", "orders", done.Orders)
	return b.show(ctx, r, screen{Text: r.loc.Say("forget_done"), Keep: true})
}

// forgetScreen asks, and says what goes and what stays.
func forgetScreen(l localizer, c *catalog.Catalog, nonce string) screen {
	yes := l.button("forget_yes", actSettings, "forget", nonce)
	yes.Style = styleDanger
	return screen{
		Text: l.Say("forget_ask", "Shop", c.Shop.Name),
		Rows: [][]button{row(yes), row(l.button("forget_no", actSettings))},
	}
}

// forgetRefusedScreen names the orders that need the buyer, and says what they wait for.
func forgetRefusedScreen(l localizer, needed []shop.Order) screen {
	s := screen{Text: l.Say("forget_refused")}
	for i := range needed {
		o := &needed[i]
		why := "forget_waits_rest"
		switch {
		case o.State == shop.StateCancelled && o.Closed():
			why = "forget_waits_lapsed"
		case o.State == shop.StateAwaiting || o.State == shop.StateNew:
			why = "forget_waits_unpaid"
		case o.State == shop.StatePaid:
			why = "forget_waits_paid"
		case o.State == shop.StateHeld:
			why = "forget_waits_held"
		case o.State == shop.StateRefunding:
			why = "forget_waits_refunding"
		case o.EndSubscription != "":
			why = "forget_waits_ending"
		case o.RenewsItself() && (o.Closed() || tellsOfKept(o)):
			why = "forget_waits_renewing"
		}
		s.Text = lines(s.Text, l.Say("forget_waits", "Items", shortItems(l, o.Lines), "Order", o.ID, "Why", l.Say(why)))
		s.Rows = append(s.Rows, row(button{Text: l.Plain("button_its_order") + " " + string(o.ID), Data: data(actOrder, string(o.ID))}))
	}
	s.Rows = append(s.Rows, row(settingsBack(l)))
	return s
}
