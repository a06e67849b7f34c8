package bot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"shopbot/internal/access"
	"shopbot/internal/catalog"
	"shopbot/internal/shop"
	"shopbot/internal/telegram"
)

// accessButton are the buttons of access that ends: "r:sku[:coin]" renews it, "e:sku" asks whether to
// end a subscription, "y:sku" ends it.
func (b *Bot) accessButton(ctx context.Context, r *request) error {
	verb, rest, _ := strings.Cut(r.args, ":")
	sku, coin, _ := strings.Cut(rest, ":")
	switch verb {
	case "r":
		return b.renewAccess(ctx, r, sku, coin)
	case "e":
		return b.askEndSubscription(ctx, r, sku)
	case "y":
		return b.endSubscription(ctx, r, sku)
	}
	return errStale
}

// renewAccess makes the order that renews access, or brings it back. However often the button is
// pressed within a nonceLife, that is one order.
func (b *Bot) renewAccess(ctx context.Context, r *request, sku, coin string) error {
	if _, found := r.catalog.Offered(sku); !found {
		return b.showProduct(ctx, r, sku, 1) // says what there is instead
	}
	a, err := b.chat.memory.Access(ctx, r.user.ID, sku)
	if err != nil {
		return err
	}
	item := shop.Item{SKU: sku, Quantity: 1}
	if item.Answers, err = b.answersOf(ctx, a); err != nil {
		return err
	}
	r.at = shop.MessageRef{} // the message stays, and tells until when
	p := purchase{
		items:  []shop.Item{item},
		origin: shop.Origin{Chat: r.user.ID, User: r.user.ID, Act: "access " + sku + " " + itoa(a.Until.Unix()), At: time.Now().Truncate(nonceLife)},
		button: data(actAccess, "r", sku), back: data(actProduct, sku, "1"), coin: coin,
	}
	return b.checkout(ctx, r, p)
}

// answersOf is what the buyer answered when they bought the product last.
func (b *Bot) answersOf(ctx context.Context, a access.Access) ([]shop.Answer, error) {
	if len(a.Grants) == 0 {
		return nil, nil
	}
	g := a.Grants[len(a.Grants)-1]
	o, err := b.shop.Order(ctx, g.Order)
	if err != nil || g.Line >= len(o.Lines) {
		return nil, err
	}
	return o.Lines[g.Line].Answers, nil
}

// accessListed is how many products with access the list of orders shows.
const accessListed = 5

// accessOf lists what a buyer has access to that ends, the next to end first.
func (b *Bot) accessOf(ctx context.Context, user int64) ([]access.Access, error) {
	list, err := b.chat.memory.AccessOf(ctx, user)
	list = slices.DeleteFunc(list, func(a access.Access) bool { return !a.Live() || a.Until.IsZero() })
	slices.SortFunc(list, func(x, y access.Access) int { return x.Until.Compare(y.Until) })
	return list[:min(len(list), accessListed)], err
}

// accessLine says until when access lasts.
func accessLine(l localizer, a access.Access) markup {
	text := "access_until"
	switch {
	case a.Renews:
		text = "access_renews"
	case a.Stage == access.Grace:
		return l.Say("access_grace", "Title", a.Title, "At", l.Moment(a.GraceEnds))
	}
	return l.Say(text, "Title", a.Title, "At", l.Moment(a.Until))
}

func renewAccessButton(l localizer, a access.Access) button {
	return button{Text: l.Plain("button_access_renew", "Title", a.Title), Data: data(actAccess, "r", a.SKU)}
}

// withAccess adds to the list of orders what the buyer has access to.
func withAccess(l localizer, s screen, list []access.Access) screen {
	var said []markup
	var rows [][]button
	for _, a := range list {
		said = append(said, accessLine(l, a))
		if a.Renews {
			rows = append(rows, row(endSubscriptionButton(l, a)))
		} else {
			rows = append(rows, row(renewAccessButton(l, a)))
		}
	}
	s.Text, s.Rows = sections(s.Text, lines(said...)), append(rows, s.Rows...)
	return s
}

// productAccess says on a product's page until when the buyer has access, or for how long it is.
func productAccess(l localizer, o offer) markup {
	if o.Access.Live() && !o.Access.Until.IsZero() {
		return accessLine(l, o.Access)
	}
	if o.Product.Access == 0 {
		return ""
	}
	if o.Product.Subscription && o.Quantity <= 1 { // several pieces do not renew, see shop.Order.IsSubscription
		return l.Say("product_subscription", "Term", term(l, o.Product.Access))
	}
	return l.Say("product_access", "Term", term(l, o.Product.Access))
}

// givesAccess reports whether a refund of a line ends what it gave: a place, access for a time, or
// what the owner's server made.
func givesAccess(line shop.Line) bool {
	return line.Access > 0 || slices.ContainsFunc(line.Parts(), func(p *shop.Part) bool { return p.Deliver.Made() })
}

// orderRenews says before the payment that it renews itself.
func orderRenews(l localizer, o shop.Order) markup {
	if !o.Open() || !o.IsSubscription() || o.Stars.IsZero() {
		return ""
	}
	return l.Say("product_renews")
}

