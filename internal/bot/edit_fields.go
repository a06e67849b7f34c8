package bot

import (
	"slices"
	"strings"

	"shopbot/internal/catalog"
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
		if c := d.Category(s.Key); c != nil {
			return edited{category: c}, true
		}
	case editsProduct:
		if p := d.Product(s.Key); p != nil {
			return edited{product: p}, true
		}
	}
	return edited{}, false
}

// edit changes what s names in a draft. It returns errEditedGone if that was removed meanwhile.
func (s subject) edit(change func(d *catalog.Draft, e edited) error) func(*catalog.Draft) error {
	return func(d *catalog.Draft) error {
		e, found := s.in(d)
		if !found {
			return errEditedGone
		}
		return change(d, e)
	}
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
	return func(e edited) bool { return e.product.Delivers(kind) }
}

// editFields are the fields in the order of their buttons.
//
//nolint:gochecknoglobals // a constant table
var editFields = []editField{
	{name: "name", of: editsShop, most: catalog.MaxTitle, oneLine: true, texts: func(e edited) *catalog.Text { return &e.shop.Name }},
	{name: "title", of: editsCategory, most: catalog.MaxTitle, oneLine: true, texts: func(e edited) *catalog.Text { return &e.category.Title }},
	{name: "title", of: editsProduct, most: catalog.MaxTitle, oneLine: true, texts: func(e edited) *catalog.Text { return &e.product.Title }},
	{name: "price", of: editsProduct, set: setPrice, show: func(_ localizer, e edited) string { return exact(e.product.Price) }},
	{name: "stars", of: editsProduct, optional: true, set: setStars, show: showStars},
	{name: "pay", of: editsShop + editsProduct, answered: byChoice, set: setPay, show: showPay},
	{name: "sale", of: editsProduct, optional: true, set: setSale, show: showSale},
	{name: "qty", of: editsProduct, optional: true, set: setQuantityPrices, show: showQuantityPrices},
	{
		name: "about", of: editsProduct, most: catalog.MaxDescription, optional: true,
		texts: func(e edited) *catalog.Text { return &e.product.Description },
	},
	{name: "photo", of: editsShop + editsCategory + editsProduct, answered: byPicture, optional: true, word: edited.photo},
	{name: "way", of: editsProduct, answered: byChoice, set: setWay, show: func(l localizer, e edited) string {
		return waysText(l, e.product)
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
	{
		name: "warn", of: editsProduct, within: delivers(catalog.Keys), set: setWarnBelow,
		show: func(_ localizer, e edited) string { return itoa(e.product.WarnBelow) },
	},
	{name: "cat", of: editsProduct, answered: byChoice, set: func(e edited, _ catalog.Shop, given string) error {
		e.product.Category = given
		return nil
	}, show: func(_ localizer, e edited) string { return e.product.Category }},
	{name: "support", of: editsShop, optional: true, set: setSupport, show: func(_ localizer, e edited) string { return e.shop.Support }},
	{name: "rate", of: editsShop, optional: true, set: setRate, show: showRate},
	{name: "zone", of: editsShop, optional: true, set: setZone, show: showZone},
	{name: "morning", of: editsShop, optional: true, set: setMorning, show: func(_ localizer, e edited) string { return e.shop.Morning }},
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
