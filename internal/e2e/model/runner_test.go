package model

import (
	"fmt"
	"math/big"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/sandbox"
	"shopbot/internal/sandbox/telegram"
)

// The people of a run. The buyers read English, so that what they are told can be compared.
const (
	alice       = sandbox.Alice
	olga        = sandbox.Olga // owns the shop
	bea   int64 = 6001
	carl  int64 = 6002
)

var (
	buyers    = []int64{alice, bea, carl} //nolint:gochecknoglobals // constants
	products  = []string{"vpn", "card", "guide"}
	buyerName = map[int64]string{alice: "Alice", bea: "Bea", carl: "Carl"}
)

// runner takes the steps of a schedule in the shop and in the reference model.
type runner struct {
	*testenv.Env

	model        *referenceModel
	history      []string                      // for the failure message
	done         []string                      // the actions that had anything to do
	productOfKey map[string]string             // of each key that was ever loaded
	initialCoins map[int64]map[string]*big.Rat // by buyer and asset

	running           bool // the shop
	invoicesHidden    bool // Crypto Pay does not answer getInvoices
	messagesMayRepeat bool // Telegram may have lost an answer, so that the shop may have sent a message twice
}

func newRunner(t testing.TB, seed uint64) *runner {
	t.Helper()
	r := &runner{
		Env: testenv.New(t, newSeededRand(seed)), model: newReferenceModel(), productOfKey: map[string]string{},
		initialCoins: map[int64]map[string]*big.Rat{},
	}
	r.model.catalog = map[string]product{
		"vpn":   {price: big.NewRat(5, 1), limit: 4, fromStock: true},
		"card":  {price: big.NewRat(15, 2), limit: 2, fromStock: true},
		"guide": {price: big.NewRat(5, 2), limit: 3},
	}
	r.Telegram().AddUser(telegram.User{ID: bea, FirstName: "Bea", LanguageCode: "en"})
	r.Telegram().AddUser(telegram.User{ID: carl, FirstName: "Carl", LanguageCode: "en"})
	for _, who := range buyers {
		r.initialCoins[who] = r.wallet(who)
	}
	r.writeModelCatalog()
	r.start()
	for _, who := range buyers {
		r.Say(who, "/start")
	}
	r.loadNewKeys("vpn", 3)
	r.loadNewKeys("card", 1)
	return r
}

func (r *runner) start() {
	r.Start()
	r.running = true
}

func (r *runner) stop() {
	r.running = false
	r.Stop()
}

// abort stops the shop of a failed run, so that its bubble can end.
func (r *runner) abort() {
	if r.running {
		_ = r.Abort() // the run has failed already
	}
}

// logf adds a line to the history.
func (r *runner) logf(format string, args ...any) {
	r.history = append(r.history, fmt.Sprintf("%2d. %s: ", len(r.history)+1, time.Now().Format("15:04:05"))+fmt.Sprintf(format, args...))
}

func (r *runner) failf(format string, args ...any) {
	r.T.Helper()
	r.T.Fatalf(format, args...)
}

// writeModelCatalog writes the model's catalog for the shop.
func (r *runner) writeModelCatalog() {
	var b strings.Builder
	b.WriteString("shop: {name: Model Shop, currency: USD, assets: [USDT, TON], languages: [en], support: \"@help\"}\n")
	b.WriteString("categories: [{id: games, title: Games}]\nproducts:\n")
	b.WriteString("  - {sku: thanks, category: games, title: thanks, price: 1, deliver: text, text: \"Thank you\"}\n")
	for _, sku := range products {
		p, sold := r.model.catalog[sku]
		if !sold {
			continue
		}
		deliver := "keys"
		if !p.fromStock {
			deliver = "text, text: \"The whole secret\""
		}
		fmt.Fprintf(&b, "  - {sku: %s, category: games, title: %s, price: \"%s\", limit: %d, deliver: %s}\n",
			sku, sku, p.price.FloatString(2), p.limit, deliver)
	}
	r.WriteCatalog(b.String())
}

// do takes one step and compares shop and model, unless the step had nothing to do.
func (r *runner) do(s step) {
	r.wait(0)
	for _, a := range actions() {
		if a.name != s.action {
			continue
		}
		before := len(r.history)
		a.do(r, s)
		if len(r.history) > before {
			r.wait(0)
			r.compare()
			if r.done = append(r.done, s.action); len(r.done)%reportsEvery == 0 {
				r.compareReports()
			}
		}
	}
}

// finish gives the shop time for all that is left to do, and compares everything.
func (r *runner) finish() {
	if r.invoicesHidden {
		r.showInvoices()
	}
	r.wait(12 * time.Minute)
	r.compare()
	r.compareReports()
	r.stop()
	r.compareDatabase()
}

// After each reportsEvery steps the owner and the buyers ask the shop for its reports.
const reportsEvery = 4

const (
	expiryDelay       = 10 * time.Second // after its end an unpaid order is cancelled within this time
	expiryDelayHidden = 5 * time.Minute  // the same while Crypto Pay does not answer getInvoices
	expiryMargin      = time.Minute      // no step begins so shortly before the end of an order
)

// syncInterval is how often the shop looks for waiting orders whose stock has come.
const syncInterval = 30 * time.Second

// wait lets time pass and cancels the model's orders that expire meanwhile. It never returns while
// an expiry is still uncertain.
func (r *runner) wait(d time.Duration) {
	time.Sleep(d)
	if r.running && r.model.stockWaits() {
		time.Sleep(syncInterval + time.Second)
		for _, sku := range products {
			r.model.restock(sku, 0)
		}
	}
	for {
		until := time.Time{}
		grace := expiryDelay
		if r.invoicesHidden {
			grace = expiryDelayHidden
		}
		for _, o := range r.model.where(isOpen) {
			if now := time.Now(); o.expires.Add(-expiryMargin).Before(now) && now.Before(o.expires.Add(grace)) && until.Before(o.expires.Add(grace)) {
				until = o.expires.Add(grace)
			}
		}
		if until.IsZero() {
			break
		}
		time.Sleep(time.Until(until))
	}
	synctest.Wait()
	for _, o := range r.model.where(isOpen) {
		if o.expires.Before(time.Now()) {
			r.model.cancel(o)
		}
	}
}
