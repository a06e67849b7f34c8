package telegram

import (
	"strconv"
	"strings"
)

// decodeReference reads a character reference at the begin of s. A size of 0
// means that there is none. The semicolon may be missing.
func decodeReference(s string) (r rune, size int) {
	end := 1
	for end < len(s) && (isWord(s[end]) || s[end] == '#' && end == 1) {
		end++
	}
	name := s[1:end]
	if end < len(s) && s[end] == ';' {
		end++
	}
	if digits, numeric := strings.CutPrefix(name, "#"); numeric {
		base := 10
		if hex, ok := strings.CutPrefix(digits, "x"); ok {
			digits, base = hex, 16
		}
		n, err := strconv.ParseInt(digits, base, 32)
		if err != nil || !validRune(n) {
			return 0, 0
		}
		return rune(n), end
	}
	switch name {
	case "lt":
		return '<', end
	case "gt":
		return '>', end
	case "amp":
		return '&', end
	case "quot":
		return '"', end
	}
	return 0, 0
}

func unescape(raw string) string {
	var out strings.Builder
	for i := 0; i < len(raw); {
		if raw[i] == '&' {
			if r, size := decodeReference(raw[i:]); size > 0 {
				out.WriteRune(r)
				i += size
				continue
			}
		}
		out.WriteByte(raw[i])
		i++
	}
	return out.String()
}
