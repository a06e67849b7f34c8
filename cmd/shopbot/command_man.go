package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"

	"shopbot/internal/config"
)

type manCommand struct{}

// Help is what "shopbot man --help" adds.
func (manCommand) Help() string {
	return `Prints the manual page of this command line. To read it: shopbot man | man -l -
To install it: shopbot man > /usr/local/share/man/man1/shopbot.1`
}

// Run prints the manual page.
func (manCommand) Run(line *kong.Context, con *console) error {
	_, err := io.WriteString(con.stdout, manPage(line.Model.Node))
	return err
}

// manSettings begins the list of settings, and manEnd follows it.
const manSettings = `.SH ENVIRONMENT
Settings are environment variables that begin with
.BR SHOPBOT_ ,
or lines of the file that
.B \-\-env\-file
names; the environment wins. A secret
.I X
may also come as
.IR X _FILE,
the path of a file that holds it.
`

const manEnd = `.SH SIGNALS
.TP
.B SIGHUP
reads the catalog, the texts and the certificates again.
.TP
.BR SIGTERM ", " SIGINT
end the shop in good order within ten seconds; a second one at once.
.SH EXIT STATUS
.TP
.B 0
done
.TP
.B 1
failed, or a person has to act
.TP
.B 2
wrong usage or configuration; every fault is a line on standard error
`

// manPage is the manual page in the language of man(7).
func manPage(root *kong.Node) string {
	var b strings.Builder
	fmt.Fprintf(&b, ".\\\" Made by \"shopbot man\".\n.TH SHOPBOT 1\n.SH NAME\nshopbot \\- %s\n", roff(strings.TrimSuffix(firstLine(root.Help), ".")))
	b.WriteString(".SH SYNOPSIS\n.B shopbot\n[\\fIcommand\\fR] [\\fIflags\\fR]\n.SH DESCRIPTION\n")
	manText(&b, root.Help)
	b.WriteString(".SH COMMANDS\n")
	for _, n := range root.Leaves(true) {
		fmt.Fprintf(&b, ".SS %s\n", roff("shopbot "+strings.TrimSuffix(n.Summary(), " [flags]")))
		manText(&b, n.Help)
		manText(&b, n.Detail)
		for _, arg := range n.Positional {
			fmt.Fprintf(&b, ".TP\n.I %s\n%s\n", roff(arg.Name), roff(arg.Help))
		}
		for _, f := range n.Flags {
			fmt.Fprintf(&b, ".TP\n.B %s\n%s\n", roff(f.String()), roff(f.Help))
		}
	}
	b.WriteString(manSettings)
	for _, section := range config.Reference() {
		fmt.Fprintf(&b, ".SS %s\n", roff(section.Title))
		for _, s := range section.Settings {
			fmt.Fprintf(&b, ".TP\n.B %s\n%s\n", roff(s.Variable()), roff(s.Plain()))
			switch def := s.Default(); {
			case def != "":
				fmt.Fprintf(&b, "(default: %s)\n", roff(def))
			case s.Unset != "":
				fmt.Fprintf(&b, "(%s)\n", roff(strings.ReplaceAll(s.Unset, "`", "")))
			}
		}
	}
	b.WriteString(manEnd)
	return b.String()
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// manText writes paragraphs; lines that begin with a tab are shown as they are.
func manText(b *strings.Builder, text string) {
	for part := range strings.SplitSeq(text, "\n\n") {
		switch {
		case strings.TrimSpace(part) == "":
		case strings.HasPrefix(part, "\t"):
			fmt.Fprintf(b, ".PP\n.nf\n%s\n.fi\n", roff(strings.ReplaceAll(part, "\t", "    ")))
		default:
			fmt.Fprintf(b, ".PP\n%s\n", roff(part))
		}
	}
}

// roff escapes text, so that nothing in it is a request.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`, "…", `\[u2026]`, "→", `\[->]`).Replace(s)
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, ".") || strings.HasPrefix(l, "'") {
			lines[i] = `\&` + l
		}
	}
	return strings.Join(lines, "\n")
}
