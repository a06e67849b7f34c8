package bot

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"unicode"

	"shopbot/internal/catalog"
)

// steps are the questions about something new, in their order. A picture, other languages and the
// rest can be added once it is there.
func (f *editForm) steps() []string {
	if f.Subject.Kind == editsCategory {
		return []string{"title"}
	}
	steps := []string{"cat", "title", "price", "way"}
	if way := f.Answers["way"]; way == "text" || way == "file" {
		steps = append(steps, way) // the field of its goods
	}
	return steps
}

// next is the first field that is not answered; "" if all are.
func (f *editForm) next() string {
	i := slices.IndexFunc(f.steps(), func(step string) bool { return f.Answers[step] == "" })
	if i < 0 {
		return ""
	}
	return f.steps()[i]
}

// draftOf is what the form is about: a copy of what there is, or what was given of something new.
func (f *editForm) draftOf(c *catalog.Catalog) (edited, bool) {
	if !f.New {
		return f.Subject.look(c)
	}
	e := edited{product: &catalog.Product{SKU: f.Subject.Key}}
	if f.Subject.Kind == editsCategory {
		e = edited{category: &catalog.Category{ID: f.Subject.Key}}
	}
	for _, step := range f.steps() {
		if field, known := editFieldOf(f.Subject.Kind, step); known && f.Answers[step] != "" {
			_ = field.put(e, c.Shop, "", f.Answers[step]) // it was taken before
		}
	}
	return e, true
}

// newSubject is the button that begins something new: "kind[:category]".
func (b *Bot) newSubject(ctx context.Context, r *request, args []string) error {
	f := &editForm{New: true, Subject: subject{Kind: args[0]}, Answers: map[string]string{}}
	switch {
	case args[0] == editsCategory:
	case args[0] != editsProduct:
		return errStale
	case len(args) > 1:
		f.Answers["cat"] = args[1]
	case len(r.catalog.Categories) == 1:
		f.Answers["cat"] = r.catalog.Categories[0].ID
	}
	if id := f.Answers["cat"]; id != "" && !hasCategory(r.catalog.Categories, id) {
		return b.showGone(ctx, r)
	}
	f.Field = f.next()
	return b.askFor(ctx, r, f, "")
}

func hasCategory(all []catalog.Category, id string) bool {
	return slices.ContainsFunc(all, func(c catalog.Category) bool { return c.ID == id })
}

// takeNew takes an answer about something new, and asks the next question or saves it.
func (b *Bot) takeNew(ctx context.Context, r *request, f *editForm, field editField, given string) error {
	e, _ := f.draftOf(r.catalog)
	if field.name != "way" || given == string(catalog.Keys) {
		if err := field.put(e, r.catalog.Shop, "", given); err != nil {
			return b.askForAgain(ctx, r, f, err)
		}
	}
	answers := map[string]string{}
	maps.Copy(answers, f.Answers)
	answers[field.name] = given
	f.Answers = answers
	if f.Field = f.next(); f.Field != "" {
		return b.askFor(ctx, r, f, "")
	}
	return b.addNew(ctx, r, f, field)
}

// addNew puts what was given into the catalog. It can be repeated: what is there already, under the
// key that the form chose, is not added again.
func (b *Bot) addNew(ctx context.Context, r *request, f *editForm, last editField) error {
	e, _ := f.draftOf(r.catalog)
	d := r.catalog.Draft()
	f.Subject.Key = freeKey(d, f.Subject.Kind, r.loc.Text(e.title()))
	f.Field = last.name // asked again if this fails
	if err := b.keepEditForm(ctx, r.user.ID, f); err != nil {
		return err
	}
	asked := *f
	f.New, f.Field = false, ""
	return b.changeCatalog(ctx, r, f.Subject, r.catalog.Revision, &asked, func(d *catalog.Draft) error {
		e, _ := asked.draftOf(&catalog.Catalog{Shop: d.Shop})
		if _, taken := asked.Subject.in(d); taken {
			return errEditedTaken
		}
		if e.category != nil {
			d.Categories = append(d.Categories, *e.category)
			return nil
		}
		if !hasCategory(d.Categories, e.product.Category) {
			return errEditedGone
		}
		d.Products = append(d.Products, *e.product)
		return nil
	})
}

var (
	// errEditedGone says that what is edited was removed meanwhile.
	errEditedGone = errors.New("what is edited is gone")
	// errEditedTaken says that the key of something new was taken meanwhile.
	errEditedTaken = errors.New("the key is taken")
)

// maxKey leaves room for a number within the 32 characters of an id.
const maxKey = 24

// freeKey makes the id of a category or the SKU of a product from its title.
func freeKey(d *catalog.Draft, kind, title string) string {
	var b strings.Builder
	for _, c := range strings.ToLower(title) {
		switch latin, known := latinOf[c]; {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			b.WriteRune(c)
		case known:
			b.WriteString(latin)
		case unicode.IsLetter(c), unicode.IsDigit(c): // of another script
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	key := b.String()
	key = strings.Trim(key[:min(len(key), maxKey)], "-")
	if key == "" {
		key = map[string]string{editsCategory: "category", editsProduct: "product"}[kind]
	}
	free := key
	for n := 2; ; n++ {
		if _, taken := (subject{kind, free}).in(d); !taken {
			return free
		}
		free = key + "-" + itoa(n)
	}
}

// latinOf maps: a letter of Cyrillic => as it is written in links.
//
//nolint:gochecknoglobals // a constant table
var latinOf = map[rune]string{
	'а': "a", 'б': "b", 'в': "v", 'г': "g", 'д': "d", 'е': "e", 'ё': "e", 'ж': "zh", 'з': "z", 'и': "i", 'й': "y", 'к': "k",
	'л': "l", 'м': "m", 'н': "n", 'о': "o", 'п': "p", 'р': "r", 'с': "s", 'т': "t", 'у': "u", 'ф': "f", 'х': "h", 'ц': "ts",
	'ч': "ch", 'ш': "sh", 'щ': "sch", 'ъ': "", 'ы': "y", 'ь': "", 'э': "e", 'ю': "yu", 'я': "ya", 'і': "i", 'ї': "yi", 'є': "ye",
}
