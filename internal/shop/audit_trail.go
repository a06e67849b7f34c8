package shop

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"time"

	"shopbot/internal/money"
)

// AuditAct is what an entry of the audit trail says was done. The words are stored on disk.
type AuditAct string

// What the audit trail tells of. Units and coins move by no other act.
const (
	AuditPlaced          AuditAct = "placed"           // an order, with units reserved for it
	AuditCancelled       AuditAct = "cancelled"        // an unpaid order, whose units are free again
	AuditPaid            AuditAct = "paid"             // coins came, and units became the order's own
	AuditPaidAgain       AuditAct = "paid_again"       // coins came for an order that was paid
	AuditHeld            AuditAct = "held"             // a paid order waits for a person
	AuditReleased        AuditAct = "released"         // a held order was sent on to delivery
	AuditRefundRequested AuditAct = "refund_requested" // coins are to go back
	AuditRefundSent      AuditAct = "refund_sent"      // coins went back
	AuditRefundRefused   AuditAct = "refund_refused"   // coins did not go back
	AuditReplaced        AuditAct = "replaced"         // a unit was burned, and another became the order's own
	AuditByHand          AuditAct = "by_hand"          // an owner said what the buyer of a held order gets
	AuditSentAgain       AuditAct = "sent_again"       // the goods went to the buyer once more
	AuditStockAdded      AuditAct = "stock_added"      // units were put on sale
	AuditStockRemoved    AuditAct = "stock_removed"    // units were removed from the stock
	AuditStockUndone     AuditAct = "stock_undone"     // units were taken back, as if they had not been loaded
	AuditCorrected       AuditAct = "corrected"        // anything else that moved units

	// Changes of the catalog. Reference is the number of the revision that was made.
	AuditCatalogChanged AuditAct = "catalog_changed"
	AuditCatalogUndone  AuditAct = "catalog_undone" // the revision before was taken back

	// Acts of owners that move nothing.
	AuditPaused    AuditAct = "paused"
	AuditResumed   AuditAct = "resumed"
	AuditBlocked   AuditAct = "blocked"   // Reason is the buyer's Telegram id, and why
	AuditUnblocked AuditAct = "unblocked" // Reason is the buyer's Telegram id

	// Reason is the coupon's code.
	AuditCouponMade    AuditAct = "coupon_made"
	AuditCouponStopped AuditAct = "coupon_stopped"
	AuditCouponResumed AuditAct = "coupon_resumed"
	AuditReferral      AuditAct = "referral" // Reason is the new terms of invitations

	// AuditForgotten says that a buyer's data was deleted. It does not tell whose.
	AuditForgotten AuditAct = "forgotten"

	// Changes of the staff. Reason is the role, after the person's Telegram id if By is somebody
	// else; the id alone of somebody who was removed.
	AuditStaffInvited   AuditAct = "staff_invited"
	AuditStaffWithdrawn AuditAct = "staff_withdrawn" // an invitation
	AuditStaffJoined    AuditAct = "staff_joined"
	AuditStaffChanged   AuditAct = "staff_changed"
	AuditStaffRemoved   AuditAct = "staff_removed"
)

// AuditEntry is one line of the audit trail: something that moved coins or units, or that
// an owner did. Lines are added and never changed.
type AuditEntry struct {
	Number int64     `json:"number"` // from 1, without gaps
	At     time.Time `json:"at"`     // to the millisecond
	Act    AuditAct  `json:"act"`
	Order  OrderID   `json:"order,omitempty"`
	// By is the Telegram id of the owner, or the buyer, who did it; 0 for the shop, or its command
	// line.
	By int64 `json:"by,omitempty"`
	// Stock is how units moved, a product each.
	Stock []StockMove `json:"stock,omitempty"`
	// Amount is what was asked for, came or went back, as Act says; Fee what the payment service
	// kept of it.
	Amount money.Amount `json:"amount,omitzero"`
	Fee    money.Amount `json:"fee,omitzero"`
	// Reference is the invoice that was paid, or the refund.
	Reference string `json:"reference,omitempty"`
	// Batch is what units were loaded, removed or taken back; 0 if they are of several.
	Batch int64 `json:"batch,omitempty"`
	// Reason is why an order was cancelled or held, a refund refused or a unit replaced, or what an
	// owner noted of a payment or a refund by hand.
	Reason string `json:"reason,omitempty"`
}

// StockMove is how the units of one product moved.
type StockMove struct {
	SKU string `json:"sku"`
	// Units is how many units came on sale; less than zero if they became a buyer's, or were
	// removed.
	Units int `json:"units,omitempty"`
	// Reserved is how many more units are promised to unpaid orders than before.
	Reserved int `json:"reserved,omitempty"`
	// Goods is a fingerprint of the units that became the order's own, or were removed.
	Goods string `json:"goods,omitempty"`
	// Burned is a fingerprint of the unit in whose place Goods came.
	Burned string `json:"burned,omitempty"`
}

