package catalog

import (
	"strings"

	"github.com/agnivade/levenshtein"
)

// nearest is the name that was most likely meant, or "" where none is near.
func nearest(wrong string, names []string) string {
	best, least := "", (len(wrong)+2)/3+1
	if len(wrong) > 64 {
		return ""
	}
	for _, name := range names {
		if d := levenshtein.ComputeDistance(strings.ToLower(wrong), name); d < least {
			best, least = name, d
		}
	}
	return best
}

// didYouMean is the remedy for a name that is none of names.
func didYouMean(wrong string, names []string) string {
	if name := nearest(wrong, names); name != "" {
		return "did you mean " + name + "?"
	}
	if len(names) == 0 {
		return "there are none"
	}
	return "known are " + strings.Join(names, ", ")
}
