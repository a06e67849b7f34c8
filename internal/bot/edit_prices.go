package bot

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
)

// readPrice reads the price of one piece. Errors: *answerError.
func readPrice(of catalog.Shop, given string) (money.Amount, error) {
	decimals := 2
	if catalog.IsAsset(of.Currency) {
		decimals = 9
	}
	digits := strings.TrimSpace(strings.TrimSuffix(strings.ToUpper(strings.TrimSpace(given)), string(of.Currency)))
	digits = strings.TrimSpace(strings.Trim(digits, "$€₽£₴₸"))
	digits = decimalPoint(digits)
	asked, err := money.Parse(digits, of.Currency)
	_, fraction, _ := strings.Cut(digits, ".")
	switch {
	case err != nil || asked.Sign() <= 0:
		return asked, &answerError{"edit_bad_price", []any{"Given", clip(given, 60), "Currency", string(of.Currency)}}
	case len(fraction) > decimals: // also zeros: "1.000" may be a thousand
		return asked, &answerError{"edit_bad_decimals", []any{"Given", clip(given, 60), "Currency", string(of.Currency), "Count", decimals}}
	}
	return asked, nil
}

// readLowerPrice reads a price that has to be below the product's own.
func readLowerPrice(p *catalog.Product, of catalog.Shop, given string) (money.Amount, error) {
	asked, err := readPrice(of, given)
	if err == nil && atLeast(asked, p.Price) {
		err = &answerError{"edit_bad_lower", []any{"Given", clip(given, 60), "Price", p.Price}}
	}
	return asked, err
}

// atLeast reports whether a, which is of b's currency, is b or more.
func atLeast(a, b money.Amount) bool {
	order, err := a.Compare(b)
	return err == nil && order >= 0
}

func setPrice(e edited, of catalog.Shop, given string) error {
	asked, err := readPrice(of, given)
	if err != nil {
		return err
	}
	p := e.product
	if p.Sale != nil && atLeast(p.Sale.Price, asked) {
		return &answerError{"edit_bad_above", []any{"Given", exact(asked), "Lower", p.Sale.Price}}
	}
	for _, q := range p.QuantityPrices {
		if atLeast(q.Price, asked) {
			return &answerError{"edit_bad_above", []any{"Given", exact(asked), "Lower", q.Price}}
		}
	}
	p.Price = asked
	return nil
}

// exact is an amount as owners write it, to be copied.
func exact(a money.Amount) string { return a.Fixed(2) + " " + string(a.Currency()) }

// noDay stands for a day that is left open.
const noDay = "-"

// setSale reads "8", "8 31.12.2026" or "8 1.12.2026 31.12.2026": the price, the last day, or the
// first and the last one.
func setSale(e edited, of catalog.Shop, given string) error {
	words := strings.Fields(given)
	if len(words) == 0 {
		e.product.Sale = nil
		return nil
	}
	asked, err := readLowerPrice(e.product, of, words[0])
	if err != nil {
		return err
	}
	sale, days := &catalog.Sale{Price: asked}, words[1:]
	if len(days) == 1 {
		days = []string{noDay, days[0]}
	}
	if len(days) > 2 {
		return &answerError{"edit_bad_sale", []any{"Given", clip(given, 60)}}
	}
	for i, day := range days {
		written, ok := dayOf(day)
		switch {
		case day == noDay:
		case !ok:
			return &answerError{"edit_bad_sale", []any{"Given", clip(given, 60)}}
		case i == 0:
			sale.From = written
		default:
			sale.Until = written
		}
	}
	if sale.From != "" && sale.Until != "" && sale.Until < sale.From {
		return &answerError{"edit_bad_sale", []any{"Given", clip(given, 60)}}
	}
	e.product.Sale = sale
	return nil
}

// dayOf reads "31.12.2026" or "2026-12-31".
func dayOf(written string) (catalog.Date, bool) {
	if t, err := time.Parse("2.1.2006", written); err == nil {
		written = t.Format(time.DateOnly)
	}
	return catalog.ParseDate(written)
}

