package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"
)

// A command of a page is in a line of code, or in a block of code at the beginning of a line or behind
// another command. It ends where the shell would end it.
var (
	inLine  = regexp.MustCompile("`shopbot ([^`\n]*)`")
	inBlock = regexp.MustCompile(`(?m)(?:^|[;&|(] *)(?:[\w./-]*/)?shopbot(?:\.old)? ([a-z-][^\n;&|>#]*)`)
	block   = regexp.MustCompile("(?ms)^ *```(?:sh)?\n(.*?)^ *```")
)

func TestCommandsAndFlagsInTheDocsAreThere(t *testing.T) {
	parser, err := kong.New(&commands{}, kong.Name("shopbot"))
	require.NoError(t, err)
	pages, err := filepath.Glob("../../docs/*.md")
	require.NoError(t, err)
	var wrong []string
	seen := 0
	for _, name := range append(pages, "../../README.md", "../../SECURITY.md", "../../configs/shopbot.env.example", "../../configs/shopbot.service") {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		found := inLine.FindAllStringSubmatch(string(text), -1)
		for _, code := range block.FindAllStringSubmatch(string(text), -1) {
			found = append(found, inBlock.FindAllStringSubmatch(code[1], -1)...)
		}
		for _, command := range found {
			seen++
			if unknown := unknownIn(parser.Model.Node, strings.FieldsFunc(command[1], func(r rune) bool { return strings.ContainsRune(" []\\|=", r) })); unknown != "" {
				wrong = append(wrong, filepath.Base(name)+": shopbot "+command[1]+": "+unknown)
			}
		}
	}
	require.Empty(t, wrong)
	require.Greater(t, seen, 100)
}

// unknownIn is the first word of a command line that is neither a command nor a flag though it should
// be one; "" if there is none.
func unknownIn(node *kong.Node, words []string) string {
	for i, word := range words {
		flag, isFlag := strings.CutPrefix(word, "--")
		known := func(f *kong.Flag) bool { return f.Name == flag || f.Tag.Negatable != "" && "no-"+f.Name == flag }
		child := slices.IndexFunc(node.Children, func(n *kong.Node) bool { return n.Name == word })
		switch {
		case isFlag && flag != "help" && !slices.ContainsFunc(slices.Concat(node.AllFlags(false)...), known):
			return word
		case isFlag || len(node.Children) == 0 || strings.Trim(word, "….") == "":
		case child < 0:
			return word
		default:
			return unknownIn(node.Children[child], words[i+1:])
		}
	}
	return ""
}
