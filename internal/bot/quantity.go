package bot

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"shopbot/internal/shop"
)

// formQuantity waits for how many of a product the buyer wants. "at" is cartPlace for the cart, with
// its page; else it is about the product's card.
const (
	formQuantity = "quantity"
	quantityTime = 10 * time.Minute
)

// quantityButton asks for a number, in place of many presses of + and −.
func (b *Bot) quantityButton(ctx context.Context, r *request) error {
	sku, rest, _ := strings.Cut(r.args, ":")
	at, page, _ := strings.Cut(rest, ":")
	p, found := r.catalog.Offered(sku)
	if !found {
		return b.showProduct(ctx, r, sku, 1)
	}
	given := map[string]string{"sku": p.SKU, "at": at, "page": page}
	if err := b.setForm(ctx, r.user.ID, formQuantity, quantityTime, given); err != nil {
		return err
	}
	return b.say(ctx, r, "quantity_ask", "Title", p.Title)
}

// quantityEntered takes the number. After something else the form goes on.
func (b *Bot) quantityEntered(ctx context.Context, r *request, f shop.Form) (bool, error) {
	sku, page := f.Given["sku"], f.Given["page"]
	n, ok := readQuantity(r.loc, r.message.Text)
	inCart := f.Given["at"] == cartPlace
	if !ok || n == 0 && !inCart {
		return true, b.say(ctx, r, "quantity_bad")
	}
	if !inCart {
		if err := b.chat.memory.LeaveForm(ctx, r.user.ID); err != nil {
			return true, err
		}
		return true, b.showQuantity(ctx, r, sku, n)
	}
	_, err := b.shop.SetInCart(ctx, r.user.ID, sku, n)
	said := r.cartRefusal(err)
	if err != nil && said == "" {
		return true, err
	}
	if err := b.chat.memory.LeaveForm(ctx, r.user.ID); err != nil {
		return true, err
	}
	number, _ := quantity(page)
	return true, b.showCart(ctx, r, number, said)
}

// showQuantity shows a product's card with n pieces, or says why there cannot be so many.
func (b *Bot) showQuantity(ctx context.Context, r *request, sku string, n int) error {
	p, found := r.catalog.Offered(sku)
	if !found {
		return b.showProduct(ctx, r, sku, n)
	}
	o, err := b.offer(ctx, r, p)
	if err != nil {
		return err
	}
	o.Quantity = n
	switch most := o.most(); {
	case most == 0 || n <= most: // the card says so
	case most < p.Limit:
		o.Note = r.loc.Say("quantity_left", "Count", most)
	default:
		o.Note = r.loc.Say("quantity_most", "Count", most)
	}
	return b.showOffer(ctx, r, o)
}

// leaveAsking ends the question for a number, or those of a product: the buyer went on to something
// else.
func (b *Bot) leaveAsking(ctx context.Context, r *request) error {
	f, in, err := b.chat.memory.Form(ctx, r.user.ID)
	switch {
	case err != nil || !in:
		return err
	case f.Name == formQuantity:
		return b.chat.memory.LeaveForm(ctx, r.user.ID)
	case f.Name == formAnswers:
		return b.leaveAnswers(ctx, r, f, "")
	}
	return nil
}

// maxQuantityText is the longest text that can be a number with its unit.
const maxQuantityText = 64

// readQuantity reads a whole number from 0 up as people write it: "3", "12x", "× 2", "3 pcs" or "two",
// with the words of the reader's language; false for anything else.
func readQuantity(l localizer, s string) (n int, ok bool) {
	if len(s) > maxQuantityText {
		return 0, false
	}
	words := strings.Split(foldNumber(l.Plain("number_words")), "|")
	units := strings.Split(foldNumber(l.Plain("number_units")), "|")
	read := false
	for _, word := range quantityWords(foldNumber(s)) {
		given, is := 0, false
		if digits := strings.Trim(word, "0123456789") == ""; digits && len(word) <= 9 {
			given, _ = strconv.Atoi(word)
			is = true
		} else if i := slices.IndexFunc(words, func(w string) bool { return slices.Contains(strings.Split(w, "/"), word) }); i >= 0 {
			given, is = i, true
		}
		switch {
		case is && !read:
			n, read = given, true
		case is || !slices.Contains(units, word):
			return 0, false
		}
	}
	return n, read
}

func foldNumber(s string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimSpace(s)), "ё", "е")
}

// quantityWords cuts a text into runs of digits, runs of letters, and single signs. Spaces, and the
// point at the end of a word, are left out.
func quantityWords(s string) (words []string) {
	const none, digit, letter, sign = 0, 1, 2, 3
	kind := func(r rune) int {
		switch {
		case r >= '0' && r <= '9':
			return digit
		case unicode.IsLetter(r), r == '\'', r == '’':
			return letter
		case unicode.IsSpace(r):
			return none
		}
		return sign
	}
	for field := range strings.FieldsSeq(s) {
		last := none
		for _, r := range strings.TrimRight(field, ".!") {
			k := kind(r)
			if k != last || k == sign {
				words = append(words, "")
			}
			words[len(words)-1] += string(r)
			last = k
		}
	}
	return words
}
