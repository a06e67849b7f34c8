package model

import (
	"fmt"
	"math/big"
	"slices"
	"time"
)

// The states of an order.
const (
	stateOpen      = "open"
	stateCancelled = "cancelled"
	stateHeld      = "held"
	stateDelivered = "delivered"
	stateRefunded  = "refunded"
)

// Why an order is held.
const (
	heldSoldOut           = "sold out"
	heldWrongAmount       = "wrong amount"
	heldWrongCoin         = "wrong coin"
	heldBlocked           = "the buyer blocked the bot"
	heldRefusedByTelegram = "refused by Telegram"
)

// modelOrder is one order as the reference model knows it.
type modelOrder struct {
	number    int    // counted from 1, for the history
	id        string // the shop's
	buyer     int64
	sku       string
	units     int
	fromStock bool     // each unit is a key
	total     *big.Rat // in USD
	expires   time.Time

	state        string
	holdReason   string
	ownsKeys     bool     // keys are assigned to it, and are never sold again
	goodsArrived bool     // the buyer got the goods at least once
	keys         []string // which ones, once the buyer has seen them

	payments       []payment
	unseenPayments []payment // that the shop cannot know of yet
	refunds        []coins
	checks         []coins         // those of the refunds that went by check
	refundRequests []refundRequest // refunds by amount: each may be meant for any of the payments
}

// payment is a paid invoice.
type payment struct {
	price    *big.Rat // the invoice's, in USD
	coins    coins
	fee      *big.Rat
	at       time.Time
	returned bool // as a second payment, by a button
}

type refundRequest struct {
	asset string
	at    time.Time
}

func (o *modelOrder) String() string { return fmt.Sprintf("order %d", o.number) }

// status is the state, and why the order is held.
func (o *modelOrder) status() string {
	if o.state == stateHeld {
		return stateHeld + ": " + o.holdReason
	}
	return o.state
}

// refundable is what was paid in an asset and not sent back yet.
func (o *modelOrder) refundable(asset string) *big.Rat {
	sum := new(big.Rat)
	for _, p := range o.payments {
		if p.coins.asset == asset {
			sum.Add(sum, p.coins.number)
		}
	}
	for _, c := range o.refunds {
		if c.asset == asset {
			sum.Sub(sum, c.number)
		}
	}
	return sum
}

// nextRefund is all that is refundable in the first asset of which anything is.
func (o *modelOrder) nextRefund() (coins, bool) {
	for _, p := range o.payments {
		if left := o.refundable(p.coins.asset); left.Sign() > 0 {
			return coins{p.coins.asset, left}, true
		}
	}
	return coins{}, false
}

// nextPayment is the payment that the next refund is of, and what is left of it.
func (o *modelOrder) nextPayment() (payment, *big.Rat) {
	next, _ := o.nextRefund()
	paid := new(big.Rat)
	for _, p := range o.payments {
		if p.coins.asset == next.asset {
			paid.Add(paid, p.coins.number)
		}
	}
	gone := paid.Sub(paid, next.number)
	for _, p := range o.payments {
		if p.returned && p.coins.asset == next.asset {
			gone.Sub(gone, p.coins.number)
		}
	}
	for _, p := range o.payments {
		if p.coins.asset != next.asset || p.returned {
			continue
		}
		if left := new(big.Rat).Sub(p.coins.number, gone); left.Sign() > 0 {
			return p, left
		}
		gone.Sub(gone, p.coins.number)
	}
	return payment{}, new(big.Rat)
}

// surplus returns a second payment that can be sent back by a button, or nil. A refund by amount
// that was requested since may have been meant for it, or have made it the price of the goods.
func (o *modelOrder) surplus() *payment {
	for i := 1; i < len(o.payments); i++ {
		p := &o.payments[i]
		meant := slices.ContainsFunc(o.refundRequests, func(a refundRequest) bool { return !a.at.Before(p.at) })
		if !p.returned && !meant && o.refundable(p.coins.asset).Cmp(p.coins.number) >= 0 {
			return p
		}
	}
	return nil
}

// coins is an amount of one asset.
type coins struct {
	asset  string
	number *big.Rat
}

// coinDecimals is how many decimals a share of a payment has.
const coinDecimals = 8

func (c coins) String() string { return c.number.FloatString(coinDecimals) + " " + c.asset }

// truncate cuts a number of coins off after coinDecimals.
func truncate(n *big.Rat) *big.Rat {
	scale := new(big.Rat).SetInt64(1_0000_0000)
	scaled := new(big.Rat).Mul(n, scale)
	whole := new(big.Int).Quo(scaled.Num(), scaled.Denom())
	return new(big.Rat).Quo(new(big.Rat).SetInt(whole), scale)
}
