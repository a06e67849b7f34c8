package localize

import (
	"cmp"
	"errors"
	"fmt"
	"html"
	"maps"
	"regexp"
	"slices"
	"strings"
	"text/template"
	ast "text/template/parse"
	"unicode/utf16"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"

	"shopbot/internal/catalog"
)

// check finds what is wrong with a file of texts beside those of files: with names, plural forms,
// values in braces, markup, and lengths.
func (f *file) check(files map[string]file) []error {
	english := files[original].messages
	tag, err := language.Parse(f.language)
	if err != nil {
		f.fault(1, 1, fmt.Sprintf("%q is not the code of a language", f.language), "name the file by its language, such as en.yaml or pt-br.yaml")
		return f.faults
	}
	known := slices.Sorted(maps.Keys(english))
	for _, id := range f.ids() {
		m := f.messages[id]
		of, ok := english[id]
		if !ok {
			remedy := "docs/languages.md tells how to list the names"
			if near := catalog.Nearest(id, known); near != "" {
				remedy = "did you mean " + near + "?"
			}
			f.at(m, fmt.Sprintf("there is no text %q", id), remedy)
			continue
		}
		f.checkForms(id, m, of, tag)
		for name, said := range m {
			for _, fault := range checkText(id, said.text, neededIn(name, of, tag), valuesOf(of)) {
				f.fault(said.line, said.column, id+dotted(name)+": "+fault.what, fault.remedy)
			}
		}
	}
	if _, there := files[f.language]; !there && f.messages["language_name"] == nil {
		f.fault(1, 1, "a new language needs language_name", "write what the language is called in itself, such as language_name: Français")
	}
	slices.SortStableFunc(f.faults, func(a, b error) int {
		x, y := a.(catalog.Fault), b.(catalog.Fault) //nolint:errorlint,forcetypeassert // fault adds no other
		return x.Line - y.Line
	})
	return f.faults
}

// ids lists the texts of the file in its order.
func (f *file) ids() []string {
	return slices.SortedFunc(maps.Keys(f.messages), func(a, b string) int { return f.messages[a].line() - f.messages[b].line() })
}

// line is where an entry begins; 0 if it has no form.
func (m entry) line() int {
	first := 0
	for _, said := range m {
		if first == 0 || said.line < first {
			first = said.line
		}
	}
	return first
}

func (f *file) at(m entry, what, remedy string) { f.fault(max(m.line(), 1), 1, what, remedy) }

func dotted(form string) string {
	if form == "" {
		return ""
	}
	return "." + form
}

// checkForms compares the plural forms of a text with those that its language has.
func (f *file) checkForms(id string, m, english entry, tag language.Tag) {
	_, plain := english[""]
	_, ownPlain := m[""]
	needed := formsOf(tag)
	switch {
	case plain && !ownPlain:
		f.at(m, id+": this text has no plural forms", "write one text behind the name")
		return
	case plain:
		return
	case ownPlain && len(needed) > 1:
		f.at(m, id+": this text needs plural forms", "write "+strings.Join(needed, ", ")+" below it, each with its text")
		return
	case ownPlain:
		return
	}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if !slices.Contains(needed, name) && name != "other" && (name != "many" || !hasMillions(tag)) {
			f.fault(m[name].line, m[name].column, fmt.Sprintf("%s: %s has no plural form %q", id, tag, name), "its forms are "+strings.Join(needed, ", "))
		}
	}
	for _, name := range needed {
		if m[name].text == "" {
			f.at(m, fmt.Sprintf("%s: the plural form %q is missing", id, name), "the forms of "+tag.String()+" are "+strings.Join(needed, ", "))
		}
	}
}

// formsOf lists the plural forms that whole numbers take in a language, by CLDR.
func formsOf(tag language.Tag) []string {
	var forms []string
	for _, form := range []struct {
		form plural.Form
		name string
	}{{plural.Zero, "zero"}, {plural.One, "one"}, {plural.Two, "two"}, {plural.Few, "few"}, {plural.Many, "many"}, {plural.Other, "other"}} {
		if slices.ContainsFunc(samples(), func(n int) bool { return formOfNumber(tag, n) == form.form }) {
			forms = append(forms, form.name)
		}
	}
	return forms
}

func formOfNumber(tag language.Tag, n int) plural.Form {
	return plural.Cardinal.MatchPlural(tag, n, 0, 0, 0, 0)
}

// samples are whole numbers of all plural forms.
func samples() []int {
	numbers := []int{1000, 1000000}
	for n := range 200 {
		numbers = append(numbers, n)
	}
	return numbers
}

// hasMillions reports whether newer versions of CLDR give whole millions a form of their own, "many".
func hasMillions(tag language.Tag) bool {
	base, _ := tag.Base()
	return slices.Contains([]string{"es", "fr", "it", "pt", "ca"}, base.String())
}

