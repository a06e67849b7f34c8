package storage

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"shopbot/internal/shop"
)

// couponRecord is a coupon as it is stored, with what the orders count for it.
type couponRecord struct {
	shop.Coupon

	Count shop.CouponCount `json:"count"`
}

// Groups of the list of coupons. A batch's group is its code.
const shopCoupons = ""

func personalCoupons(user int64) string { return "@" + strconv.FormatInt(user, 10) }

// couponGroup is the list that a coupon is in.
func couponGroup(c *shop.Coupon) string {
	switch {
	case c.For != 0:
		return personalCoupons(c.For)
	case c.Batch != "":
		return c.Batch
	}
	return shopCoupons
}

func couponListKey(c *shop.Coupon) []byte { return append(under(couponGroup(c)), c.Code...) }

// couponRule is the code of the coupon whose rule holds, which buyers' uses are counted under.
func couponRule(c *shop.Coupon) string {
	if c.Batch != "" {
		return c.Batch
	}
	return c.Code
}

func couponBuyerKey(rule string, buyer int64) []byte { return append(under(rule), number(buyer)...) }

// coupon reads a coupon's record. shop.ErrNoCoupon, or ErrDamaged with the code.
func (t *tx) coupon(code string) (couponRecord, error) {
	record := t.get(bucketCoupons, []byte(code))
	if record == nil {
		return couponRecord{}, shop.ErrNoCoupon
	}
	c, err := decode[couponRecord](record)
	if err != nil {
		return c, fmt.Errorf("coupon %s: %w", code, err)
	}
	return c, nil
}

// couponState is a coupon as a buyer meets it.
func (t *tx) couponState(code string, buyer int64) (shop.CouponState, error) {
	c, err := t.coupon(code)
	if err != nil {
		return shop.CouponState{}, err
	}
	s := shop.CouponState{Coupon: c.Coupon, Count: c.Count}
	if c.Batch != "" {
		rule, err := t.coupon(c.Batch)
		if err != nil {
			return shop.CouponState{}, err
		}
		s.Coupon = rule.Coupon
		s.Code, s.Batch, s.Codes, s.Limit = c.Code, c.Batch, 0, 1
		s.Stopped = c.Stopped || rule.Stopped
	}
	s.ByBuyer = int(toNumber(t.get(bucketCouponBuyers, couponBuyerKey(couponRule(&c.Coupon), buyer))))
	if s.Reward != "" {
		o, err := t.order(s.Reward)
		s.Void = err == nil && o.WentBack()
	}
	return s, t.failed
}

// moveCoupon counts what the change of an order means for its coupon. One that cannot be decoded is
// passed over, since no sale may fail because of it.
func (t *tx) moveCoupon(before, after *shop.Order) {
	code, had, has := after.Coupon(), before.CouponUse(), after.CouponUse()
	if code == "" || had.Equal(has) {
		return
	}
	c, err := t.coupon(code)
	if errors.Is(err, shop.ErrNoCoupon) { // it went with the data of the only person who could use it
		return
	}
	if err != nil {
		t.log.Error("count use of coupon failed", "coupon", code, "order", after.ID, "error", err)
		return
	}
	for _, counted := range []string{code, c.Batch} {
		if counted != "" {
			t.countCoupon(counted, had, has)
		}
	}
	t.countCouponBuyer(couponRule(&c.Coupon), after.Buyer.ID, has.Uses-had.Uses)
}

func (t *tx) countCoupon(code string, had, has shop.CouponCount) {
	c, err := t.coupon(code)
	if err != nil {
		t.log.Error("count use of coupon failed", "coupon", code, "error", err)
		return
	}
	c.Count.Add(has, 1)
	c.Count.Add(had, -1)
	t.putRecord(bucketCoupons, []byte(code), c)
}

