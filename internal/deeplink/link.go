// Package deeplink is the links that open the shop's bot in Telegram at a certain place: how they
// are made, read and drawn as a QR code.
//
// A link is https://t.me/BOT?start=TEXT, and its button sends the bot "/start TEXT". Telegram lets
// through 1 to 64 of A-Z, a-z, 0-9, _ and - (core.telegram.org/bots/features#deep-linking).
package deeplink

import "strings"

// Kind is what a link opens. Its word begins the text behind /start.
type Kind string

// The kinds of links. Links are printed and passed on, so a word never changes its meaning.
const (
	Home       Kind = ""     // nothing behind it
	Product    Kind = "p_"   // its SKU
	Category   Kind = "k_"   // its id
	Coupon     Kind = "c_"   // its code
	Order      Kind = "o_"   // the buyer's own order
	Invitation Kind = "r_"   // of a buyer by a buyer: the token of the one who invites
	Joining    Kind = "j_"   // the secret that makes its bearer one of the staff
	Ownership  Kind = "own_" // the code that makes its bearer the first owner
)

// kinds are those that something stands behind.
var kinds = []Kind{Product, Category, Coupon, Order, Invitation, Joining, Ownership}

// maxStart is the length of the text behind /start.
const maxStart = 64

// Start is the text behind /start for a thing of a kind; "" if Telegram would not let it through.
func Start(kind Kind, id string) string {
	const allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
	start := string(kind) + id
	if id == "" || len(start) > maxStart || strings.Trim(start, allowed) != "" {
		return ""
	}
	return start
}

// Parse reads the text behind /start. Anything that no link has behind it opens Home.
func Parse(start string) (kind Kind, id string) {
	for _, kind := range kinds {
		if id, found := strings.CutPrefix(start, string(kind)); found && id != "" {
			return kind, id
		}
	}
	return Home, ""
}

// To is the link that opens a thing of a kind with a bot; id is "" for Home. It is "" if the name of
// the bot is, or if there can be no such link.
func To(bot string, kind Kind, id string) string {
	start := Start(kind, id)
	switch {
	case bot == "", kind != Home && start == "":
		return ""
	case kind == Home:
		return "https://t.me/" + bot
	}
	return "https://t.me/" + bot + "?start=" + start
}
