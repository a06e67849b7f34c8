package sandbox

import (
	"cmp"
	"net/url"
	"slices"

	"shopbot/internal/money"
	"shopbot/internal/sandbox/cryptopay"
)

// invoiceView is the sheet in which an invoice is paid.
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

// paidView is what there is to see after payment.
type paidView struct {
	coinsView
	At      int64       `json:"at"`
	Mine    bool        `json:"mine"`
	Message string      `json:"message,omitempty"` // hidden until now; for the payer alone
	Button  *paidButton `json:"button,omitempty"`  // leads back to the merchant; for the payer alone
}

type paidButton struct {
	Name string `json:"name"` // viewItem, openChannel, openBot or callback
	URL  string `json:"url"`
}

func (p *page) invoice(q url.Values) (any, error) {
	who, err := p.person(q.Get("as"))
	if err != nil {
		return nil, err
	}
	v, err := p.world.cryptopay.Invoice(q.Get("ref"))
	if err != nil {
		return nil, err
	}
	return p.invoiceView(v, who.ID), nil
}

func (p *page) invoiceView(v cryptopay.Invoice, user int64) invoiceView {
	pay := p.world.cryptopay
	s := invoiceView{
		ID: v.ID, Ref: v.Hash, App: pay.AppName(pay.Merchant(v.AppID)),
		Currency: v.Amount.Currency(), Amount: v.Amount.Decimal(), Fiat: v.Fiat,
		Description: v.Description, Status: v.Status, ExpiresAt: unixMilli(v.ExpiresAt),
		AllowComments: v.AllowComments, AllowAnonymous: v.AllowAnonymous,
		Offers: p.offers(v.Hash, user),
	}
	if v.Fiat {
		s.Amount = v.Amount.Fixed(2)
	}
	if v.Status != cryptopay.StatusPaid {
		return s
	}
	s.Paid = &paidView{coinsView: coins(v.Payment.Amount), At: unixMilli(v.Payment.At), Mine: v.Payment.Payer == user}
	if s.Paid.Mine {
		s.Paid.Message = v.HiddenMessage
		if v.ButtonURL != "" {
			s.Paid.Button = &paidButton{v.ButtonName, v.ButtonURL}
		}
	}
	return s
}

// offers are the ways to pay; none where the invoice has vanished meanwhile.
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

// checkView is the sheet in which a check's coins are taken.
type checkView struct {
	coinsView
	ID        int64  `json:"id"`
	Ref       string `json:"ref"`
	App       string `json:"app"`
	Activated bool   `json:"activated"`
	Mine      bool   `json:"mine"` // activated by the person
	PinnedTo  string `json:"pinned_to,omitempty"`
}

func (p *page) check(q url.Values) (any, error) {
	who, err := p.person(q.Get("as"))
	if err != nil {
		return nil, err
	}
	c, err := p.world.cryptopay.Check(q.Get("ref"))
	if err != nil {
		return nil, err
	}
	return p.checkView(c, who), nil
}

func (p *page) checkView(c cryptopay.Check, who Person) checkView {
	pay := p.world.cryptopay
	v := checkView{
		coinsView: coins(c.Amount), ID: c.ID, Ref: c.Hash, App: pay.AppName(pay.Merchant(c.AppID)),
		Activated: !c.ActivatedAt.IsZero(), Mine: c.ActivatedBy == who.ID, PinnedTo: c.PinnedName,
	}
	for _, other := range p.people() {
		if c.PinnedTo != 0 && other.ID == c.PinnedTo {
			v.PinnedTo = cmp.Or(other.FirstName, other.Username)
		}
	}
	return v
}
