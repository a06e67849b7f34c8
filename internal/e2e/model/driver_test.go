package model

import (
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/money"
	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/sandbox/telegram"
)

// pick returns one of the orders that are wanted, or nil if there are none.
func (r *runner) pick(s step, wanted func(*modelOrder) bool) *modelOrder {
	list := r.model.where(wanted)
	if len(list) == 0 {
		return nil
	}
	return list[s.which%len(list)]
}

func isOpen(o *modelOrder) bool { return o.state == stateOpen }

func (r *runner) isOpenAndReachable(o *modelOrder) bool {
	return isOpen(o) && !r.model.blocked[o.buyer]
}

// activeBuyer returns a buyer, and false if the buyer blocks the bot.
func (r *runner) activeBuyer(n int) (int64, bool) {
	who := buyers[n%len(buyers)]
	return who, !r.model.blocked[who]
}

// press presses a button of the last message about an order that has this button, and returns false
// if there is none. Where a message lists several orders, it presses the order's own.
func (r *runner) press(who int64, about, text string) bool {
	for _, m := range slices.Backward(r.Chat(who)) {
		b, found := testenv.FindButton(m, text)
		if !found || !strings.Contains(m.Text, about) {
			continue
		}
		for _, row := range m.Buttons {
			for _, own := range row {
				if strings.Contains(own.Text, text) && strings.Contains(own.Data, about) {
					b = own
				}
			}
		}
		require.NoError(r.T, r.Telegram().TapData(testenv.BotToken, who, m.ID, b.Data))
		return true
	}
	return false
}

func (r *runner) mustPress(who int64, about, text string) {
	r.T.Helper()
	if !r.press(who, about, text) {
		r.failf("%d has no button %q about %s:\n%s", who, text, about, r.recentMessages(who))
	}
	r.Settle()
}

// command has somebody write a command, and returns the first message after it that begins with
// begins.
func (r *runner) command(who int64, command, begins string) telegram.Message {
	r.T.Helper()
	said := len(r.Telegram().Sent(testenv.BotToken, who))
	r.Say(who, command)
	for _, m := range r.Telegram().Sent(testenv.BotToken, who)[said:] {
		if strings.HasPrefix(m.Text, begins) {
			return m
		}
	}
	r.failf("%s has no answer:\n%s", command, r.recentMessages(who))
	return telegram.Message{}
}

// createExtraInvoice makes one more invoice for an order, as a shop does whose first request had no
// answer. It returns the id.
func (r *runner) createExtraInvoice(order, usd, assets string) string {
	form := url.Values{
		"currency_type": {"fiat"}, "fiat": {"USD"}, "amount": {usd}, "payload": {order}, "accepted_assets": {assets}, "expires_in": {"1800"},
	}
	req, err := http.NewRequestWithContext(r.T.Context(), http.MethodPost, "http://sandbox.test/cryptopay/api/createInvoice", strings.NewReader(form.Encode()))
	require.NoError(r.T, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Crypto-Pay-API-Token", testenv.AppToken)
	resp, err := (&http.Client{Transport: r.Network.Transport()}).Do(req)
	require.NoError(r.T, err)
	require.NoError(r.T, resp.Body.Close())
	all := r.CryptoPay().Invoices(testenv.AppToken)
	last := all[len(all)-1]
	require.Equal(r.T, order, last.Payload)
	return fmt.Sprint(last.ID)
}

// payInvoice pays an invoice and returns the payment as the wallet shows it.
func (r *runner) payInvoice(ref string, who int64, asset string) payment {
	r.T.Helper()
	in, err := r.CryptoPay().Pay(ref, who, money.Currency(asset))
	require.NoError(r.T, err)
	return payment{
		price: rat(in.Amount.Decimal()), coins: coins{string(in.Payment.Amount.Currency()), rat(in.Payment.Amount.Decimal())},
		fee: rat(in.Payment.Fee.Decimal()), at: time.Now(),
	}
}

// activeInvoice is the order's invoice that can be paid now.
func (r *runner) activeInvoice(o *modelOrder) (cryptopay.Invoice, bool) {
	for _, in := range r.CryptoPay().Invoices(testenv.AppToken) {
		if in.Payload == o.id && in.Status == cryptopay.StatusActive {
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

func (r *runner) wallet(who int64) map[string]*big.Rat {
	w := map[string]*big.Rat{}
	for _, a := range r.CryptoPay().Wallet(who) {
		w[string(a.Currency())] = rat(a.Decimal())
	}
	return w
}

// recentMessages is the end of a chat, for failure messages.
func (r *runner) recentMessages(who int64) string {
	var b strings.Builder
	chat := r.Chat(who)
	for _, m := range chat[max(len(chat)-8, 0):] {
		fmt.Fprintf(&b, "[%d] %s\n", m.ID, strings.ReplaceAll(m.Text, "\n", " / "))
	}
	return b.String()
}
