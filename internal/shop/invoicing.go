package shop

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
)

// giveUpInvoice is how long after checkout the shop tries to get an invoice.
const giveUpInvoice = 2 * time.Minute

// clockSkew is by how much the payment service's clock may differ from ours.
const clockSkew = 5 * time.Minute

// makeInvoice gets an order the invoices that Checkout's own attempt did not get. An earlier attempt
// may have made one all the same, so it looks first.
func (s *Shop) makeInvoice(ctx context.Context, o Order) error {
	var later error
	for _, id := range o.missingInvoices() {
		rail, err := s.railBy(&o, id)
		if err != nil {
			return s.postpone(ctx, o, TaskInvoice, err)
		}
		in, err := s.findOrCreateInvoice(ctx, rail, o)
		_, no := errors.AsType[*RefusedError](err)
		switch {
		case no, err != nil && elapsed(o.Created, giveUpInvoice):
			_, err = s.giveUp(ctx, o, id, err)
		case err != nil:
			later, err = err, nil
		case in.ID == "": // it turned out to be paid
			return nil
		default:
			_, err = s.invoiced(ctx, o.ID, id, in, Notice{What: WhatInvoiced, To: ToBuyer})
		}
		if err != nil {
			return err
		}
	}
	if later != nil {
		return s.postpone(ctx, o, TaskInvoice, later)
	}
	return nil
}

// findOrCreateInvoice returns the order's one invoice by a rail, or no invoice after it has recorded
// the payment of one.
func (s *Shop) findOrCreateInvoice(ctx context.Context, rail Rail, o Order) (Invoice, error) {
	invoices, err := s.remoteInvoices(ctx, rail, o)
	if err != nil {
		return Invoice{}, err
	}
	var found Invoice
	paid := false
	for _, in := range invoices {
		switch {
		case in.Status == InvoicePaid:
			paid = true
			if err := s.recordRemote(ctx, in); err != nil {
				return Invoice{}, err
			}
		case in.Status != InvoiceOpen:
		case found.ID == "" && !paid:
			found = in.Invoice
		default: // one too many
			if err := closeInvoice(ctx, rail, in.Invoice.ID); err != nil {
				return Invoice{}, err
			}
		}
	}
	if found.ID != "" || paid {
		return payable(found, nil)
	}
	return s.createInvoice(ctx, rail, o)
}

// closeInvoice makes an invoice unpayable where the rail can do that.
func closeInvoice(ctx context.Context, rail Rail, invoice string) error {
	if !rail.Can().Close {
		return nil
	}
	return rail.CloseInvoice(ctx, invoice)
}

// closeStray settles the invoices of an order that does not wait for payment any more, so no
// payment goes unnoticed.
func (s *Shop) closeStray(ctx context.Context, o Order) error {
	if o.EndSubscription != "" {
		if err := s.endSubscription(ctx, o); err != nil {
			return s.postpone(ctx, o, TaskClose, err)
		}
	}
	if !o.strayInvoice() {
		return nil
	}
	for _, id := range o.paysBy() {
		if err := s.settleInvoices(ctx, o, id); err != nil {
			return s.postpone(ctx, o, TaskClose, err)
		}
	}
	settled := o.Invoice.ID
	_, err := s.change(ctx, o.ID, func(o *Order, _ Free) error {
		if o.Invoice.ID != settled || !o.strayInvoice() { // it came meanwhile, and nobody has looked at it
			return ErrUnchanged
		}
		return o.CloseInvoice()
	})
	return err
}

func (s *Shop) settleInvoices(ctx context.Context, o Order, by RailID) error {
	rail, err := s.railBy(&o, by)
	if err != nil {
		return err
	}
	invoices, err := s.remoteInvoices(ctx, rail, o)
	if err != nil {
		return err
	}
	for _, in := range invoices {
		if in.Status != InvoiceOpen {
			continue
		}
		if err := closeInvoice(ctx, rail, in.Invoice.ID); err != nil {
			return err
		}
		// It may have been paid between the look and the closing.
		again, err := rail.LookUp(ctx, []string{in.Invoice.ID})
		if err != nil {
			return err
		}
		invoices = append(invoices, again...)
	}
	for _, in := range invoices {
		if in.Status != InvoicePaid {
			continue
		}
		if err := s.recordRemote(ctx, in); err != nil {
			return err
		}
	}
	return nil
}

// remoteInvoices looks the order's invoice by a rail up, or searches for it if its answer was lost.
func (s *Shop) remoteInvoices(ctx context.Context, rail Rail, o Order) ([]RemoteInvoice, error) {
	switch {
	case !rail.Can().LookUp:
		return nil, nil
	case rail.ID() == Stars:
		if !o.maybePaid() { // a link may be made again, and only a payment can be found
			return nil, nil
		}
		return rail.FindInvoices(ctx, o.ID, o.Approved.At.Add(-clockSkew))
	case o.Invoice.ID != "":
		return rail.LookUp(ctx, []string{o.Invoice.ID})
	}
	return rail.FindInvoices(ctx, o.ID, o.Created.Add(-clockSkew))
}

// expire ends unpaid orders whose time is over, after one last question to the payment service.
func (s *Shop) expire(ctx context.Context, orders []Order) (failed error) {
	found, unasked := s.lookUp(ctx, orders)
	for _, o := range orders {
		if err := s.expireOne(ctx, o, found[o.ID], unasked[o.ID]); err != nil {
			s.log.ErrorContext(ctx, "record order step failed", "order", o.ID, "state", o.State, "error", err)
			failed = err
		}
	}
	return failed
}

