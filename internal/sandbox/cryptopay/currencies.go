package cryptopay

import "shopbot/internal/money"

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

// getCurrencies lists the network's assets, then the fiat currencies. Only the
// rows of USDT and TON are known from the real list.
func (s *Service) getCurrencies(*app, *reader) (any, error) {
	all := assetObjects()
	var rows []currencyObject
	for _, asset := range s.network.assets {
		row := all[asset]
		row.Code = asset
		rows = append(rows, row)
	}
	names := fiatNames()
	for _, fiat := range s.rates.fiats {
		rows = append(rows, currencyObject{Fiat: true, Name: names[fiat], Code: fiat, Decimals: 8})
	}
	return rows, nil
}

func assetObjects() map[money.Currency]currencyObject {
	return map[money.Currency]currencyObject{
		"USDT": {Stablecoin: true, Name: "Tether", URL: "https://tether.to/", Decimals: 18},
		"USDC": {Stablecoin: true, Name: "USD Coin", URL: "https://www.circle.com/usdc", Decimals: 18},
		"TON":  {Blockchain: true, Name: "Toncoin", URL: "https://ton.org/", Decimals: 9},
		"BTC":  {Blockchain: true, Name: "Bitcoin", URL: "https://bitcoin.org/", Decimals: 8},
		"ETH":  {Blockchain: true, Name: "Ethereum", URL: "https://ethereum.org/", Decimals: 18},
		"LTC":  {Blockchain: true, Name: "Litecoin", URL: "https://litecoin.org/", Decimals: 8},
		"BNB":  {Blockchain: true, Name: "BNB", URL: "https://www.bnbchain.org/", Decimals: 18},
		"TRX":  {Blockchain: true, Name: "TRON", URL: "https://tron.network/", Decimals: 6},
		"JET":  {Name: "Jet", Decimals: 9},
	}
}

func fiatNames() map[money.Currency]string {
	return map[money.Currency]string{
		"USD": "United States dollar",
		"EUR": "Euro",
		"RUB": "Russian ruble",
		"BYN": "Belarusian ruble",
		"UAH": "Ukrainian hryvnia",
		"GBP": "Pound sterling",
		"CNY": "Chinese yuan",
		"KZT": "Kazakhstani tenge",
		"UZS": "Uzbekistani sum",
		"GEL": "Georgian lari",
		"TRY": "Turkish lira",
		"AMD": "Armenian dram",
		"THB": "Thai baht",
		"INR": "Indian rupee",
		"BRL": "Brazilian real",
		"IDR": "Indonesian rupiah",
		"AZN": "Azerbaijani manat",
		"AED": "UAE dirham",
		"PLN": "Polish zloty",
		"ILS": "Israeli new shekel",
		"KGS": "Kyrgyzstani som",
		"TJS": "Tajikistani somoni",
	}
}
