package bot

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"shopbot/internal/deeplink"
	"shopbot/internal/shop"
)

// staffList is /staff: who helps to run the shop.
func (b *Bot) staffList(ctx context.Context, r *request) error {
	return b.show(ctx, r, b.staffScreen(ctx, r.loc, 0))
}

// staffButton is a button of the screens of the staff:
//
//	staff                    the list
//	staff:p:PAGE             a page of it
//	staff:m:USER             one person
//	staff:ask:USER:FROM:TO   asks whether to change a role
//	staff:set:USER:FROM:TO   changes it
//	staff:new[:ROLE]         invites
//	staff:off:NAME           withdraws an invitation
func (b *Bot) staffButton(ctx context.Context, r *request) error {
	verb, rest, _ := strings.Cut(r.args, ":")
	switch verb {
	case "":
		return b.staffList(ctx, r)
	case "p":
		page, _ := quantity(rest)
		return b.show(ctx, r, b.staffScreen(ctx, r.loc, page))
	case "new":
		return b.invite(ctx, r, rest)
	case "off":
		if err := b.staff.Withdraw(ctx, r.user.ID, rest); err != nil {
			return err
		}
		r.toast = r.loc.Plain("staff_withdrawn")
		return b.staffList(ctx, r)
	case "m", "ask", "set":
		return b.memberButton(ctx, r, verb, strings.Split(rest, ":"))
	}
	return errStale
}

func (b *Bot) memberButton(ctx context.Context, r *request, verb string, arguments []string) error {
	user, err := strconv.ParseInt(arguments[0], 10, 64)
	if err != nil {
		return errStale
	}
	at := slices.IndexFunc(b.staff.Members(), func(m shop.Member) bool { return m.User == user })
	if at < 0 { // has left since the screen was drawn
		r.toast = r.loc.Plain("staff_gone")
		return b.staffList(ctx, r)
	}
	if verb == "m" {
		return b.show(ctx, r, b.memberScreen(ctx, r.loc, b.staff.Members()[at]))
	}
	if len(arguments) != 3 {
		return errStale
	}
	from, known := roleOfWord(arguments[1])
	to, alsoKnown := roleOfWord(arguments[2])
	switch {
	case !known || !alsoKnown:
		return errStale
	case verb == "ask":
		return b.show(ctx, r, b.roleQuestion(ctx, r.loc, user, from, to))
	}
	return b.setRole(ctx, r, user, from, to)
}

// setRole changes what a person may do, and tells the person and the other owners.
func (b *Bot) setRole(ctx context.Context, r *request, user int64, from, to shop.Role) error {
	if err := b.staff.SetRole(ctx, r.user.ID, user, from, to); err != nil {
		return err
	}
	r.role = b.staff.Role(r.user.ID) // it may have been the owner's own
	b.log.InfoContext(ctx, "role changed", "user", user, "from", roleWord(from), "to", roleWord(to), "owner", r.user.ID)
	b.offerMenu(ctx, user)
	if !to.May(from) { // what the person was in the middle of may be theirs no more
		if err := b.chat.memory.LeaveForm(ctx, user); err != nil {
			b.log.WarnContext(ctx, "leave the form of a member failed", "user", user, "error", err)
		}
	}
	if to == shop.RoleBuyer {
		if err := b.courier.dropMissed(ctx, user); err != nil {
			b.log.WarnContext(ctx, "forget what a former member missed failed", "user", user, "error", err)
		}
	}
	b.tellStaffChanges(ctx)
	r.toast = r.loc.Plain("staff_changed")
	if r.role != shop.RoleOwner {
		return b.show(ctx, r, screen{Text: r.loc.Say("you_are_" + roleWord(r.role)), Rows: menuOf(r.loc, r.role)})
	}
	return b.staffList(ctx, r)
}

// tellMember tells a person what they may do from now on.
func (b *Bot) tellMember(ctx context.Context, user int64, role shop.Role) {
	l := b.chat.localizer(ctx, user, "")
	s := screen{Text: l.Say("you_are_" + roleWord(role)), Rows: menuOf(l, role)}
	if _, err := b.chat.send(ctx, user, s); err != nil {
		b.log.InfoContext(ctx, "tell a person their role failed", "user", user, "error", err)
	}
}

