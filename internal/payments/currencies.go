package payments

import (
	"context"

	"shopbot/internal/money"
)

// Currency is an asset or a fiat currency that the API knows.
type Currency struct {
	Code         money.Currency
	Name         string
	URL          string
	Decimals     int64 // of the asset on its chain, which is not what an invoice accepts
	IsBlockchain bool
	IsStablecoin bool
	IsFiat       bool
	Unread       []string // as in Invoice
}

// UnmarshalJSON reads a currency as the API sends it.
func (cur *Currency) UnmarshalJSON(data []byte) error {
	return parseRow(data, "currency", "", &cur.Unread, func(o *object, _ int64) {
		*cur = Currency{
			Code:         o.currency("code"),
			Name:         o.text("name"),
			URL:          o.text("url"),
			Decimals:     o.integer("decimals"),
			IsBlockchain: o.isTrue("is_blockchain"),
			IsStablecoin: o.isTrue("is_stablecoin"),
			IsFiat:       o.isTrue("is_fiat"),
		}
	})
}

// GetCurrencies is the list of what the API can count in.
func (c *Client) GetCurrencies(ctx context.Context) ([]Currency, error) {
	return call[[]Currency](ctx, c, operation{method: "getCurrencies", repeat: reading})
}

// ExchangeRate is a row of the API's table of rates.
type ExchangeRate struct {
	Source, Target money.Currency
	Rate           money.Rate // of a unit of Source in Target
	IsValid        bool
	IsCrypto       bool // Source is an asset
	IsFiat         bool // Source is a fiat currency
	Unread         []string

	decimal string
}

// UnmarshalJSON reads a rate as the API sends it.
func (r *ExchangeRate) UnmarshalJSON(data []byte) error {
	return parseRow(data, "exchange rate", "", &r.Unread, func(o *object, _ int64) {
		source, target := o.currency("source"), o.currency("target")
		*r = ExchangeRate{
			Source:   source,
			Target:   target,
			Rate:     o.rate(source, target, "rate"),
			IsValid:  o.isTrue("is_valid"),
			IsCrypto: o.isTrue("is_crypto"),
			IsFiat:   o.isTrue("is_fiat"),
		}
		r.decimal = decimal(o.text("rate"))
	})
}

// GetExchangeRates is the table of rates as it is now. Rates and Rate give it from the cache.
func (c *Client) GetExchangeRates(ctx context.Context) ([]ExchangeRate, error) {
	return call[[]ExchangeRate](ctx, c, operation{method: "getExchangeRates", repeat: reading})
}
