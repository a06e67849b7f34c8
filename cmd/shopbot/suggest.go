package main

import "strings"

// didYouMean is the remedy for a variable that is none of names.
func didYouMean(wrong string, names []string) string {
	wrong = strings.TrimPrefix(strings.ToUpper(wrong), prefix)
	best, least := "", len(wrong)/3+1
	for _, name := range names {
		if d := distance(wrong, strings.TrimPrefix(name, prefix)); d < least {
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

// distance is how many letters must be put in, taken out or changed to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			changed := diagonal
			if a[i] != b[j] {
				changed++
			}
			diagonal = row[j+1]
			row[j+1] = min(changed, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
