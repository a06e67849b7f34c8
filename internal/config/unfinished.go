package config

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// LoadUnfinished is Load for a shop that is being set up: a token that is not set is no fault, and
// neither is that nothing is set.
func LoadUnfinished(environ []string) (Config, error) {
	cfg, s, err := load(environ, "")
	if err != nil {
		return Config{}, err
	}
	s.faults = slices.DeleteFunc(s.faults, func(f variableFault) bool {
		_, set := s.values[f.variable]
		return !set && (f.variable == prefix+"TELEGRAM_TOKEN" || f.variable == prefix+"CRYPTOPAY_TOKEN")
	})
	if err := s.err(); err != nil {
		return Config{}, err
	}
	return cfg, nil
}

// EnvLine is the line of an env file that sets a variable to a value, which is trimmed and has one line.
// It has quotes only where it needs them: some programs take them for a part of the value.
func EnvLine(name, value string) string {
	mark, _ := utf8.DecodeRuneInString(value)
	if !strings.ContainsRune(`"'#“”„«‘’‚`, mark) && !strings.Contains(value, " #") && !strings.Contains(value, "\t#") {
		return name + "=" + value
	}
	return name + `="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
}