// showSale writes a sale as setSale reads it.
func showSale(_ localizer, e edited) string {
	s := e.product.Sale
	if s == nil {
		return ""
	}
	written := []string{s.Price.Fixed(2)}
	if s.From != "" || s.Until != "" {
		written = append(written, string(cmp.Or(s.From, noDay)), string(cmp.Or(s.Until, noDay)))
	}
	return strings.Join(written, " ")
}

// setQuantityPrices reads "3 9.00", a line for each number of pieces from which a price holds.
func setQuantityPrices(e edited, of catalog.Shop, given string) error {
	var all []catalog.QuantityPrice
	for line := range strings.FieldsFuncSeq(given, func(c rune) bool { return c == '\n' || c == ';' }) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		from, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		n, err := strconv.Atoi(strings.TrimRight(from, ":="))
		switch {
		case err != nil || rest == "" || slices.ContainsFunc(all, func(q catalog.QuantityPrice) bool { return q.From == n }):
			return &answerError{"edit_bad_quantity", []any{"Given", clip(line, 60)}}
		case n < 2 || n > e.product.Limit:
			return &answerError{"edit_bad_from", []any{"Given", clip(line, 60), "Most", e.product.Limit}}
		}
		asked, err := readLowerPrice(e.product, of, rest)
		if err != nil {
			return err
		}
		all = append(all, catalog.QuantityPrice{From: n, Price: asked})
	}
	slices.SortFunc(all, func(a, b catalog.QuantityPrice) int { return a.From - b.From })
	e.product.QuantityPrices = all
	return nil
}

// showQuantityPrices writes them as setQuantityPrices reads them.
func showQuantityPrices(_ localizer, e edited) string {
	var written []string
	for _, q := range e.product.QuantityPrices {
		written = append(written, itoa(q.From)+" "+q.Price.Fixed(2))
	}
	return strings.Join(written, "\n")
}

func setLimit(e edited, _ catalog.Shop, given string) error {
	n, err := strconv.Atoi(strings.TrimSpace(given))
	if most := e.product.MostLimit(); err != nil || n < 1 || n > most {
		return &answerError{"edit_bad_limit", []any{"Given", clip(given, 60), "Most", most}}
	}
	if all := e.product.QuantityPrices; len(all) > 0 && all[len(all)-1].From > n {
		return &answerError{"edit_bad_limit_below", []any{"Given", n, "From", all[len(all)-1].From}}
	}
	e.product.Limit = n
	return nil
}

// setWarnBelow reads how few units have the staff warned.
func setWarnBelow(e edited, _ catalog.Shop, given string) error {
	n, err := strconv.Atoi(strings.TrimSpace(given))
	if err != nil || n < 0 || n > catalog.MaxWarnBelow {
		return &answerError{"edit_bad_warn", []any{"Given", clip(given, 60)}}
	}
	e.product.WarnBelow = n
	return nil
}

// setMorning reads a time of day or "off"; "" is the usual time.
func setMorning(e edited, _ catalog.Shop, given string) error {
	given = strings.ToLower(strings.TrimSpace(given))
	if at, err := time.Parse("15:04", given); err == nil {
		given = at.Format("15:04")
	} else if given != "" && given != catalog.MorningOff {
		return &answerError{"edit_bad_morning", []any{"Given", clip(given, 60)}}
	}
	e.shop.Morning = given
	return nil
}

// setZone reads a name of the IANA database; "" is UTC.
func setZone(e edited, _ catalog.Shop, given string) error {
	given = strings.TrimSpace(given)
	if given == "" {
		e.shop.Timezone = nil
		return nil
	}
	zone, err := time.LoadLocation(given)
	if err != nil || given == "Local" { // which is wherever the program runs
		return &answerError{"edit_bad_zone", []any{"Given", clip(given, 60)}}
	}
	e.shop.Timezone = zone
	return nil
}

func showZone(_ localizer, e edited) string {
	if e.shop.Timezone == nil {
		return ""
	}
	return e.shop.Timezone.String()
}
