package money

import (
	"errors"
	"math/big"
)

// Share is a × part ÷ whole, cut (not rounded) after the given number of
// decimals, at most 18. part and whole are of one currency, whole is not zero.
func (a Amount) Share(part, whole Amount, decimals int32) (Amount, error) {
	if _, err := common(part, whole); err != nil {
		return Amount{}, err
	}
	if whole.IsZero() {
		return Amount{}, errors.New("share of nothing")
	}
	share := a.rational()
	share.Mul(share, part.rational()).Quo(share, whole.rational())
	var cut Amount
	err := cut.UnmarshalText([]byte(truncate(share, min(decimals, maxDecimals)) + " " + string(a.currency)))
	return cut, err
}

func (a Amount) rational() *big.Rat {
	r, _ := new(big.Rat).SetString(a.value.String()) // it reads whatever a decimal writes
	return r
}

// truncate writes r with so many decimals, cut towards zero.
func truncate(r *big.Rat, decimals int32) string {
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(decimals)), nil)
	units := new(big.Int).Quo(new(big.Int).Mul(r.Num(), scale), r.Denom())
	return new(big.Rat).SetFrac(units, scale).FloatString(int(decimals))
}
