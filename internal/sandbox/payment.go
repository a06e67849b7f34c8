package sandbox

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"shopbot/internal/money"
	"shopbot/internal/sandbox/cryptopay"
)

// coinsView is an amount as the page shows it.
type coinsView struct {
	Asset  money.Currency `json:"asset"`
	Amount string         `json:"amount"`
}

func coins(a money.Amount) coinsView { return coinsView{a.Currency(), a.Decimal()} }

// invoiceView is the sheet that pays an invoice.
type invoiceView struct {
	ID             int64            `json:"id"`
	Ref            string           `json:"ref"`
	App            string           `json:"app"`
	Currency       money.Currency   `json:"currency"`
	Amount         string           `json:"amount"`
	Fiat           bool             `json:"fiat"`
	Description    string           `json:"description,omitempty"`
	Status         cryptopay.Status `json:"status"`
	ExpiresAt      int64            `json:"expires_at"` // Unix time in milliseconds; 0: never
	Offers         []offerView      `json:"offers"`
	AllowComments  bool             `json:"allow_comments"`
	AllowAnonymous bool             `json:"allow_anonymous"`
	Paid           *paidView        `json:"paid,omitempty"`
}

type offerView struct {
	coinsView
	Balance string `json:"balance"`
	Enough  bool   `json:"enough"`
}

// paidView is what the sheet shows after payment.
type paidView struct {
	coinsView
	At      int64       `json:"at"`
	Mine    bool        `json:"mine"`
	Message string      `json:"message,omitempty"` // hidden before payment; for the payer only
	Button  *paidButton `json:"button,omitempty"`  // leads back to the merchant; for the payer only
}

type paidButton struct {
	Name string `json:"name"` // viewItem, openChannel, openBot or callback
	URL  string `json:"url"`
}

// viewFor shows the thing that get returns to the user named as; see page.user.
func viewFor[T, View any](p *page, as string, get func(Person) (T, error), view func(T, Person) View) (v View, err error) {
	user, err := p.user(as)
	if err != nil {
		return v, err
	}
	thing, err := get(user)
	if err != nil {
		return v, err
	}
	return view(thing, user), nil
}

func (p *page) invoice(r *http.Request) (invoiceView, error) {
	return viewFor(p, r.FormValue("as"), func(Person) (cryptopay.Invoice, error) {
		return p.world.cryptopay.Invoice(r.FormValue("ref"))
	}, p.invoiceView)
}

func (p *page) invoiceView(v cryptopay.Invoice, user Person) invoiceView {
	pay := p.world.cryptopay
	view := invoiceView{
		ID: v.ID, Ref: v.Hash, App: pay.AppName(pay.Merchant(v.AppID)),
		Currency: v.Amount.Currency(), Amount: v.Amount.Decimal(), Fiat: v.Fiat,
		Description: v.Description, Status: v.Status, ExpiresAt: unixMilli(v.ExpiresAt),
		AllowComments: v.AllowComments, AllowAnonymous: v.AllowAnonymous,
		Offers: p.offers(v.Hash, user.ID),
	}
	if v.Fiat {
		view.Amount = v.Amount.Fixed(2)
	}
	if v.Status != cryptopay.StatusPaid {
		return view
	}
	view.Paid = &paidView{coinsView: coins(v.Payment.Amount), At: unixMilli(v.Payment.At), Mine: v.Payment.Payer == user.ID}
	if view.Paid.Mine {
		view.Paid.Message = v.HiddenMessage
		if v.ButtonURL != "" {
			view.Paid.Button = &paidButton{v.ButtonName, v.ButtonURL}
		}
	}
	return view
}

// offers are the ways to pay; empty if the invoice was deleted meanwhile.
func (p *page) offers(ref string, user int64) []offerView {
	views := []offerView{}
	offers, err := p.world.cryptopay.Offers(ref)
	if err != nil {
		return views
	}
	wallet := p.world.cryptopay.Wallet(user)
	for _, o := range offers {
		have := money.Zero(o.Asset)
		if i := slices.IndexFunc(wallet, func(a money.Amount) bool { return a.Currency() == o.Asset }); i >= 0 {
			have = wallet[i]
		}
		order, err := have.Compare(o.Amount)
		views = append(views, offerView{coins(o.Amount), have.Decimal(), err == nil && order >= 0})
	}
	return views
}

// checkView is the sheet that activates a check.
type checkView struct {
	coinsView
	ID        int64  `json:"id"`
	Ref       string `json:"ref"`
	App       string `json:"app"`
	Activated bool   `json:"activated"`
	Mine      bool   `json:"mine"` // activated by the user
	PinnedTo  string `json:"pinned_to,omitempty"`
}

func (p *page) check(r *http.Request) (checkView, error) {
	return viewFor(p, r.FormValue("as"), func(Person) (cryptopay.Check, error) {
		return p.world.cryptopay.Check(r.FormValue("ref"))
	}, p.checkView)
}

func (p *page) checkView(c cryptopay.Check, user Person) checkView {
	pay := p.world.cryptopay
	v := checkView{
		coinsView: coins(c.Amount), ID: c.ID, Ref: c.Hash, App: pay.AppName(pay.Merchant(c.AppID)),
		Activated: !c.ActivatedAt.IsZero(), Mine: c.ActivatedBy == user.ID, PinnedTo: c.PinnedName,
	}
	for _, other := range p.users() {
		if c.PinnedTo != 0 && other.ID == c.PinnedTo {
			v.PinnedTo = cmp.Or(other.FirstName, other.Username)
		}
	}
	return v
}

// maxHistory limits the transactions that the page shows.
const maxHistory = 50

// walletView is a user's wallet.
type walletView struct {
	Coins   []coinsView       `json:"coins"`
	History []transactionView `json:"history"` // newest first
}

// transactionView is coins that came or went.
type transactionView struct {
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
	v := walletView{Coins: []coinsView{}, History: []transactionView{}}
	for _, a := range pay.Wallet(user) {
		v.Coins = append(v.Coins, coins(a))
	}
	for _, token := range pay.Apps() {
		v.History = append(v.History, p.transactions(token, user)...)
	}
	slices.SortStableFunc(v.History, func(a, b transactionView) int { return cmp.Compare(b.At, a.At) })
	v.History = v.History[:min(len(v.History), maxHistory)]
	return v
}

// transactions are what went between an app and a user.
func (p *page) transactions(token string, user int64) []transactionView {
	pay := p.world.cryptopay
	app := pay.AppName(token)
	var list []transactionView
	add := func(kind string, id int64, in bool, a money.Amount, at time.Time, comment string) {
		list = append(list, transactionView{coins(a), kind, id, in, app, comment, unixMilli(at)})
	}
	for _, v := range pay.Invoices(token) {
		if !v.Payment.At.IsZero() && v.Payment.Payer == user {
			add("payment", v.ID, false, v.Payment.Amount, v.Payment.At, truncate(v.Description, 120))
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