// valuesOf lists the values that any form of a text has.
func valuesOf(m entry) []string {
	var all []string
	for _, said := range m {
		names, _ := values(said.text)
		all = append(all, names...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// neededIn lists the values that a form of a text must have: those of the English text. A form that
// stands for one number alone may leave the number out.
func neededIn(form string, english entry, tag language.Tag) []string {
	needed := valuesOf(english)
	one := form == "one" && formOfNumber(tag, 21) != plural.One
	if one || form == "zero" || form == "two" {
		needed = slices.DeleteFunc(needed, func(name string) bool { return name == "Count" })
	}
	return needed
}

// values lists the values that a text has in braces.
func values(text string) ([]string, error) {
	parsed, err := parse(text)
	if err != nil {
		return nil, err
	}
	names := parsed.names
	slices.Sort(names)
	return slices.Compact(names), nil
}

// parsedText is a text as its parts.
type parsedText struct {
	names []string // of its values, those of conditions too
	// literal is the text without its values, with all that is there only on a condition.
	literal  string
	branches []string // the literals of what is there only on a condition
}

// numbers are the values that texts compare, or write with leading zeros.
//
//nolint:gochecknoglobals // a constant table
var numbers = []string{"Count", "Day", "Quantity"}

// parse reads a text. Templates can do much more than texts need: run without an end, write without a
// bound, cut a value in two. So all is refused but {{.Name}}, {{printf "%02d" .Name}} and
// {{if .Name}} or {{if gt .Name 1}} with its {{else}} and {{end}}.
func parse(text string) (p parsedText, err error) {
	t, err := template.New("").Parse(text)
	switch {
	case err != nil:
		return p, err
	case len(t.Templates()) > 1 || t.Tree == nil && text != "":
		return p, errTooMuch
	case t.Tree != nil:
		p.literal, err = p.list(t.Root)
	}
	return p, err
}

var errTooMuch = errors.New("a text cannot do this")

func (p *parsedText) list(n *ast.ListNode) (literal string, err error) {
	if n == nil {
		return "", nil
	}
	var b strings.Builder
	for _, node := range n.Nodes {
		switch node := node.(type) {
		case *ast.TextNode:
			b.Write(node.Text)
		case *ast.ActionNode:
			err = p.value(node.Pipe, "printf")
		case *ast.IfNode:
			err = p.value(node.Pipe, "gt")
			for _, branch := range []*ast.ListNode{node.List, node.ElseList} {
				said, fault := p.list(branch)
				b.WriteString(said)
				p.branches = append(p.branches, said)
				err = errors.Join(err, fault)
			}
		default:
			err = errTooMuch
		}
		if err != nil {
			return "", err
		}
	}
	return b.String(), nil
}

// value reads {{.Name}}, or a number with a function: printf with its format before the number, gt
// with another number behind it.
func (p *parsedText) value(n *ast.PipeNode, function string) error {
	if len(n.Decl) > 0 || len(n.Cmds) != 1 {
		return errTooMuch
	}
	args := n.Cmds[0].Args
	at := 0
	if len(args) == 3 && args[0].String() == function {
		switch function {
		case "printf":
			at = 2
			if args[1].String() != `"%02d"` {
				return errTooMuch
			}
		case "gt":
			at = 1
			if _, is := args[2].(*ast.NumberNode); !is {
				return errTooMuch
			}
		}
	} else if len(args) != 1 {
		return errTooMuch
	}
	field, is := args[at].(*ast.FieldNode)
	if !is || len(field.Ident) != 1 || at > 0 && !slices.Contains(numbers, field.Ident[0]) {
		return errTooMuch
	}
	p.names = append(p.names, field.Ident[0])
	return nil
}

// textFault is one thing that is wrong with a text.
type textFault struct{ what, remedy string }

// checkText finds what is wrong with one form of a text.
func checkText(id, text string, needed, known []string) (faults []textFault) {
	add := func(remedy, what string, args ...any) {
		faults = append(faults, textFault{fmt.Sprintf(what, args...), remedy})
	}
	parsed, err := parse(text)
	if err != nil {
		return []textFault{{strings.TrimPrefix(err.Error(), "template: :1: "), "write values as {{.Name}}, and nothing else in double braces"}}
	}
	used := parsed.names
	for _, name := range used {
		if !slices.Contains(known, name) {
			add(knownValues(known), "there is no value {{.%s}} here", name)
		}
	}
	for _, name := range needed {
		if !slices.Contains(used, name) {
			add("put it where it belongs", "the value {{.%s}} is missing", name)
		}
	}
	if strings.TrimSpace(text) == "" {
		add("write it, or take the line out", "the text is empty")
	}
	literal := parsed.literal
	if what := cmp.Or(brokenMarkup(literal), brokenIn(parsed.branches)); what != "" {
		add("close each tag that is opened; write &lt; for <, and &amp; for &", "%s", what)
	}
	if limit := Limit(id); units(literal) > limit {
		add("shorten it", "%d characters without the values, and %d is the most here", units(literal), limit)
	}
	if id == "date_months" && len(strings.Fields(text)) != 12 {
		add("write the twelve months, with blanks between them", "%d months", len(strings.Fields(text)))
	}
	return faults
}

func knownValues(known []string) string {
	if len(known) == 0 {
		return "this text has none"
	}
	return "its values are {{." + strings.Join(known, "}}, {{.") + "}}"
}

// units is how many units of a text Telegram counts, after its markup is read.
func units(text string) int { return len(utf16.Encode([]rune(PlainText(Markup(text))))) }

// Limits of texts without their values, in UTF-16 units. Telegram takes 256 for the description of a
// command, 200 for the answer to a button, and 4096 for a message (core.telegram.org/bots/api), of
// which half is for values and for what else a screen says. Longer buttons are cut by its apps.
const (
	maxButton  = 64
	maxCommand = 256
	maxAnswer  = 190
	maxMessage = 2048
)

// Limit is how long a text may be without its values, in UTF-16 units.
func Limit(id string) int {
	for _, prefix := range []string{"button_", "stats_button_", "edit_field_", "edit_way_", "export_format_", "export_period_", "block_reason_", "role_", "date"} {
		if strings.HasPrefix(id, prefix) {
			return maxButton
		}
	}
	switch {
	case strings.HasPrefix(id, "command_"):
		return maxCommand
	case id == "language_name", id == "orders_line", id == "product_line", id == "product_line_soldout":
		return maxButton
	case slices.Contains(answers, id):
		return maxAnswer
	}
	return maxMessage
}

// answers are the texts that answer a pressed button in a bubble. A test compares them with the code.
//
//nolint:gochecknoglobals // a constant table
var answers = []string{
	"again_done", "again_failed", "again_nothing", "again_shut", "ask_solved", "block_staff", "broadcast_busy",
	"broadcast_buttons_full", "broadcast_draft_gone", "broadcast_dropped", "broadcast_over",
	"cancel_done", "cancel_too_late", "cart_moved", "check_failed", "check_refused", "choice_over",
	"coin_gone", "coupon_codes_none", "coupon_off", "edit_left", "forget_staff", "form_left",
	"goods_not_yet", "language_set", "made_before", "made_first", "morning_set", "not_paid_yet", "order_unknown", "our_fault",
	"owner_decides", "paused_short", "quantity_least", "quantity_left", "quantity_most",
	"question_closed_now", "question_was_closed", "refund_bad_amount", "refund_cannot",
	"refund_delivering", "refund_forgotten", "refund_line_unknown", "refund_no_rate", "refund_nothing",
	"refund_paid_by_hand", "refund_running", "release_no_stock", "renewed_nothing", "replace_nothing",
	"resumed", "review_not_bought", "review_too_many", "sales_paused", "sold_out_all", "sold_out_left",
	"staff_changed", "staff_fixed", "staff_full", "staff_gone", "staff_last_owner", "staff_no_name",
	"staff_withdrawn", "stale_button", "stale_button_short", "stock_list_gone", "unblocked_short",
	"wish_added", "wish_removed", "wish_too_many",
}

var (
	htmlTag    = regexp.MustCompile(`<(/?)([a-zA-Z][a-zA-Z0-9-]*)((?:\s+[^<>]*)?)>`)
	entityName = regexp.MustCompile(`&(?:#\d+|#x[0-9a-fA-F]+|[a-zA-Z]+);`)
)

// tags are those of Telegram's HTML (core.telegram.org/bots/api#html-style).
//
//nolint:gochecknoglobals // a constant table
var tags = []string{
	"b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "code", "pre", "a", "blockquote",
	"tg-spoiler", "tg-emoji", "tg-time", "span",
}

// brokenIn is brokenMarkup of the first text that has broken markup.
func brokenIn(texts []string) string {
	for _, text := range texts {
		if what := brokenMarkup(text); what != "" {
			return what
		}
	}
	return ""
}

// brokenMarkup says what Telegram would refuse in a text's markup; "" for nothing.
func brokenMarkup(text string) string {
	var open []string
	for _, t := range htmlTag.FindAllStringSubmatch(text, -1) {
		closes, name := t[1] != "", strings.ToLower(t[2])
		switch {
		case !slices.Contains(tags, name):
			return "Telegram knows no tag <" + name + ">"
		case !closes:
			open = append(open, name)
		case len(open) == 0 || open[len(open)-1] != name:
			return "</" + name + "> closes nothing"
		default:
			open = open[:len(open)-1]
		}
	}
	rest := htmlTag.ReplaceAllString(text, "")
	switch {
	case len(open) > 0:
		return "<" + open[len(open)-1] + "> is not closed"
	case strings.ContainsAny(rest, "<>"):
		return "a < or > that belongs to no tag"
	case strings.Contains(entityName.ReplaceAllStringFunc(rest, func(s string) string {
		if html.UnescapeString(s) == s {
			return s
		}
		return ""
	}), "&"):
		return "an & that begins no name such as &amp;"
	}
	return ""
}
