package storage

import (
	"bytes"

	"shopbot/internal/shop"
)

// couponLedger is what the orders say of coupons.
type couponLedger struct {
	counts map[string]shop.CouponCount // by code, and of batches by theirs
	buyers map[string]int64            // by the key of bucketCouponBuyers
}

// addCouponUse adds an order to what its coupon should count. An order may have a coupon that was
// deleted with the data of the only person who could use it.
func (c *checker) addCouponUse(o *shop.Order) {
	code := o.Coupon()
	if code == "" {
		return
	}
	record, err := c.coupon(code)
	if err != nil {
		return // checkCoupons reports it if it is there
	}
	for _, counted := range []string{code, record.Batch} {
		if counted != "" {
			sum := c.coupons.counts[counted]
			sum.Add(o.CouponUse(), 1)
			c.coupons.counts[counted] = sum
		}
	}
	if o.Buyer.ID != 0 && o.CouponUse().Uses > 0 {
		c.coupons.buyers[string(couponBuyerKey(couponRule(&record.Coupon), o.Buyer.ID))]++
	}
}

// checkCoupons compares the coupons with the orders that use them, and with their list.
func (c *checker) checkCoupons() {
	coupons := 0
	c.scan(bucketCoupons, nil, nil, func(code, record []byte) bool {
		coupons++
		r, err := decode[couponRecord](record)
		switch {
		case err != nil:
			c.breach("coupon %s: %v", code, err)
			return true
		case r.Code != string(code):
			c.breach("coupon %s: it is the record of coupon %q", code, r.Code)
		case !c.has(bucketCouponList, couponListKey(&r.Coupon)):
			c.breach("coupon %s is in no list", code)
		case r.Batch != "" && !c.has(bucketCoupons, []byte(r.Batch)):
			c.breach("coupon %s is of the batch %s, which is not there", code, r.Batch)
		}
		if want := c.coupons.counts[r.Code]; !want.Equal(r.Count) {
			c.breach("coupon %s counts %+v, and the orders say %+v", code, r.Count, want)
		}
		return true
	})
	c.scan(bucketCouponList, nil, nil, func(key, _ []byte) bool {
		if !c.has(bucketCoupons, afterName(key)) {
			c.breach("the list of coupons has %q, which is not there", bytes.ReplaceAll(key, []byte{0}, []byte(" ")))
		}
		return true
	})
	if listed := c.count(bucketCouponList); coupons != listed {
		c.breach("%d coupons are there and %d are listed", coupons, listed)
	}
	c.checkCouponBuyers()
}

func (c *checker) checkCouponBuyers() {
	c.scan(bucketCouponBuyers, nil, nil, func(key, n []byte) bool {
		if want := c.coupons.buyers[string(key)]; want != toNumber(n) {
			rule, buyer, _ := bytes.Cut(key, []byte{0})
			c.breach("buyer %d is counted with %d uses of coupon %s, and the orders say %d", toNumber(buyer), toNumber(n), rule, want)
		}
		return true
	})
	if counted, want := c.count(bucketCouponBuyers), len(c.coupons.buyers); counted != want {
		c.breach("%d buyers are counted with coupons, and the orders say %d", counted, want)
	}
}