// How long past its end an order stays reserved. Attempts are counted, since the machine's clock
// may be what is wrong.
const (
	// giveUpAsking is how often the payment service is asked in vain how the invoice ended: for
	// about two minutes.
	giveUpAsking = 5
	// longestAskingWait bounds the wait between two of these questions.
	longestAskingWait = 45 * time.Second
	// stillOpenWait is the wait before an invoice is looked at again that is still payable.
	stillOpenWait = 30 * time.Second
)

func (s *Shop) expireOne(ctx context.Context, o Order, in RemoteInvoice, unasked error) error {
	switch {
	case unasked != nil && in.Status != InvoicePaid && o.Attempts(TaskExpire) < giveUpAsking:
		return s.postpone(ctx, o, TaskExpire, unasked)
	case in.Status == InvoicePaid:
		return s.recordRemote(ctx, in)
	case in.Status == InvoiceOpen && time.Duration(o.Extended)*stillOpenWait < s.cfg.InvoiceTTL+clockSkew:
		return s.extend(ctx, o)
	}
	return s.lapse(ctx, o.ID, in.Status)
}

// extend keeps an order whose time is over by our clock, but whose invoice can still be paid: our
// clock was set forward since it was made, or is wrong.
func (s *Shop) extend(ctx context.Context, o Order) error {
	_, err := s.change(ctx, o.ID, func(o *Order, _ Free) error {
		if o.State != StateAwaiting {
			return ErrUnchanged
		}
		at := now()
		o.Extended++
		o.setRetry(TaskExpire, Retry{From: at, At: at.Add(stillOpenWait)})
		return nil
	})
	return err
}

// lapse ends an order that was not paid in time. One that may be approved since, or be paid with Stars
// although its invoice ended early, goes on.
func (s *Shop) lapse(ctx context.Context, id OrderID, invoice InvoiceStatus) error {
	at := now()
	_, err := s.cancel(ctx, id, func(o *Order, _ Free) error {
		if o.State != StateAwaiting || o.takesStars() && at.Before(o.Expires) && !ClockWasAhead(o.Created, at) {
			return ErrUnchanged
		}
		if err := o.Cancel(CancelExpired); err != nil {
			return err
		}
		if invoice == InvoiceClosed && !o.maybePaid() {
			return o.CloseInvoice()
		}
		return nil
	})
	return err
}

// lookUp reads the invoices of orders, with one question to each rail. Of an order that is paid it
// returns the paid one. unasked tells why a rail of an order could not be asked.
func (s *Shop) lookUp(ctx context.Context, orders []Order) (found map[OrderID]RemoteInvoice, unasked map[OrderID]error) {
	found, unasked = map[OrderID]RemoteInvoice{}, map[OrderID]error{}
	byRail := make(map[RailID]map[string]OrderID) // invoices and their orders
	for i := range orders {
		o := &orders[i]
		for _, rail := range o.paysBy() {
			if in := o.InvoiceBy(rail).ID; in != "" && (rail != Stars || o.maybePaid()) {
				if byRail[rail] == nil {
					byRail[rail] = map[string]OrderID{}
				}
				byRail[rail][in] = o.ID
			}
		}
	}
	for id, of := range byRail {
		rail, known := s.rails[id]
		if !known {
			for _, o := range of {
				unasked[o] = &UnknownRailError{Order: o, Rail: id}
			}
			continue
		}
		if !rail.Can().LookUp {
			continue
		}
		list, err := rail.LookUp(ctx, slices.Sorted(maps.Keys(of)))
		for _, in := range list {
			if o := of[in.Invoice.ID]; found[o].Status != InvoicePaid {
				found[o] = in
			}
		}
		if err == nil {
			continue
		}
		for _, o := range of {
			unasked[o] = fmt.Errorf("look up %d invoices: %w", len(of), err)
		}
	}
	return found, unasked
}

// maxLink is more than a link of a payment service needs, and less than Telegram takes in a button.
const maxLink = 1024

// RefusedBadLink is the reason when an invoice came without a link that a button can hold.
const RefusedBadLink = "BAD_LINK"

// ValidLink reports whether a link that came from outside may become a button: an absolute https or
// tg address of printable ASCII without a user name, of at most 1024 bytes. Telegram refuses a
// whole message for one bad button, and http or anything else leads a buyer astray.
func ValidLink(link string) bool {
	printable := func(r rune) bool { return r > ' ' && r < 0x7f }
	if link == "" || len(link) > maxLink || strings.TrimFunc(link, printable) != "" || strings.ContainsAny(link, `"<>\`) {
		return false
	}
	u, err := url.Parse(link)
	if err != nil || u.User != nil || u.Opaque != "" {
		return false
	}
	switch u.Scheme {
	case "https":
		return strings.Contains(u.Hostname(), ".")
	case "tg":
		return u.Host != ""
	}
	return false
}

// payable makes sure that a buyer can get to an invoice. *RefusedError.
func payable(in Invoice, err error) (Invoice, error) {
	if err != nil || in.ID == "" || in.URL != "" {
		return in, err
	}
	return Invoice{}, &RefusedError{Name: RefusedBadLink, Err: errors.New("invoice " + in.ID + " has no link that a button can hold")}
}
