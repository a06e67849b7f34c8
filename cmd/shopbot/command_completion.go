package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Help is what "shopbot completion --help" adds.
func (completionCommand) Help() string {
	return `Prints a script that completes commands and flags. For the shells of all users:

	shopbot completion bash > /etc/bash_completion.d/shopbot
	shopbot completion zsh > /usr/share/zsh/site-functions/_shopbot
	shopbot completion fish > /usr/share/fish/vendor_completions.d/shopbot.fish`
}

// Run prints the script.
func (c *completionCommand) Run(line *kong.Context, con *console) error {
	write := map[string]func(io.Writer, *kong.Node) error{"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion}[c.Shell]
	return write(con.stdout, line.Model.Node)
}

// commandsBelow lists a command and all those below it that are not hidden, the deepest first.
func commandsBelow(n *kong.Node) (all []*kong.Node) {
	for _, child := range n.Children {
		if child.Type == kong.CommandNode && !child.Hidden {
			all = append(all, commandsBelow(child)...)
		}
	}
	return append(all, n)
}

// namesBelow are the words that may follow a command.
func namesBelow(n *kong.Node) (words []string) {
	for _, child := range n.Children {
		if child.Type == kong.CommandNode && !child.Hidden {
			words = append(words, child.Name)
		}
	}
	return words
}

// flagsOf are the flags of a command and of those above it.
func flagsOf(n *kong.Node) (flags []*kong.Flag) {
	for _, group := range n.AllFlags(true) {
		flags = append(flags, group...)
	}
	return flags
}

// choicesOf are the values that the first argument of a command may have.
func choicesOf(n *kong.Node) []string {
	if len(n.Positional) == 0 || n.Positional[0].Enum == "" {
		return nil
	}
	return strings.Split(n.Positional[0].Enum, ",")
}

// wordsFunction is a shell function for bash and zsh. It prints what may follow the words before the
// cursor: what belongs to the longest command that they begin with.
func wordsFunction(root *kong.Node) string {
	var b strings.Builder
	b.WriteString(`_shopbot_words() {
    local word line=""
    for word in "$@"; do
        case $word in -*) ;; *) line="$line $word" ;; esac
    done
    case "$line " in
`)
	for _, n := range commandsBelow(root) {
		words := slices.Concat(namesBelow(n), choicesOf(n))
		for _, f := range flagsOf(n) {
			words = append(words, "--"+f.Name)
		}
		pattern := n.Path()
		if pattern != "" {
			pattern = " " + pattern
		}
		fmt.Fprintf(&b, "    \"%s \"*) echo \"%s\" ;;\n", pattern, strings.Join(words, " "))
	}
	b.WriteString("    esac\n}\n")
	return b.String()
}

// bashCompletion leaves it to the shell to complete files where it knows no word.
func bashCompletion(to io.Writer, root *kong.Node) error {
	_, err := io.WriteString(to, "# Completion of shopbot for bash.\n"+wordsFunction(root)+`_shopbot() {
    COMPREPLY=($(compgen -W "$(_shopbot_words "${COMP_WORDS[@]:1:COMP_CWORD-1}")" -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _shopbot shopbot
`)
	return err
}

// zshCompletion is the body of a function that zsh loads when it is first needed.
func zshCompletion(to io.Writer, root *kong.Node) error {
	_, err := io.WriteString(to, "#compdef shopbot\n# Completion of shopbot for zsh.\n"+wordsFunction(root)+
		`compadd -- ${=$(_shopbot_words "${(@)words[2,CURRENT-1]}")} || _files
`)
	return err
}

func fishCompletion(to io.Writer, root *kong.Node) error {
	var b strings.Builder
	b.WriteString("# Completion of shopbot for fish.\n")
	quote := func(s string) string {
		return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
	}
	for _, n := range commandsBelow(root) {
		when := "__fish_use_subcommand"
		if path := strings.Fields(n.Path()); len(path) > 0 {
			when = "__fish_seen_subcommand_from " + path[0]
			for _, next := range path[1:] {
				when += "; and __fish_seen_subcommand_from " + next
			}
		}
		for _, child := range n.Children {
			if child.Type == kong.CommandNode && !child.Hidden {
				fmt.Fprintf(&b, "complete -c shopbot -n %s -a %s -d %s\n", quote(when), child.Name, quote(child.Help))
			}
		}
		for _, choice := range choicesOf(n) {
			fmt.Fprintf(&b, "complete -c shopbot -n %s -a %s\n", quote(when), choice)
		}
		for _, f := range n.Flags {
			takes := " -r"
			if f.IsBool() {
				takes = ""
			}
			fmt.Fprintf(&b, "complete -c shopbot -n %s -l %s%s -d %s\n", quote(when), f.Name, takes, quote(f.Help))
		}
	}
	_, err := io.WriteString(to, b.String())
	return err
}
