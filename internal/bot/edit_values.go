package bot

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
)

// put sets the field of e to what was given, "" to take it away. language is that of a text; "" for
// all languages. Errors: *answerError.
func (f editField) put(e edited, of catalog.Shop, language, given string) error {
	switch {
	case given == "" && !f.optional && language == "":
		return errStale
	case f.texts != nil:
		words, err := f.read(given)
		if err != nil {
			return err
		}
		f.deliver(e)
		t := f.texts(e)
		*t = withText(*t, of.Languages, language, words)
	case f.set != nil:
		return f.set(e, of, given)
	default:
		f.deliver(e)
		*f.word(e) = given
	}
	return nil
}

// deliver makes the goods that were given what is delivered.
func (f editField) deliver(e edited) {
	if kind := catalog.Kind(f.name); f.name == "text" || f.name == "file" {
		changeWay(e.product, kind)
	}
}

// value is what the field holds in a language, for people; "" if it is empty.
func (f editField) value(l localizer, e edited, language string) string {
	switch {
	case f.texts != nil && language == "":
		return l.Text(*f.texts(e))
	case f.texts != nil:
		t := *f.texts(e)
		if plain := t[""]; plain != "" {
			return plain
		}
		return t[language]
	case f.show != nil:
		return f.show(l, e)
	case *f.word(e) != "":
		return l.Plain("edit_there")
	}
	return ""
}

// read checks a text.
func (f editField) read(given string) (string, error) {
	given = strings.TrimSpace(strings.ReplaceAll(given, "\r\n", "\n"))
	units := length(given)
	switch {
	case units > f.most:
		return "", &answerError{"edit_bad_length", []any{"Count", units, "Most", f.most}}
	case f.oneLine && strings.Contains(given, "\n"):
		return "", &answerError{"edit_bad_lines", nil}
	case strings.ContainsFunc(given, func(c rune) bool { return unicode.IsControl(c) && c != '\n' && c != '\t' }):
		return "", &answerError{"edit_bad_characters", nil}
	}
	return given, nil
}

// withText is t with the words for one language, "" to take them away. The other languages keep
// what they read now. A first text is for all languages, as is one for the language "".
func withText(t catalog.Text, languages []string, language, words string) catalog.Text {
	rest := catalog.Text{}
	for _, code := range languages {
		if kept := cmp.Or(t[code], t[""]); kept != "" && code != language {
			rest[code] = kept
		}
	}
	switch {
	case words == "" && (language == "" || language == languages[0] || len(rest) == 0):
		return nil
	case words == "":
		return rest
	case language == "", len(rest) == 0 && language != languages[0]:
		return catalog.Plain(words)
	}
	rest[language] = words
	return rest
}

var grouped = regexp.MustCompile(`^\d{1,3}(?:(?:,\d{3})+\.\d+|(?:\.\d{3})+,\d+)$`)

// decimalPoint writes a number with a decimal point and without separators of thousands, as far as
// it can be read in one way only. A lone comma before three digits may separate thousands; it is
// left in place, so parsing the number fails.
func decimalPoint(number string) string {
	number = strings.NewReplacer("\u00a0", "", "\u202f", "").Replace(number)
	if grouped.MatchString(number) { // 1,500.00 or 1.500,00: the last separator is the decimal one
		last := strings.LastIndexAny(number, ",.")
		return strings.NewReplacer(",", "", ".", "").Replace(number[:last]) + "." + number[last+1:]
	}
	whole, fraction, found := strings.Cut(number, ",")
	if !found || strings.ContainsAny(fraction, ",.") || len(fraction) == 3 && whole != "0" {
		return number
	}
	return whole + "." + fraction
}

// readAmount reads an amount as people write it. It returns errBadAmount unless it is more than
// zero, and for "1.000" USD, which may be meant as a thousand.
func readAmount(number string, currency money.Currency) (money.Amount, error) {
	number = decimalPoint(number)
	a, err := money.Parse(number, currency)
	whole, fraction, _ := strings.Cut(number, ".")
	if err != nil || a.Sign() <= 0 || len(fraction) == 3 && whole != "0" && !catalog.IsAsset(currency) {
		return money.Amount{}, errBadAmount
	}
	return a, nil
}

// setWay is the choice of a way that needs nothing more; the others are set with their goods.
func setWay(e edited, _ catalog.Shop, given string) error {
	if given != string(catalog.Keys) {
		return errStale
	}
	changeWay(e.product, catalog.Keys)
	return nil
}

// editableWays are the ways of delivery that can be chosen in the chat. The terms of the others are
// written in the catalog file.
func editableWays() []catalog.Kind {
	return []catalog.Kind{catalog.Keys, catalog.Content, catalog.File}
}

// changeWay takes the goods of another way of delivery away, and sets the limit and the warning that
// are usual. Quantity prices that no order can reach any more go.
func changeWay(p *catalog.Product, kind catalog.Kind) {
	if p.Deliver == kind && len(p.Also) == 0 {
		return
	}
	p.Also, p.Invite, p.Server, p.Manual = nil, catalog.Invite{}, catalog.Server{}, catalog.Manual{}
	p.Access, p.Subscription = 0, false
	p.Deliver, p.Text, p.File, p.Separator, p.Limit, p.WarnBelow = kind, nil, "", "", 1, 0
	if kind.FromStock() {
		p.Limit, p.WarnBelow = catalog.DefaultLimit, catalog.DefaultWarnBelow
	}
	p.QuantityPrices = slices.DeleteFunc(slices.Clone(p.QuantityPrices), func(q catalog.QuantityPrice) bool { return q.From > p.Limit })
}

func setSeparator(e edited, _ catalog.Shop, given string) error {
	given = strings.TrimSpace(given)
	if len(given) > catalog.MaxSeparator || strings.ContainsFunc(given, unicode.IsControl) {
		return &answerError{"edit_bad_sep", []any{"Given", clip(given, 60)}}
	}
	e.product.Separator = given
	return nil
}

func setSupport(e edited, _ catalog.Shop, given string) error {
	given = strings.TrimSpace(given)
	if name, found := strings.CutPrefix(given, "t.me/"); found {
		given = "https://t.me/" + name
	}
	if given != "" && !catalog.IsSupport(given) {
		return &answerError{"edit_bad_support", []any{"Given", clip(given, 60)}}
	}
	e.shop.Support = given
	return nil
}
