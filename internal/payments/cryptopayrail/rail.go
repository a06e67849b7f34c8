// Package cryptopayrail makes Crypto Pay a rail of the shop: it turns a payments.Client into a
// shop.Rail with its shop.Ledger, and a webhook into a shop.IncomingPayment. It has no state and no
// rules of its own.
//
// Crypto Pay numbers invoices and transfers, the shop keeps the ids of all rails as text: here they
// are written as decimals.
package cryptopayrail

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
	"shopbot/internal/payments"
	"shopbot/internal/shop"
)

// Rail is the shop.Rail, and the shop.Rates, of one Crypto Pay app.
type Rail struct {
	client *payments.Client
	link   func(shop.OrderID) string
}

// New makes a Rail. link is the address that a payer returns to after paying for an order, "" for
// none; link itself may be nil.
func New(client *payments.Client, link func(shop.OrderID) string) *Rail {
	if link == nil {
		link = func(shop.OrderID) string { return "" }
	}
	return &Rail{client: client, link: link}
}

// ID is shop.CryptoPay.
func (*Rail) ID() shop.RailID { return shop.CryptoPay }

// What Crypto Pay sends, in USD. A transfer is documented to carry about 1 to 25,000. The least of
// a check is not documented: 0.001 was refused and 0.1 accepted, and what is between is left to the
// API.
const (
	leastTransfer = "1"
	mostTransfer  = "25000"
	leastCheck    = "0.01"
)

// Can is everything.
func (*Rail) Can() shop.Abilities {
	return shop.Abilities{
		LookUp: true, Close: true, Refund: true, FindRefund: true, Assets: true, Check: true,
		LeastTransfer: usd(leastTransfer), MostTransfer: usd(mostTransfer), LeastCheck: usd(leastCheck),
	}
}

// usd is one of the amounts above.
func usd(number string) money.Amount {
	a, _ := money.Parse(number, "USD") // they are decimals
	return a
}

// Ledger is what Crypto Pay has on its books.
func (r *Rail) Ledger() shop.Ledger { return ledger{r} }

// CreateInvoice asks for an invoice with the order's id as payload. A shop priced in a fiat
// currency lets the payer choose among the order's assets.
func (r *Rail) CreateInvoice(ctx context.Context, o shop.Order, ttl time.Duration) (shop.Invoice, error) {
	request := payments.InvoiceRequest{
		CurrencyType: payments.Crypto, Amount: o.Total, Description: description(&o), Payload: string(o.ID),
		ExpiresIn: ttl,
	}
	if !catalog.IsAsset(o.Total.Currency()) {
		request.CurrencyType, request.AcceptedAssets = payments.Fiat, o.Assets
	}
	if url := r.link(o.ID); url != "" {
		// Its label is "Open Bot". That of a callback is "Return", which beside "Paid" reads as money
		// that comes back.
		request.PaidButton, request.PaidButtonURL = payments.ButtonOpenBot, url
	}
	in, err := r.client.CreateInvoice(ctx, request)
	if err != nil {
		return shop.Invoice{}, toShopError(err)
	}
	return toInvoice(in), nil
}

// FindInvoices finds the payable and the paid invoices with the order's id as payload, as
// payments.Client.FindInvoicesByPayload does.
func (r *Rail) FindInvoices(ctx context.Context, id shop.OrderID, since time.Time) ([]shop.RemoteInvoice, error) {
	found, err := r.client.FindInvoicesByPayload(ctx, string(id), since)
	return each(found, toRemoteInvoice), toShopError(err)
}

// LookUp reads up to 1000 invoices by their ids. An id that Crypto Pay cannot have given is an
// error that names it; the other invoices are returned beside it. More than one id is a comparison,
// which lets the calls that a buyer waits for go first.
func (r *Rail) LookUp(ctx context.Context, invoices []string) ([]shop.RemoteInvoice, error) {
	if len(invoices) > 1 {
		ctx = payments.Background(ctx)
	}
	return byID("invoice", invoices, toRemoteInvoice, func(ids []int64) ([]payments.Invoice, error) {
		return r.client.GetInvoices(ctx, payments.InvoiceFilter{IDs: ids})
	})
}

