package config

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// envLine is one variable of a file.
type envLine struct {
	name, value string
	place       string // file:line
}

var envName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// parseEnvFile reads lines of the form NAME=VALUE, as systemd's EnvironmentFile
// and shells have them: a line may begin with "export ", a line that begins with #
// is a comment, and so is what follows a blank and a # after a value.
//
//	A=plain text      # blanks around it are dropped
//	B='as it stands, # and blanks included'
//	C="with \" and \\ for a quote and a backslash"
//
// Nothing is replaced in a value: $ has no meaning.
func parseEnvFile(name, text string) ([]envLine, []Error) {
	var lines []envLine
	var faults []Error
	seen := map[string]string{}
	number := 0
	for raw := range strings.Lines(strings.TrimPrefix(text, "\uFEFF")) {
		number++
		place := fmt.Sprintf("%s:%d", name, number)
		l, err := parseEnvLine(strings.TrimSpace(raw))
		switch {
		case err != nil:
			faults = append(faults, Error{place, err.Error()})
		case l.name == "":
		case seen[l.name] != "":
			faults = append(faults, Error{place, l.name + " is set twice, before at " + seen[l.name] + "; leave one of them out"})
		default:
			seen[l.name] = place
			l.place = place
			lines = append(lines, l)
		}
	}
	return lines, faults
}

// parseEnvLine gives no name for a line without a variable. Its errors do not
// repeat the line, which may hold a secret.
func parseEnvLine(line string) (envLine, error) {
	if line == "" || line[0] == '#' {
		return envLine{}, nil
	}
	name, value, found := strings.Cut(strings.TrimPrefix(line, "export "), "=")
	name = strings.TrimSpace(name)
	if !found || !envName.MatchString(name) {
		return envLine{}, errors.New("this is no variable; write NAME=VALUE")
	}
	value, err := unquote(strings.TrimSpace(value))
	if err != nil {
		return envLine{}, fmt.Errorf("%s: %w", name, err)
	}
	return envLine{name: name, value: value}, nil
}

func unquote(s string) (string, error) {
	if s == "" || s[0] == '#' {
		return "", nil
	}
	if strings.ContainsRune(s, 0) {
		return "", errors.New("the value holds a NUL character; save the file as UTF-8 text")
	}
	if mark, _ := utf8.DecodeRuneInString(s); strings.ContainsRune("“”„«‘’‚", mark) {
		return "", fmt.Errorf("%c is a quote of printed text; write a plain one, or none", mark)
	}
	if mark := s[0]; mark == '\'' || mark == '"' {
		return quoted(s[1:], mark)
	}
	for i := 1; i < len(s); i++ {
		if s[i] == '#' && (s[i-1] == ' ' || s[i-1] == '\t') {
			return strings.TrimSpace(s[:i]), nil
		}
	}
	return s, nil
}

// quoted reads up to the closing mark, behind which only a comment may follow.
func quoted(s string, mark byte) (string, error) {
	var value strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == mark:
			if rest := strings.TrimSpace(s[i+1:]); rest != "" && rest[0] != '#' {
				return "", errors.New("there is something behind the closing quote; put the whole value between quotes")
			}
			return value.String(), nil
		case mark == '"' && s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			i++
		}
		value.WriteByte(s[i])
	}
	return "", fmt.Errorf("the closing quote %c is missing", mark)
}
