package localize

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"go.yaml.in/yaml/v4"
	"golang.org/x/text/language"

	"shopbot/internal/catalog"
)

// original is the language that all others are compared with, and that stands in for what they lack.
const original = "en"

// maxFile is the size of a file of texts in bytes, several times that of all texts.
const maxFile = 2 << 20

// entry is one text in one language, by plural forms; "" is the form of a text without them.
type entry map[string]phrase

// phrase is one form of a text, and its place in the file.
type phrase struct {
	text         string
	line, column int
}

// file is what one file of texts says.
type file struct {
	name     string // as faults call it
	language string
	messages map[string]entry
	faults   []error
}

// Load returns the texts as they are built in. They are read once.
func Load() (*Texts, error) { return builtIn() }

//nolint:gochecknoglobals // read-only once they are read
var (
	builtInFiles = sync.OnceValues(readBuiltIn) // only what compares with them keeps them in memory
	builtIn      = sync.OnceValues(func() (*Texts, error) {
		files, err := readBuiltIn()
		if err != nil {
			return nil, err
		}
		return build(files)
	})
)

func readBuiltIn() (map[string]file, error) {
	return readFiles(Files, "texts", func(name string) string { return path.Join("texts", name) })
}

// LoadWith returns the built-in texts with those of a directory in their place. A file is named
// LANGUAGE.yaml, such as en.yaml, and holds only what it changes; a file of another language adds
// that language, and what it lacks is said in English. Its error joins all faults of all files, each
// a [catalog.Fault]. With an empty dir it is Load.
func LoadWith(dir string) (*Texts, error) {
	if dir == "" {
		return Load()
	}
	files, err := builtInFiles()
	if err != nil {
		return nil, err
	}
	changed, err := readFiles(os.DirFS(dir), ".", func(name string) string { return filepath.Join(dir, name) })
	if err != nil {
		return nil, fmt.Errorf("read the texts of SHOPBOT_TEXTS=%s: %w", dir, err)
	}
	if len(changed) == 0 {
		return nil, catalog.Fault{
			File: dir, Line: 1, Column: 1, What: "no file of texts in this directory",
			Remedy: "name the files LANGUAGE.yaml, such as en.yaml; 'shopbot texts DIR' writes the built-in ones",
		}
	}
	files = maps.Clone(files)
	var faults []error
	for _, code := range slices.Sorted(maps.Keys(changed)) {
		f := changed[code]
		faults = append(faults, f.check(files)...)
		if there, ok := files[code]; ok {
			all := maps.Clone(there.messages)
			maps.Copy(all, f.messages)
			f.messages = all
		}
		files[code] = f
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	t, err := build(files)
	if err != nil {
		return nil, err
	}
	t.now.Load().changed = slices.Sorted(maps.Keys(changed)) // nobody else has it yet
	return t, nil
}

// readFiles maps: language code => what its file says. What is wrong in a file is in its faults.
func readFiles(in fs.FS, dir string, shown func(name string) string) (map[string]file, error) {
	entries, err := fs.ReadDir(in, dir)
	if err != nil {
		return nil, err
	}
	files := map[string]file{}
	for _, entry := range entries {
		extension := path.Ext(entry.Name())
		if extension != ".yaml" && extension != ".yml" || strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		f := file{name: shown(entry.Name()), language: strings.ToLower(strings.TrimSuffix(entry.Name(), extension))}
		info, err := fs.Stat(in, path.Join(dir, entry.Name()))
		if err != nil {
			return nil, err
		}
		if info.IsDir() {
			continue
		}
		if info.Size() > maxFile {
			f.fault(1, 1, fmt.Sprintf("the file is over %d MiB", maxFile>>20), "see whether this is a file of texts")
		} else {
			data, err := fs.ReadFile(in, path.Join(dir, entry.Name()))
			if err != nil {
				return nil, err
			}
			f.read(data)
		}
		if there, ok := files[f.language]; ok {
			f.fault(1, 1, "there is "+there.name+" for this language already", "put all texts into one of the two")
			f.faults = append(there.faults, f.faults...)
		}
		files[f.language] = f
	}
	return files, nil
}

func (f *file) fault(line, column int, what, remedy string) {
	f.faults = append(f.faults, catalog.Fault{File: f.name, Line: line, Column: column, What: what, Remedy: remedy})
}

// read takes the texts out of YAML: a text, or a group of plural forms, by id.
func (f *file) read(data []byte) {
	f.messages = map[string]entry{}
	for documents := yaml.NewDecoder(bytes.NewReader(data)); ; {
		var doc yaml.Node
		err := documents.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			line, column, what := 1, 1, err.Error()
			if e, ok := errors.AsType[*yaml.LoadError](err); ok {
				line, column, what = e.Mark.Line, e.Mark.Column, e.Message
			}
			f.fault(line, column, what, "mend the YAML; texts with a colon or a brace need quotes")
			return
		}
		for _, body := range doc.Content {
			f.eachField(body, f.take)
		}
	}
}

