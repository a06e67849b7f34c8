package payments

import (
	"context"
	"encoding/json"
	"fmt"

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
	var w struct {
		Code         scalar `json:"code"`
		Name         scalar `json:"name"`
		URL          scalar `json:"url"`
		Decimals     scalar `json:"decimals"`
		IsBlockchain scalar `json:"is_blockchain"`
		IsStablecoin scalar `json:"is_stablecoin"`
		IsFiat       scalar `json:"is_fiat"`
	}
	if err := json.Unmarshal(data, &w); err != nil {
		return fmt.Errorf("currency: %w", err)
	}
	var f fields
	*cur = Currency{
		Code:         money.Currency(w.Code),
		Name:         string(w.Name),
		URL:          string(w.URL),
		Decimals:     f.integer("decimals", w.Decimals),
		IsBlockchain: w.IsBlockchain.isTrue(),
		IsStablecoin: w.IsStablecoin.isTrue(),
		IsFiat:       w.IsFiat.isTrue(),
	}
	cur.Unread = f.unread
	return nil
}

// GetCurrencies is the list of what the API can count in.
func (c *Client) GetCurrencies(ctx context.Context) ([]Currency, error) {
	return call[[]Currency](ctx, c, operation{method: "getCurrencies", repeat: reading})
}

// Currencies is GetCurrencies from the cache. The list is shared: do not change it.
func (c *Client) Currencies(ctx context.Context) ([]Currency, error) { return c.currencies.get(ctx) }

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
	var w struct {
		Source   scalar `json:"source"`
		Target   scalar `json:"target"`
		Rate     scalar `json:"rate"`
		IsValid  scalar `json:"is_valid"`
		IsCrypto scalar `json:"is_crypto"`
		IsFiat   scalar `json:"is_fiat"`
	}
	if err := json.Unmarshal(data, &w); err != nil {
		return fmt.Errorf("exchange rate: %w", err)
	}
	var f fields
	*r = ExchangeRate{
		Source:   money.Currency(w.Source),
		Target:   money.Currency(w.Target),
		IsValid:  w.IsValid.isTrue(),
		IsCrypto: w.IsCrypto.isTrue(),
		IsFiat:   w.IsFiat.isTrue(),
	}
	r.Rate = f.rate("rate", w.Rate, r.Source, r.Target)
	r.Unread = f.unread
	r.decimal, _ = w.Rate.decimal() // unreadable ones are in Unread
	return nil
}

// GetExchangeRates is the table of rates as it is now. Rates and Rate give it from the cache.
func (c *Client) GetExchangeRates(ctx context.Context) ([]ExchangeRate, error) {
	return call[[]ExchangeRate](ctx, c, operation{method: "getExchangeRates", repeat: reading})
}
