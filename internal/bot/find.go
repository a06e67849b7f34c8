package bot

import (
	"context"
	"errors"
	"regexp"
	"strconv"
	"strings"

	"shopbot/internal/shop"
)

// formFind is the form that asks what is looked for.
const formFind = "find"

// peoplePage is how many people one screen lists.
const peoplePage = 8

// findCommand is "/find WORDS". Without words it asks for them.
func (b *Bot) findCommand(ctx context.Context, r *request) error {
	if r.args == "" {
		return b.askSearch(ctx, r)
	}
	return b.search(ctx, r, r.args)
}

// findButton asks what is looked for, or shows a page of people.
func (b *Bot) findButton(ctx context.Context, r *request) error {
	if r.args == "" {
		return b.askSearch(ctx, r)
	}
	name, named := strings.CutPrefix(r.args, "@")
	name, after, paged := strings.Cut(name, ":")
	id, err := strconv.ParseInt(after, 10, 64)
	if !named || paged && err != nil {
		return errStale
	}
	people, err := b.chat.memory.PeopleCalled(ctx, name, id, peoplePage+1)
	if err != nil {
		return err
	}
	return b.show(ctx, r, foundScreen(r.loc, found{people: people, name: name, after: id}))
}

func (b *Bot) askSearch(ctx context.Context, r *request) error {
	return b.beginForm(ctx, r, formFind, staffForms, nil, sections(r.loc.Say("find_ask"), searchable(r.loc, r.role)))
}

// searchable says what can be looked for.
func searchable(l localizer, role shop.Role) markup {
	said := l.Say("find_can")
	if role.May(shop.RoleOwner) {
		said = lines(said, l.Say("find_can_key"))
	}
	return said
}

// takeSearch takes what is looked for. The form stays for the next search until something was
// found.
func (b *Bot) takeSearch(ctx context.Context, r *request, _ shop.Form) (bool, error) {
	if strings.TrimSpace(r.message.Text) == "" {
		return true, b.reply(ctx, r, screen{Text: searchable(r.loc, r.role), Rows: [][]button{row(r.loc.button("form_cancel", actLeave))}})
	}
	if err := b.search(ctx, r, r.message.Text); err != nil {
		return true, err
	}
	return true, b.chat.memory.LeaveForm(ctx, r.user.ID)
}

// found is what a search found. name and after are the page of people, if it is one.
type found struct {
	orders []shop.Order
	people []shop.Person
	name   string
	after  int64
	places []shop.UnitPlace // of a unit of stock
}

// search shows what some words find. A single hit is opened at once. The words may be a unit of
// stock, so they are neither logged nor shown again.
func (b *Bot) search(ctx context.Context, r *request, words string) error {
	f, err := b.lookUp(ctx, r.role, strings.TrimSpace(words))
	if err != nil {
		return err
	}
	switch {
	case len(f.orders)+len(f.people)+len(f.places) == 0:
		retry := row(r.loc.button("find_again", actFind))
		return b.reply(ctx, r, screen{Text: sections(r.loc.Say("find_none"), searchable(r.loc, r.role)), Rows: [][]button{retry}})
	case len(f.orders) == 1 && len(f.people)+len(f.places) == 0:
		r.args = string(f.orders[0].ID)
		return b.orderDetails(ctx, r)
	case len(f.people) == 1 && len(f.orders)+len(f.places) == 0:
		return b.showPerson(ctx, r, f.people[0])
	}
	return b.show(ctx, r, foundScreen(r.loc, f))
}

// userName is a Telegram user name, as people write or paste it.
var userName = regexp.MustCompile(`^(?:@|(?:https?://)?t\.me/)?([A-Za-z0-9_]{1,32})$`)

// maxSearched is how many bytes may be looked for. A unit of stock is the longest of what can be.
const maxSearched = shop.MaxUnitBytes

