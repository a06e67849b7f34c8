package bot

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
)

// The kinds of what the editor changes, in the words of buttons and forms.
const (
	editsShop     = "s"
	editsCategory = "c"
	editsProduct  = "p"
)

// subject names what is edited.
type subject struct {
	Kind string `json:"kind,omitempty"`
	Key  string `json:"key,omitempty"` // the ID of a category, the SKU of a product
}

// edited is what a subject names within a draft. One of the three is set.
type edited struct {
	shop     *catalog.Shop
	category *catalog.Category
	product  *catalog.Product
}

// in finds what s names; false if the draft has no such thing any more.
func (s subject) in(d *catalog.Draft) (edited, bool) {
	switch s.Kind {
	case editsShop:
		return edited{shop: &d.Shop}, true
	case editsCategory:
		if i := slices.IndexFunc(d.Categories, func(c catalog.Category) bool { return c.ID == s.Key }); i >= 0 {
			return edited{category: &d.Categories[i]}, true
		}
	case editsProduct:
		if i := slices.IndexFunc(d.Products, func(p catalog.Product) bool { return p.SKU == s.Key }); i >= 0 {
			return edited{product: &d.Products[i]}, true
		}
	}
	return edited{}, false
}

// look finds a copy of what s names in a catalog.
func (s subject) look(c *catalog.Catalog) (edited, bool) {
	e, found := s.in(&catalog.Draft{Shop: c.Shop, Categories: c.Categories, Products: c.Products})
	switch {
	case !found:
		return e, false
	case e.product != nil:
		p := *e.product
		e.product = &p
	case e.category != nil:
		category := *e.category
		e.category = &category
	}
	return e, true
}

// title is what people call it.
func (e edited) title() catalog.Text {
	switch {
	case e.product != nil:
		return e.product.Title
	case e.category != nil:
		return e.category.Title
	}
	return e.shop.Name
}

func (e edited) photo() *string {
	switch {
	case e.product != nil:
		return &e.product.Photo
	case e.category != nil:
		return &e.category.Photo
	}
	return &e.shop.Photo
}

func (e edited) hidden() *bool {
	if e.product != nil {
		return &e.product.Hidden
	}
	return &e.category.Hidden
}

// answerError says in people's words why an answer is not taken. The text names what is expected.
type answerError struct {
	text  string
	pairs []any
}

func (f *answerError) Error() string { return "answer refused: " + f.text }

// answeredBy are the ways in which a field is answered.
type answeredBy int

const (
	byWords   answeredBy = iota // a text, or a .txt file
	byPicture                   // a photo
	byFile                      // a document
	byChoice                    // a button
)

// editField is one thing that can be changed. Its texts are edit_field_NAME and edit_ask_NAME.
type editField struct {
	name     string
	of       string // the kinds of subjects that have it
	answered answeredBy
	optional bool
	most     int // of a text, in the units in which Telegram counts
	oneLine  bool
	// texts is where a text in the shop's languages is, word where another text is.
	texts func(e edited) *catalog.Text
	word  func(e edited) *string
	// set reads what was given, in place of word. It returns an *answerError.
	set func(e edited, of catalog.Shop, given string) error
	// show is the present value, in place of texts and word.
	show func(l localizer, e edited) string
	// within tells whether the field belongs to what is edited; nil: always.
	within func(e edited) bool
}

func delivers(kind catalog.Kind) func(e edited) bool {
	return func(e edited) bool { return e.product.Deliver == kind }
}

