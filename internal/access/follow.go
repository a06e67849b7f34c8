package access

import (
	"slices"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
)

// Changes reports whether a change of an order gives or takes what its line i is for.
func Changes(before, after *shop.Order, i int) bool {
	return given(before, i) != given(after, i) || handed(before, i) && !handed(after, i) || returned(before, after, i) > 0 ||
		turned(before, after, i)
}

// Follow grants and takes back what a change of an order says of its line i. before is the zero Order
// for a new one.
func Follow(a *Access, before, after *shop.Order, i int, now time.Time) {
	l := &after.Lines[i]
	switch {
	case handed(before, i) && !handed(after, i):
		if a.Title == nil {
			a.Title = l.Title
		}
		a.TakeBack(after.ID, i, now)
	case given(after, i) && !given(before, i):
		a.Title = l.Title
		a.Grant(after.ID, i, l.Access*time.Duration(l.Quantity-len(l.Returned)), after.RenewsItself(), now)
	case given(after, i):
		a.Shorten(after.ID, i, l.Access*time.Duration(returned(before, after, i)), now)
	}
	if turned(before, after, i) {
		a.SetRenews(after.RenewsItself())
	}
}

// turned reports whether a delivered line of a subscription began to renew itself, or ceased to. That
// its order was paid back does not matter: later payments may have prolonged the access.
func turned(before, after *shop.Order, i int) bool {
	l := &after.Lines[i]
	return i < len(before.Lines) && l.Subscription && !l.Delivered.IsZero() && before.RenewsItself() != after.RenewsItself()
}

// given reports whether a line of o is access that its buyer has: it was delivered, and not paid back.
func given(o *shop.Order, i int) bool { return handed(o, i) && !o.Lines[i].Delivered.IsZero() }

// handed reports whether a line of o is one to be taken back once: it was delivered, or something was
// made for it, and it was not paid back. A server that was asked may be making what it has not given
// yet.
func handed(o *shop.Order, i int) bool {
	if i >= len(o.Lines) || o.WentBack() {
		return false
	}
	l := &o.Lines[i]
	made := func(p *shop.Part) bool {
		return p.Deliver.Made() && len(p.Goods) > 0 || p.Deliver == catalog.FromServer && len(o.Payments) > 0
	}
	switch {
	case l.Refunded:
		return false
	case slices.ContainsFunc(l.Parts(), made):
		return true
	}
	return (l.Access > 0 || l.Place() != 0) && !l.Delivered.IsZero()
}

// returned is how many pieces of a line went back in a change of an order.
func returned(before, after *shop.Order, i int) int {
	if i >= len(before.Lines) || !given(before, i) || !given(after, i) {
		return 0
	}
	return len(after.Lines[i].Returned) - len(before.Lines[i].Returned)
}
