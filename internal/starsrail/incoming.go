package starsrail

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/go-telegram/bot/models"

	"shopbot/internal/shop"
	"shopbot/internal/telegram"
)

// IncomingPayment is the payment that a message tells of; false if it tells of none with Stars for
// an order of a shop. raw is the update.
func IncomingPayment(m *models.Message, raw []byte, received time.Time) (shop.IncomingPayment, bool) {
	p := m.SuccessfulPayment
	if p == nil || p.Currency != telegram.StarCurrency || p.TelegramPaymentChargeID == "" {
		return shop.IncomingPayment{}, false
	}
	id, err := shop.ParseOrderID(p.InvoicePayload)
	if err != nil {
		return shop.IncomingPayment{}, false
	}
	paid := shop.Payment{
		Rail: shop.Stars, Invoice: p.TelegramPaymentChargeID, At: time.Unix(int64(m.Date), 0),
		Amount: amount(int64(p.TotalAmount)), Price: amount(int64(p.TotalAmount)),
	}
	if p.SubscriptionExpirationDate > 0 {
		paid.Until = time.Unix(int64(p.SubscriptionExpirationDate), 0)
	}
	return shop.IncomingPayment{
		Order: id, Payment: paid, Source: shop.FromTelegram, Received: received, Raw: raw, Payer: payer(m),
		Subscription: p.IsRecurring, FirstOfSubscription: p.IsFirstRecurring,
	}, true
}

// IncomingRefund is the refund that a message tells of; false if it tells of none with Stars for an
// order of a shop.
func IncomingRefund(m *models.Message) (shop.IncomingRefund, bool) {
	p := m.RefundedPayment
	if p == nil || p.Currency != telegram.StarCurrency || p.TelegramPaymentChargeID == "" {
		return shop.IncomingRefund{}, false
	}
	id, err := shop.ParseOrderID(p.InvoicePayload)
	if err != nil {
		return shop.IncomingRefund{}, false
	}
	return shop.IncomingRefund{Order: id, Payment: p.TelegramPaymentChargeID, At: time.Unix(int64(m.Date), 0)}, true
}

// SubscriptionChange is what an update tells of a subscription; false if it tells of none.
func SubscriptionChange(raw []byte) (shop.SubscriptionChange, bool) {
	c, found := telegram.ReadSubscriptionChange(raw)
	if !found {
		return shop.SubscriptionChange{}, false
	}
	return shop.SubscriptionChange{Order: c.Payload, Payer: c.User, To: shop.Renewal(c.State)}, true
}

// payer is who a payment in a private chat is from.
func payer(m *models.Message) shop.Buyer {
	b := shop.Buyer{ID: m.Chat.ID, Name: strings.TrimSpace(m.Chat.FirstName + " " + m.Chat.LastName)}
	if m.From != nil && m.From.ID == b.ID {
		b.Language = m.From.LanguageCode
	}
	return b
}

// errCannot is the error of what the rail cannot do.
var errCannot = errors.New("not possible with Telegram Stars")

// errorName is how Telegram names an error within its description.
var errorName = regexp.MustCompile(`[A-Z][A-Z0-9]*(_[A-Z0-9]+)+`)

// toShopError tells final refusals and waits from doubtful failures.
func toShopError(err error) error {
	e, ok := errors.AsType[*telegram.Error](err)
	switch {
	case err == nil:
		return nil
	case !ok:
		return fmt.Errorf("telegram stars: %w", err)
	case e.RetryAfter > 0:
		return &shop.RetryAfterError{Wait: e.RetryAfter, Err: err}
	case errors.Is(err, telegram.ErrUnauthorized), errors.Is(err, telegram.ErrFrozen), errors.Is(err, telegram.ErrConflict),
		errors.Is(err, telegram.ErrTemporary), e.Code < 400, e.Code >= 500:
		return err
	}
	no := &shop.RefusedError{Name: errorName.FindString(e.Description), Err: err}
	if no.Name == "" {
		no.Name = "REFUSED"
	}
	switch {
	case strings.Contains(no.Name, "AMOUNT"), no.Name == "STARS_INVOICE_INVALID":
		no.About = shop.AboutAmount
	case no.Name == "CHARGE_ID_INVALID":
		no.About = shop.AboutPayment
	}
	return no
}