// editFields are the fields in the order of their buttons.
//
//nolint:gochecknoglobals // a constant table
var editFields = []editField{
	{name: "name", of: editsShop, most: catalog.MaxTitle, oneLine: true, texts: func(e edited) *catalog.Text { return &e.shop.Name }},
	{name: "title", of: editsCategory, most: catalog.MaxTitle, oneLine: true, texts: func(e edited) *catalog.Text { return &e.category.Title }},
	{name: "title", of: editsProduct, most: catalog.MaxTitle, oneLine: true, texts: func(e edited) *catalog.Text { return &e.product.Title }},
	{name: "price", of: editsProduct, set: setPrice, show: func(_ localizer, e edited) string { return price(e.product.Price) }},
	{
		name: "about", of: editsProduct, most: catalog.MaxDescription, optional: true,
		texts: func(e edited) *catalog.Text { return &e.product.Description },
	},
	{name: "photo", of: editsShop + editsCategory + editsProduct, answered: byPicture, optional: true, word: edited.photo},
	{name: "way", of: editsProduct, answered: byChoice, set: setWay, show: func(l localizer, e edited) string {
		return l.plain("edit_way_" + string(e.product.Deliver))
	}},
	{
		name: "text", of: editsProduct, most: catalog.MaxGoods, within: delivers(catalog.Content),
		texts: func(e edited) *catalog.Text { return &e.product.Text },
	},
	{
		name: "file", of: editsProduct, answered: byFile, within: delivers(catalog.File),
		word: func(e edited) *string { return &e.product.File },
	},
	{
		name: "sep", of: editsProduct, optional: true, within: delivers(catalog.Keys), set: setSeparator,
		show: func(_ localizer, e edited) string { return e.product.Separator },
	},
	{
		name: "howto", of: editsProduct, most: catalog.MaxInstructions, optional: true,
		texts: func(e edited) *catalog.Text { return &e.product.Instructions },
	},
	{name: "limit", of: editsProduct, set: setLimit, show: func(_ localizer, e edited) string { return itoa(e.product.Limit) }},
	{name: "cat", of: editsProduct, answered: byChoice, set: func(e edited, _ catalog.Shop, given string) error {
		e.product.Category = given
		return nil
	}, show: func(_ localizer, e edited) string { return e.product.Category }},
	{name: "support", of: editsShop, optional: true, set: setSupport, show: func(_ localizer, e edited) string { return e.shop.Support }},
	{
		name: "terms", of: editsShop, most: catalog.MaxInstructions, optional: true,
		texts: func(e edited) *catalog.Text { return &e.shop.Terms },
	},
	{
		name: "privacy", of: editsShop, most: catalog.MaxInstructions, optional: true,
		texts: func(e edited) *catalog.Text { return &e.shop.Privacy },
	},
}

// editFieldOf finds a field by its name.
func editFieldOf(kind, name string) (editField, bool) {
	i := slices.IndexFunc(editFields, func(f editField) bool { return f.name == name && strings.Contains(f.of, kind) })
	if i < 0 || kind == "" {
		return editField{}, false
	}
	return editFields[i], true
}

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
		return l.text(*f.texts(e))
	case f.texts != nil:
		t := *f.texts(e)
		if plain := t[""]; plain != "" {
			return plain
		}
		return t[language]
	case f.show != nil:
		return f.show(l, e)
	case *f.word(e) != "":
		return l.plain("edit_there")
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

func setPrice(e edited, of catalog.Shop, given string) error {
	decimals := 2
	if catalog.IsAsset(of.Currency) {
		decimals = 9
	}
	digits := strings.TrimSpace(strings.TrimSuffix(strings.ToUpper(strings.TrimSpace(given)), string(of.Currency)))
	digits = strings.TrimSpace(strings.Trim(digits, "$€₽£₴₸"))
	if strings.Count(digits, ",") == 1 && !strings.Contains(digits, ".") {
		digits = strings.Replace(digits, ",", ".", 1)
	}
	asked, err := money.Parse(digits, of.Currency)
	_, fraction, _ := strings.Cut(digits, ".")
	switch {
	case err != nil || asked.Sign() <= 0:
		return &answerError{"edit_bad_price", []any{"Given", clip(given, 60), "Currency", string(of.Currency)}}
	case len(strings.TrimRight(fraction, "0")) > decimals:
		return &answerError{"edit_bad_decimals", []any{"Given", clip(given, 60), "Currency", string(of.Currency), "Count", decimals}}
	}
	e.product.Price = asked
	return nil
}

func setLimit(e edited, _ catalog.Shop, given string) error {
	n, err := strconv.Atoi(strings.TrimSpace(given))
	if err != nil || n < 1 || n > catalog.MaxLimit {
		return &answerError{"edit_bad_limit", []any{"Given", clip(given, 60), "Most", catalog.MaxLimit}}
	}
	e.product.Limit = n
	return nil
}

// setWay is the choice of a way that needs nothing more; the others are set with their goods.
func setWay(e edited, _ catalog.Shop, given string) error {
	if given != string(catalog.Keys) {
		return errStale
	}
	changeWay(e.product, catalog.Keys)
	return nil
}

// changeWay takes the goods of another way of delivery away, and sets the limit that is usual.
func changeWay(p *catalog.Product, kind catalog.Kind) {
	if p.Deliver == kind {
		return
	}
	p.Deliver, p.Text, p.File, p.Separator, p.Limit = kind, nil, "", "", 1
	if kind.FromStock() {
		p.Limit = catalog.DefaultLimit
	}
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
