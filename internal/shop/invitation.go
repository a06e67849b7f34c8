package shop

import (
	"context"
	"slices"
	"time"

	"shopbot/internal/catalog"
)

// AlreadyMember stands among the goods of an invitation for the link of a buyer who is in the chat.
const AlreadyMember = "member"

// MaxStrangers is how often a buyer gets another link after somebody else came by theirs.
const MaxStrangers = 3

// Invited is what is known of an invitation that was made.
type Invited struct {
	// Joined is when the buyer came in; zero as far as the shop knows.
	Joined time.Time `json:"joined,omitzero"`
	// Spent is a link that somebody else has used up, until there is another one.
	Spent string `json:"spent,omitempty"`
	// Strangers is how many links others have used up.
	Strangers int `json:"strangers,omitempty"`
	// Until is when the link ends. It is known while the link is sent.
	Until time.Time `json:"until,omitzero"`
}

// Place is the chat that a line leads into, by a link or, where an owner gave the goods by hand, since
// they let the buyer in; 0 if it leads into none.
func (l *Line) Place() int64 {
	for _, p := range l.Parts() {
		if p.Invite.Chat != 0 {
			return p.Invite.Chat
		}
	}
	return 0
}

// invitation copies what changes of the invitation of a line; nil if the line has no invitation.
func (o *Order) invitation(line int) *Part {
	if line < 0 || line >= len(o.Lines) || o.Lines[line].PartOf(catalog.Invitation) == nil {
		return nil
	}
	o.Lines = slices.Clone(o.Lines)
	l := &o.Lines[line]
	l.Also = slices.Clone(l.Also)
	return l.PartOf(catalog.Invitation)
}

// MarkJoined notes when the buyer of a line came into the chat.
func (o *Order) MarkJoined(line int, at time.Time) error {
	p := o.invitation(line)
	if p == nil || !p.Invited.Joined.IsZero() {
		return ErrUnchanged
	}
	p.Invited.Joined = at
	return nil
}

// NoMoreLinks is the reason of a notice about the last stranger: the buyer gets no other link.
const NoMoreLinks = "no_more_links"

// MarkStranger notes that somebody else has used up the link of a line. The buyer and the owners are
// told; the buyer is given another link, MaxStrangers times.
func (o *Order) MarkStranger(line int, link string) error {
	p := o.invitation(line)
	if p == nil || len(p.Goods) == 0 || p.Goods[0] != link || p.Invited.Spent == link {
		return ErrUnchanged
	}
	p.Invited.Spent = link
	reason := ""
	if p.Invited.Strangers++; p.Invited.Strangers > MaxStrangers {
		reason = NoMoreLinks
	}
	o.notify(Notice{What: WhatStranger, To: ToBuyer, Reason: reason}, Notice{What: WhatStranger, To: ToOwners, Reason: reason})
	return nil
}

// ReplaceLink puts another link into the place of one that cannot be used any more. ErrUnchanged if
// that was done before.
func (o *Order) ReplaceLink(line int, old, link string) error {
	p := o.invitation(line)
	if p == nil || len(p.Goods) == 0 || p.Goods[0] != old {
		return ErrUnchanged
	}
	p.Goods, p.Invited.Spent, p.Invited.Joined = []string{link}, "", time.Time{}
	return nil
}

// MarkJoined is Order.MarkJoined.
func (s *Shop) MarkJoined(ctx context.Context, id OrderID, line int, at time.Time) (Order, error) {
	return s.change(ctx, id, func(o *Order, _ Free) error { return o.MarkJoined(line, at) })
}

// MarkStranger is Order.MarkStranger.
func (s *Shop) MarkStranger(ctx context.Context, id OrderID, line int, link string) (Order, error) {
	return s.change(ctx, id, func(o *Order, _ Free) error { return o.MarkStranger(line, link) })
}

// ReplaceLink is Order.ReplaceLink. The order tells which link counts.
func (s *Shop) ReplaceLink(ctx context.Context, id OrderID, line int, old, link string) (Order, error) {
	return s.change(ctx, id, func(o *Order, _ Free) error { return o.ReplaceLink(line, old, link) })
}
