package bot

import (
	"context"
	"net/url"
	"unicode"
	"unicode/utf8"

	"shopbot/internal/localize"
	"shopbot/internal/shop"
)

// nobodysRole stands in the callback data for the role of a person who is to leave the staff.
const nobodysRole = "none"

func roleWord(role shop.Role) string {
	if role == shop.RoleBuyer {
		return nobodysRole
	}
	return string(role)
}

// roleOfWord is the role that a word in callback data stands for; false if the word is unknown.
func roleOfWord(word string) (shop.Role, bool) {
	for _, role := range shop.Roles() {
		if roleWord(role) == word {
			return role, true
		}
	}
	return "", false
}

// capital begins a word with a capital letter, for a button.
func capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToTitle(first)) + s[size:]
}

func roleName(l localizer, role shop.Role) string { return l.Plain("role_" + roleWord(role)) }

// person is how staff knows somebody: by the name of the day on which they last wrote.
func (b *Bot) person(ctx context.Context, l localizer, user int64) markup {
	p, err := b.chat.memory.Person(ctx, user)
	if err != nil {
		b.log.WarnContext(ctx, "read name failed", "user", user, "error", err)
	}
	name := p.Name
	if p.Username != "" {
		name += " @" + p.Username
	}
	return buyer(l, shop.Buyer{ID: user, Name: name})
}

// staffScreen lists one page of the staff, from 0, and the invitations that are open.
func (b *Bot) staffScreen(ctx context.Context, l localizer, page int) screen {
	s := screen{Text: l.Say("staff_list")}
	shown, paging := pageOf(b.staff.Members(), page, func(page int) string { return data(actStaff, "p", itoa(page)) })
	for i, m := range shown {
		number, name := itoa(i+1), b.person(ctx, l, m.User)
		s.Text += "\n" + l.Say("staff_line", "Number", number, "Person", name, "Role", roleName(l, m.Role))
		label := number + " · " + clip(localize.PlainText(name), 30)
		s.Rows = append(s.Rows, row(button{Text: label, Data: data(actStaff, "m", itoa(m.User))}))
	}
	s.Rows = append(s.Rows, paging)
	for i, invitation := range b.staff.Invitations() {
		if i == 0 {
			s.Text += "\n\n" + l.Say("staff_invitations")
		}
		number := itoa(i + 1)
		s.Text += "\n" + l.Say("staff_invitation", "Number", number, "Role", roleName(l, invitation.Role),
			"Person", b.person(ctx, l, invitation.By), "Until", l.Moment(invitation.Until))
		withdraw := button{Text: l.Plain("button_staff_withdraw", "Number", number), Data: data(actStaff, "off", invitation.Name())}
		s.Rows = append(s.Rows, row(withdraw))
	}
	s.Rows = append(s.Rows, row(l.button("staff_invite", actStaff, "new")), row(l.button("staff_home", actAdmin)))
	return s
}

// memberScreen shows one of the staff, with what an owner may change.
func (b *Bot) memberScreen(ctx context.Context, l localizer, m shop.Member) screen {
	back := row(l.button("back", actStaff))
	s := screen{Text: l.Say("staff_member", "Person", b.person(ctx, l, m.User), "ID", itoa(m.User),
		"Role", roleName(l, m.Role), "May", l.Say("may_"+string(m.Role)))}
	if b.staff.Fixed(m.User) {
		s.Text += "\n\n" + l.Say("staff_fixed")
		s.Rows = [][]button{back}
		return s
	}
	by := l.Say("staff_by_code")
	if m.By != 0 {
		by = l.Say("staff_by", "Person", b.person(ctx, l, m.By))
	}
	s.Text += "\n\n" + l.Say("staff_since", "Since", l.Moment(m.Since), "By", by)
	ask := func(to shop.Role) string {
		return data(actStaff, "ask", itoa(m.User), roleWord(m.Role), roleWord(to))
	}
	for _, role := range shop.Roles()[1:] {
		if role != m.Role {
			label := l.Plain("button_staff_make", "Role", roleName(l, role))
			s.Rows = append(s.Rows, row(button{Text: label, Data: ask(role)}))
		}
	}
	s.Rows = append(s.Rows, row(button{Text: l.Plain("button_staff_remove"), Data: ask(shop.RoleBuyer)}), back)
	return s
}

// roleQuestion asks whether a person's role is to be changed.
func (b *Bot) roleQuestion(ctx context.Context, l localizer, user int64, from, to shop.Role) screen {
	id, facts := "staff_ask", []any{
		"Person", b.person(ctx, l, user), "From", roleName(l, from), "Role", roleName(l, to), "May", l.Say("may_" + roleWord(to)),
	}
	if to == shop.RoleBuyer {
		id = "staff_ask_remove"
	}
	return screen{Text: l.Say(id, facts...), Rows: [][]button{
		row(l.button("staff_yes", actStaff, "set", itoa(user), roleWord(from), roleWord(to))),
		row(l.button("staff_no", actStaff, "m", itoa(user))),
	}}
}

// invitationChoice asks for the role of an invitation.
func invitationChoice(l localizer) screen {
	s := screen{Text: l.Say("staff_invite_role")}
	for _, role := range shop.Roles()[1:] {
		s.Text += "\n\n" + l.Say("staff_invite_may", "Role", roleName(l, role), "May", l.Say("may_"+string(role)))
		s.Rows = append(s.Rows, row(button{Text: capital(roleName(l, role)), Data: data(actStaff, "new", string(role))}))
	}
	s.Rows = append(s.Rows, row(l.button("back", actStaff)))
	return s
}

func invitationScreen(l localizer, i shop.Invitation, link string) screen {
	share := "https://t.me/share/url?url=" + url.QueryEscape(link)
	return screen{
		Text: l.Say("staff_invite_link", "Role", roleName(l, i.Role), "Until", l.Moment(i.Until), "Link", link),
		Rows: [][]button{
			row(button{Text: l.Plain("button_staff_share"), URL: share}),
			row(l.button("staff_withdraw_this", actStaff, "off", i.Name())),
			row(l.button("back", actStaff)),
		},
	}
}

// joinQuestion asks somebody who opened an invitation whether they accept it.
func (b *Bot) joinQuestion(ctx context.Context, r *request, i shop.Invitation, secret string) screen {
	return screen{
		Text: r.loc.Say("join_ask", "Person", b.person(ctx, r.loc, i.By), "Shop", r.catalog.Shop.Name,
			"Role", roleName(r.loc, i.Role), "May", r.loc.Say("may_"+string(i.Role))),
		Rows: [][]button{row(r.loc.button("join_yes", actJoin, secret)), row(r.loc.button("join_no", actHome))},
	}
}
