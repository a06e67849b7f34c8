package bot

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"shopbot/internal/catalog"
	"shopbot/internal/localize"
	"shopbot/internal/shop"
)

// cardOrders is how many of a person's latest orders a card counts by their state.
const cardOrders = 50

// personButton are the buttons of the staff around one person: "user[:verb…]".
func (b *Bot) personButton(ctx context.Context, r *request) error {
	number, rest, _ := strings.Cut(r.args, ":")
	verb, argument, _ := strings.Cut(rest, ":")
	p, err := b.personOfButton(ctx, number)
	if err != nil {
		return err
	}
	switch verb {
	case "":
		return b.showPerson(ctx, r, p)
	case "o":
		return b.personOrders(ctx, r, p, argument)
	case "n":
		return b.beginForm(ctx, r, formNote, staffForms, map[string]string{"user": number}, r.loc.Say("note_ask", "Buyer", personLink(r.loc, p)))
	case "nx":
		return b.removeNote(ctx, r, p, argument)
	}
	if !r.role.May(shop.RoleManager) {
		return errStale
	}
	switch verb {
	case "b":
		return b.blockButton(ctx, r, p, argument)
	case "u":
		return b.unblockPerson(ctx, r, p)
	}
	return errStale
}

// personOfButton reads the person whose id a button has. It returns errStale if the person's data was
// deleted.
func (b *Bot) personOfButton(ctx context.Context, id string) (shop.Person, error) {
	user, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return shop.Person{}, errStale
	}
	p, known, err := b.knownPerson(ctx, user)
	if err == nil && !known {
		err = errStale
	}
	return p, err
}

func (b *Bot) showPerson(ctx context.Context, r *request, p shop.Person) error {
	orders, err := b.shop.OrdersOf(ctx, p.ID, "", cardOrders+1)
	if err != nil {
		return err
	}
	list, err := b.chat.memory.AccessOf(ctx, p.ID)
	if err != nil {
		return err
	}
	s := personScreen(r.loc, p, orders, b.chat.texts.Name(p.Language()), r.role, b.staff.Role(p.ID))
	s.Text = sections(s.Text, personAccess(r.loc, list))
	return b.show(ctx, r, s)
}

// personOrders lists a person's orders, newest first.
func (b *Bot) personOrders(ctx context.Context, r *request, p shop.Person, before string) error {
	var from shop.OrderID
	if before != "" {
		var err error
		if from, err = orderArgument(before); err != nil {
			return err
		}
	}
	orders, err := b.shop.OrdersOf(ctx, p.ID, from, ordersPage+1)
	if err != nil {
		return err
	}
	return b.show(ctx, r, personOrdersScreen(r.loc, p, orders, from))
}

func personOrdersScreen(l localizer, p shop.Person, orders []shop.Order, before shop.OrderID) screen {
	s := screen{Text: l.Say("person_orders", "Buyer", personLink(l, p))}
	id := itoa(p.ID)
	orders, paging := pageAfter(orders, ordersPage, before != "", l.button("newest", actPerson, id, "o"),
		l.button("older", actPerson, id, "o"), orderNumber)
	for _, o := range orders {
		s.Rows = append(s.Rows, row(detailsButton(l, o)))
	}
	s.Rows = append(s.Rows, paging, row(l.button("back", actPerson, id)))
	return s
}

// personName is a person's name without markup, or the id.
func personName(p shop.Person) string {
	name := cleanName(p.Name)
	if p.Username != "" {
		name = strings.TrimSpace(name + " @" + p.Username)
	}
	return cmp.Or(name, itoa(p.ID))
}

func personLink(l localizer, p shop.Person) markup {
	return buyer(l, shop.Buyer{ID: p.ID, Name: p.Name})
}

