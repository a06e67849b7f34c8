package sandbox

import (
	"cmp"
	"slices"
	"time"

	"shopbot/internal/money"
)

// keptHistory is how many movements of coins the page shows.
const keptHistory = 50

// walletView is a person's wallet.
type walletView struct {
	Coins   []coinsView    `json:"coins"`
	History []movementView `json:"history"` // newest first
}

// movementView is coins that came or went.
type movementView struct {
	coinsView
	Kind    string `json:"kind"` // payment, transfer or check
	ID      int64  `json:"id"`
	In      bool   `json:"in"`
	App     string `json:"app"` // the other side's name
	Comment string `json:"comment,omitempty"`
	At      int64  `json:"at"` // Unix time in milliseconds
}

func (p *page) wallet(user int64) walletView {
	pay := p.world.cryptopay
	v := walletView{Coins: []coinsView{}, History: []movementView{}}
	for _, a := range pay.Wallet(user) {
		v.Coins = append(v.Coins, coins(a))
	}
	for _, token := range pay.Apps() {
		v.History = append(v.History, p.movements(token, user)...)
	}
	slices.SortStableFunc(v.History, func(a, b movementView) int { return cmp.Compare(b.At, a.At) })
	v.History = v.History[:min(len(v.History), keptHistory)]
	return v
}

// movements are what went between an app and a person.
func (p *page) movements(token string, user int64) []movementView {
	pay := p.world.cryptopay
	app := pay.AppName(token)
	var list []movementView
	add := func(kind string, id int64, in bool, a money.Amount, at time.Time, comment string) {
		list = append(list, movementView{coins(a), kind, id, in, app, comment, unixMilli(at)})
	}
	for _, v := range pay.Invoices(token) {
		if !v.Payment.At.IsZero() && v.Payment.Payer == user {
			add("payment", v.ID, false, v.Payment.Amount, v.Payment.At, cut(v.Description, 120))
		}
	}
	for _, t := range pay.Transfers(token) {
		if t.User == user {
			add("transfer", t.ID, true, t.Amount, t.CompletedAt, t.Comment)
		}
	}
	for _, c := range pay.Checks(token) {
		if !c.ActivatedAt.IsZero() && c.ActivatedBy == user {
			add("check", c.ID, true, c.Amount, c.ActivatedAt, "")
		}
	}
	return list
}
