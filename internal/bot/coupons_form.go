package bot

import (
	"context"
	"errors"
	"maps"
	"strconv"
	"strings"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
	"shopbot/internal/shop"
)

// formNewCoupon is the form for a new coupon: four questions, then a summary, where more can be set.
const (
	formNewCoupon = "new coupon"
	newCouponTime = 24 * time.Hour
)

// The fields of the form. Each answer is kept as the text that its read gives.
const (
	fieldCode    = "code"
	fieldWorth   = "worth"
	fieldUntil   = "until"
	fieldLimit   = "limit"
	fieldCodes   = "codes"
	fieldFrom    = "from"
	fieldMinimum = "minimum"
	fieldItems   = "items"

	fieldBatch    = "batch"     // "yes" for a batch of one-use codes
	fieldPerBuyer = "per_buyer" // "1" for one order of each buyer
	fieldAsk      = "ask"       // the field that is asked again, or that may be left out
	fieldSeen     = "seen"      // the id of the latest message that was taken
)

// Buttons of the summary: they ask for a field, or change how often each buyer may use the coupon.
const (
	verbAsk   = "ask"
	verbBuyer = "buyer"
)

// none is an answer that says no: no end, no minimum.
const none = "-"

// couponForm maps: field => answer.
type couponForm map[string]string

// couponQuestion asks for a field. Its text is "coupon_q_"+field.
type couponQuestion struct {
	// read understands an answer; false if it does not.
	read func(r *request, written string) (string, bool)
	// choices are answers by button.
	choices []string
}

func couponQuestions() map[string]couponQuestion {
	return map[string]couponQuestion{
		fieldCode:    {readCouponCode, []string{"random", fieldBatch}},
		fieldWorth:   {readWorth, []string{"5%", "10%", "20%", "50%"}},
		fieldUntil:   {readDay, []string{none, "7d", "30d"}},
		fieldLimit:   {readLimit, []string{none, "1", "10", "100"}},
		fieldCodes:   {readUpTo(shop.MaxCodes), []string{"10", "50", "100", "500"}},
		fieldFrom:    {readDay, []string{none}},
		fieldMinimum: {readMinimum, []string{none}},
		fieldItems:   {readItems, []string{none}},
	}
}

func readCouponForm(form shop.Form) couponForm {
	f := couponForm{}
	maps.Copy(f, form.Given)
	return f
}

// next is the field to ask for; "" once all that is needed is there.
func (f couponForm) next() string {
	if f[fieldAsk] != "" {
		return f[fieldAsk]
	}
	needed := []string{fieldCode, fieldWorth, fieldUntil, fieldLimit}
	if f[fieldBatch] != "" {
		needed[3] = fieldCodes
	}
	for _, field := range needed {
		if f[field] == "" {
			return field
		}
	}
	return ""
}

// coupon is what the answers describe.
func (f couponForm) coupon() shop.Coupon {
	value := func(field string) string { return strings.TrimPrefix(f[field], none) }
	number := func(field string) int { n, _ := strconv.Atoi(value(field)); return n } // as read gave it
	c := shop.Coupon{
		Code: f[fieldCode], From: catalog.Date(value(fieldFrom)), Until: catalog.Date(value(fieldUntil)),
		Limit: number(fieldLimit), PerBuyer: number(fieldPerBuyer),
	}
	c.Minimum, _ = money.ReadAmount(value(fieldMinimum)) // as read gave it
	if percent, is := strings.CutSuffix(f[fieldWorth], "%"); is {
		c.Percent, _ = strconv.Atoi(percent)
	} else {
		c.Amount, _ = money.ReadAmount(f[fieldWorth])
	}
	if f[fieldBatch] != "" {
		c.Codes, c.Limit = number(fieldCodes), 0
	}
	for item := range strings.FieldsSeq(value(fieldItems)) {
		if id, is := strings.CutPrefix(item, "@"); is {
			c.Categories = append(c.Categories, id)
		} else {
			c.SKUs = append(c.SKUs, item)
		}
	}
	return c
}

func readCouponCode(_ *request, written string) (string, bool) {
	code, err := shop.ParseCouponCode(written)
	return code, err == nil
}

// readWorth reads "10%" or an amount in the shop's currency.
func readWorth(r *request, written string) (string, bool) {
	if percent, is := strings.CutSuffix(written, "%"); is {
		n, ok := quantity(strings.TrimSpace(percent))
		return itoa(n) + "%", ok && n < 100
	}
	return readMoney(r, written)
}

func readMinimum(r *request, written string) (string, bool) {
	if written == none {
		return none, true
	}
	return readMoney(r, written)
}

// readMoney reads an amount in the shop's currency, with or without its code.
func readMoney(r *request, written string) (string, bool) {
	currency := r.catalog.Shop.Currency
	number := strings.TrimSpace(strings.TrimSuffix(strings.ToUpper(written), string(currency)))
	a, err := readAmount(number, currency)
	_, fraction, _ := strings.Cut(decimalPoint(number), ".")
	return a.String(), err == nil && len(fraction) <= int(catalog.Decimals(currency))
}

// readDay reads "2026-12-31", "31.12.2026", "7d" for the seventh day from today, or none.
func readDay(r *request, written string) (string, bool) {
	if written == none {
		return none, true
	}
	if days, is := strings.CutSuffix(written, "d"); is {
		n, ok := quantity(days)
		return string(r.catalog.Shop.DateOf(time.Now().AddDate(0, 0, n))), ok && n < 10000
	}
	day, ok := dayOf(written)
	return string(day), ok
}

