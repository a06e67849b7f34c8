package main

import (
	"fmt"
	"math/big"
	"strings"
	"testing"
	"testing/synctest"
	"time"

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
