package shop

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
)

// Coupon is a rule by which a buyer who knows its code pays less.
type Coupon struct {
	Code string `json:"code"` // as ParseCouponCode gives it
	// Percent is what the buyer saves, 1 to 99; 0 if Amount is set, in the shop's currency.
	Percent int          `json:"percent,omitempty"`
	Amount  money.Amount `json:"amount,omitzero"`
	// From and Until are its first and last day in the shop's zone; "" for no bound.
	From  catalog.Date `json:"from,omitempty"`
	Until catalog.Date `json:"until,omitempty"`
	// Limit is how many orders may use it, PerBuyer how many of one buyer; 0 for any number.
	Limit    int `json:"limit,omitempty"`
	PerBuyer int `json:"per_buyer,omitempty"`
	// SKUs and Categories are what it is for, either of them; both empty: everything.
	SKUs       []string `json:"skus,omitempty"`
	Categories []string `json:"categories,omitempty"`
	// Minimum is the least price of an order before the coupon; zero for any.
	Minimum money.Amount `json:"minimum,omitzero"`
	// Codes is how many one-use codes a batch has. The batch's own code then buys nothing: it names
	// the rule that holds for all of them.
	Codes int `json:"codes,omitempty"`
	// Batch is set for a code of a batch alone: the code that names its rule.
	Batch string `json:"batch,omitempty"`
	// For is the only buyer who may use it, a Telegram id; 0 for everybody.
	For int64 `json:"for,omitempty"`
	// Reward is the order that it is a reward for; it ends if that order is refunded whole.
	Reward  OrderID   `json:"reward,omitempty"`
	Stopped bool      `json:"stopped,omitempty"` // by an owner, until it is resumed
	Made    time.Time `json:"made"`
}

// CouponCount is what came of a coupon. It follows from the orders: see Order.CouponUse.
type CouponCount struct {
	Uses  int  `json:"uses,omitempty"`  // by orders that are not over without a sale
	Paid  int  `json:"paid,omitempty"`  // of these, by orders that were paid
	Given Sums `json:"given,omitempty"` // what their buyers saved, in each currency that the shop has had
}

// Add adds n times other to c; n is 1 or -1.
func (c *CouponCount) Add(other CouponCount, n int) {
	c.Uses += n * other.Uses
	c.Paid += n * other.Paid
	c.Given = slices.Clone(c.Given)
	for _, sum := range other.Given {
		c.Given.Add(sum.Times(n))
	}
	c.Given = slices.DeleteFunc(c.Given, money.Amount.IsZero)
}

// Equal reports whether two counts are the same.
func (c *CouponCount) Equal(other CouponCount) bool {
	return c.Uses == other.Uses && c.Paid == other.Paid && slices.EqualFunc(c.Given, other.Given, money.Amount.Equal)
}

// CouponState is a coupon as a buyer meets it now. For a code of a batch it has the batch's rule,
// and a limit of 1.
type CouponState struct {
	Coupon

	Count CouponCount // for a code of a batch: of this code alone
	// ByBuyer is how many orders of the buyer use it, or a code of the same batch.
	ByBuyer int
	// Void says that it is a reward for an order that was refunded whole since.
	Void bool
}

// Coupons keeps coupons. Each method is one durable transaction, as in Store. What orders use is
// counted in the transaction that changes the order.
type Coupons interface {
	// AddCoupons keeps new coupons, all of them or none: ErrCouponExists if there is one of the same
	// code.
	AddCoupons(ctx context.Context, list ...Coupon) error
	// Coupon reads a coupon as a buyer meets it; ErrNoCoupon.
	Coupon(ctx context.Context, code string, buyer int64) (CouponState, error)
	// CouponList lists coupons in the order of their codes, those after the given one. They are
	// the shop's own, or the codes of a batch.
	CouponList(ctx context.Context, batch, after string, limit int) ([]CouponState, error)
	// CouponsFor lists up to limit coupons that only one buyer may use, in the order of their codes.
	CouponsFor(ctx context.Context, buyer int64, limit int) ([]CouponState, error)
	// ChangeCoupon applies a change to a coupon, but for its code. The change is pure; when it
	// reports false, nothing is written. ErrNoCoupon.
	ChangeCoupon(ctx context.Context, code string, change func(*Coupon) (changed bool)) (CouponState, error)
}

