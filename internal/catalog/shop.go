package catalog

import (
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // the machine may have none

	"shopbot/internal/money"
)

var (
	languageCode = regexp.MustCompile(`^[a-z]{2,3}(-[a-z0-9]{2,8})?$`)
	userName     = regexp.MustCompile(`^@[A-Za-z][A-Za-z0-9_]{3,31}$`)
)

// IsSupport reports whether s can be a shop's contact: a user name with its @, or an address.
func IsSupport(s string) bool {
	link := strings.HasPrefix(s, "https://") && len(s) <= 200 && !strings.ContainsAny(s, " <>\"")
	return link || userName.MatchString(s)
}

func (r *reader) shop(catalog record) Shop {
	r.languages = []string{"en"} // lets texts be checked whatever is wrong here
	n := r.required(catalog, "a catalog", "shop", "add shop: with name and currency")
	rec, ok := r.record(n, "shop")
	if !ok {
		return Shop{}
	}
	r.readLanguages(rec)
	name := r.required(rec, "a shop", "name", "add name: and what buyers know it by")
	shop := Shop{
		Name:      r.text(name, "name", length{most: MaxTitle, oneLine: true}),
		Currency:  r.priced(r.required(rec, "a shop", "currency", "add currency: and a code such as USD or USDT")),
		Languages: r.languages,
		Support:   r.support(rec.get("support")),
		Photo:     r.photo(rec.get("photo")),
		Terms:     r.text(rec.get("terms"), "terms", length{most: MaxInstructions}),
		Privacy:   r.text(rec.get("privacy"), "privacy", length{most: MaxInstructions}),
		Timezone:  r.timezone(rec.get("timezone")),
		Morning:   r.morning(rec.get("morning")),

		ChooseCoin: r.yes(rec.get("choose_coin"), "choose_coin"),
	}
	shop.Pay = r.payWays(rec.get("pay"))
	shop.StarsRate = r.starsRate(rec.get("stars_rate"), shop.Currency)
	shop.Assets = r.assets(rec.get("assets"), shop.Currency)
	return shop
}

func (r *reader) readLanguages(rec record) {
	var codes []string
	for _, item := range r.list(rec.get("languages"), "languages") {
		code := strings.ToLower(r.word(item, "language"))
		switch {
		case code == "":
		case !languageCode.MatchString(code):
			r.add(item.at, "write a code such as en or pt-br", "language %s", quote(code))
		case slices.Contains(codes, code):
			r.add(item.at, "keep it once", "language %s is here twice", quote(code))
		default:
			codes = append(codes, code)
		}
	}
	if len(codes) > 0 {
		r.languages = codes
	}
}

// priced reads the currency of prices.
func (r *reader) priced(n *node) money.Currency {
	code := r.currency(n)
	if code == Stars {
		r.add(n.at, "write a currency such as USD, and beside it pay: [stars] and what one Star is worth: stars_rate: \"0.013\"",
			"a price in Stars does not say what it is worth")
		return ""
	}
	return code
}

func (r *reader) currency(n *node) money.Currency {
	code := money.Currency(r.word(n, "currency"))
	if code == "" || code.Valid() {
		return code
	}
	remedy := "write a code such as USD or USDT"
	if upper := money.Currency(strings.ToUpper(string(code))); upper.Valid() {
		remedy = "write " + string(upper)
	}
	r.add(n.at, remedy, "currency %s", quote(string(code)))
	return ""
}

// assets reads the accepted assets. A price in an asset is paid in that asset only: the payment
// service knows no other way.
func (r *reader) assets(n *node, priced money.Currency) []money.Currency {
	var all []money.Currency
	for _, item := range r.list(n, "assets") {
		code := r.currency(item)
		switch {
		case code == "":
		case code == Stars:
			r.add(item.at, "take it out, and write pay: [crypto, stars]", "%s is not an asset of Crypto Pay", code)
		case slices.Contains(all, code):
			r.add(item.at, "keep it once", "asset %s is here twice", code)
		case IsAsset(priced) && code != priced:
			r.add(item.at, "price the shop in a fiat currency, or leave assets out", "a shop priced in %s is paid in %s, not in %s", priced, priced, code)
		case isFiat(code):
			r.add(item.at, "list assets such as USDT or TON", "%s is not an asset that can be paid with", code)
		default:
			all = append(all, code)
		}
	}
	if IsAsset(priced) {
		return []money.Currency{priced}
	}
	return all
}

func (r *reader) support(n *node) string {
	s := r.word(n, "support")
	if s == "" || IsSupport(s) {
		return s
	}
	r.add(n.at, `write a user name such as "@pixel_help", or an address that begins with https://`, "support %s", quote(s))
	return ""
}

// timezone reads a name of the IANA database, which is part of the program.
func (r *reader) timezone(n *node) *time.Location {
	name := r.word(n, "timezone")
	if name == "" {
		return nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" { // which is wherever the program runs
		r.add(n.at, "write a name such as Europe/Berlin or Asia/Tashkent, or UTC", "timezone %s", quote(name))
		return nil
	}
	return zone
}

// morning reads a time of day, or MorningOff, which YAML may have read as false.
func (r *reader) morning(n *node) string {
	s := r.word(n, "morning")
	if s == "" || s == MorningOff {
		return s
	}
	if at, err := time.Parse("15:04", s); err == nil && at.Format("15:04") == s {
		return s
	}
	r.add(n.at, `write a time such as "09:00", or off`, "morning %s", quote(s))
	return ""
}

// IsAsset reports whether c is an asset, such as USDT, and not a fiat currency. Fiat codes have
// three letters (ISO 4217), so a code of another length is an asset; one of three letters is a fiat
// currency unless it is a known asset.
//
// The three-letter assets are those that Crypto Pay is known to have offered.
func IsAsset(c money.Currency) bool {
	switch c {
	case "":
		return false
	case "TON", "BTC", "ETH", "LTC", "BNB", "TRX", "SOL", "NOT", "WIF", "JET":
		return true
	}
	return len(c) != 3
}

// isFiat reports whether c is a known fiat currency.
func isFiat(c money.Currency) bool {
	switch c {
	case "USD", "EUR", "RUB", "BYN", "UAH", "GBP", "CNY", "KZT", "UZS", "GEL", "TRY", "AMD", "THB", "INR",
		"BRL", "IDR", "AZN", "AED", "PLN", "ILS", "KGS", "TJS", "LKR", "MDL":
		return true
	}
	return false
}

// Decimals is the precision of a price in c: cents, nine decimals for an asset, none for Stars.
func Decimals(c money.Currency) int32 {
	if c == Stars {
		return 0
	}
	if IsAsset(c) {
		return 9
	}
	return 2
}
