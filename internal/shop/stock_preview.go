package shop

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
)

// StockPreview is what loading a list would do. Nothing of it is stored.
type StockPreview struct {
	SKU   string `json:"sku"`
	Units int    `json:"units"` // in the list
	New   int    `json:"new"`   // would be put on sale without any of LoadOptions
	// Duplicates, Gone and Elsewhere are as in StockAdded.
	Duplicates int `json:"duplicates,omitempty"`
	Gone       int `json:"gone,omitempty"`
	Elsewhere  int `json:"elsewhere,omitempty"`
	// Found are the first of the units that are not new, at most previewShown of each of these
	// kinds.
	Found []FoundUnit `json:"found,omitempty"`
	// Suspicions are what a person should look at before the units are for sale.
	Suspicions []Suspicion `json:"suspicions,omitempty"`
	First      string      `json:"first,omitempty"` // the list's first unit
	Last       string      `json:"last,omitempty"`
	// Files are the names and sizes of the first units, if they are files; at most filesShown.
	Files []string `json:"files,omitempty"`
}

// NeedsYes reports whether a person must agree before the list is loaded, also in scripts.
func (p *StockPreview) NeedsYes() bool { return p.Elsewhere > 0 || len(p.Suspicions) > 0 }

// Options are the LoadOptions of an owner who has seen the preview and agrees. Gone units stay out
// unless again says so.
func (p *StockPreview) Options(by int64, source string, again bool) LoadOptions {
	return LoadOptions{By: by, Source: source, Again: again, Elsewhere: p.Elsewhere > 0}
}

// FoundUnit is a unit of a list that is not new.
type FoundUnit struct {
	// Line is where it begins in the list, from 1; in a list from a ZIP, which of the files it is.
	Line int    `json:"line"`
	Unit string `json:"unit"`
	// Place is where it is; the zero UnitPlace if it is only in the list itself, in an earlier
	// line.
	Place UnitPlace `json:"place,omitzero"`
}

// previewShown is how many examples of each kind a preview has.
const previewShown = 5

// filesShown is how many files a preview names.
const filesShown = 10

var errOtherKind = errors.New("the catalog says otherwise of stock: files: than when the list was read; read it again")

// previewPart is how many units a preview looks up at a time.
const previewPart = 1000

// PreviewStock tells what loading a list would do, and changes nothing. Errors: ErrUnknownProduct,
// ErrNoUnits.
func (s *Shop) PreviewStock(ctx context.Context, sku string, list UnitList) (StockPreview, error) {
	product, err := StockProduct(s.cfg.Catalog(), sku)
	if err != nil {
		return StockPreview{}, err
	}
	p := StockPreview{SKU: product.SKU, Units: list.Len(), Suspicions: list.Suspect()}
	if list.HasFiles() != product.Files {
		return StockPreview{}, fmt.Errorf("%w: %w", ErrBadUnits, errOtherKind)
	}
	if doubt, found := list.suspectBlocks(product.Separator); found {
		p.Suspicions = append(p.Suspicions, doubt)
	}
	repeats := newRepeats(list)
	part := make([]FoundUnit, 0, previewPart)
	flush := func() error {
		err := s.previewPart(ctx, &p, part)
		part = part[:0]
		return err
	}
	for line, unit := range list.Lines() {
		if p.First == "" {
			p.First = unit
		}
		p.Last = unit
		if list.HasFiles() && len(p.Files) < filesShown {
			p.Files = append(p.Files, PlainUnit(unit))
		}
		if repeats.again(unit) {
			p.found(&p.Duplicates, FoundUnit{Line: line, Unit: unit})
			continue
		}
		if part = append(part, FoundUnit{Line: line, Unit: unit}); len(part) == previewPart {
			if err := flush(); err != nil {
				return p, err
			}
		}
	}
	return p, flush()
}

func (s *Shop) previewPart(ctx context.Context, p *StockPreview, part []FoundUnit) error {
	units := make([]string, len(part))
	for i := range part {
		units[i] = part[i].Unit
	}
	places, err := s.store.FindUnits(ctx, units)
	if err != nil {
		return err
	}
	for i, u := range part {
		if len(places[i]) == 0 {
			p.New++
			continue
		}
		other := slices.IndexFunc(places[i], func(at UnitPlace) bool { return at.SKU != p.SKU })
		own := slices.IndexFunc(places[i], func(at UnitPlace) bool { return at.SKU == p.SKU })
		switch {
		case own >= 0 && !places[i][own].Gone():
			u.Place = places[i][own]
			p.found(&p.Duplicates, u)
		case other >= 0:
			u.Place = places[i][other]
			p.found(&p.Elsewhere, u)
		default:
			u.Place = places[i][own]
			p.found(&p.Gone, u)
		}
	}
	return nil
}

// found counts a unit that is not new, and keeps it if it is one of the first of its kind.
func (p *StockPreview) found(kind *int, u FoundUnit) {
	if *kind++; *kind <= previewShown {
		p.Found = append(p.Found, u)
	}
}

// repeats finds units that are in a list more than once. It takes eight bytes for each unit of the
// list, and more only for those that are repeated.
type repeats struct {
	seed maphash.Seed
	seen map[uint64]bool // of the repeated ones
}

func newRepeats(list UnitList) repeats {
	r := repeats{seed: maphash.MakeSeed(), seen: map[uint64]bool{}}
	hashes := make([]uint64, 0, list.Len())
	for unit := range list.All() {
		hashes = append(hashes, r.hash(unit))
	}
	slices.Sort(hashes)
	for i := 1; i < len(hashes); i++ {
		if hashes[i] == hashes[i-1] {
			r.seen[hashes[i]] = false
		}
	}
	return r
}

func (r repeats) hash(unit string) uint64 { return maphash.String(r.seed, CanonicalUnit(unit)) }

// again reports whether it was called before with the same unit.
func (r repeats) again(unit string) bool {
	h := r.hash(unit)
	before, repeated := r.seen[h]
	if repeated {
		r.seen[h] = true
	}
	return before
}