var (
	// ErrNoCoupon says that there is no coupon of this code.
	ErrNoCoupon = errors.New("no such coupon")
	// ErrCouponExists says that there is a coupon of this code already.
	ErrCouponExists = errors.New("there is a coupon of this code")
	// ErrBadCouponCode says that a text is not the code of a coupon.
	ErrBadCouponCode = errors.New("not the code of a coupon: want 3 to 32 letters, digits and dashes")
)

const (
	minCouponCode = 3
	maxCouponCode = 32
)

// ParseCouponCode reads a code as people write it, in any case; ErrBadCouponCode for anything else
// than 3 to 32 letters, digits and dashes.
func ParseCouponCode(s string) (string, error) {
	s = strings.ToUpper(strings.NewReplacer("‐", "-", "‑", "-", "–", "-", "—", "-", "−", "-").Replace(strings.TrimSpace(s)))
	const allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"
	if len(s) < minCouponCode || len(s) > maxCouponCode || strings.Trim(s, allowed) != "" || strings.Trim(s, "-") != s {
		return "", ErrBadCouponCode
	}
	return s, nil
}

// CouponReason is why a coupon is not used.
type CouponReason string

// Why a coupon is not used.
const (
	CouponUnknown CouponReason = "unknown"
	CouponStopped CouponReason = "stopped" // by the shop
	CouponEarly   CouponReason = "early"   // its first day is still to come
	CouponEnded   CouponReason = "ended"   // its last day is over
	CouponUsedUp  CouponReason = "used_up" // by all buyers together
	CouponUsed    CouponReason = "used"    // by this buyer

	// The order does not fit. Another one may.
	CouponElsewhere  CouponReason = "elsewhere"   // it is for other products
	CouponMinimum    CouponReason = "minimum"     // the order is too small
	CouponWholePrice CouponReason = "whole_price" // it would leave nothing to pay
	CouponNothing    CouponReason = "nothing"     // a share of the price that rounds to nothing
)

// CouponReasons lists all reasons.
func CouponReasons() []CouponReason {
	return []CouponReason{
		CouponUnknown, CouponStopped, CouponEarly, CouponEnded, CouponUsedUp, CouponUsed,
		CouponElsewhere, CouponMinimum, CouponWholePrice, CouponNothing,
	}
}

// CouponError says why a coupon is not used.
type CouponError struct {
	Coupon Coupon // its Code alone where the reason is CouponUnknown
	Reason CouponReason
}

func (e *CouponError) Error() string { return fmt.Sprintf("coupon %s: %s", e.Coupon.Code, e.Reason) }

// Misfit reports whether the buyer may use the coupon for another order.
func (e *CouponError) Misfit() bool {
	switch e.Reason {
	case CouponElsewhere, CouponMinimum, CouponWholePrice, CouponNothing:
		return true
	case CouponUnknown, CouponStopped, CouponEarly, CouponEnded, CouponUsedUp, CouponUsed:
	}
	return false
}

// Usable tells whether a buyer may use the coupon on a day, for an order that fits; else it returns
// a *CouponError.
func (c *CouponState) Usable(buyer int64, on catalog.Date) error {
	no := func(reason CouponReason) error { return &CouponError{Coupon: c.Coupon, Reason: reason} }
	switch {
	case c.Codes > 0, c.For != 0 && c.For != buyer:
		return &CouponError{Coupon: Coupon{Code: c.Code}, Reason: CouponUnknown}
	case c.Stopped, c.Void:
		return no(CouponStopped)
	case c.From != "" && on < c.From:
		return no(CouponEarly)
	case c.Until != "" && on > c.Until:
		return no(CouponEnded)
	case c.PerBuyer > 0 && c.ByBuyer >= c.PerBuyer, c.Batch == "" && c.Limit == 1 && c.ByBuyer > 0:
		return no(CouponUsed)
	case c.Limit > 0 && c.Count.Uses >= c.Limit:
		return no(CouponUsedUp)
	}
	return nil
}

