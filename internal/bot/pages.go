package bot

import (
	"context"
	"slices"
	"strings"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/deeplink"
	"shopbot/internal/shop"
)

func (b *Bot) start(ctx context.Context, r *request) error {
	switch kind, id := deeplink.Parse(r.args); kind {
	case deeplink.Product:
		return b.showProduct(ctx, r, id, 1)
	case deeplink.Category:
		return b.showCategory(ctx, r, id, 0)
	case deeplink.Order:
		return b.showOrder(ctx, r, id)
	case deeplink.Coupon:
		return b.takeCoupon(ctx, r, id, "")
	case deeplink.Invitation:
		return b.invited(ctx, r, id)
	case deeplink.Joining:
		return b.openInvitation(ctx, r, id)
	case deeplink.Ownership:
		if taken, err := b.claim(ctx, r, id); taken || err != nil {
			return err
		}
	case deeplink.Home:
	}
	if r.isStaff() {
		return b.adminHome(ctx, r)
	}
	return b.home(ctx, r)
}

func (b *Bot) help(ctx context.Context, r *request) error {
	return b.show(ctx, r, helpScreen(r.loc, r.catalog, r.role, b.menuCommands(r.role)))
}

func (b *Bot) support(ctx context.Context, r *request) error {
	return b.show(ctx, r, supportScreen(r.loc, r.catalog))
}

func (b *Bot) paySupport(ctx context.Context, r *request) error {
	return b.show(ctx, r, paySupportScreen(r.loc, r.catalog))
}

func (b *Bot) terms(ctx context.Context, r *request) error {
	return b.show(ctx, r, rulesScreen(r.loc, "terms", r.catalog, r.catalog.Shop.Terms))
}

func (b *Bot) privacy(ctx context.Context, r *request) error {
	return b.show(ctx, r, rulesScreen(r.loc, "privacy", r.catalog, r.catalog.Shop.Privacy))
}

func (b *Bot) language(ctx context.Context, r *request) error {
	if !slices.Contains(r.catalog.Shop.Languages, r.args) {
		return b.show(ctx, r, languageScreen(r.loc, b.chat.texts, r.catalog, 0))
	}
	choose := func(p *shop.Person) bool {
		changed := p.Chosen != r.args
		p.Chosen = r.args
		return changed
	}
	if _, err := b.chat.memory.ChangePerson(ctx, r.user.ID, choose); err != nil {
		return err
	}
	r.loc = localizerOf(b.chat.texts, r.args, r.catalog.Shop)
	r.toast = r.loc.Plain("language_set")
	b.answer(ctx, r)
	if err := b.setUserMenu(ctx, r); err != nil {
		b.log.WarnContext(ctx, "set command menu failed", "user", r.user.ID, "error", err)
	}
	return b.home(ctx, r)
}

func (b *Bot) languages(ctx context.Context, r *request) error {
	page, _ := quantity(r.args)
	return b.show(ctx, r, languageScreen(r.loc, b.chat.texts, r.catalog, page))
}

func (b *Bot) categories(ctx context.Context, r *request) error {
	page := 0
	if r.query != nil {
		page, _ = quantity(r.args)
	}
	return b.show(ctx, r, categoriesScreen(r.loc, r.catalog, page))
}

func (b *Bot) category(ctx context.Context, r *request) error {
	id, from, _ := strings.Cut(r.args, ":")
	page, _ := quantity(from)
	return b.showCategory(ctx, r, id, page)
}

func (b *Bot) showCategory(ctx context.Context, r *request, id string, page int) error {
	i := slices.IndexFunc(r.catalog.Categories, func(c catalog.Category) bool { return c.ID == id && !c.Hidden })
	if i < 0 {
		r.toast = r.loc.Plain("stale_button")
		return b.show(ctx, r, categoriesScreen(r.loc, r.catalog, 0))
	}
	stock, err := b.shop.Stock(ctx)
	if err != nil {
		return err
	}
	left := func(p catalog.Product) (int, bool) { return stock[p.SKU].Free, p.Deliver.FromStock() }
	return b.showList(ctx, r, categoryScreen(r.loc, r.catalog, r.catalog.Categories[i], page, left, r.today()), "")
}

func (b *Bot) product(ctx context.Context, r *request) error {
	sku, count, _ := strings.Cut(r.args, ":")
	n, ok := quantity(count)
	if !ok {
		n = 1
	}
	return b.showProduct(ctx, r, sku, n)
}

