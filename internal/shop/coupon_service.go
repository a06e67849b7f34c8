package shop

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
)

// MaxCodes is how many codes one batch has at most.
const MaxCodes = 1000

// suffixChars is how much of a code of a batch cannot be guessed: 50 bits.
const suffixChars = 10

// MaxBatchCode is the length of the name of a batch at most: it leaves room for a dash and the suffix.
const MaxBatchCode = maxCouponCode - 1 - suffixChars

// AddCoupon makes a coupon, as an owner, by, wants it, and the codes of a batch. Errors:
// ErrBadCouponCode, ErrCouponExists, or what is wrong with the coupon.
func (s *Shop) AddCoupon(ctx context.Context, by int64, c Coupon) error {
	if err := c.check(s.cfg.Catalog().Shop.Currency); err != nil {
		return fmt.Errorf("coupon %q: %w", c.Code, err)
	}
	c.Made = now()
	list := []Coupon{c}
	for range c.Codes {
		suffix, err := s.RandomCouponCode()
		if err != nil {
			return err
		}
		list = append(list, Coupon{Code: c.Code + "-" + suffix, Batch: c.Code, Made: c.Made})
	}
	switch _, err := s.store.Coupon(ctx, c.Code, 0); {
	case err == nil:
		return ErrCouponExists
	case !errors.Is(err, ErrNoCoupon):
		return err
	}
	if err := s.store.Record(ctx, AuditEntry{Act: AuditCouponMade, By: by, Reason: c.Code}); err != nil {
		return err // first, so every coupon is in the trail
	}
	if err := s.store.AddCoupons(ctx, list...); err != nil {
		return err
	}
	s.hasCoupons.Store(true)
	s.log.InfoContext(ctx, "coupon made", "coupon", c.Code, "codes", c.Codes, "admin", by)
	return nil
}

// check tells what is wrong with a coupon that an owner makes.
func (c *Coupon) check(currency money.Currency) error {
	if code, err := ParseCouponCode(c.Code); err != nil || code != c.Code {
		return ErrBadCouponCode
	}
	switch {
	case (c.Percent != 0) == !c.Amount.IsZero():
		return errors.New("want a percentage or an amount")
	case c.Percent < 0 || c.Percent > 99:
		return fmt.Errorf("%d percent: want 1 to 99", c.Percent)
	case !c.Amount.IsZero() && (c.Amount.Currency() != currency || c.Amount.Sign() < 0):
		return fmt.Errorf("amount %s: want more than 0 %s", c.Amount, currency)
	case !c.Minimum.IsZero() && (c.Minimum.Currency() != currency || c.Minimum.Sign() < 0):
		return fmt.Errorf("minimum %s: want more than 0 %s", c.Minimum, currency)
	case c.From != "" && c.Until != "" && c.Until < c.From:
		return fmt.Errorf("until %s is before %s", c.Until, c.From)
	case c.Limit < 0 || c.PerBuyer < 0:
		return fmt.Errorf("limits %d and %d: want 0 or more", c.Limit, c.PerBuyer)
	case c.Codes < 0 || c.Codes > MaxCodes:
		return fmt.Errorf("%d codes: want 1 to %d", c.Codes, MaxCodes)
	case c.Codes > 0 && len(c.Code) > MaxBatchCode:
		return fmt.Errorf("a batch's name has at most %d characters", MaxBatchCode)
	}
	return nil
}

// RandomCouponCode is a code that cannot be guessed.
func (s *Shop) RandomCouponCode() (string, error) {
	source := s.cfg.Rand
	if source == nil {
		source = rand.Reader
	}
	b := make([]byte, 7)
	if _, err := io.ReadFull(source, b); err != nil {
		return "", fmt.Errorf("draw a coupon's code: %w", err)
	}
	return crockford.EncodeToString(b)[:suffixChars], nil
}

// StopCoupon lets a coupon be used no more until ResumeCoupon. by is the owner's Telegram id.
// Stopping again does nothing. ErrNoCoupon.
func (s *Shop) StopCoupon(ctx context.Context, by int64, code string) (CouponState, error) {
	return s.setStopped(ctx, code, true, AuditEntry{Act: AuditCouponStopped, By: by, Reason: code})
}

// ResumeCoupon ends a stop.
func (s *Shop) ResumeCoupon(ctx context.Context, by int64, code string) (CouponState, error) {
	return s.setStopped(ctx, code, false, AuditEntry{Act: AuditCouponResumed, By: by, Reason: code})
}

func (s *Shop) setStopped(ctx context.Context, code string, stopped bool, e AuditEntry) (CouponState, error) {
	c, err := s.store.Coupon(ctx, code, 0)
	if err != nil || c.Stopped == stopped {
		return c, err
	}
	if err := s.store.Record(ctx, e); err != nil { // first, so every change is in the trail
		return c, err
	}
	return s.store.ChangeCoupon(ctx, code, func(c *Coupon) bool {
		changed := c.Stopped != stopped
		c.Stopped = stopped
		return changed
	})
}

// Coupon reads a coupon for owners; ErrNoCoupon.
func (s *Shop) Coupon(ctx context.Context, code string) (CouponState, error) {
	return s.store.Coupon(ctx, code, 0)
}

// Coupons lists up to limit coupons of the shop for owners, or codes of a batch, in the order of
// their codes, those after the given one.
func (s *Shop) Coupons(ctx context.Context, batch, after string, limit int) ([]CouponState, error) {
	return s.store.CouponList(ctx, batch, after, limit)
}

// CouponFor reads a coupon for a buyer. *CouponError, which is no misfit, if the buyer cannot use
// it now.
func (s *Shop) CouponFor(ctx context.Context, buyer int64, code string) (CouponState, error) {
	c, err := s.store.Coupon(ctx, code, buyer)
	if errors.Is(err, ErrNoCoupon) {
		return c, &CouponError{Coupon: Coupon{Code: code}, Reason: CouponUnknown}
	}
	if err != nil {
		return c, err
	}
	return c, c.Usable(buyer, s.today())
}

func (s *Shop) today() catalog.Date { return s.cfg.Catalog().Shop.DateOf(time.Now()) }

// CouponSaves is what a buyer would save in an order of n units of a product now; *CouponError.
func (s *Shop) CouponSaves(ctx context.Context, buyer int64, code string, p catalog.Product, n int) (money.Amount, error) {
	c, err := s.CouponFor(ctx, buyer, code)
	if err != nil {
		return money.Amount{}, err
	}
	unit := p.UnitPrice(n, s.today())
	d, err := c.Discount([]Line{{SKU: p.SKU, Quantity: n, Price: unit}}, unit.Times(n), s.cfg.Catalog())
	return d.Amount, err
}

// HasCoupons tells whether there may be coupons: the shop has some, or rewards invitations, or did
// since the program began.
func (s *Shop) HasCoupons(ctx context.Context) (bool, error) {
	if s.hasCoupons.Load() {
		return true, nil
	}
	list, err := s.store.CouponList(ctx, "", "", 1)
	if err != nil {
		return false, err
	}
	t, err := s.Referral(ctx)
	some := len(list) > 0 || t.On
	s.hasCoupons.Store(some)
	return some, err
}
