package shop

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
	Stock      Stock       `json:"stock"` // what there is now
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
