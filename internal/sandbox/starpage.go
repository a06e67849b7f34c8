package sandbox

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"

	"shopbot/internal/sandbox/telegram"
)

// starsView is what a user has and does in Stars, with the bot of the window.
type starsView struct {
	Balance       int64               `json:"balance"`
	Payments      []starPaymentView   `json:"payments"`      // newest first
	Subscriptions []subscriptionView  `json:"subscriptions"` // the one that ends last comes first
	Checkouts     []telegram.Checkout `json:"checkouts"`     // the last of them
}

type starPaymentView struct {
	Charge   string `json:"charge"`
	Title    string `json:"title"`
	Stars    int64  `json:"stars"`
	At       int64  `json:"at"` // Unix time in milliseconds
	Refunded bool   `json:"refunded"`
}

type subscriptionView struct {
	Charge string                     `json:"charge"`
	Title  string                     `json:"title"`
	Stars  int64                      `json:"stars"`
	Until  int64                      `json:"until"` // Unix time in milliseconds
	State  telegram.SubscriptionState `json:"state"`
}

// maxCheckouts limits the payments under way that the page knows.
const maxCheckouts = 5

func (p *page) stars(k chatKey) starsView {
	t := p.world.telegram
	v := starsView{
		Balance: t.Stars(k.user), Payments: []starPaymentView{}, Subscriptions: []subscriptionView{}, Checkouts: []telegram.Checkout{},
	}
	for _, one := range t.StarPayments(k.token, k.user) {
		v.Payments = append(v.Payments, starPaymentView{one.Charge, one.Title, one.Stars, unixMilli(one.Paid), !one.Refunded.IsZero()})
	}
	slices.Reverse(v.Payments)
	v.Payments = v.Payments[:min(len(v.Payments), maxHistory)]
	for _, one := range t.Subscriptions(k.token, k.user) {
		v.Subscriptions = append(v.Subscriptions, subscriptionView{one.Charge, one.Title, one.Stars, unixMilli(one.Until), one.State})
	}
	slices.Reverse(v.Subscriptions)
	checkouts := t.Checkouts(k.user)
	v.Checkouts = append(v.Checkouts, checkouts[max(0, len(checkouts)-maxCheckouts):]...)
	return v
}

// starBillView is the sheet that pays an invoice in Stars.
type starBillView struct {
	Title        string `json:"title"`
	Description  string `json:"description"`
	Bot          string `json:"bot"` // its name
	Stars        int64  `json:"stars"`
	Subscription bool   `json:"subscription"`
}

// starBill opens an invoice: that of a message, or else of a link.
func (p *page) starBill(r *http.Request) (starBillView, error) {
	k, err := p.chat(r.FormValue("as"), r.FormValue("bot"))
	if err != nil {
		return starBillView{}, err
	}
	t := p.world.telegram
	var i telegram.InvoiceLink
	if id, _ := strconv.Atoi(r.FormValue("message")); id != 0 {
		i, err = t.InvoiceMessage(k.token, k.user, id)
	} else {
		i, err = t.InvoiceLink(r.FormValue("ref"))
	}
	return starBillView{i.Title, i.Description, cmp.Or(i.Bot, "?"), i.Stars, i.Subscription}, err
}

type starRequest struct {
	As      string `json:"as"`
	Bot     string `json:"bot"`
	Message int    `json:"message"` // that holds the invoice, or
	Ref     string `json:"ref"`     // the link of the invoice
	Charge  string `json:"charge"`  // of a subscription
	Do      string `json:"do"`      // "renew", "fail", "cancel" or "resume"
	Value   int64  `json:"value"`   // Stars to buy
}

type checkoutRef struct {
	ID string `json:"id"`
}

// payStars starts the payment of an invoice. The view tells how it goes on.
func (p *page) payStars(in starRequest) (checkoutRef, error) {
	k, err := p.chat(in.As, in.Bot)
	if err != nil {
		return checkoutRef{}, err
	}
	id := ""
	if in.Message != 0 {
		id, err = p.world.telegram.PayStars(k.token, k.user, in.Message)
	} else {
		id, err = p.world.telegram.PayStarsLink(in.Ref, k.user)
	}
	return checkoutRef{id}, err
}

func (p *page) buyStars(in starRequest) error {
	user, err := p.user(in.As)
	if err != nil {
		return err
	}
	return p.world.telegram.BuyStars(user.ID, in.Value)
}

// subscription does what a user, or time, does to a subscription.
func (p *page) subscription(in starRequest) error {
	k, err := p.chat(in.As, in.Bot)
	if err != nil {
		return err
	}
	t := p.world.telegram
	switch in.Do {
	case "renew":
		_, err = t.RenewSubscription(k.token, in.Charge)
	case "fail":
		err = t.FailSubscription(k.token, in.Charge)
	case "cancel":
		err = t.CancelSubscription(k.token, in.Charge)
	case "resume":
		err = t.ResumeSubscription(k.token, in.Charge)
	default:
		err = pageError{http.StatusBadRequest, "no_deed", "want renew, fail, cancel or resume"}
	}
	return err
}