// take takes one text.
func (f *file) take(key, value *yaml.Node) {
	id, m := key.Value, entry{}
	switch {
	case isText(value):
		m[""] = at(value)
	case value.Kind == yaml.MappingNode:
		f.eachField(value, func(name, value *yaml.Node) {
			if !isText(value) {
				f.notText(value, id+": "+name.Value)
				return
			}
			m[name.Value] = at(value)
		})
	default:
		f.notText(value, id)
	}
	if _, twice := f.messages[id]; twice {
		f.fault(key.Line, key.Column, "the text "+id+" is there twice", "take one out")
	}
	f.messages[id] = m
}

func (f *file) notText(value *yaml.Node, id string) {
	f.fault(value.Line, value.Column, id+" is not a text", "put it into quotes")
}

// eachField visits the fields of a group.
func (f *file) eachField(group *yaml.Node, visit func(key, value *yaml.Node)) {
	if group.Kind != yaml.MappingNode {
		f.fault(group.Line, group.Column, "this is no list of texts", `write lines such as home: "Welcome to {{.Shop}}"`)
		return
	}
	for i := 0; i+1 < len(group.Content); i += 2 {
		visit(group.Content[i], group.Content[i+1])
	}
}

func isText(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!str" }

func at(n *yaml.Node) phrase { return phrase{text: n.Value, line: n.Line, column: n.Column} }

// build puts the messages of all files into one bundle. What a language lacks is said in English. A
// plural form that a text lacks is its most general one (see Say): CLDR gives a language such as
// Spanish a form for millions that few texts have.
func build(files map[string]file) (*Texts, error) {
	t := &tables{bundle: i18n.NewBundle(language.Make(original)), forms: map[string]form{}, lacking: map[string]int{}, count: len(files[original].messages)}
	for _, code := range slices.Sorted(maps.Keys(files)) {
		f := files[code]
		if len(f.faults) > 0 {
			return nil, errors.Join(f.faults...)
		}
		tag, err := language.Parse(code)
		if err != nil {
			return nil, fmt.Errorf("%s: read the language of the name: %w", f.name, err)
		}
		var all []*i18n.Message
		for id, m := range files[original].messages {
			if own, ok := f.messages[id]; ok {
				m = own
			} else {
				t.lacking[code]++
			}
			all = append(all, m.forGo(id))
		}
		if err := t.bundle.AddMessages(tag, all...); err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
		t.forms[code] = formOf(tag)
	}
	texts := &Texts{}
	texts.now.Store(t)
	return texts, nil
}

// forGo is an entry in the form of go-i18n.
func (m entry) forGo(id string) *i18n.Message {
	said := func(name string) string { return m[name].text }
	return &i18n.Message{
		ID: id, Zero: said("zero"), One: said("one"), Two: said("two"), Few: said("few"), Many: said("many"),
		Other: cmp.Or(said("other"), said("many"), said("few"), said("one"), said("")),
	}
}
