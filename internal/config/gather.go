package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/agnivade/levenshtein"
	"github.com/kelseyhightower/envconfig"
)

// settings is what was set, by whom, and what was wrong with it.
type settings struct {
	names  []string // all that may be set, secrets in files left out
	values map[string]setting
	faults []variableFault
}

// setting is one value, without the blanks around it, and the place where it was set.
type setting struct{ value, place string }

type variableFault struct {
	variable string
	fault    Error
}

// blame notes that something is wrong with a variable, at the place where it was set.
func (s *settings) blame(variable, what string) {
	place := variable
	if at := s.values[variable].place; at != "" {
		place = at
	}
	s.faults = append(s.faults, variableFault{variable, Error{place, what}})
}

// blamed reports whether something is wrong with a variable already.
func (s *settings) blamed(variable string) bool {
	return slices.ContainsFunc(s.faults, func(f variableFault) bool { return f.variable == variable })
}

// gather collects what is set: in environ, else in the file, and the secrets
// from files of their own.
func gather(environ []string, envFile string) *settings {
	s := &settings{names: variableNames(), values: map[string]setting{}}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		s.set(name, value, name)
	}
	s.gatherFile(envFile)
	s.gatherSecrets()
	return s
}

// set notes a value, unless there is one already or this one is empty. Names
// that are not ours are passed over.
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

func (s *settings) gatherFile(name string) {
	if name == "" {
		return
	}
	text, err := readSmall(name)
	if err != nil {
		s.faults = append(s.faults, variableFault{"", Error{"--env-file", err.Error()}})
		return
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
}

// gatherSecrets reads the files that hold secrets. Both ways at once would leave
// open which of them is meant.
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
		text, err := readSmall(file.value)
		value := strings.TrimSpace(text)
		s.values[name] = setting{value, file.place}
		switch {
		case err != nil:
			s.blame(name, err.Error()+"; it should be a file that holds the secret and nothing else")
		case value == "":
			s.blame(name, "the file "+file.value+" is empty; it should hold the secret and nothing else")
		}
	}
}

// readSmall reads a text file of a size that a person writes.
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
	return string(data), err
}

// envMutex guards the process's environment against two calls of fill.
var envMutex sync.Mutex

// fill has envconfig fill cfg. It reads the process's environment and no other, so
// our variables are put there meanwhile; and it stops at the first fault, so the
// variable at fault is taken out, for its default to take its place, and all is
// done again until nothing is wrong.
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

// restore sets a variable of the process, or takes it away.
func restore(name, value string, set bool) {
	if !set {
		_ = os.Unsetenv(name)
		return
	}
	_ = os.Setenv(name, value) // fails for names that are none of ours only, or a NUL, which no environment holds
}

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
