package bot

import (
	"context"
	"errors"
	"strings"

	"shopbot/internal/shop"
	"shopbot/internal/support"
)

// write is the button "Write" of a person's card or an order: "user[:order]". What is written next
// goes to that person, as a message of the staff.
func (b *Bot) write(ctx context.Context, r *request) error {
	number, order, _ := strings.Cut(r.args, ":")
	p, err := b.personOfButton(ctx, number)
	if err != nil {
		return err
	}
	given := map[string]string{"user": number}
	about := markup("")
	if order != "" {
		o, err := b.shop.OrderOf(ctx, p.ID, shop.OrderID(order))
		if err != nil {
			return err
		}
		given["order"], about = string(o.ID), aboutOrder(r.loc, o.ID)
	}
	says := r.loc.Say("write_ask", "Buyer", personLink(r.loc, p), "About", about)
	if !p.Gone.IsZero() {
		says = sections(r.loc.Say("person_gone", "At", r.loc.Moment(p.Gone)), says)
	}
	return b.beginForm(ctx, r, formWrite, staffForms, given, says)
}

// formPerson reads the person whom a form is about. If their data was deleted meanwhile, it says so
// and ends the form, so that nothing is kept of them.
func (b *Bot) formPerson(ctx context.Context, r *request, f shop.Form) (p shop.Person, known bool, err error) {
	p, known, err = b.knownPerson(ctx, formID(f, "user"))
	if err == nil && !known {
		err = errors.Join(b.chat.memory.LeaveForm(ctx, r.user.ID), b.say(ctx, r, "person_forgotten"))
	}
	return p, known, err
}

// takeWritten sends what was written to the person, as a thread that they can answer.
func (b *Bot) takeWritten(ctx context.Context, r *request, f shop.Form) (bool, error) {
	p, known, err := b.formPerson(ctx, r, f)
	if !known {
		return true, err
	}
	m := r.written()
	draft := support.Question{Buyer: p.ID, Name: personName(p), Order: shop.OrderID(f.Given["order"])}
	q, err := b.chat.memory.Ask(ctx, p.ID, func(latest []support.Question) (support.Question, error) {
		return support.Begun(latest, draft, m)
	})
	return true, b.sendToBuyer(ctx, r, q, m, err)
}