// step is a press of + or − under a product. Quick presses all count, also those that come from a
// drawing before the latest.
func (b *Bot) step(ctx context.Context, r *request) error {
	sku, rest, _ := strings.Cut(r.args, ":")
	drawn, sign, _ := strings.Cut(rest, ":")
	n, ok := quantity(drawn)
	by := map[string]int{"+": 1, "-": -1}[sign]
	p, found := r.catalog.Offered(sku)
	switch {
	case !ok || by == 0:
		return errStale
	case !found, r.at.Message == 0: // says what there is instead, or the card is too old to be changed
		return b.showProduct(ctx, r, sku, n+by)
	}
	o, err := b.offer(ctx, r, p)
	if err != nil {
		return err
	}
	wanted := b.cards.step(r.at, p.SKU, n, r.query.ID, by, max(o.most(), 1))
	switch {
	case o.most() == 0: // the card says so
	case by < 0 && wanted == 1 && n == 1:
		r.toast = r.loc.Plain("quantity_least")
	case by > 0 && n >= o.most() && o.Limited && o.Free <= p.Limit:
		r.toast = r.loc.Plain("quantity_left", "Count", o.Free)
	case by > 0 && n >= o.most():
		r.toast = r.loc.Plain("quantity_most", "Count", p.Limit)
	}
	o.Quantity = wanted
	return b.showOffer(ctx, r, o)
}

func (b *Bot) showProduct(ctx context.Context, r *request, sku string, n int, notes ...markup) error {
	p, found := r.catalog.Offered(sku)
	if !found {
		s := categoriesScreen(r.loc, r.catalog, 0)
		s.Text = r.loc.Say("product_unknown")
		return b.show(ctx, r, s)
	}
	o, err := b.offer(ctx, r, p)
	if err != nil {
		return err
	}
	o.Quantity, o.Note = n, lines(notes...)
	return b.showOffer(ctx, r, o)
}

// offer is what there is to say of a product now.
func (b *Bot) offer(ctx context.Context, r *request, p catalog.Product) (offer, error) {
	o := offer{Product: p, Limited: p.Deliver.FromStock(), Today: r.today()}
	o.Approx = approximate(&p, o.Today, r.catalog, b.rates)
	var err error
	if o.Limited {
		stock, err := b.shop.StockOf(ctx, p.SKU)
		if err != nil {
			return o, err
		}
		o.Free = stock.Free
	}
	if o.Rating, err = b.chat.memory.Rating(ctx, p.SKU); err != nil {
		return o, err
	}
	if o.Wish, err = b.wishFor(ctx, r.user.ID, p.SKU); err != nil {
		return o, err
	}
	if o.Access, err = b.chat.memory.Access(ctx, r.user.ID, p.SKU); err != nil {
		return o, err
	}
	o.Nonce, err = b.nonces.draw(r.user.ID, time.Now())
	return o, err
}

func (b *Bot) showOffer(ctx context.Context, r *request, o offer) error {
	o.Quantity = min(max(o.Quantity, 1), max(o.most(), 1))
	if err := b.offerCoupon(ctx, r, &o); err != nil {
		return err
	}
	o.List = b.cards.listOf(r.at)
	ref, err := b.draw(ctx, r, productScreen(r.loc, r.catalog, o))
	if err == nil {
		b.cards.drawn(ref, o.Product.SKU, o.Quantity)
	}
	return err
}

// form is a conversation of several messages. Who is in the middle of one is kept in shop.Forms:
// the form takes the plain messages of that person until a command, a button of the menu, its own
// end, or its time.
type form struct {
	// take handles one message. It sets the form anew with what was given, or leaves it. false if
	// the form takes no messages any more.
	take func(ctx context.Context, r *request, f shop.Form) (bool, error)
	// leave ends the form in place of Forms.LeaveForm, since a command was given ("" for a button).
	// It sets request.left if messages were taken until now.
	leave func(ctx context.Context, r *request, f shop.Form, command string) error
	role  shop.Role // who may fill it in
}

// plainMessage handles anything but a command: an answer within a form, or words to search for.
func (b *Bot) plainMessage(ctx context.Context, r *request) error {
	// First, so that the code of the first owner is not taken for words to the shop and kept.
	if taken, err := b.claim(ctx, r, r.message.Text); taken || err != nil {
		return err
	}
	if r.role.May(shop.RoleManager) {
		if taken, err := b.takeAgain(ctx, r); taken || err != nil {
			return err
		}
	}
	f, in, err := b.chat.memory.Form(ctx, r.user.ID)
	if err != nil {
		return err
	}
	if known, ok := b.forms[f.Name]; in && ok && r.role.May(known.role) {
		if taken, err := known.take(ctx, r, f); taken || err != nil {
			return err
		}
	}
	if r.role.May(shop.RoleManager) && r.message.Document != nil {
		return b.askProduct(ctx, r)
	}
	if r.isStaff() && looksSearchable(r.message.Text) {
		return b.search(ctx, r, r.message.Text)
	}
	if r.message.ViaBot != nil { // a product that was sent into this chat by inline mode
		return nil
	}
	if strings.TrimSpace(r.message.Text) != "" {
		return b.searchWords(ctx, r, r.message.Text, 0)
	}
	return b.menu(ctx, r, "not_understood")
}

// leaveForm ends the form that somebody is in the middle of, as every command does.
func (b *Bot) leaveForm(ctx context.Context, r *request, command string) error {
	f, in, err := b.chat.memory.Form(ctx, r.user.ID)
	if err != nil || !in {
		return err
	}
	if known, ok := b.forms[f.Name]; ok && known.leave != nil {
		return known.leave(ctx, r, f, command)
	}
	r.left = true
	return b.chat.memory.LeaveForm(ctx, r.user.ID)
}
