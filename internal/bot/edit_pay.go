package bot

import (
	"slices"
	"strconv"
	"strings"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
)

// payChoices are the ways of paying that can be chosen, by the names of their texts. A product may
// also have those of the shop.
func payChoices() []string { return []string{"crypto", "stars", "both"} }

// payShop is the choice of a product that is paid as the shop says.
const payShop = "shop"

func payOf(choice string) (ways []catalog.PayWay, known bool) {
	switch choice {
	case "crypto":
		return []catalog.PayWay{catalog.PayCrypto}, true
	case "stars":
		return []catalog.PayWay{catalog.PayStars}, true
	case "both":
		return []catalog.PayWay{catalog.PayCrypto, catalog.PayStars}, true
	}
	return nil, choice == payShop
}

// setPay is the choice of the ways of paying.
func setPay(e edited, _ catalog.Shop, given string) error {
	ways, known := payOf(given)
	switch {
	case !known, e.shop != nil && ways == nil:
		return errStale
	case e.shop != nil:
		e.shop.Pay = ways
	default:
		e.product.Pay = ways
	}
	return nil
}

func showPay(l localizer, e edited) string {
	ways := []catalog.PayWay(nil)
	if e.shop != nil {
		ways = (&catalog.Shop{Pay: e.shop.Pay}).PayWaysOf(&catalog.Product{})
	} else {
		ways = e.product.Pay
	}
	for _, choice := range append(payChoices(), payShop) {
		if of, _ := payOf(choice); len(of) == len(ways) && !slices.ContainsFunc(of, func(w catalog.PayWay) bool { return !slices.Contains(ways, w) }) {
			return l.Plain("edit_pay_" + choice)
		}
	}
	return ""
}

// payButtons are the buttons of the choice.
func payButtons(l localizer, kind string) (rows [][]button) {
	choices := payChoices()
	if kind == editsProduct {
		choices = append([]string{payShop}, choices...)
	}
	for _, choice := range choices {
		rows = append(rows, row(button{Text: l.Plain("edit_pay_" + choice), Data: data(actEdit, "a", "pay", choice)}))
	}
	return rows
}

// setStars reads a price in Stars; "" is the one that is derived.
func setStars(e edited, _ catalog.Shop, given string) error {
	given = strings.TrimSpace(strings.Trim(strings.TrimSpace(given), "⭐"))
	if given == "" {
		e.product.Stars = money.Amount{}
		return nil
	}
	most := catalog.MaxStarsOf(e.product.Subscription)
	n, err := strconv.Atoi(strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "").Replace(given))
	if err != nil || n < 1 || n > most {
		return &answerError{"edit_bad_stars", []any{"Given", clip(given, 60), "Most", itoa(most)}}
	}
	e.product.Stars, _ = money.Parse(itoa(n), catalog.Stars) // a number
	return nil
}

func showStars(_ localizer, e edited) string {
	if e.product.Stars.IsZero() {
		return ""
	}
	return e.product.Stars.Decimal()
}

// setRate reads what one Star is worth; "" if no price is derived by it.
func setRate(e edited, of catalog.Shop, given string) error {
	if given = strings.TrimSpace(given); given == "" {
		e.shop.StarsRate = money.Amount{}
		return nil
	}
	rate, err := money.Parse(decimalPoint(given), of.Currency)
	if err != nil || rate.Sign() <= 0 {
		return &answerError{"edit_bad_rate", []any{"Given", clip(given, 60), "Currency", string(of.Currency)}}
	}
	e.shop.StarsRate = rate
	return nil
}

func showRate(_ localizer, e edited) string {
	if e.shop.StarsRate.IsZero() {
		return ""
	}
	return e.shop.StarsRate.Decimal()
}

// maxPayTitles is how many products the answer to a wrong way of paying names.
const maxPayTitles = 5

// payFault says in people's words what keeps the products of a draft from being paid; nil if
// nothing does.
func payFault(l localizer, d *catalog.Draft) *answerError {
	var without, much, stuck []string
	for i := range d.Products {
		p := &d.Products[i]
		price := d.Shop.StarsFor(p, p.Price)
		switch takes := d.Shop.Takes(p, catalog.PayStars); {
		case p.Subscription && !takes:
			stuck = append(stuck, l.Text(p.Title))
		case takes && price.IsZero():
			without = append(without, l.Text(p.Title))
		case catalog.TooManyStars(price, p.Subscription):
			much = append(much, l.Text(p.Title))
		}
	}
	named := func(titles []string) string {
		said := l.List(titles[:min(len(titles), maxPayTitles)]...)
		if len(titles) > maxPayTitles {
			said += " …"
		}
		return said
	}
	switch {
	case len(without) > 0:
		return &answerError{"edit_bad_pay_price", []any{"Titles", named(without)}}
	case len(much) > 0:
		return &answerError{"edit_bad_pay_much", []any{"Titles", named(much), "Most", itoa(catalog.MaxStars)}}
	case len(stuck) > 0:
		return &answerError{"edit_bad_pay_subscription", []any{"Titles", named(stuck)}}
	}
	return nil
}