func (t *tx) countCouponBuyer(rule string, buyer int64, more int) {
	if buyer == 0 || more == 0 { // a buyer who was forgotten
		return
	}
	key := couponBuyerKey(rule, buyer)
	if n := toNumber(t.get(bucketCouponBuyers, key)) + int64(more); n > 0 {
		t.put(bucketCouponBuyers, key, number(n))
	} else {
		t.remove(bucketCouponBuyers, key)
	}
}

// forgetCouponUse takes an order that is about to be forgotten off what its buyer used.
func (t *tx) forgetCouponUse(o *shop.Order) {
	if uses := o.CouponUse().Uses; uses > 0 {
		if c, err := t.coupon(o.Coupon()); err == nil {
			t.countCouponBuyer(couponRule(&c.Coupon), o.Buyer.ID, -uses)
		}
	}
}

// removeCouponsFor removes the coupons that only one person may use.
func (t *tx) removeCouponsFor(user int64) {
	group := personalCoupons(user)
	for _, code := range t.couponCodes(group, "", -1) {
		t.remove(bucketCouponList, append(under(group), code...))
		t.remove(bucketCoupons, []byte(code))
		t.remove(bucketCouponBuyers, couponBuyerKey(code, user))
	}
}

// couponCodes lists the codes of a group after the given one; less than 0: all.
func (t *tx) couponCodes(group, after string, limit int) (codes []string) {
	t.scan(bucketCouponList, under(group), []byte(after), func(code, _ []byte) bool {
		if len(codes) == limit {
			return false
		}
		if string(code) != after {
			codes = append(codes, string(code))
		}
		return true
	})
	return codes
}

// AddCoupons implements shop.Coupons.
func (db *DB) AddCoupons(ctx context.Context, list ...shop.Coupon) error {
	return db.write(ctx, func(t *tx) error {
		for _, c := range list {
			if t.has(bucketCoupons, []byte(c.Code)) {
				return shop.ErrCouponExists
			}
		}
		for _, c := range list {
			t.putCoupon(c)
		}
		return t.failed
	})
}

func (t *tx) putCoupon(c shop.Coupon) {
	t.putRecord(bucketCoupons, []byte(c.Code), couponRecord{Coupon: c})
	t.put(bucketCouponList, couponListKey(&c), nil)
}

// Coupon implements shop.Coupons.
func (db *DB) Coupon(ctx context.Context, code string, buyer int64) (shop.CouponState, error) {
	return query(ctx, db, func(t *tx) (shop.CouponState, error) { return t.couponState(code, buyer) })
}

// CouponList implements shop.Coupons. A coupon that cannot be decoded is logged and passed over.
func (db *DB) CouponList(ctx context.Context, batch, after string, limit int) ([]shop.CouponState, error) {
	return db.couponList(ctx, batch, after, limit, 0)
}

// CouponsFor implements shop.Coupons.
func (db *DB) CouponsFor(ctx context.Context, buyer int64, limit int) ([]shop.CouponState, error) {
	return db.couponList(ctx, personalCoupons(buyer), "", limit, buyer)
}

func (db *DB) couponList(ctx context.Context, group, after string, limit int, buyer int64) ([]shop.CouponState, error) {
	return query(ctx, db, func(t *tx) (list []shop.CouponState, _ error) {
		for _, code := range t.couponCodes(group, after, limit) {
			s, err := t.couponState(code, buyer)
			if err != nil {
				t.log.Error("coupon passed over", "coupon", code, "error", err)
				continue
			}
			list = append(list, s)
		}
		return list, nil
	})
}

// ChangeCoupon implements shop.Coupons.
func (db *DB) ChangeCoupon(ctx context.Context, code string, change func(*shop.Coupon) bool) (s shop.CouponState, err error) {
	err = db.write(ctx, func(t *tx) error {
		c, err := t.coupon(code)
		if err != nil {
			return err
		}
		after := c
		if change(&after.Coupon) {
			after.Code, after.Batch, after.For = c.Code, c.Batch, c.For
			t.putRecord(bucketCoupons, []byte(code), after)
		}
		s, err = t.couponState(code, 0)
		return err
	})
	return s, err
}
