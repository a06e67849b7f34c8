package main

import (
	"strings"

	"github.com/agnivade/levenshtein"
)

// didYouMean is the remedy for a variable that is none of names.
func didYouMean(wrong string, names []string) string {
	wrong = strings.TrimPrefix(strings.ToUpper(wrong), prefix)
	best, least := "", len(wrong)/3+1
	for _, name := range names {
		if d := levenshtein.ComputeDistance(wrong, strings.TrimPrefix(name, prefix)); d < least {
			best, least = name, d
		}
	}
	whole := strings.TrimSuffix(wrong, "_FILE") // only secrets may come as files
	for _, name := range names {
		if best == "" && whole != "" && strings.Contains(name, whole) {
			best = name
		}
	}
	if best == "" {
		return "names that begin with " + prefix + " are reserved for settings: take it out"
	}
	return "did you mean " + best + "?"
}
