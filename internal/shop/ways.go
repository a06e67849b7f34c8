package shop

import "slices"

// paysBy lists the rails by which o can be paid: its own, and Stars beside it.
func (o *Order) paysBy() []RailID {
	if o.Rail != Stars && !o.Stars.IsZero() {
		return []RailID{o.Rail, Stars}
	}
	return []RailID{o.Rail}
}

// takesStars reports whether o can be paid with Stars.
func (o *Order) takesStars() bool { return slices.Contains(o.paysBy(), Stars) }

// InvoiceBy is o's invoice for a payment by one of its rails; the zero Invoice if there is none.
func (o *Order) InvoiceBy(rail RailID) Invoice {
	if rail == o.Rail {
		return o.Invoice
	}
	if rail == Stars {
		return o.StarsInvoice
	}
	return Invoice{}
}

func (o *Order) setInvoice(rail RailID, in Invoice) {
	if rail == o.Rail {
		o.Invoice = in
	} else {
		o.StarsInvoice = in
	}
}

// missingInvoices lists the rails whose invoices are still to be made.
func (o *Order) missingInvoices() []RailID {
	if !o.Open() {
		return nil
	}
	return slices.DeleteFunc(o.paysBy(), func(rail RailID) bool {
		return o.InvoiceBy(rail).ID != "" || slices.Contains(o.Refused, rail)
	})
}

// MarkNoInvoice notes that a rail makes no invoice for o. An order that gets none at all is
// cancelled.
func (o *Order) MarkNoInvoice(rail RailID, why CancelReason) error {
	if !o.Open() || !slices.Contains(o.missingInvoices(), rail) {
		return ErrUnchanged
	}
	refused := o.Refused
	o.Refused = append(slices.Clip(o.Refused), rail)
	if o.State != StateNew || len(o.missingInvoices()) > 0 {
		o.dropRetry(TaskInvoice)
		return nil
	}
	if err := o.Cancel(why); err != nil {
		o.Refused = refused
		return err
	}
	return nil
}

// paidWith reports whether o has a payment by a rail.
func (o *Order) paidWith(rail RailID) bool {
	return slices.ContainsFunc(o.Payments, func(p Payment) bool { return p.Rail == rail })
}