// term is a length of time in words, in days if they are whole.
func term(l localizer, d time.Duration) string {
	if days := int(d / (24 * time.Hour)); d%(24*time.Hour) == 0 {
		return l.Plain("term_days", "Count", days)
	}
	return l.Plain("term_hours", "Count", int(d.Round(time.Hour)/time.Hour))
}

// deliveredAccess says until when a line that is being delivered lets its buyer in; "" without end.
func (c *Courier) deliveredAccess(ctx context.Context, l localizer, o shop.Order, line int) (markup, error) {
	bought := &o.Lines[line]
	if bought.Access == 0 {
		return "", nil
	}
	a, err := c.chat.memory.Access(ctx, o.Buyer.ID, bought.SKU)
	if err != nil {
		return "", err
	}
	until, renews := a.Until, a.Renews
	if bought.Delivered.IsZero() {
		until, renews = a.End(bought.Access*time.Duration(bought.Quantity), time.Now()), o.Renewal == shop.Renewing
	}
	if until.IsZero() || !until.After(time.Now()) {
		return "", nil
	}
	return accessGiven(l, until, renews), nil
}

// accessGiven says until when goods that are being delivered let their buyer in, and what comes then.
func accessGiven(l localizer, until time.Time, renews bool) markup {
	id := "access_delivered"
	if renews {
		id = "access_delivered_renews"
	}
	return l.Say(id, "At", l.Moment(until))
}

// TellAccess tells a buyer that access ends soon, or that its grace has begun. It implements
// access.Sender.
func (c *Courier) TellAccess(ctx context.Context, a access.Access, what access.Step) error {
	l := c.chat.localizer(ctx, a.User, "")
	facts := []any{"Title", a.Title, "At", l.Moment(a.Until), "Grace", l.Moment(a.Until.Add(access.GraceOf(a.Term)))}
	id := "access_soon"
	if what == access.TellOver {
		id = "access_over"
		if now := time.Now(); now.Sub(a.Until) > access.GraceOf(a.Term)/2 { // after an outage
			facts[5] = l.Moment(now.Add(access.GraceOf(a.Term)))
		}
		if a.Renews {
			id = "access_not_renewed"
		}
	}
	_, err := c.chat.send(telegram.Background(ctx), a.User, c.accessScreen(l, l.Say(id, facts...), a))
	return toShopError(err)
}

// TellEnded tells a buyer that access has ended. It implements access.Sender.
func (c *Courier) TellEnded(ctx context.Context, a access.Access, refunded bool) error {
	l := c.chat.localizer(ctx, a.User, "")
	id := "access_ended"
	if refunded {
		id = "access_ended_refunded"
	}
	_, err := c.chat.send(telegram.Background(ctx), a.User, c.accessScreen(l, l.Say(id, "Title", a.Title), a))
	return toShopError(err)
}

// accessScreen has a button that renews, or brings back, unless the product is not for sale any more.
func (c *Courier) accessScreen(l localizer, text markup, a access.Access) screen {
	s := screen{Text: text}
	p, offered := c.chat.catalog().Offered(a.SKU)
	if !offered {
		s.Text = lines(s.Text, l.Say("access_not_sold"))
		return s
	}
	id := "button_access_pay"
	if !a.Live() {
		id = "button_access_back"
	}
	of := &c.chat.catalog().Shop
	price := of.Prices(&p, p.UnitPrice(1, of.DateOf(time.Now())))
	s.Rows = [][]button{row(button{Text: l.Plain(id, "Price", price), Data: data(actAccess, "r", a.SKU)}.styled(styleSuccess))}
	return s
}

// TellKept tells the owners that somebody could not be taken out after their access ended. It
// implements access.Sender.
func (c *Courier) TellKept(ctx context.Context, a access.Access, cause error) error {
	p, err := c.chat.memory.Person(ctx, a.User)
	if err != nil {
		return err
	}
	return c.toOwners(ctx, ownerNotice{
		to: shop.RoleManager, about: "access to " + a.SKU, log: c.log.With("user", a.User, "sku", a.SKU),
		draw: func(l localizer) screen {
			said := []any{"Title", a.Title, "SKU", a.SKU, "Buyer", buyer(l, shop.Buyer{ID: a.User, Name: p.Name}), "Error", clip(cause.Error(), 200)}
			if errors.Is(cause, access.ErrOut) {
				return screen{Text: l.Say("access_out", said...)}
			}
			if never, is := errors.AsType[*shop.UndeliverableError](cause); is && never.Reason == shop.HoldServerRefused {
				return screen{Text: l.Say("access_kept_server", said...)}
			}
			return screen{Text: l.Say("access_kept", said...)}
		},
	})
}

// soonEnds is within which time the members of a product are counted whose access ends.
const soonEnds = 7 * 24 * time.Hour

// membersLine says to the staff how many people have access to a product; "" if that is not sold.
func membersLine(l localizer, p catalog.Product, m access.Members) markup {
	if p.Access == 0 && m.Count == 0 {
		return ""
	}
	return l.Say("access_members", "Count", m.Count, "Soon", m.Soon)
}

// personAccess says to the staff what a person has access to.
func personAccess(l localizer, list []access.Access) markup {
	var said []markup
	for _, a := range list {
		if a.Live() && !a.Until.IsZero() {
			said = append(said, accessLine(l, a))
		}
	}
	return lines(said...)
}
