package bot

import (
	"context"
	"errors"

	tgbot "github.com/go-telegram/bot"

	"shopbot/internal/review"
	"shopbot/internal/shop"
	"shopbot/internal/telegram"
)

// finish turns a handler's error into words for the person, or returns it if
// trying again may help. Unless it will be tried again, a press is answered by then.
func (b *Bot) finish(ctx context.Context, r *request, err error) error {
	if err = b.explain(ctx, r, err); err != nil {
		return err
	}
	b.answer(ctx, r)
	if r.forgotten {
		return nil
	}
	if r.isStaff() {
		b.meetOwner(ctx, r)
	}
	if _, err := b.chat.memory.ChangePerson(ctx, r.user.ID, r.meet); err != nil {
		b.log.WarnContext(ctx, "note that a user was seen failed", "user", r.user.ID, "error", err)
	}
	b.redrawOutdated(ctx, r)
	return nil
}

func (b *Bot) explain(ctx context.Context, r *request, err error) error {
	if err == nil {
		return nil
	}
	id, expected := apology(err)
	var tgErr *telegram.Error
	switch {
	case errors.Is(err, telegram.ErrReplaced):
		return nil
	case errors.Is(err, telegram.ErrBlocked), errors.Is(err, telegram.ErrChatGone), errors.Is(err, telegram.ErrMessageGone):
		b.log.InfoContext(ctx, "user cannot be reached", "user", r.user.ID, "error", err)
		return nil
	case errors.As(err, &tgErr) && !errors.Is(err, telegram.ErrBadRequest) && !expected, telegram.IsOutage(err):
		return err
	}
	if !expected {
		b.log.ErrorContext(ctx, "answer request failed", "user", r.user.ID, "error", err)
	}
	if r.query != nil && !r.answered {
		r.toast, r.alert = r.loc.Plain(id), true
		return nil
	}
	return b.reply(ctx, r, screen{Text: r.loc.Say(id), Rows: menuOf(r.loc, r.role)})
}

// apologies are the texts for errors that people cause or that happen in normal use.
//
//nolint:gochecknoglobals // a constant table
var apologies = []struct {
	err  error
	text string
}{
	{errStale, "stale_button_short"},
	{shop.ErrUnknownProduct, "stale_button_short"},
	{shop.ErrNotFound, "order_unknown"},
	{shop.ErrPaused, "sales_paused"},
	{shop.ErrOwnerDecides, "owner_decides"},
	{shop.ErrNothingPaid, "refund_nothing"},
	{shop.ErrRefundRunning, "refund_running"},
	{shop.ErrDelivering, "refund_delivering"},
	{shop.ErrForgotten, "refund_forgotten"},
	{shop.ErrByHand, "made_first"},
	{shop.ErrLineRefunded, "refund_line_unknown"},
	{shop.ErrCannotRefund, "refund_cannot"},
	{shop.ErrNoRate, "refund_no_rate"},
	{shop.ErrNotOwner, "stale_button_short"},
	{shop.ErrStaffMoved, "stale_button_short"},
	{shop.ErrFixedOwner, "staff_fixed"},
	{shop.ErrLastOwner, "staff_last_owner"},
	{shop.ErrStaffFull, "staff_full"},
	{errBadAmount, "refund_bad_amount"},
	{shop.ErrPaidByHand, "refund_paid_by_hand"},
	{review.ErrNotBought, "review_not_bought"},
	{review.ErrTooManyChanges, "review_too_many"},
	{review.ErrNotFound, "stale_button_short"},
}

// apology is the text for an error, never the error itself; false if the fault is ours.
func apology(err error) (text string, expected bool) {
	for _, a := range apologies {
		if errors.Is(err, a.err) {
			return a.text, true
		}
	}
	return "our_fault", false
}

// answer ends the waiting of a pressed button, with the words for it if there are any. It answers
// once. Code that shows a screen calls it first: the button does not wait for the drawing.
func (b *Bot) answer(ctx context.Context, r *request) {
	if r.query == nil || r.answered {
		return
	}
	r.answered = true
	err := b.chat.tg.AnswerCallbackQuery(ctx, &tgbot.AnswerCallbackQueryParams{
		CallbackQueryID: r.query.ID, Text: clip(r.toast, 190), ShowAlert: r.alert,
	})
	if err != nil {
		b.log.WarnContext(ctx, "answer button press failed", "user", r.user.ID, "error", err)
	}
}