// personScreen is all that the staff sees of a person. orders are the latest, one more than
// are counted if there are more; language is the name of the person's; role is the one of who looks, of
// that of the person.
func personScreen(l localizer, p shop.Person, orders []shop.Order, language string, role, of shop.Role) screen {
	name := "👤 " + personLink(l, p)
	if p.Username != "" {
		name += " · @" + localize.Escape(p.Username)
	}
	facts := []markup{name, l.Say("person_id", "ID", itoa(p.ID), "Language", cmp.Or(language, "–"))}
	if of != shop.RoleBuyer {
		facts = append(facts, l.Say("person_staff", "Role", l.Plain("role_"+string(of))))
	}
	if p.First != "" {
		facts = append(facts, l.Say("person_seen", "First", l.Date(catalog.Date(p.First)), "Last", l.Date(catalog.Date(p.Last))))
	}
	if !p.Gone.IsZero() {
		facts = append(facts, l.Say("person_gone", "At", l.Moment(p.Gone)))
	}
	if !p.Blocked.At.IsZero() {
		facts = append(facts, l.Say("person_blocked", "At", l.Moment(p.Blocked.At), "ID", itoa(p.Blocked.By), "Reason", blockReason(l, p.Blocked.Reason)))
	}
	text := sections(lines(facts...), personSums(l, p, orders), personNotes(l, p))
	id := itoa(p.ID)
	s := screen{Text: text, Rows: [][]button{
		row(l.button("person_orders", actPerson, id, "o"), anew(l.button("write", actWrite, id))),
	}}
	if len(orders) == 0 {
		s.Rows[0] = s.Rows[0][1:]
	}
	var acts []button
	if len(p.Notes) < shop.MaxNotes {
		acts = append(acts, anew(l.button("note", actPerson, id, "n")))
	}
	switch {
	case !role.May(shop.RoleManager):
	case !p.Blocked.At.IsZero():
		acts = append(acts, l.button("unblock", actPerson, id, "u"))
	case of == shop.RoleBuyer:
		acts = append(acts, l.button("block", actPerson, id, "b"))
	}
	s.Rows = append(s.Rows, acts)
	var removals []button
	for i, n := range p.Notes {
		label := l.Plain("button_note_remove", "Number", itoa(i+1))
		removals = append(removals, button{Text: label, Data: data(actPerson, id, "nx", itoa(n.By), itoa(n.ID))})
	}
	s.Rows = slices.AppendSeq(s.Rows, slices.Chunk(removals, 5))
	s.Rows = append(s.Rows, row(l.button("find_again", actFind), l.button("staff_home", actAdmin)))
	return s
}

// personSums says how many orders a person has in which state, what was paid and what went back.
func personSums(l localizer, p shop.Person, orders []shop.Order) markup {
	if len(orders) == 0 && p.Paid == 0 {
		return l.Say("person_no_orders")
	}
	counts := make(map[shop.State]int)
	for _, o := range orders[:min(len(orders), cardOrders)] {
		counts[o.State]++
	}
	var states []string
	for _, state := range shop.States() {
		if counts[state] > 0 {
			states = append(states, l.Plain("state_"+string(state))+" "+itoa(counts[state]))
		}
	}
	said := l.Say("person_states", "States", strings.Join(states, " · "))
	if len(orders) > cardOrders {
		said = l.Say("person_states_latest", "Most", cardOrders, "States", strings.Join(states, " · "))
	}
	if len(orders) == 0 {
		said = ""
	}
	if p.Paid > 0 {
		said = lines(said, l.Say("person_spent", "Count", p.Paid, "Amounts", l.Prices(p.Spent)))
	}
	if len(p.Refunded) > 0 {
		said = lines(said, l.Say("person_refunded", "Amounts", l.Prices(p.Refunded)))
	}
	return said
}

func personNotes(l localizer, p shop.Person) markup {
	var said []markup
	for i, n := range p.Notes {
		said = append(said, l.Say("person_note", "Number", itoa(i+1), "Text", n.Text, "Name", clip(cmp.Or(n.Name, itoa(n.By)), 30), "At", l.Moment(n.At)))
	}
	return lines(said...)
}
