package main

import (
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/money"
	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/sandbox/telegram"
)

// The buyers of a play. All read English, so that what they are told can be compared.
const (
	bea  int64 = 6001
	carl int64 = 6002
)

var (
	cast     = []int64{alice, bea, carl} //nolint:gochecknoglobals // constants
	products = []string{"vpn", "card", "guide"}
	castName = map[int64]string{alice: "Alice", bea: "Bea", carl: "Carl"}
)

// play is one schedule on its way: the town, the notebook, and what happened so far.
type play struct {
	*town

	k      *keeper
	story  []string
	played []string                      // the names of the moves that there was something to do for
	open   bool                          // the program runs
	blind  bool                          // Crypto Pay tells nobody about invoices
	loose  bool                          // Telegram may have lost an answer, and so a message may have come twice
	keys   map[string]string             // product of each key that was ever loaded
	seen   map[int64]map[string]*big.Rat // wallets at the beginning
}

func newPlay(t testing.TB, luck uint64) *play {
	t.Helper()
	p := &play{
		town: newTownOfChance(t, newChance(luck)), k: newKeeper(), keys: map[string]string{},
		seen: map[int64]map[string]*big.Rat{},
	}
	p.k.sells = map[string]tag{
		"vpn":   {price: big.NewRat(5, 1), limit: 4, keyed: true},
		"card":  {price: big.NewRat(15, 2), limit: 2, keyed: true},
		"guide": {price: big.NewRat(5, 2), limit: 3},
	}
	p.Telegram().AddUser(telegram.User{ID: bea, FirstName: "Bea", LanguageCode: "en"})
	p.Telegram().AddUser(telegram.User{ID: carl, FirstName: "Carl", LanguageCode: "en"})
	for _, who := range cast {
		p.seen[who] = p.wallet(who)
	}
	p.printCatalog()
	p.start()
	for _, who := range cast {
		p.say(who, "/start")
	}
	p.restock("vpn", 3)
	p.restock("card", 1)
	return p
}

func (p *play) start() {
	p.town.open()
	p.open = true
}

func (p *play) halt() {
	p.open = false
	p.close()
}

// dropCurtain stops the program of a play that failed, so that its bubble can end.
func (p *play) dropCurtain() {
	if p.open {
		p.stop()
		<-p.done //nolint:errcheck // the play has failed already
	}
}

func (p *play) tell(format string, args ...any) {
	p.story = append(p.story, fmt.Sprintf("%2d. %s: ", len(p.story)+1, time.Now().Format("15:04:05"))+fmt.Sprintf(format, args...))
}

func (p *play) failf(format string, args ...any) {
	p.t.Helper()
	p.t.Fatalf(format, args...)
}

// printCatalog writes the catalog that the notebook says.
func (p *play) printCatalog() {
	var b strings.Builder
	b.WriteString("shop: {name: Model Shop, currency: USD, assets: [USDT, TON], languages: [en], support: \"@help\"}\n")
	b.WriteString("categories: [{id: games, title: Games}]\nproducts:\n")
	b.WriteString("  - {sku: thanks, category: games, title: thanks, price: 1, deliver: text, text: \"Thank you\"}\n")
	for _, sku := range products {
		t, sold := p.k.sells[sku]
		if !sold {
			continue
		}
		deliver := "keys"
		if !t.keyed {
			deliver = "text, text: \"The whole secret\""
		}
		fmt.Fprintf(&b, "  - {sku: %s, category: games, title: %s, price: \"%s\", limit: %d, deliver: %s}\n",
			sku, sku, t.price.FloatString(2), t.limit, deliver)
	}
	p.writeCatalog(b.String())
}

// make plays one move, and compares.
func (p *play) make(m move) {
	p.wait(0)
	for _, known := range moves() {
		if known.name != m.do {
			continue
		}
		before := len(p.story)
		known.do(p, m)
		if len(p.story) > before {
			p.wait(0)
			p.compare()
			if p.played = append(p.played, m.do); len(p.played)%askEvery == 0 {
				p.ask()
			}
		}
	}
}

// askEvery is after how many moves the shop is asked for its own figures.
const askEvery = 4

// Times in which an order lapses after its end: as a rule, and while Crypto Pay tells nothing.
const (
	lapseSoon  = 10 * time.Second
	lapseBlind = 5 * time.Minute
	// nearEnd is how long before an order's end no other move begins.
	nearEnd = time.Minute
)

// wait lets time pass, and has the notebook's orders lapse. It does not end in the moments in
// which an order may have lapsed or not.
func (p *play) wait(d time.Duration) {
	time.Sleep(d)
	for {
		until := time.Time{}
		grace := lapseSoon
		if p.blind {
			grace = lapseBlind
		}
		for _, e := range p.k.list(func(e *entry) bool { return e.state == isOpen }) {
			if now := time.Now(); e.ends.Add(-nearEnd).Before(now) && now.Before(e.ends.Add(grace)) && until.Before(e.ends.Add(grace)) {
				until = e.ends.Add(grace)
			}
		}
		if until.IsZero() {
			break
		}
		time.Sleep(time.Until(until))
	}
	synctest.Wait()
	for _, e := range p.k.list(func(e *entry) bool { return e.state == isOpen }) {
		if e.ends.Before(time.Now()) {
			p.k.cancel(e)
		}
	}
}

// pick chooses among entries; nil where there is none.
func pick(list []*entry, n int) *entry {
	if len(list) == 0 {
		return nil
	}
	return list[n%len(list)]
}

// free are the buyers who can write to the bot.
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
