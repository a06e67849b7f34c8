// Package docs has no code: its tests check the pages, which are read as GitHub shows them.
package docs

import (
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"shopbot/internal/config"
)

// page is a Markdown page of the repository.
type page struct {
	name    string   // from the top of the repository, with /
	text    string   // without blocks of code
	links   []string // as they are written
	anchors []string
}

var (
	fenced   = regexp.MustCompile("(?ms)^ *```.*?^ *```[ \t]*$")
	codeSpan = regexp.MustCompile("`[^`\n]*`")
	link     = regexp.MustCompile(`\]\(([^()\s]+)\)`)
	heading  = regexp.MustCompile(`(?m)^#+ +(.*)$`)
)

func readPages(t *testing.T) map[string]page {
	t.Helper()
	root, pages := os.DirFS(".."), map[string]page{}
	require.NoError(t, fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (name == ".git" || d.Name() == "node_modules" || d.Name() == "artifacts"):
			return fs.SkipDir
		case d.IsDir() || path.Ext(name) != ".md":
			return nil
		}
		data, err := fs.ReadFile(root, name)
		p := page{name: name, text: fenced.ReplaceAllString(string(data), "")}
		for _, found := range link.FindAllStringSubmatch(codeSpan.ReplaceAllString(p.text, ""), -1) {
			p.links = append(p.links, found[1])
		}
		for _, found := range heading.FindAllStringSubmatch(p.text, -1) {
			p.anchors = append(p.anchors, p.anchorOf(found[1]))
		}
		pages[name] = p
		return err
	}))
	require.Contains(t, pages, "docs/index.md")
	return pages
}

// anchorOf is GitHub's anchor of a heading: small letters, without punctuation, - for a blank, and a
// number behind one that is on the page already.
func (p page) anchorOf(title string) string {
	title = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`).ReplaceAllString(title, "$1")
	anchor := strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-', r == '_', unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r):
			return unicode.ToLower(r)
		}
		return -1
	}, strings.TrimSpace(title))
	plain := anchor
	for n := 1; slices.Contains(p.anchors, anchor); n++ {
		anchor = fmt.Sprint(plain, "-", n)
	}
	return anchor
}

// target is the page or the file that a link leads to, and the anchor there; "" for one to the web.
func (p page) target(t *testing.T, to string) (name, anchor string) {
	t.Helper()
	u, err := url.Parse(to)
	require.NoError(t, err, "%s links to %s", p.name, to)
	switch {
	case u.IsAbs():
		return "", ""
	case u.Path == "":
		return p.name, u.Fragment
	}
	return path.Join(path.Dir(p.name), u.Path), u.Fragment
}

// unwritten are pages that others link to already.
var unwritten []string

func TestEveryLinkLeadsSomewhere(t *testing.T) {
	pages, seen := readPages(t), 0
	var wrong []string
	for _, p := range pages {
		for _, to := range p.links {
			name, anchor := p.target(t, to)
			if name == "" {
				continue
			}
			seen++
			_, err := os.Stat(path.Join("..", name))
			if slices.Contains(unwritten, name) {
				continue
			}
			if err != nil || anchor != "" && !slices.Contains(pages[name].anchors, anchor) {
				wrong = append(wrong, p.name+" links to "+to)
			}
		}
	}
	require.Empty(t, wrong)
	require.Greater(t, seen, 100)
}

func TestTheMapLeadsToEveryPage(t *testing.T) {
	pages := readPages(t)
	var onMap []string
	for _, to := range pages["docs/index.md"].links {
		name, _ := pages["docs/index.md"].target(t, to)
		onMap = append(onMap, name)
	}
	var missing []string
	for name := range pages {
		ofOthers := strings.Contains(name, "testdata") || strings.HasPrefix(name, ".github/")
		if !ofOthers && name != "docs/index.md" && !slices.Contains(onMap, name) {
			missing = append(missing, name)
		}
	}
	require.Empty(t, missing, "docs/index.md should say when to read them")
	require.Contains(t, pages["README.md"].links, "docs/index.md")
}

func TestEveryVariableThatAPageNamesIsOne(t *testing.T) {
	known := map[string]bool{"SHOPBOT_ADMIN": true} // the example of a typo
	for _, section := range config.Reference() {
		for _, s := range section.Settings {
			known[s.Variable()], known[s.Variable()+"_FILE"] = true, true
		}
	}
	var wrong []string
	variable := regexp.MustCompile(`SHOPBOT_[A-Z0-9_]*[A-Z0-9]`)
	for _, name := range []string{".md", ".example", ".service", ".socket"} {
		for file, text := range filesNamed(t, name) {
			for _, v := range variable.FindAllString(text, -1) {
				ofTests := regexp.MustCompile(`^SHOPBOT_(\w+_TEST|TEST_\w+|SCREENSHOTS|GUIDE_PICTURES)$`).MatchString(v)
				if !known[v] && !ofTests {
					wrong = append(wrong, file+" names "+v)
				}
			}
		}
	}
	require.Empty(t, wrong)
}

func TestEveryTestThatAPageNamesIsThere(t *testing.T) {
	defined := map[string]bool{}
	for _, text := range filesNamed(t, "_test.go") {
		for _, found := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark|Example)\w+)\(`).FindAllStringSubmatch(text, -1) {
			defined[found[1]] = true
		}
	}
	named := regexp.MustCompile("`((?:Test|Fuzz|Benchmark)[A-Z]\\w+)`")
	var wrong []string
	seen := 0
	for name, p := range readPages(t) {
		for _, found := range named.FindAllStringSubmatch(p.text, -1) {
			if seen++; !defined[found[1]] {
				wrong = append(wrong, name+" names "+found[1])
			}
		}
	}
	require.Empty(t, wrong)
	require.Greater(t, seen, 100)
}

// filesNamed are the files of the repository whose names end in a way.
func filesNamed(t *testing.T, end string) map[string]string {
	t.Helper()
	root, files := os.DirFS(".."), map[string]string{}
	require.NoError(t, fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, end) || strings.Contains(name, "node_modules") {
			return err
		}
		data, err := fs.ReadFile(root, name)
		files[name] = string(data)
		return err
	}))
	return files
}