// CloseInvoice makes an invoice unpayable. An invoice that is gone already is not an error.
func (r *Rail) CloseInvoice(ctx context.Context, invoice string) error {
	id, err := parseID("invoice", invoice)
	if err != nil {
		return err
	}
	err = r.client.DeleteInvoice(ctx, id)
	if errors.Is(err, payments.ErrInvoiceNotFound) {
		return nil
	}
	return toShopError(err)
}

// Refund sends a refund under its own id, so that repeating it sends nothing twice. The buyer reads
// the order's number with it where the app may send comments.
func (r *Rail) Refund(ctx context.Context, o shop.Order, refund shop.Refund) (transfer string, err error) {
	order, _ := refund.ID.Order()
	request := payments.TransferRequest{
		UserID: o.Buyer.ID, Amount: refund.Amount, SpendID: string(refund.ID), Comment: string(order),
	}
	t, err := r.client.Transfer(ctx, request)
	if err != nil {
		return "", toShopError(err)
	}
	return formatID(t.ID), nil
}

// FindRefund tells whether a transfer was made under the refund's id.
func (r *Rail) FindRefund(ctx context.Context, _ shop.Order, refund shop.Refund) (transfer string, found bool, err error) {
	t, found, err := r.client.FindTransfer(ctx, string(refund.ID))
	if !found {
		return "", false, toShopError(err)
	}
	return formatID(t.ID), true, nil
}

// Assets lists the assets that Crypto Pay has in this network. It does not let other calls go
// first: a buyer whose invoice was refused may be waiting for it.
func (r *Rail) Assets(ctx context.Context) (assets []money.Currency, err error) {
	currencies, err := r.client.GetCurrencies(ctx)
	for _, c := range currencies {
		if !c.IsFiat && c.Code.Valid() {
			assets = append(assets, c.Code)
		}
	}
	return assets, toShopError(err)
}

// GiveCheck makes a check that only the buyer can open.
func (r *Rail) GiveCheck(ctx context.Context, o shop.Order, coins money.Amount) (shop.Check, error) {
	k, err := r.client.CreateCheck(ctx, payments.CheckRequest{Amount: coins, PinToUserID: o.Buyer.ID})
	if err != nil {
		return shop.Check{}, toShopError(err)
	}
	return toCheck(k), nil
}

// EndRenewals is not among what Crypto Pay can do.
func (*Rail) EndRenewals(context.Context, int64, string) error {
	return errors.New("crypto pay has no subscriptions")
}

// Rate is what one unit of from is worth in to, and whether that is known now. It never waits.
func (r *Rail) Rate(from, to money.Currency) (money.Rate, bool) {
	rate, _, known := r.client.Rate(from, to)
	return rate, known
}

// IncomingPayment is the payment that a webhook reports; false for an update of another type, one
// that reports no payment, or one that is for no order of a shop. raw is the webhook's body.
func IncomingPayment(u payments.Update, raw []byte, received time.Time) (shop.IncomingPayment, bool) {
	id, err := shop.ParseOrderID(u.Invoice.Payload)
	if u.Type != payments.UpdateInvoicePaid || u.Invoice.Status != payments.InvoicePaid || err != nil {
		return shop.IncomingPayment{}, false
	}
	return shop.IncomingPayment{
		Order: id, Payment: toPayment(u.Invoice), Source: shop.FromWebhook, Received: received, Raw: raw,
	}, true
}