// readLimit reads how many orders may use the coupon, or none.
func readLimit(r *request, written string) (string, bool) {
	if written == none {
		return none, true
	}
	return readUpTo(1_000_000)(r, written)
}

func readUpTo(most int) func(*request, string) (string, bool) {
	return func(_ *request, written string) (string, bool) {
		n, ok := quantity(written)
		return itoa(n), ok && n <= most
	}
}

// readItems reads SKUs and ids of categories, which become "@id".
func readItems(r *request, written string) (string, bool) {
	if written == none {
		return none, true
	}
	var items []string
	for _, word := range strings.FieldsFunc(written, func(c rune) bool { return c == ' ' || c == ',' || c == '\n' }) {
		p, found := r.catalog.Product(word)
		id := strings.ToLower(strings.TrimPrefix(word, "@"))
		switch {
		case found:
			items = append(items, p.SKU)
		case hasCategory(r.catalog.Categories, id):
			items = append(items, "@"+id)
		default:
			return "", false
		}
	}
	return strings.Join(items, " "), len(items) > 0
}

// keepCouponForm stores the answers and shows what comes next, below a note.
func (b *Bot) keepCouponForm(ctx context.Context, r *request, f couponForm, note markup) error {
	if err := b.setForm(ctx, r.user.ID, formNewCoupon, newCouponTime, f); err != nil {
		return err
	}
	return b.show(ctx, r, couponFormScreen(r.loc, r.catalog, f, note))
}

// couponAnswered takes an answer by message. A message that comes again after a crash counts once.
func (b *Bot) couponAnswered(ctx context.Context, r *request, form shop.Form) (bool, error) {
	f := readCouponForm(form)
	if seen, _ := strconv.Atoi(f[fieldSeen]); r.message.ID <= seen {
		return true, b.keepCouponForm(ctx, r, f, "")
	}
	field := f.next()
	if field == "" {
		return true, b.keepCouponForm(ctx, r, f, r.loc.Say("coupon_not_understood"))
	}
	f[fieldSeen] = itoa(r.message.ID)
	return true, b.setCouponField(ctx, r, f, field, r.message.Text)
}

// couponFormButton is a button of the form: "set:field:answer", "ask:field", "buyer", "make" or
// "drop". Other words are of an older program.
func (b *Bot) couponFormButton(ctx context.Context, r *request, verb, argument string) error {
	form, in, err := b.chat.memory.Form(ctx, r.user.ID)
	if err != nil {
		return err
	}
	if !in || form.Name != formNewCoupon {
		r.toast = r.loc.Plain("stale_button")
		return b.couponList(ctx, r, "")
	}
	f := readCouponForm(form)
	field, answer, _ := strings.Cut(argument, ":")
	switch {
	case verb == "set" && answer == fieldBatch:
		f[fieldBatch] = "yes"
		return b.keepCouponForm(ctx, r, f, "")
	case verb == "set" && answer == "random":
		if answer, err = b.shop.RandomCouponCode(); err != nil {
			return err
		}
		return b.setCouponField(ctx, r, f, field, answer)
	case verb == "set":
		return b.setCouponField(ctx, r, f, field, answer)
	case verb == verbAsk:
		f[fieldAsk] = field
		return b.keepCouponForm(ctx, r, f, "")
	case verb == verbBuyer:
		if f[fieldPerBuyer] == "" {
			f[fieldPerBuyer] = "1"
		} else {
			delete(f, fieldPerBuyer)
		}
		return b.keepCouponForm(ctx, r, f, "")
	case verb == "make" && f.next() == "":
		return b.makeCoupon(ctx, r, f)
	case verb == "drop":
		if err := b.chat.memory.LeaveForm(ctx, r.user.ID); err != nil {
			return err
		}
		r.toast = r.loc.Plain("form_left")
		return b.couponList(ctx, r, "")
	}
	return errStale
}

// setCouponField keeps an answer, or says that it was not understood and asks again.
func (b *Bot) setCouponField(ctx context.Context, r *request, f couponForm, field, written string) error {
	q, known := couponQuestions()[field]
	if !known {
		return errStale
	}
	value, ok := q.read(r, strings.TrimSpace(written))
	if !ok {
		return b.keepCouponForm(ctx, r, f, r.loc.Say("coupon_not_understood"))
	}
	if field == fieldCode {
		_, err := b.shop.Coupon(ctx, value)
		switch {
		case err == nil:
			return b.keepCouponForm(ctx, r, f, r.loc.Say("coupon_exists", "Code", value))
		case !errors.Is(err, shop.ErrNoCoupon):
			return err
		case f[fieldBatch] != "" && len(value) > shop.MaxBatchCode:
			return b.keepCouponForm(ctx, r, f, r.loc.Say("coupon_batch_long", "Most", shop.MaxBatchCode))
		}
	}
	f[field] = value
	delete(f, fieldAsk)
	if id := daysFault(f.coupon(), r.catalog.Shop.DateOf(time.Now())); id != "" {
		delete(f, field)
		f[fieldAsk] = field
		return b.keepCouponForm(ctx, r, f, r.loc.Say(id))
	}
	return b.keepCouponForm(ctx, r, f, "")
}

// daysFault is the text that says what is wrong with the days of a new coupon; "" if nothing is.
func daysFault(c shop.Coupon, today catalog.Date) string {
	switch {
	case c.Until == "":
	case c.Until < c.From:
		return "coupon_days_crossed"
	case c.Until < today:
		return "coupon_day_over"
	}
	return ""
}