// Discount is what the coupon saves in an order of these lines, whose total is given; a
// *CouponError if it does not fit. Its amount is less than the total and more than zero.
//
// A percentage is of what the coupon is for, and truncated to the currency's smallest unit: the
// buyer pays the fraction. An amount saves no more than what it is for costs.
func (c *Coupon) Discount(lines []Line, total money.Amount, of *catalog.Catalog) (Discount, error) {
	no := func(reason CouponReason) (Discount, error) {
		return Discount{}, &CouponError{Coupon: *c, Reason: reason}
	}
	d := Discount{Reason: "coupon " + c.Code, Coupon: c.Code}
	base := money.Zero(total.Currency())
	for i := range lines {
		if c.isFor(lines[i].SKU, of) {
			base, _ = base.Add(lines[i].Sum()) // all prices are in the shop's currency
			d.Lines = append(d.Lines, i)
		}
	}
	if len(d.Lines) == len(lines) {
		d.Lines = nil
	}
	saved := base.Percent(c.Percent, catalog.Decimals(base.Currency()))
	if c.Percent == 0 {
		saved = c.Amount
		if order, err := saved.Compare(base); err != nil {
			return no(CouponElsewhere) // the shop had another currency
		} else if order > 0 {
			saved = base
		}
	}
	least, err := total.Compare(c.Minimum)
	switch {
	case base.IsZero():
		return no(CouponElsewhere)
	case err != nil || least < 0:
		return no(CouponMinimum)
	case mustCompare(saved, total) >= 0:
		return no(CouponWholePrice)
	case saved.Sign() <= 0:
		return no(CouponNothing)
	}
	d.Amount = saved
	return d, nil
}

// isFor reports whether the coupon is for a product.
func (c *Coupon) isFor(sku string, of *catalog.Catalog) bool {
	if len(c.SKUs)+len(c.Categories) == 0 || slices.Contains(c.SKUs, sku) {
		return true
	}
	p, found := of.Product(sku)
	return found && slices.Contains(c.Categories, p.Category)
}

// useCoupon applies a coupon to a new order if it fits; o is left alone if it does not. A coupon
// that cannot be used any more is a *CouponError: the buyer was shown another price.
func (o *Order) useCoupon(code string, v View, of *catalog.Catalog) error {
	if code == "" {
		return nil
	}
	c, err := v.Coupon(code)
	if errors.Is(err, ErrNoCoupon) {
		return &CouponError{Coupon: Coupon{Code: code}, Reason: CouponUnknown}
	}
	if err != nil {
		return fmt.Errorf("coupon %s: %w", code, err)
	}
	if err := c.Usable(o.Buyer.ID, of.Shop.DateOf(o.Created)); err != nil {
		return err
	}
	d, err := c.Discount(o.Lines, o.Total, of)
	if err != nil {
		return nil //nolint:nilerr // a misfit: it stays with the buyer
	}
	o.Discounts = append(slices.Clip(o.Discounts), d)
	o.setTotals()
	return nil
}

// Coupon is the code of the coupon that o was ordered with; "" for none.
func (o *Order) Coupon() string {
	d, _ := o.couponDiscount()
	return d.Coupon
}

func (o *Order) couponDiscount() (Discount, bool) {
	return find(o.Discounts, func(d Discount) bool { return d.Coupon != "" })
}

// CouponUse is how o counts for its coupon. An order that was cancelled or went back whole uses
// none; one that is paid late uses it again, also above its limits: the coins have come at that
// price.
func (o *Order) CouponUse() CouponCount {
	d, found := o.couponDiscount()
	switch {
	case !found, o.State == StateCancelled, o.WentBack():
		return CouponCount{}
	case len(o.Payments) == 0:
		return CouponCount{Uses: 1}
	}
	return CouponCount{Uses: 1, Paid: 1, Given: Sums{d.Amount}}
}