// description is what the payer reads in the wallet: as many lines of the order as fit, how many
// more there are, and the order's number.
func description(o *shop.Order) string {
	var text []rune
	ends := make([]int, len(o.Lines)) // of each line in text
	for i := range o.Lines {
		if i > 0 {
			text = append(text, ',', ' ')
		}
		text = append(text, []rune(o.Lines[i].Title.In(o.Buyer.Language))...)
		if n := o.Lines[i].Quantity; n > 1 {
			text = append(text, []rune(fmt.Sprintf(" × %d", n))...)
		}
		ends[i] = len(text)
	}
	for shown := len(ends); shown > 0; shown-- {
		rest := " · " + string(o.ID)
		if more := len(ends) - shown; more > 0 {
			rest = fmt.Sprintf(", + %d more%s", more, rest)
		}
		switch end, room := ends[shown-1], payments.MaxDescription-utf8.RuneCountInString(rest); {
		case end <= room:
			return string(text[:end]) + rest
		case shown == 1:
			return string(text[:room-1]) + "…" + rest
		}
	}
	return string(o.ID)
}

// toInvoice takes the first link of those that a button can hold. That of the mini app comes first:
// it opens above the chat with the shop, which is there again once it is closed. That of the bot leaves
// for another chat, and that of the web app for a browser, where the buyer has to log in. Nothing
// tells which of them an app knows; one too old for mini apps opens the link as a chat with the bot.
func toInvoice(in payments.Invoice) shop.Invoice {
	return shop.Invoice{ID: formatID(in.ID), URL: validLink(in.MiniAppURL, in.BotURL, in.WebAppURL)}
}

// validLink is the first of the links that a button can hold; "" if none can.
func validLink(links ...string) string {
	for _, link := range links {
		if shop.ValidLink(link) {
			return link
		}
	}
	return ""
}

func toRemoteInvoice(in payments.Invoice) shop.RemoteInvoice {
	remote := shop.RemoteInvoice{Invoice: toInvoice(in), Order: shop.OrderID(in.Payload), Raw: in.Raw}
	switch in.Status {
	case payments.InvoicePaid:
		remote.Status, remote.Payment = shop.InvoicePaid, toPayment(in)
	case payments.InvoiceExpired:
		remote.Status = shop.InvoiceClosed
	case payments.InvoiceActive:
		remote.Status = shop.InvoiceOpen
	default: // a status that we do not know may still be payable
		remote.Status = shop.InvoiceOpen
	}
	return remote
}

func toPayment(in payments.Invoice) shop.Payment {
	p := shop.Payment{
		Rail: shop.CryptoPay, Invoice: formatID(in.ID),
		Amount: in.PaidAmount, Fee: in.Fee, Price: in.Amount, At: in.PaidAt,
		Rate: paidRate(&in), Comment: cut(in.Comment, maxComment),
	}
	unreadable := slices.Contains(in.Unread, "paid_amount") // sent, so it must not pass for the price
	if p.Amount.Currency() == "" && in.CurrencyType != payments.Fiat && !unreadable {
		p.Amount = in.Amount // paid_amount is documented for fiat invoices only; a crypto one is paid exactly
	}
	if p.At.IsZero() {
		p.At = time.Now()
	}
	return p
}

// maxComment is how much of a payer's comment is kept, in characters.
const maxComment = 300

func cut(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}

// paidRate is what one of the paid coins was worth in the currency of the invoice, as Crypto Pay
// says; zero if it does not.
func paidRate(in *payments.Invoice) money.Amount {
	one, err := money.Parse("1", in.PaidAmount.Currency())
	if err != nil {
		return money.Amount{}
	}
	for _, rate := range []money.Rate{in.PaidFiatRate, in.PaidUSDRate} {
		if worth, err := rate.Convert(one, 18); err == nil && worth.Currency() == in.Amount.Currency() {
			return worth
		}
	}
	return money.Amount{}
}

func formatID(id int64) string { return strconv.FormatInt(id, 10) }

// parseID is the inverse of formatID.
func parseID(of, text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id <= 0 || formatID(id) != text {
		return 0, fmt.Errorf("%s id %q is not from Crypto Pay: want a whole number above zero", of, text)
	}
	return id, nil
}

// parseIDs reads the ids that can be read, and returns one error that names all others.
func parseIDs(of string, texts []string) (ids []int64, foreign error) {
	for _, text := range texts {
		id, err := parseID(of, text)
		if err != nil {
			foreign = errors.Join(foreign, err)
			continue
		}
		ids = append(ids, id)
	}
	return ids, foreign
}
