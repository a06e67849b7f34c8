package main

import (
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/money"
	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/sandbox/telegram"
)

// pick chooses among entries; nil where there is none.
func pick(list []*entry, n int) *entry {
	if len(list) == 0 {
		return nil
	}
	return list[n%len(list)]
}

// writer is a buyer, and whether he or she can write to the bot.
func (p *play) writer(n int) (int64, bool) {
	who := cast[n%len(cast)]
	return who, !p.k.blocked[who]
}

// press presses the button of the last message about an order that has it.
func (p *play) press(who int64, about, text string) bool {
	for _, m := range slices.Backward(p.chat(who)) {
		if b, found := findButton(m, text); found && strings.Contains(m.Text, about) {
			require.NoError(p.t, p.Telegram().TapData(botToken, who, m.ID, b.Data))
			return true
		}
	}
	return false
}

func (p *play) mustPress(who int64, about, text string) {
	p.t.Helper()
	if !p.press(who, about, text) {
		p.failf("%d has no button %q about %s:\n%s", who, text, about, p.lately(who))
	}
	p.settle()
}

// asks has somebody write a command, and returns the answer: the first message after it that begins so.
func (p *play) asks(who int64, command, begins string) telegram.Message {
	p.t.Helper()
	said := len(p.Telegram().Sent(botToken, who))
	p.say(who, command)
	for _, m := range p.Telegram().Sent(botToken, who)[said:] {
		if strings.HasPrefix(m.Text, begins) {
			return m
		}
	}
	p.failf("%s has no answer:\n%s", command, p.lately(who))
	return telegram.Message{}
}

// strayInvoice asks Crypto Pay for one more invoice of an order, as a shop does
// whose first request had no answer.
func (p *play) strayInvoice(order, usd, assets string) string {
	form := url.Values{
		"currency_type": {"fiat"}, "fiat": {"USD"}, "amount": {usd}, "payload": {order}, "accepted_assets": {assets}, "expires_in": {"1800"},
	}
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, "http://sandbox.test/cryptopay/api/createInvoice", strings.NewReader(form.Encode()))
	require.NoError(p.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Crypto-Pay-API-Token", appToken)
	resp, err := (&http.Client{Transport: p.net.Transport()}).Do(r)
	require.NoError(p.t, err)
	require.NoError(p.t, resp.Body.Close())
	all := p.CryptoPay().Invoices(appToken)
	last := all[len(all)-1]
	require.Equal(p.t, order, last.Payload)
	return fmt.Sprint(last.ID)
}

// payInvoice pays, and returns what the wallet says of it.
func (p *play) payInvoice(ref string, who int64, asset string) payment {
	p.t.Helper()
	in, err := p.CryptoPay().Pay(ref, who, money.Currency(asset))
	require.NoError(p.t, err)
	return payment{
		price: rat(in.Amount.Decimal()), coins: coins{string(in.Payment.Amount.Currency()), rat(in.Payment.Amount.Decimal())},
		fee: rat(in.Payment.Fee.Decimal()), at: time.Now(),
	}
}

// active is the order's invoice that can be paid now.
func (p *play) active(e *entry) (cryptopay.Invoice, bool) {
	for _, in := range p.CryptoPay().Invoices(appToken) {
		if in.Payload == e.id && in.Status == cryptopay.StatusActive {
			return in, true
		}
	}
	return cryptopay.Invoice{}, false
}

func rat(decimal string) *big.Rat {
	r, ok := new(big.Rat).SetString(decimal)
	if !ok {
		return new(big.Rat)
	}
	return r
}

func (p *play) wallet(who int64) map[string]*big.Rat {
	w := map[string]*big.Rat{}
	for _, a := range p.CryptoPay().Wallet(who) {
		w[string(a.Currency())] = rat(a.Decimal())
	}
	return w
}

// lately is the end of a chat.
func (p *play) lately(who int64) string {
	var b strings.Builder
	chat := p.chat(who)
	for _, m := range chat[max(len(chat)-8, 0):] {
		fmt.Fprintf(&b, "[%d] %s\n", m.ID, strings.ReplaceAll(m.Text, "\n", " / "))
	}
	return b.String()
}
