package localize

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
)

// form is how a language writes numbers.
type form struct {
	point, group string
	least        int    // digits before the first group separator
	space        string // between an amount and its currency
}

// formOf reads a language's separators from CLDR. golang.org/x/text formats no decimals, only
// integers and floats, so a sample shows the separators, and written puts them into exact decimals.
// The digits are the Latin ones in all languages.
func formOf(tag language.Tag) form {
	base, _ := tag.Base()
	latin, err := tag.SetTypeForKey("nu", "latn")
	if err != nil {
		latin = tag
	}
	separators := strings.FieldsFunc(message.NewPrinter(latin).Sprint(number.Decimal(1234567.5)), unicode.IsDigit)
	f := form{point: ".", group: ",", least: 1, space: noBreak}
	if len(separators) > 1 {
		f.group, f.point = separators[0], separators[len(separators)-1]
	}
	if slices.Contains([]string{"es", "pl"}, base.String()) {
		f.least = 2 // CLDR's minimumGroupingDigits, which x/text does not know
	}
	if base.String() == "en" {
		f.space = " "
	}
	return f
}

const noBreak = "\u00a0"

// written puts the separators into a decimal such as "1500.00".
func (f form) written(decimal string) string {
	whole, fraction, found := strings.Cut(decimal, ".")
	var b strings.Builder
	digits := strings.TrimPrefix(whole, "-")
	b.WriteString(whole[:len(whole)-len(digits)])
	for i, d := range digits {
		if left := len(digits) - i; i > 0 && left%3 == 0 && len(digits) >= 3+f.least {
			b.WriteString(f.group)
		}
		b.WriteRune(d)
	}
	if found {
		b.WriteString(f.point + fraction)
	}
	return b.String()
}

// Price writes an amount for people, with two decimals at least: "1,500.00 USD" in English,
// "1.500,00 USD" in German. Stars are whole: "1,500 ⭐". An amount to be copied, or read by a program,
// is written by [money.Amount.String].
func (l Localizer) Price(a money.Amount) string {
	if a.Currency() == catalog.Stars {
		return l.form.written(a.Decimal()) + l.form.space + "⭐"
	}
	return l.form.written(a.Fixed(2)) + l.form.space + string(a.Currency())
}

// Short is an amount as people say it: cents for money and for coins that are worth a dollar, four
// digits that count for other coins.
func (l Localizer) Short(a money.Amount) string {
	if a.Currency() == catalog.Stars {
		return l.Price(a)
	}
	decimals := int32(2)
	if catalog.IsAsset(a.Currency()) && !slices.Contains([]money.Currency{"USDT", "USDC"}, a.Currency()) {
		decimals = a.DecimalsFor(4)
	}
	return l.form.written(a.Rounded(decimals).Fixed(min(decimals, 2))) + l.form.space + string(a.Currency())
}

// ShortAmounts lists amounts as Short writes them; "0" if there are none.
func (l Localizer) ShortAmounts(amounts []money.Amount) string {
	return joined(amounts, l.Short, " · ")
}

// Prices lists amounts as Price writes them; "0" if there are none.
func (l Localizer) Prices(amounts []money.Amount) string { return joined(amounts, l.Price, " + ") }

// Choice writes prices of which one is paid, such as "10.50 USD or 808 ⭐".
func (l Localizer) Choice(prices []money.Amount) string {
	switch len(prices) {
	case 0:
		return ""
	case 1:
		return l.Price(prices[0])
	}
	return l.Plain("price_or", "Price", prices[0], "Stars", prices[1])
}

// Means says how the shop is paid, such as "in crypto".
func (l Localizer) Means(c *catalog.Catalog) string { return l.Plain("means_" + MeansOf(c)) }

// MeansOf is how the shop is paid, for the name of a text: "crypto", "stars" or "both".
func MeansOf(c *catalog.Catalog) string {
	switch stars := c.Takes(catalog.PayStars); {
	case stars && c.Takes(catalog.PayCrypto):
		return "both"
	case stars:
		return "stars"
	}
	return "crypto"
}

func joined(amounts []money.Amount, write func(money.Amount) string, between string) string {
	if len(amounts) == 0 {
		return "0"
	}
	written := make([]string, 0, len(amounts))
	for _, a := range amounts {
		written = append(written, write(a))
	}
	return strings.Join(written, between)
}

// List puts the language's separator between words.
func (l Localizer) List(words ...string) string {
	return strings.Join(words, l.Plain("list_separator"))
}

// Date writes a day of the catalog or of a coupon: "27 Nov 2026" in English, "27.11.2026" in German.
func (l Localizer) Date(d catalog.Date) string {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return string(d)
	}
	return l.date("date", t)
}

// Day writes a day without its year: "27 Nov" in English, "27.11." in German. It is the day that t
// shows in its own zone.
func (l Localizer) Day(t time.Time) string { return l.date("date_day", t) }

// DayTime writes a day without its year, and a time, in the shop's zone. It is for buttons and
// pictures; in messages, Moment shows the reader's own time.
func (l Localizer) DayTime(t time.Time) string {
	t = l.Local(t)
	return l.Plain("date_time", "Date", l.Day(t), "Time", t.Format("15:04"))
}

// date fills in the text of a form of dates. Months are words or numbers, as the language says in
// "date_months".
func (l Localizer) date(id string, t time.Time) string {
	month := strconv.Itoa(int(t.Month()))
	if names := strings.Fields(l.Plain("date_months")); len(names) == 12 {
		month = names[t.Month()-1]
	}
	return l.Plain(id, "Day", t.Day(), "Month", month, "Year", strconv.Itoa(t.Year()))
}

// Telegram's apps write the time of a date_time entity in their reader's own zone and language
// (core.telegram.org/bots/api#formatting-options). The text within is for apps that do not know it,
// and for places without markup: in the shop's zone, which it names.

// Clock writes a time of day.
func (l Localizer) Clock(t time.Time) Markup {
	return entity(t, "t", l.Local(t).Format("15:04 MST"))
}

// Moment writes a date and a time.
func (l Localizer) Moment(t time.Time) Markup {
	at := l.Local(t)
	return entity(t, "dt", l.Plain("date_time", "Date", l.date("date", at), "Time", at.Format("15:04 MST")))
}