// Trail tells what the audit trail has to say of a change of an order, oldest
// first; none if no coins or units moved and no person decided anything.
// before is the zero Order for a new one. Number and At are left to the store.
func Trail(before, after *Order) []AuditEntry {
	var trail []AuditEntry
	add := func(e AuditEntry) {
		e.Order = after.ID
		trail = append(trail, e)
	}
	if before.State == "" && len(after.Reserved()) > 0 {
		add(AuditEntry{Act: AuditPlaced})
	}
	for i, p := range after.Payments[min(len(before.Payments), len(after.Payments)):] {
		e := AuditEntry{Act: AuditPaid, Amount: p.Amount, Fee: p.Fee, Reference: p.Invoice, By: p.By, Reason: p.Note}
		if i+len(before.Payments) > 0 {
			e.Act = AuditPaidAgain
		}
		add(e)
	}
	for i := range after.Lines {
		l, had := &after.Lines[i], Line{}
		if i < len(before.Lines) {
			had = before.Lines[i]
		}
		if l.ByHand != had.ByHand {
			add(AuditEntry{Act: AuditByHand, By: l.ByHand, Reference: l.SKU})
		}
		for _, r := range l.Replaced[len(had.Replaced):] {
			add(AuditEntry{Act: AuditReplaced, By: r.By, Reason: string(r.Why), Stock: []StockMove{
				{SKU: l.SKU, Units: -1, Goods: UnitName(r.New), Burned: UnitName(r.Old)},
			}})
		}
	}
	if e, moved := stateTrail(before, after); moved {
		add(e)
	}
	for i, r := range after.Refunds {
		had := Refund{}
		if i < len(before.Refunds) {
			had = before.Refunds[i]
		}
		if e, moved := refundTrail(had, r); moved {
			add(e)
		}
	}
	return withUnits(trail, before, after)
}

func stateTrail(before, after *Order) (AuditEntry, bool) {
	if before.State == after.State {
		return AuditEntry{}, false
	}
	switch {
	case after.State == StateCancelled && len(before.Reserved()) > 0:
		return AuditEntry{Act: AuditCancelled, Reason: string(after.Cancelled)}, true
	case after.State == StateHeld && before.State != StateRefunding:
		return AuditEntry{Act: AuditHeld, Reason: string(after.Hold)}, true
	case after.State == StatePaid && before.State == StateHeld:
		return AuditEntry{Act: AuditReleased, By: after.ReleasedBy}, true
	}
	return AuditEntry{}, false
}

func refundTrail(before, after Refund) (AuditEntry, bool) {
	e := AuditEntry{Amount: after.Amount, Reference: string(after.ID)}
	switch {
	case before.Status == after.Status:
		return AuditEntry{}, false
	case after.Status == RefundSent:
		e.Act = AuditRefundSent
		if after.Way == ByHand { // requested and sent in one step
			e.By, e.Reason = after.By, after.Note
		}
	case after.Status == RefundRefused:
		e.Act, e.Reason = AuditRefundRefused, after.Refusal
	default:
		e.Act, e.By = AuditRefundRequested, after.By
	}
	return e, true
}

// withUnits notes how units moved, on the first entry of the change.
func withUnits(trail []AuditEntry, before, after *Order) []AuditEntry {
	moves := stockMoves(before, after)
	if len(moves) == 0 {
		return trail
	}
	if len(trail) == 0 {
		trail = []AuditEntry{{Act: AuditCorrected, Order: after.ID}}
	}
	trail[0].Stock = moves
	return trail
}

// stockMoves compares what an order reserves and owns before and after a change, by SKU.
func stockMoves(before, after *Order) []StockMove {
	var moves []StockMove
	of := func(sku string) *StockMove {
		i := slices.IndexFunc(moves, func(m StockMove) bool { return m.SKU == sku })
		if i < 0 {
			i, moves = len(moves), append(moves, StockMove{SKU: sku})
		}
		return &moves[i]
	}
	for sku, n := range before.Reserved() {
		of(sku).Reserved -= n
	}
	for sku, n := range after.Reserved() {
		of(sku).Reserved += n
	}
	for i := range after.Lines {
		l := &after.Lines[i]
		had := i < len(before.Lines) && len(before.Lines[i].Goods) > 0
		if m := of(l.SKU); l.FromStock && len(l.Goods) > 0 && !had && m.Goods == "" {
			units := takenUnits(before, after, l.SKU)
			m.Units, m.Goods = -len(units), Fingerprint(units)
		}
	}
	moves = slices.DeleteFunc(moves, func(m StockMove) bool { return m == StockMove{SKU: m.SKU} })
	slices.SortFunc(moves, func(a, b StockMove) int { return cmp.Compare(a.SKU, b.SKU) })
	return moves
}

// takenUnits lists the units of a product that became an order's own.
func takenUnits(before, after *Order, sku string) (units []string) {
	for i := range after.Lines {
		l := &after.Lines[i]
		had := i < len(before.Lines) && len(before.Lines[i].Goods) > 0
		if l.FromStock && l.SKU == sku && !had {
			units = append(units, l.Goods...)
		}
	}
	return units
}

// fingerprintBytes of a hash tell lists of units apart, and tell nothing of the units.
const fingerprintBytes = 8

// Fingerprint is a short name of a list of units, from which no unit can be told.
func Fingerprint(units []string) string {
	var list []byte
	for _, u := range units {
		list = strconv.AppendInt(list, int64(len(u)), 10)
		list = append(append(list, '\n'), u...)
	}
	sum := sha256.Sum256(list)
	return hex.EncodeToString(sum[:fingerprintBytes])
}
