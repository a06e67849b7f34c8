package shop

import "slices"

// Notice is something that happened to an order and that one side has not been
// told yet. Where the order's screen shows it, telling means redrawing the screen.
type Notice struct {
	What What     `json:"what"`
	To   Audience `json:"to"`
	// Refund names the refund that the notice is about, if any.
	Refund RefundID `json:"refund,omitempty"`
	// Payment is the invoice of the payment that the notice is about, if any.
	Payment string `json:"payment,omitempty"`
	// Reason is why an order is held or a refund was refused, for such notices, and NoMoreLinks for the
	// last WhatStranger.
	Reason string `json:"reason,omitempty"`
}

// Audience is who is to be told. The words are stored on disk.
type Audience string

// The audiences of a notice.
const (
	ToBuyer  Audience = "buyer"
	ToOwners Audience = "owners"
	// ToInviter is who invited the buyer.
	ToInviter Audience = "inviter"
)

// What happened. The words are stored on disk.
type What string

// The things that people are told about an order.
const (
	WhatPaid          What = "paid"           // the screen loses its pay button; told along with the delivery
	WhatPreparing     What = "preparing"      // the goods are being prepared
	WhatInvoiced      What = "invoiced"       // the pay button is there, later than expected
	WhatNoInvoice     What = "no_invoice"     // given up: the payment service did not make an invoice
	WhatExpired       What = "expired"        // the hold time is over
	WhatSold          What = "sold"           // an order was paid and delivered
	WhatHeld          What = "held"           // paid, and a person has to decide
	WhatLate          What = "late"           // what is made by hand is not there at the promised time
	WhatStuck         What = "stuck"          // paid goods do not arrive; it is still tried
	WhatReplaced      What = "replaced"       // another unit reached the buyer
	WhatPaidAgain     What = "paid_again"     // a second payment for the same order
	WhatRefundSent    What = "refund_sent"    // the coins are with the buyer
	WhatRefundRefused What = "refund_refused" // the payment service refused the transfer for good
	WhatRefundUnclear What = "refund_unclear" // the transfer is tried again and again without an answer
	WhatStranger      What = "stranger"       // somebody else used up the buyer's link
	WhatReward        What = "reward"         // the delivery earned a coupon for an invitation
	// Of a subscription: the buyer has cancelled it, or has too little to renew it, or it goes on.
	WhatRenewalCancelled What = "renewal_canceled"
	WhatRenewalFailed    What = "renewal_failed"
	WhatRenewalKept      What = "renewal_kept" // the payment service refuses to end it
)

// NeedsAction reports whether an owner has to act on n, so that it is never given up.
func (n Notice) NeedsAction() bool {
	if n.To != ToOwners {
		return false
	}
	switch n.What {
	case WhatHeld, WhatLate, WhatPaidAgain, WhatRefundRefused, WhatRefundUnclear, WhatRenewalKept:
		return true
	case WhatPaid, WhatPreparing, WhatInvoiced, WhatNoInvoice, WhatExpired, WhatSold, WhatStuck, WhatReplaced, WhatRefundSent, WhatStranger, WhatReward,
		WhatRenewalCancelled, WhatRenewalFailed:
	}
	return false
}

// Untold reports whether the buyer could not be told of something yet: it was tried, and is going
// to be tried again.
func (o *Order) Untold() bool {
	return o.Attempts(TaskNotify) > 0 && slices.ContainsFunc(o.Notices, func(n Notice) bool { return n.To == ToBuyer })
}

func (o *Order) notify(n ...Notice) {
	o.Notices = append(slices.Clip(o.Notices), n...)
}

// Told drops the notices that are done: they reached their audience, or never
// will. done tells so of each, from the first on; later ones stay.
func (o *Order) Told(done []bool) {
	var left []Notice
	for i, n := range o.Notices {
		if i >= len(done) || !done[i] {
			left = append(left, n)
		}
	}
	o.Notices = left
	o.dropRetry(TaskNotify)
}
