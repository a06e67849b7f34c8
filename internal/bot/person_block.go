package bot

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"shopbot/internal/shop"
)

// The forms of the staff around one person.
const (
	formNote  = "note"
	formBlock = "block"
	formWrite = "write"
)

// maxNote is how long a note may be, in letters.
const maxNote = 200

// blockReasons are the reasons of a block that have a button. Each is stored as its word.
func blockReasons() []string { return []string{"spam", "abuse", "fraud", "unpaid"} }

// blockReason is why somebody is blocked, as the staff reads it.
func blockReason(l localizer, reason string) string {
	if slices.Contains(blockReasons(), reason) {
		return l.Plain("block_reason_" + reason)
	}
	return reason
}

// blockButton asks why somebody is to be blocked, or blocks them for a reason.
func (b *Bot) blockButton(ctx context.Context, r *request, p shop.Person, reason string) error {
	id := itoa(p.ID)
	switch {
	case b.staff.Role(p.ID) != shop.RoleBuyer:
		r.warn("block_staff")
		return nil
	case !p.Blocked.At.IsZero(): // somebody was quicker
		return b.showPerson(ctx, r, p)
	case reason == "":
		s := screen{Text: r.loc.Say("block_ask", "Buyer", personLink(r.loc, p))}
		for _, reason := range blockReasons() {
			s.Rows = append(s.Rows, row(button{Text: r.loc.Plain("block_reason_" + reason), Data: data(actPerson, id, "b", reason)}))
		}
		s.Rows = append(s.Rows, row(anew(r.loc.button("block_other", actPerson, id, "b", "other"))), row(r.loc.button("back", actPerson, id)))
		return b.show(ctx, r, s)
	case reason == "other":
		return b.beginForm(ctx, r, formBlock, staffForms, map[string]string{"user": id}, r.loc.Say("block_ask_reason", "Buyer", personLink(r.loc, p)))
	case !slices.Contains(blockReasons(), reason):
		return errStale
	}
	return b.block(ctx, r, p.ID, reason)
}

// takeBlock takes the reason of a block.
func (b *Bot) takeBlock(ctx context.Context, r *request, f shop.Form) (bool, error) {
	p, known, err := b.formPerson(ctx, r, f)
	if !known {
		return true, err
	}
	reason := cleanText(r.message.Text, shop.MaxBlockReason+1)
	switch {
	case reason == "" || length(reason) > shop.MaxBlockReason:
		return true, b.say(ctx, r, "words_only", "Most", shop.MaxBlockReason)
	case b.staff.Role(p.ID) != shop.RoleBuyer: // became one meanwhile
		return true, errors.Join(b.chat.memory.LeaveForm(ctx, r.user.ID), b.say(ctx, r, "block_staff"))
	}
	if err := b.block(ctx, r, p.ID, reason); err != nil {
		return true, err
	}
	return true, b.chat.memory.LeaveForm(ctx, r.user.ID)
}

func (b *Bot) block(ctx context.Context, r *request, user int64, reason string) error {
	changed, err := b.shop.Block(ctx, user, r.user.ID, reason)
	if err != nil {
		return err
	}
	p, err := b.chat.memory.Person(ctx, user)
	if err != nil {
		return err
	}
	if changed {
		b.tellBlock(ctx, r, "owner_blocked", p, reason)
	}
	return b.showPerson(ctx, r, p)
}

// tellBlock tells the owners of a block, or of its end, unless it was them who did it.
func (b *Bot) tellBlock(ctx context.Context, r *request, text string, p shop.Person, reason string) {
	err := b.courier.toOwners(ctx, ownerNotice{
		besides: r.user.ID, about: "a block", log: b.log, once: true,
		draw: func(l localizer) screen {
			return screen{
				Text: l.Say(text, "Name", r.buyer().Name, "Buyer", personLink(l, p), "Reason", blockReason(l, reason)),
				Rows: [][]button{row(anew(l.button("person", actPerson, itoa(p.ID))))},
			}
		},
	})
	if err != nil {
		b.log.WarnContext(ctx, "tell owners of a block failed", "user", p.ID, "error", err)
	}
}

// unblockPerson is the button "Unblock" of a person's card.
func (b *Bot) unblockPerson(ctx context.Context, r *request, p shop.Person) error {
	if err := b.lift(ctx, r, p); err != nil {
		return err
	}
	p.Blocked = shop.Block{}
	r.toast = r.loc.Plain("unblocked_short")
	return b.showPerson(ctx, r, p)
}

// lift ends a block, and forgives the orders that ran out unpaid.
func (b *Bot) lift(ctx context.Context, r *request, p shop.Person) error {
	if err := b.shop.Unblock(ctx, p.ID, r.user.ID); err != nil {
		return err
	}
	if !p.Blocked.At.IsZero() {
		b.tellBlock(ctx, r, "owner_unblocked", p, "")
	}
	return nil
}

// refuseBlocked tells a blocked person so and reports whether they are.
func (b *Bot) refuseBlocked(ctx context.Context, r *request) (blocked bool, err error) {
	p, err := b.chat.memory.Person(ctx, r.user.ID)
	if err != nil || p.Blocked.At.IsZero() {
		return false, err
	}
	return true, b.sayBlocked(ctx, r)
}

// sayBlocked tells a blocked person that nothing is taken from them, and where to ask if it is an
// error. It names no reason: that is for the staff.
func (b *Bot) sayBlocked(ctx context.Context, r *request) error {
	said := r.loc.Say("blocked_no_contact")
	if contact := r.catalog.Shop.Support; contact != "" {
		said = r.loc.Say("blocked", "Contact", contact)
	}
	return b.reply(ctx, r, screen{Text: said, Rows: [][]button{row(anew(r.loc.button("orders", actOrders)))}})
}

// takeNote takes a note about a person.
func (b *Bot) takeNote(ctx context.Context, r *request, f shop.Form) (bool, error) {
	p, known, err := b.formPerson(ctx, r, f)
	if !known {
		return true, err
	}
	text := cleanText(r.message.Text, maxNote+1)
	if text == "" || length(text) > maxNote {
		return true, b.say(ctx, r, "words_only", "Most", maxNote)
	}
	n := shop.PersonNote{By: r.user.ID, ID: r.message.ID, At: time.Unix(int64(r.message.Date), 0), Name: r.buyer().Name, Text: text}
	p, err = b.chat.memory.ChangePerson(ctx, p.ID, func(p *shop.Person) bool { return p.AddNote(n) })
	if err != nil {
		return true, err
	}
	if err := b.showPerson(ctx, r, p); err != nil {
		return true, err
	}
	return true, b.chat.memory.LeaveForm(ctx, r.user.ID)
}

func (b *Bot) removeNote(ctx context.Context, r *request, p shop.Person, argument string) error {
	author, message, _ := strings.Cut(argument, ":")
	by, err := strconv.ParseInt(author, 10, 64)
	id, err2 := strconv.Atoi(message)
	if err != nil || err2 != nil {
		return errStale
	}
	p, err = b.chat.memory.ChangePerson(ctx, p.ID, func(p *shop.Person) bool { return p.RemoveNote(by, id) })
	if err != nil {
		return err
	}
	return b.showPerson(ctx, r, p)
}