// lookUp finds what words stand for: each kind of thing by one look into its index.
func (b *Bot) lookUp(ctx context.Context, role shop.Role, words string) (f found, err error) {
	if words == "" || len(words) > maxSearched {
		return f, nil
	}
	if f.orders, err = b.ordersCalled(ctx, words); err != nil {
		return f, err
	}
	if user, err := strconv.ParseInt(words, 10, 64); err == nil && user > 0 {
		p, known, err := b.knownPerson(ctx, user)
		if err != nil {
			return f, err
		}
		if known {
			f.people = append(f.people, p)
		}
	} else if name := userName.FindStringSubmatch(words); name != nil {
		f.name = name[1]
		if f.people, err = b.chat.memory.PeopleNamed(ctx, f.name, peoplePage); err != nil {
			return f, err
		}
		if len(f.people) == 0 {
			if f.people, err = b.chat.memory.PeopleCalled(ctx, f.name, 0, peoplePage+1); err != nil {
				return f, err
			}
		}
	}
	if role.May(shop.RoleOwner) && len(f.orders)+len(f.people) == 0 {
		f.places, err = b.shop.FindUnit(ctx, words)
	}
	return f, err
}

// ordersCalled are the orders that have a number, or a refund, invoice, transfer or check of that
// number.
func (b *Bot) ordersCalled(ctx context.Context, words string) (orders []shop.Order, err error) {
	ids, err := b.shop.OrdersOfReference(ctx, words)
	if err != nil {
		return nil, err
	}
	if id, err := shop.ParseOrderID(words); err == nil {
		ids = append(ids, id)
	}
	if id, found := shop.RefundID(words).Order(); found {
		ids = append(ids, id)
	}
	for _, id := range ids {
		o, err := b.shop.Order(ctx, id)
		switch {
		case errors.Is(err, shop.ErrNotFound):
		case err != nil:
			return nil, err
		default:
			orders = append(orders, o)
		}
	}
	return orders, nil
}

// knownPerson reads somebody whom the shop knows: who wrote, or bought before people were noted.
func (b *Bot) knownPerson(ctx context.Context, user int64) (p shop.Person, known bool, err error) {
	if user <= 0 { // of a buyer whose data was deleted
		return p, false, nil
	}
	p, err = b.chat.memory.Person(ctx, user)
	if err != nil || p.Known() {
		return p, err == nil, err
	}
	orders, err := b.shop.OrdersOf(ctx, user, "", 1)
	return p, len(orders) > 0 || !p.Blocked.At.IsZero(), err
}

// looksSearchable reports whether a message alone can only be meant for a search: an order's
// number, a Telegram id or an invoice, or a user name with its @.
func looksSearchable(text string) bool {
	text = strings.TrimSpace(text)
	if _, err := shop.ParseOrderID(text); err == nil {
		return true
	}
	digits := len(text) >= 5 && strings.Trim(text, "0123456789") == ""
	return digits || strings.HasPrefix(text, "@") && userName.MatchString(text)
}

// detailsButton is an order in a list of the staff.
func detailsButton(l localizer, o shop.Order) button {
	label := l.Plain("orders_line", "Mark", mark(o.State, o.Hold), "Items", shortItems(l, o.Lines),
		"At", l.Day(l.Local(o.Created)), "Price", o.Price())
	return button{Text: label, Data: data(actDetails, string(o.ID))}
}

// foundScreen lists what a search found.
func foundScreen(l localizer, f found) screen {
	s := screen{Text: l.Say("find_several")}
	for _, o := range f.orders {
		s.Rows = append(s.Rows, row(detailsButton(l, o)))
	}
	people, paging := pageAfter(f.people, peoplePage, f.after != 0, l.button("first", actFind, "@"+f.name+":0"),
		l.button("next", actFind, "@"+f.name), func(p shop.Person) string { return itoa(p.ID) })
	for _, p := range people {
		s.Rows = append(s.Rows, row(button{Text: "👤 " + personName(p), Data: data(actAnew, actPerson, itoa(p.ID))}))
	}
	s.Rows = append(s.Rows, paging)
	if len(f.places) == 0 {
		return s
	}
	s.Text = l.Say("find_key")
	for _, p := range f.places {
		s.Text = lines(s.Text, "• "+l.Say("where_of", "SKU", p.SKU, "Where", l.Say("where_"+string(p.Where), "Order", p.Order, "At", l.Moment(p.At))))
		if p.Batch != 0 {
			s.Text += l.Say("find_batch", "Batch", itoa(p.Batch))
		}
		if p.Order != "" {
			s.Rows = append(s.Rows, row(button{Text: l.Plain("button_details") + " · " + string(p.Order), Data: data(actDetails, string(p.Order))}))
		}
	}
	return s
}
