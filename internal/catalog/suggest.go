package catalog

import "strings"

// nearest is the name that was most likely meant, or "" where none is near.
func nearest(wrong string, names []string) string {
	best, least := "", (len(wrong)+2)/3+1
	if len(wrong) > 64 {
		return ""
	}
	for _, name := range names {
		if d := distance(strings.ToLower(wrong), name); d < least {
			best, least = name, d
		}
	}
	return best
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
