package bot

import (
	"context"
	"slices"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
	"shopbot/internal/shop"
)

// coinName names a coin within callback data, where eight letters have room.
func coinName(c money.Currency) string { return string(c[:min(len(c), 8)]) }

// coinOf is the coin that a purchase is to be paid with, "" for any, and whether the buyer is to
// choose one first.
func (b *Bot) coinOf(r *request, p purchase) (coin money.Currency, choose bool) {
	coins := b.shop.Payable()
	if !r.catalog.Shop.ChooseCoin || len(coins) < 2 {
		return "", false
	}
	if p.coin == coinName(catalog.Stars) {
		return catalog.Stars, false
	}
	i := slices.IndexFunc(coins, func(c money.Currency) bool { return coinName(c) == p.coin })
	if i < 0 {
		return "", true
	}
	return coins[i], false
}

// railFor is the rail that a buyer asks for who chose a coin; "" for any.
func railFor(coin money.Currency) shop.RailID {
	if coin == catalog.Stars {
		return shop.Stars
	}
	return ""
}

// chooseCoin shows what a purchase comes to in each coin. A press of one makes the order.
func (b *Bot) chooseCoin(ctx context.Context, r *request, p purchase, hand string) error {
	quote, err := b.shop.Quote(ctx, shop.Request{Buyer: r.buyer(), Items: p.items, Cart: p.cart, Origin: p.origin, Coupon: hand})
	if err != nil {
		return b.refuse(ctx, r, p, err)
	}
	if quote.InStars() {
		return b.placeOrder(ctx, r, p, "", hand)
	}
	if p.coin != "" {
		r.toast = r.loc.Plain("coin_gone", "Coin", p.coin)
	}
	if p.button == "" {
		nonce, err := b.nonces.draw(r.user.ID, time.Now())
		if err != nil {
			return err
		}
		p.button = data(actBuy, p.items[0].SKU, itoa(p.items[0].Quantity), nonce)
	}
	return b.show(ctx, r, coinScreen(r.loc, quote, b.shop.Payable(), b.rates, p))
}

// coinScreen offers coins, each with about what the purchase costs in it if that is known.
func coinScreen(l localizer, quote shop.Order, coins []money.Currency, rates shop.Rates, p purchase) screen {
	text := "coin_choose_no_rates"
	var offered []button
	for _, coin := range coins {
		said := string(coin)
		if rate, known := rates.Rate(quote.Total.Currency(), coin); known {
			if a, err := rate.Convert(quote.Total, coinDigits); err == nil && a.Sign() > 0 {
				said, text = "≈ "+l.Short(a), "coin_choose"
			}
		}
		offered = append(offered, button{Text: said, Data: p.button + ":" + coinName(coin)})
	}
	if quote.Stars.Sign() > 0 {
		offered = append(offered, button{Text: l.Price(quote.Stars), Data: p.button + ":" + coinName(catalog.Stars)})
	}
	s := screen{Text: l.Say(text, "Items", items(l, quote.Lines, 5), "Total", quote.Prices()), Keep: true}
	s.Rows = slices.AppendSeq(s.Rows, slices.Chunk(offered, 2))
	s.Rows = append(s.Rows, row(button{Text: l.Plain("button_back"), Data: p.back}))
	return s
}

// coinDigits is how exactly an amount of a coin is shown at most: to its smallest usual unit.
const coinDigits = 8
