package cryptopay

import "shopbot/internal/money"

// asset is a coin that Crypto Pay deals in. Price and play money are made up.
type asset struct {
	code      money.Currency
	name, url string
	decimals  int
	kind      assetKind
	usdPrice  string // of one unit
	playMoney string // what an app and a user start with: enough for an afternoon of shopping
}

type assetKind int

const (
	otherAsset assetKind = iota
	blockchain
	stablecoin
)

// knownAssets lists the assets of the test network in the API's order. The main network has all but
// JET.
func knownAssets() []asset {
	return []asset{
		{"USDT", "Tether", "https://tether.to/", 18, stablecoin, "1.0002", "1000"},
		{"TON", "Toncoin", "https://ton.org/", 9, blockchain, "2.51863", "500"},
		{"BTC", "Bitcoin", "https://bitcoin.org/", 8, blockchain, "91873.42", "0.05"},
		{"ETH", "Ethereum", "https://ethereum.org/", 18, blockchain, "3142.715", "1"},
		{"LTC", "Litecoin", "https://litecoin.org/", 8, blockchain, "84.3071", "10"},
		{"BNB", "BNB", "https://www.bnbchain.org/", 18, blockchain, "872.166", "2"},
		{"TRX", "TRON", "https://tron.network/", 6, blockchain, "0.32541579", "5000"},
		{"USDC", "USD Coin", "https://www.circle.com/usdc", 18, stablecoin, "1.0001", "1000"},
		{"JET", "Jet", "", 9, otherAsset, "0.00814", "10000"},
	}
}

// fiat is a currency that invoices may be priced in. Its rate is made up.
type fiat struct {
	code   money.Currency
	name   string
	perUSD string // what one USD is worth in it
}

func knownFiats() []fiat {
	return []fiat{
		{"USD", "United States dollar", "1"},
		{"EUR", "Euro", "0.8642"},
		{"RUB", "Russian ruble", "81.264"},
		{"BYN", "Belarusian ruble", "3.2715"},
		{"UAH", "Ukrainian hryvnia", "42.1185"},
		{"GBP", "Pound sterling", "0.7581"},
		{"CNY", "Chinese yuan", "7.1142"},
		{"KZT", "Kazakhstani tenge", "521.37"},
		{"UZS", "Uzbekistani sum", "12043.5"},
		{"GEL", "Georgian lari", "2.7046"},
		{"TRY", "Turkish lira", "42.3815"},
		{"AMD", "Armenian dram", "382.61"},
		{"THB", "Thai baht", "32.417"},
		{"INR", "Indian rupee", "88.702"},
		{"BRL", "Brazilian real", "5.3328"},
		{"IDR", "Indonesian rupiah", "16702"},
		{"AZN", "Azerbaijani manat", "1.7"},
		{"AED", "UAE dirham", "3.6725"},
		{"PLN", "Polish zloty", "3.6614"},
		{"ILS", "Israeli new shekel", "3.2588"},
		{"KGS", "Kyrgyzstani som", "87.45"},
		{"TJS", "Tajikistani somoni", "9.2431"},
	}
}

// currencyObject is a row of getCurrencies.
type currencyObject struct {
	Blockchain bool           `json:"is_blockchain"`
	Stablecoin bool           `json:"is_stablecoin"`
	Fiat       bool           `json:"is_fiat"`
	Name       string         `json:"name"`
	Code       money.Currency `json:"code"`
	URL        string         `json:"url,omitempty"`
	Decimals   int            `json:"decimals"`
}

// getCurrencies lists the network's assets, then the fiat currencies. Only the rows of USDT and TON
// are copied from the real list.
func (s *Service) getCurrencies(*app, *reader) (any, error) {
	var rows []currencyObject
	for i, code := range s.network.assets {
		a := knownAssets()[i]
		if code == gram {
			a.name = "Gram"
		}
		rows = append(rows, currencyObject{
			Blockchain: a.kind == blockchain, Stablecoin: a.kind == stablecoin,
			Name: a.name, Code: code, URL: a.url, Decimals: a.decimals,
		})
	}
	for _, f := range knownFiats() {
		rows = append(rows, currencyObject{Fiat: true, Name: f.name, Code: f.code, Decimals: 8})
	}
	return rows, nil
}