// tellStaffChanges tells the owners, other than who did it, what has changed of the staff, and the
// people whose roles these are. Whom it cannot reach finds it counted; the audit trail has it anyway.
func (b *Bot) tellStaffChanges(ctx context.Context) {
	b.tellingStaff.Lock()
	defer b.tellingStaff.Unlock()
	for _, c := range b.staff.Untold() {
		if c.User != 0 && c.User != c.By {
			b.tellMember(ctx, c.User, c.Role)
		}
		err := b.courier.toOwners(ctx, ownerNotice{
			about: "the staff", log: b.log.With("about", "staff"), besides: c.By, once: true,
			draw: func(l localizer) screen { return b.staffChangeScreen(ctx, l, c) },
		})
		if err == nil {
			err = b.staff.Told(ctx, c)
		}
		if err != nil {
			b.log.WarnContext(ctx, "tell owners of a change of the staff failed", "error", err)
			return
		}
	}
}

func (b *Bot) staffChangeScreen(ctx context.Context, l localizer, c shop.StaffChange) screen {
	facts := []any{"By", b.person(ctx, l, c.By), "Person", b.person(ctx, l, c.User), "Role", roleName(l, c.Role)}
	s := screen{Rows: [][]button{row(anew(l.button("home_staff", actStaff)))}}
	switch c.Act {
	case shop.AuditStaffInvited:
		s.Text = l.Say("staff_told_invited", facts...)
	case shop.AuditStaffJoined:
		s.Text = l.Say("staff_told_joined", facts...)
	case shop.AuditStaffRemoved:
		s.Text = l.Say("staff_told_removed", facts...)
	default:
		s.Text = l.Say("staff_told_changed", facts...)
	}
	return s
}

// secretBytes of an invitation cannot be guessed, and fit into a link and a button.
const secretBytes = 16

// invite asks for a role, or makes an invitation to one.
func (b *Bot) invite(ctx context.Context, r *request, word string) error {
	role, known := roleOfWord(word)
	if word == "" || !known || role == shop.RoleBuyer {
		return b.show(ctx, r, invitationChoice(r.loc))
	}
	raw := make([]byte, secretBytes)
	if _, err := io.ReadFull(b.nonces.random, raw); err != nil {
		return fmt.Errorf("draw the secret of an invitation: %w", err)
	}
	secret := base64.RawURLEncoding.EncodeToString(raw)
	link := b.link(deeplink.Joining, secret)
	if link == "" {
		r.warn("staff_no_name")
		return nil
	}
	i, err := b.staff.Invite(ctx, r.user.ID, role, secret)
	if err != nil {
		return err
	}
	b.log.InfoContext(ctx, "invitation made", "role", string(role), "owner", r.user.ID)
	b.tellStaffChanges(ctx)
	return b.show(ctx, r, invitationScreen(r.loc, i, link))
}

// openInvitation is "/start j_SECRET": it asks whether the person accepts.
func (b *Bot) openInvitation(ctx context.Context, r *request, secret string) error {
	i, err := b.staff.Invitation(secret)
	switch {
	case err != nil:
		return b.menu(ctx, r, "join_gone")
	case r.role.May(i.Role):
		return b.show(ctx, r, screen{Text: r.loc.Say("join_has", "Role", roleName(r.loc, r.role)), Rows: menuOf(r.loc, r.role)})
	}
	return b.show(ctx, r, b.joinQuestion(ctx, r, i, secret))
}

// join is the yes of an invitation.
func (b *Bot) join(ctx context.Context, r *request) error {
	err := b.staff.Accept(ctx, r.user.ID, r.args)
	switch {
	case errors.Is(err, shop.ErrNoInvitation) && r.isStaff(): // a second press
		return b.adminHome(ctx, r)
	case errors.Is(err, shop.ErrNoInvitation):
		return b.menu(ctx, r, "join_gone")
	case errors.Is(err, shop.ErrHasRole):
		return b.show(ctx, r, screen{Text: r.loc.Say("join_has", "Role", roleName(r.loc, r.role)), Rows: menuOf(r.loc, r.role)})
	case err != nil:
		return err
	}
	return b.welcome(ctx, r)
}

// welcome greets somebody who has joined the staff, and tells the owners.
func (b *Bot) welcome(ctx context.Context, r *request) error {
	r.role = b.staff.Role(r.user.ID)
	b.log.InfoContext(ctx, "joined the staff", "user", r.user.ID, "role", string(r.role))
	b.courier.owners.set(&b.courier.owners.menus, r.user.ID, false)               // so that finish sets the menu
	if _, err := b.chat.memory.ChangePerson(ctx, r.user.ID, r.meet); err != nil { // so that the owners see a name
		b.log.WarnContext(ctx, "note that a user was seen failed", "user", r.user.ID, "error", err)
	}
	b.tellStaffChanges(ctx)
	return b.show(ctx, r, screen{Text: r.loc.Say("you_are_" + string(r.role)), Rows: [][]button{row(r.loc.button("staff_view_first", actAdmin))}})
}
