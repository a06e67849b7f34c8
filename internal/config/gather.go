package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
	"github.com/kelseyhightower/envconfig"
)

// settings are the values that were set, and the faults that were found.
type settings struct {
	names  []string // of all variables, without the NAME_FILE ones
	values map[string]setting
	faults []variableFault

	readFrom []string // files that were read
}

// setting is a trimmed value, and the place where it was set.
type setting struct{ value, place string }

type variableFault struct {
	variable string
	fault    Error
}

// blame adds a fault of a variable, at the place where it was set.
func (s *settings) blame(variable, what string) {
	place := variable
	if at := s.values[variable].place; at != "" {
		place = at
	}
	s.faults = append(s.faults, variableFault{variable, Error{place, what}})
}

// blamed reports whether a variable has a fault already.
func (s *settings) blamed(variable string) bool {
	return slices.ContainsFunc(s.faults, func(f variableFault) bool { return f.variable == variable })
}

// gather reads the values from environ and else from the file, and the secrets from their own
// files. Its error is that of a file that cannot be read: whatever it sets would seem to be
// missing.
func gather(environ []string, envFile string) (*settings, error) {
	s := &settings{names: variableNames(), values: map[string]setting{}}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		s.set(name, value, name)
		if strings.HasPrefix(name, prefix) && isQuoted(value) {
			s.blame(name, errQuoted.Error())
		}
	}
	if err := s.gatherFile(envFile); err != nil {
		return nil, err
	}
	s.gatherSecrets()
	return s, nil
}

// errQuoted does not repeat the value, which may be a secret.
var errQuoted = errors.New("there are quotes around the value, and they are a part of it, as docker's --env-file takes them; leave them out")

func isQuoted(value string) bool {
	value = strings.TrimSpace(value)
	return len(value) > 1 && (value[0] == '"' || value[0] == '\'') && value[len(value)-1] == value[0]
}

// set adds a value, unless there is one already or this one is empty. It ignores names without our
// prefix.
func (s *settings) set(name, value, place string) {
	value = strings.TrimSpace(value)
	known := slices.Concat(s.names, secretFileNames())
	switch {
	case !strings.HasPrefix(name, prefix):
	case !slices.Contains(known, name):
		s.faults = append(s.faults, variableFault{name, Error{place, "no such variable; " + didYouMean(name, known)}})
	case value == "" || s.values[name].value != "":
	default:
		s.values[name] = setting{value, place}
	}
}

func secretFileNames() []string {
	var names []string
	for _, name := range secretNames() {
		names = append(names, name+"_FILE")
	}
	return names
}

func (s *settings) gatherFile(name string) error {
	if name == "" {
		return nil
	}
	s.readFrom = append(s.readFrom, name)
	text, err := readSmall(name)
	if fault, ok := errors.AsType[Error](err); ok {
		return fault
	}
	if err != nil {
		return Error{"--env-file", err.Error()}
	}
	lines, faults := parseEnvFile(name, text)
	for _, f := range faults {
		s.faults = append(s.faults, variableFault{"", f})
	}
	for _, l := range lines {
		if known := prefix + l.name; slices.Contains(s.names, known) {
			s.faults = append(s.faults, variableFault{known, Error{l.place, "no such variable; did you mean " + known + "?"}})
		}
		s.set(l.name, l.value, l.place+": "+l.name)
	}
	return nil
}

// gatherSecrets reads the files that hold secrets. A secret that is set in both ways is a fault.
func (s *settings) gatherSecrets() {
	for _, name := range secretNames() {
		file, given := s.values[name+"_FILE"]
		delete(s.values, name+"_FILE")
		if !given {
			continue
		}
		if s.values[name].value != "" {
			s.blame(name, "set twice, also as "+name+"_FILE; leave one of them out")
			continue
		}
		s.readFrom = append(s.readFrom, file.value)
		text, err := readSmall(file.value)
		value := strings.TrimSpace(text)
		s.values[name] = setting{value, file.place}
		switch {
		case err != nil:
			s.blame(name, err.Error()+"; write the path of a file that holds the secret and nothing else, and that the shop's user can read")
		case isQuoted(value):
			s.blame(name, "the file "+file.value+": "+errQuoted.Error())
		case value == "":
			s.blame(name, "the file "+file.value+" is empty; it should hold the secret and nothing else")
		}
	}
}

// readSmall reads a text file of a size that a person writes, without a byte order mark. An Error
// says that it is not UTF-8, and where.
func readSmall(name string) (text string, err error) {
	const most = 1 << 20
	f, err := os.Open(name) //nolint:gosec // the operator's own choice
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if len(data) > most {
		return "", fmt.Errorf("%s: more than 1 MB", name)
	}
	if err != nil {
		return "", err
	}
	return strings.TrimPrefix(string(data), "\uFEFF"), checkUTF8(name, data)
}

// checkUTF8 finds the text of other encodings. Errors do not repeat what they are about.
func checkUTF8(name string, data []byte) error {
	const remedy = "; save the file as UTF-8 (Notepad: Save as, Encoding: UTF-8)"
	marked := bytes.HasPrefix(data, []byte("\xFF\xFE")) || bytes.HasPrefix(data, []byte("\xFE\xFF"))
	if marked || bytes.Count(data, []byte{0}) > len(data)/4 {
		return Error{name + ":1", "this is UTF-16 text, as Windows writes it" + remedy}
	}
	line := 0
	for text := range bytes.Lines(data) {
		if line++; !utf8.Valid(text) {
			return Error{fmt.Sprintf("%s:%d", name, line), "this is not UTF-8 text" + remedy}
		}
	}
	return nil
}

// envMutex guards the process's environment against two calls of fill.
var envMutex sync.Mutex

// fill fills cfg with envconfig, which reads the process's environment only, so fill sets our
// variables there for the time of the call. envconfig stops at the first fault, so fill unsets the
// variable at fault and starts again until there is none.
func (s *settings) fill(cfg *Config) {
	envMutex.Lock()
	defer envMutex.Unlock()
	for _, name := range s.names {
		before, there := os.LookupEnv(name)
		defer restore(name, before, there)
		v := s.values[name]
		restore(name, v.value, v.value != "")
	}
	for {
		err := envconfig.Process("", cfg)
		wrong, parse := errors.AsType[*envconfig.ParseError](err)
		if !parse {
			return // nil: the type is ours, and nothing is required of envconfig
		}
		for line := range strings.Lines(wrong.Err.Error()) {
			s.blame(wrong.KeyName, strings.TrimSpace(line))
		}
		restore(wrong.KeyName, "", false)
	}
}

// restore sets or unsets a variable of the process.
func restore(name, value string, set bool) {
	if !set {
		_ = os.Unsetenv(name)
		return
	}
	_ = os.Setenv(name, value) // fails only for a bad name or a NUL, which no environment holds
}

// didYouMean is the remedy for an unknown variable.
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
