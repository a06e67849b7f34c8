package shop

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
)

// ReferralTerms are what buyers earn by inviting others: a one-use coupon for the newcomer and one
// for who invited them, once the newcomer's first paid order is delivered. The zero value is off.
type ReferralTerms struct {
	On bool `json:"on,omitempty"`
	// Percent or Amount is what each of the two coupons saves; as in Coupon.
	Percent int          `json:"percent,omitempty"`
	Amount  money.Amount `json:"amount,omitzero"`
	// Cap is how many such coupons one person gets for inviting; 0 for any number.
	Cap int `json:"cap,omitempty"`
	// Days is for how many days a coupon is valid; 0 without end.
	Days int `json:"days,omitempty"`
}

// RewardPlan is what the delivery of an order earns its buyer, and who invited the buyer.
type RewardPlan struct {
	Order  OrderID
	Coupon Coupon // all but Code, For and Reward
	// Code is the code of a person's coupon, the same each time.
	Code func(user int64) string
	Cap  int  // see ReferralTerms
	Off  bool // nothing new is earned; what was given already is returned
}

// Referrals keeps who invited whom. Each method is one durable transaction, as in Store.
type Referrals interface {
	// Invited notes who invited a person. It reports false and does nothing if the person is the
	// inviter, was invited before or has paid for an order, or if the inviter never wrote to the bot or
	// came by the person's own invitation.
	Invited(ctx context.Context, user, inviter int64) (noted bool, err error)
	// Reward adds the coupons that the delivery of an order earns, each once however often it is
	// called, and returns those that there are. A person earns once as the one who was invited. An
	// order that went back earns nothing: see Order.EarnsReward.
	Reward(ctx context.Context, plan RewardPlan) ([]Coupon, error)
}

const referralNote = "referral"

// Referral reads the terms. An amount in another currency than the shop's present one is worth
// nothing: the terms are then off until an owner sets them anew.
func (s *Shop) Referral(ctx context.Context) (ReferralTerms, error) {
	var t ReferralTerms
	if _, err := ReadNote(ctx, s.store, referralNote, &t); err != nil {
		return t, err
	}
	if !t.Amount.IsZero() && t.Amount.Currency() != s.cfg.Catalog().Shop.Currency {
		t.On, t.Amount = false, money.Amount{}
	}
	return t, nil
}

// SetReferral changes the terms. by is the owner's Telegram id. What was earned stays as it is.
func (s *Shop) SetReferral(ctx context.Context, by int64, t ReferralTerms) error {
	c := Coupon{Code: "INVITE", Percent: t.Percent, Amount: t.Amount}
	if err := c.check(s.cfg.Catalog().Shop.Currency); err != nil || t.Cap < 0 || t.Days < 0 {
		return errors.Join(fmt.Errorf("terms of invitations: cap %d, days %d", t.Cap, t.Days), err)
	}
	if err := s.store.Record(ctx, AuditEntry{Act: AuditReferral, By: by, Reason: t.String()}); err != nil {
		return err // first, so every change is in the trail
	}
	return KeepNote(ctx, s.store, referralNote, t)
}

func (t ReferralTerms) String() string {
	if !t.On {
		return "off"
	}
	worth := t.Amount.String()
	if t.Percent > 0 {
		worth = fmt.Sprintf("%d%%", t.Percent)
	}
	return fmt.Sprintf("%s, cap %d, %d days", worth, t.Cap, t.Days)
}

// InviteToken names a person in an invitation's link: their id and eight zero bytes, encrypted as
// one block with a key of the shop's. Nobody else can read or make one.
func (s *Shop) InviteToken(user int64) string {
	var block [aes.BlockSize]byte
	binary.BigEndian.PutUint64(block[:], uint64(user)) //nolint:gosec // the same bits
	s.inviteCipher().Encrypt(block[:], block[:])
	return base64.RawURLEncoding.EncodeToString(block[:])
}

// inviter reads a token; false if the shop did not make it.
func (s *Shop) inviter(token string) (user int64, ok bool) {
	block, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(block) != aes.BlockSize {
		return 0, false
	}
	s.inviteCipher().Decrypt(block, block)
	return int64(binary.BigEndian.Uint64(block)), binary.BigEndian.Uint64(block[8:]) == 0 //nolint:gosec // the same bits
}

func (s *Shop) inviteCipher() cipher.Block {
	mac := hmac.New(sha256.New, s.cfg.Key)
	_, _ = mac.Write([]byte("invite")) // a hash never fails
	block, err := aes.NewCipher(mac.Sum(nil))
	if err != nil {
		panic(err) // the key has 32 bytes
	}
	return block
}

// Invited notes that a person came by an invitation's link. It reports whether that counts, so that
// a reward may follow.
func (s *Shop) Invited(ctx context.Context, user int64, token string) (bool, error) {
	inviter, ok := s.inviter(token)
	if !ok {
		return false, nil
	}
	t, err := s.Referral(ctx)
	if err != nil || !t.On {
		return false, err
	}
	return s.store.Invited(ctx, user, inviter)
}

// Rewards lists up to limit coupons that a person was given for invitations.
func (s *Shop) Rewards(ctx context.Context, user int64, limit int) ([]CouponState, error) {
	return s.store.CouponsFor(ctx, user, limit)
}

// reward gives what a delivered order earns, and returns it. It may be repeated.
func (s *Shop) reward(ctx context.Context, o Order) ([]Coupon, error) {
	t, err := s.Referral(ctx)
	if err != nil {
		return nil, err
	}
	plan := RewardPlan{Order: o.ID, Cap: t.Cap, Off: !t.On, Code: func(user int64) string { return s.rewardCode(o.ID, user) }}
	plan.Coupon = Coupon{Percent: t.Percent, Amount: t.Amount, Limit: 1, Made: now()}
	if t.Days > 0 {
		plan.Coupon.Until = s.inDays(t.Days)
	}
	list, err := s.store.Reward(ctx, plan)
	if err != nil {
		return nil, fmt.Errorf("reward order %s: %w", o.ID, err)
	}
	return list, nil
}

// EarnsReward reports whether o was delivered and did not go back whole. While a refund is on its
// way o earns the reward all the same, which is void once all has gone back.
func (o *Order) EarnsReward() bool { return !o.Delivered.IsZero() && !o.WentBack() }

func (s *Shop) inDays(n int) catalog.Date { return s.cfg.Catalog().Shop.DateOf(now().AddDate(0, 0, n)) }

func (s *Shop) rewardCode(id OrderID, user int64) string {
	mac := hmac.New(sha256.New, s.cfg.Key)
	_, _ = fmt.Fprintf(mac, "reward %s %d", id, user) // a hash never fails
	return "THANKS-" + crockford.EncodeToString(mac.Sum(nil)[:7])[:suffixChars]
}

// tellReward tells the buyer or who invited them what an order earned.
func (s *Shop) tellReward(ctx context.Context, o Order, to Audience) error {
	list, err := s.reward(ctx, o)
	if err != nil {
		return err
	}
	for _, c := range list {
		if own := c.For == o.Buyer.ID; own == (to == ToBuyer) {
			return s.courier.TellReward(ctx, c, own)
		}
	}
	return nil
}
