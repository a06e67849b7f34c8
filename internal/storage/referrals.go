package storage

import (
	"bytes"
	"context"
	"slices"

	"shopbot/internal/shop"
)

// Invited implements shop.Referrals.
func (db *DB) Invited(ctx context.Context, user, inviter int64) (noted bool, err error) {
	err = db.write(ctx, func(t *tx) error {
		noted = false
		before := t.person(user)
		if user == inviter || before.InvitedBy != 0 || before.Rewarded != "" || !t.has(bucketPeople, number(inviter)) || t.hasPaid(user) {
			return t.failed
		}
		after, by := before, t.person(inviter)
		if by.InvitedBy == user {
			return t.failed
		}
		after.InvitedBy = inviter
		t.putPerson(before, after)
		invited := by
		invited.Invited++
		t.putPerson(by, invited)
		noted = t.failed == nil
		return t.failed
	})
	return noted, err
}

// isInvited reports whether a buyer was invited, and no order of theirs has earned the reward yet.
func (t *tx) isInvited(buyer int64) bool {
	p := t.person(buyer)
	return p.InvitedBy != 0 && p.Rewarded == ""
}

// hasPaid reports whether a buyer has paid for an order. An order that cannot be decoded counts as
// paid.
func (t *tx) hasPaid(buyer int64) (paid bool) {
	t.scan(bucketByBuyer, number(buyer), nil, func(made, _ []byte) bool {
		o, err := t.order(idAfterMoment(made))
		paid = err != nil || len(o.Payments) > 0
		return !paid
	})
	return paid
}

// Reward implements shop.Referrals.
func (db *DB) Reward(ctx context.Context, plan shop.RewardPlan) (list []shop.Coupon, err error) {
	err = db.write(ctx, func(t *tx) error {
		list = nil
		o, err := t.order(plan.Order)
		if err != nil {
			return err
		}
		buyer := t.person(o.Buyer.ID)
		if buyer.InvitedBy != 0 && buyer.Rewarded == "" && !plan.Off && o.EarnsReward() {
			t.reward(plan, buyer)
		}
		// If an earlier order earned it, there are no coupons of these codes. An inviter who was
		// forgotten has none.
		for _, user := range []int64{buyer.ID, buyer.InvitedBy} {
			if c, err := t.coupon(plan.Code(user)); err == nil {
				list = append(list, c.Coupon)
			}
		}
		return t.failed
	})
	return list, err
}

// reward adds the coupons of a plan and notes that the buyer has had theirs.
func (t *tx) reward(plan shop.RewardPlan, buyer shop.Person) {
	give := func(user int64) {
		c := plan.Coupon
		c.Code, c.For, c.Reward = plan.Code(user), user, plan.Order
		t.putCoupon(c)
	}
	give(buyer.ID)
	rewarded := buyer
	rewarded.Rewarded = plan.Order
	t.putPerson(buyer, rewarded)
	if inviter := t.person(buyer.InvitedBy); plan.Cap == 0 || inviter.Rewards < plan.Cap {
		give(inviter.ID)
		counted := inviter
		counted.Rewards++
		t.putPerson(inviter, counted)
	}
}

// invitedKey lists a person under who invited them; nil if nobody did.
func invitedKey(p shop.Person) []byte {
	if p.InvitedBy == 0 {
		return nil
	}
	return join(number(p.InvitedBy), number(p.ID))
}

// forgetInvitations removes who invited them from the next of the people that a person invited. It
// reports whether there are more.
func (t *tx) forgetInvitations(inviter int64) (more bool) {
	var invited []int64
	t.scan(bucketInvited, number(inviter), nil, func(user, _ []byte) bool {
		more = len(invited) == forgetPart
		if !more {
			invited = append(invited, toNumber(user))
		}
		return !more
	})
	for _, user := range invited {
		before := t.person(user)
		after := before
		after.InvitedBy = 0
		t.putPerson(before, after)
		t.remove(bucketInvited, join(number(inviter), number(user))) // also if its record was not read
	}
	return more
}

// checkInvitations compares the index of invitations with the people.
func (c *checker) checkInvitations() {
	var invited, indexed [][]byte
	c.scan(bucketPeople, nil, nil, func(user, record []byte) bool {
		p, err := decode[shop.Person](record)
		if err != nil {
			c.breach("person %d: %v", toNumber(user), err)
		} else if p.InvitedBy != 0 {
			invited = append(invited, invitedKey(p))
		}
		return true
	})
	c.scan(bucketInvited, nil, nil, func(key, _ []byte) bool {
		indexed = append(indexed, bytes.Clone(key))
		return true
	})
	slices.SortFunc(invited, bytes.Compare)
	if !slices.EqualFunc(invited, indexed, bytes.Equal) {
		c.breach("%d people were invited, and the index has %d or others", len(invited), len(indexed))
	}
}
