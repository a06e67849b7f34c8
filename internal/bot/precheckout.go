package bot

import (
	"context"
	"errors"
	"time"

	tgbot "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
	"shopbot/internal/shop"
	"shopbot/internal/telegram"
)

// answerAgain is the pause before an answer to Telegram is tried again whose way was lost.
const answerAgain = 300 * time.Millisecond

// AnswerPreCheckout tells Telegram whether a payment with Stars may happen, and the payer why not. It
// tries until ctx ends.
func (b *Bot) AnswerPreCheckout(ctx context.Context, q *models.PreCheckoutQuery) {
	answer := &tgbot.AnswerPreCheckoutQueryParams{PreCheckoutQueryID: q.ID}
	var from models.User
	if q.From != nil {
		from = *q.From
	}
	err := b.approve(ctx, q, from.ID)
	if answer.OK = err == nil; !answer.OK {
		why := shop.DisapprovedTrouble
		if no, ok := errors.AsType[*shop.DisapprovedError](err); ok {
			why = no.Reason
		}
		l := b.chat.localizer(ctx, from.ID, from.LanguageCode)
		answer.ErrorMessage = l.Plain("disapproved_" + string(why))
	}
	for {
		err := b.chat.tg.AnswerPreCheckoutQuery(ctx, answer)
		if err == nil {
			return
		}
		if !errors.Is(err, telegram.ErrTemporary) || ctx.Err() != nil {
			b.log.WarnContext(ctx, "answer pre-checkout query failed", "order", q.InvoicePayload, "user", from.ID, "error", err)
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(answerAgain):
		}
	}
}

func (b *Bot) approve(ctx context.Context, q *models.PreCheckoutQuery, payer int64) error {
	stars, err := money.Parse(itoa(int64(q.TotalAmount)), catalog.Stars)
	if err != nil || q.Currency != string(catalog.Stars) {
		return &shop.DisapprovedError{Reason: shop.DisapprovedPrice}
	}
	return b.shop.ApprovePayment(ctx, shop.PaymentQuestion{
		ID: q.ID, Rail: shop.Stars, Order: q.InvoicePayload, Payer: payer, Amount: stars,
	})
}
