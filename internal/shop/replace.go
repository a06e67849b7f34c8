package shop

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Replacement is a unit of a line that did not work, and the one that took its place.
type Replacement struct {
	Old string `json:"old"`
	New string `json:"new"`
	// By is the Telegram id of the person who decided it.
	By  int64         `json:"by"`
	At  time.Time     `json:"at"`
	Why ReplaceReason `json:"why"`
	// Delivered is when the new unit reached the buyer; zero before.
	Delivered time.Time `json:"delivered,omitzero"`
}

// ReplaceReason is why a unit was replaced. The words are stored on disk.
type ReplaceReason string

// Why a unit is replaced.
const (
	ReplaceBroken ReplaceReason = "broken" // it does not work
	ReplaceUsed   ReplaceReason = "used"   // somebody had used it before
	ReplaceOther  ReplaceReason = "other"
)

// ReplaceReasons lists all reasons.
func ReplaceReasons() []ReplaceReason {
	return []ReplaceReason{ReplaceBroken, ReplaceUsed, ReplaceOther}
}

// ErrNoUnit says that a line does not have a unit, or that the unit was paid back.
var ErrNoUnit = errors.New("no such unit in the order")

// UnitName names a unit of an order in buttons and logs, and tells nothing of it.
func UnitName(unit string) string { return Fingerprint([]string{unit}) }

// Kept are the goods of l that are the buyer's: without the pieces that were paid back.
func (l *Line) Kept() []string {
	return slices.DeleteFunc(slices.Clone(l.Goods), func(unit string) bool { return slices.Contains(l.Returned, unit) })
}

// Unit finds one of the units that l keeps by its UnitName.
func (l *Line) Unit(name string) (unit string, found bool) {
	if !l.FromStock {
		return "", false
	}
	kept := l.Kept()
	i := slices.IndexFunc(kept, func(unit string) bool { return UnitName(unit) == name })
	if i < 0 {
		return "", false
	}
	return kept[i], true
}

// ReplacedBy finds the replacement of a unit that was in l until then, by its UnitName.
func (l *Line) ReplacedBy(name string) (r Replacement, found bool) {
	for _, r := range slices.Backward(l.Replaced) {
		if UnitName(r.Old) == name {
			return r, true
		}
	}
	return r, false
}

// Had reports whether a unit of a product, in any form, is or was among o's goods. One that was paid
// back or burned and is for sale again must not come back to o as a replacement: o could not tell
// the two apart.
func (o *Order) Had(sku, unit string) bool {
	unit = CanonicalUnit(unit)
	for i := range o.Lines {
		l := &o.Lines[i]
		was := func(r Replacement) bool { return CanonicalUnit(r.Old) == unit }
		if l.SKU == sku && (l.owns(unit) || slices.ContainsFunc(l.Replaced, was)) {
			return true
		}
	}
	return false
}

// Replacing are the replacements that are still to be handed over, after the line itself was.
func (l *Line) Replacing() []Replacement {
	if l.Delivered.IsZero() {
		return nil // the new units come with all others
	}
	return slices.DeleteFunc(slices.Clone(l.Replaced), func(r Replacement) bool {
		return !r.Delivered.IsZero() || slices.Contains(l.Returned, r.New)
	})
}

// owedReplacements are the replacements that have no unit yet, which is so within a transaction
// only.
func (l *Line) owedReplacements() (n int) {
	for _, r := range l.Replaced {
		if r.New == "" {
			n++
		}
	}
	return n
}

// takeReplacements puts new units in the place of those that they replace.
func (l *Line) takeReplacements(units []string) {
	l.Goods, l.Replaced = slices.Clone(l.Goods), slices.Clone(l.Replaced)
	for i := range l.Replaced {
		r := &l.Replaced[i]
		if r.New == "" {
			r.New, units = units[0], units[1:]
			l.Goods[slices.Index(l.Goods, r.Old)] = r.New
		}
	}
}

// Replace gives o another unit for one that does not work, which is never sold again. The new one
// is still to be delivered; a line that was not delivered yet has it among its goods. name is the
// UnitName of the old unit. Of r, By, At and Why are used. Errors: ErrUnchanged if the unit was
// replaced before, ErrNoUnit, ErrForgotten, ErrDelivering, ErrRefundRunning, *MoveError, and
// *SoldOutError if no unit is free.
func (o *Order) Replace(line int, name string, r Replacement, free Free) error {
	if line < 0 || line >= len(o.Lines) {
		return ErrNoUnit
	}
	l := &o.Lines[line]
	old, found := l.Unit(name)
	if !found {
		if _, before := l.ReplacedBy(name); before {
			return ErrUnchanged
		}
		return ErrNoUnit
	}
	switch {
	case l.Refunded:
		return ErrNoUnit
	case o.Buyer.ID == 0:
		return ErrForgotten
	case o.State == StatePaid:
		return ErrDelivering
	case o.State == StateRefunding:
		return ErrRefundRunning
	case !o.canReplace():
		return &MoveError{Order: o.ID, From: o.State, To: StatePaid}
	case free(l.SKU) < 1:
		return &SoldOutError{SKU: l.SKU}
	}
	if o.State == StateDelivered {
		if err := o.move(StatePaid); err != nil {
			return err
		}
	}
	o.Lines = slices.Clone(o.Lines)
	o.Lines[line].Replaced = append(slices.Clip(l.Replaced), Replacement{Old: old, By: r.By, At: r.At, Why: r.Why})
	o.Stuck = false
	return nil
}

// canReplace reports whether units of o may be replaced in its state: it has its goods, and they are
// not just on their way.
func (o *Order) canReplace() bool {
	return o.State == StateDelivered || o.State == StateHeld && (o.Hold == HoldUndeliverable || o.Hold == HoldRefused)
}

// Replaceable reports whether units of a line may be replaced now.
func (o *Order) Replaceable(l *Line) bool {
	return o.canReplace() && l.FromStock && !l.Refunded && len(l.Kept()) > 0 && o.Buyer.ID != 0
}

// ReplaceUnit gives an order another unit for one that does not work: see Order.Replace. The store
// does it in one transaction, in which the old unit is burned. A unit that was replaced before is
// no error: the order tells by which one. Errors: ErrNotFound, and those of Order.Replace.
func (s *Shop) ReplaceUnit(ctx context.Context, id OrderID, line int, name string, by int64, why ReplaceReason) (Order, error) {
	r := Replacement{By: by, At: now(), Why: why}
	o, err := s.change(ctx, id, func(o *Order, free Free) error { return o.Replace(line, name, r, free) })
	if err == nil {
		s.log.InfoContext(ctx, "unit replaced", "order", id, "line", line+1, "unit", name, "why", why, "admin", by)
	}
	return o, err
}
