package shop

// SuspicionRule says why a unit may not be what the owner meant to sell. The words are answers of
// the commands' API.
type SuspicionRule string

// The rules.
const (
	SuspectChat       SuspicionRule = "chat"       // several words and no digit, begins with "/", or ends as a question
	SuspectShort      SuspicionRule = "short"      // shorter than the others by far
	SuspectShape      SuspicionRule = "shape"      // lacks a separator that the others have
	SuspectHeader     SuspicionRule = "header"     // the first line names a column
	SuspectFormatting SuspicionRule = "formatting" // a bullet, a number, quotes or markup around it
	SuspectCSV        SuspicionRule = "csv"        // a table with a header, of which each line would be sold whole
	SuspectJSON       SuspicionRule = "json"       // JSON, of which each line would be sold whole
	SuspectBlocks     SuspicionRule = "blocks"     // read as units of several lines, which the catalog does not say
)

// Suspicion is what one rule found in a list.
type Suspicion struct {
	Rule  SuspicionRule `json:"rule"`
	Count int           `json:"count"` // of the units
	// Examples are the first of them, at most previewShown.
	Examples []FoundUnit `json:"examples"`
}

// Suspect looks for units that may not be what the owner meant to sell, in the order of the rules.
// It decides by the look of the list alone.
func (l UnitList) Suspect() []Suspicion { return nil }
