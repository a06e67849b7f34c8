package bot

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"shopbot/internal/review"
	"shopbot/internal/shop"
)

// formReply is the form of somebody of the shop who answers a review: the next text is the answer.
const formReply = "reply"

// reviews is /reviews: what buyers say of all products, the newest first.
func (b *Bot) reviews(ctx context.Context, r *request) error { return b.allReviews(ctx, r, 0) }

func (b *Bot) allReviews(ctx context.Context, r *request, before int64) error {
	list, err := b.chat.memory.Reviews(ctx, before, reviewsPage+1)
	if err != nil {
		return err
	}
	return b.show(ctx, r, allReviewsScreen(r.loc, r.catalog, list, before))
}

// reviewsButton are the buttons of the staff around reviews: "l[:before]" a page, and of one review
// "o:id" open, "a:id" answer, "h:id" hide, "v:id" show again.
func (b *Bot) reviewsButton(ctx context.Context, r *request) error {
	verb, argument, _ := strings.Cut(r.args, ":")
	id, err := strconv.ParseInt(argument, 10, 64)
	if verb == "" || verb == "l" {
		return b.allReviews(ctx, r, max(id, 0))
	}
	if err != nil {
		return errStale
	}
	v, err := b.chat.memory.Review(ctx, id)
	if err != nil {
		return err
	}
	switch verb {
	case "o":
	case "a":
		asked := r.loc.Say("reply_ask", "Title", productTitle(r.loc, r.catalog, v.SKU))
		return b.beginForm(ctx, r, formReply, staffForms, map[string]string{"review": argument}, lines(asked, starsAndWords(v)))
	case "h", "v":
		by := r.user.ID
		if verb == "v" {
			by = 0
		}
		if v, err = b.chat.memory.ChangeReview(ctx, id, func(v *review.Review) error { return v.Hide(by) }); err != nil {
			return err
		}
		b.log.InfoContext(ctx, "review hidden or shown", "review", id, "hidden", v.HiddenBy != 0, "user", r.user.ID)
	default:
		return errStale
	}
	return b.show(ctx, r, staffReviewScreen(r.loc, r.catalog, v))
}

// takeReply stores an answer to a review and tells its writer.
func (b *Bot) takeReply(ctx context.Context, r *request, f shop.Form) (bool, error) {
	v, err := b.chat.memory.ChangeReview(ctx, formID(f, "review"), func(v *review.Review) error {
		return v.Reply(r.user.ID, r.message.ID, cleanLines(r.message.Text))
	})
	switch {
	case errors.Is(err, review.ErrEmpty):
		return true, b.say(ctx, r, "review_kinds")
	case errors.Is(err, review.ErrTooLong):
		return true, b.say(ctx, r, "message_too_long", "Most", review.MaxLength)
	case errors.Is(err, review.ErrNotFound): // its writer removed it
		return true, errors.Join(b.chat.memory.LeaveForm(ctx, r.user.ID), b.explain(ctx, r, err))
	case err != nil:
		return true, err
	}
	if v.Buyer != 0 && !v.Answer.Told {
		l := b.chat.localizer(ctx, v.Buyer, "")
		_, err := b.chat.send(ctx, v.Buyer, reviewAnsweredScreen(l, r.catalog, v))
		if failed := toShopError(err); failed != nil && !shop.IsFinal(failed) {
			return true, failed
		}
		if v, err = b.chat.memory.ChangeReview(ctx, v.ID, func(v *review.Review) error {
			v.Answer.Told = true
			return nil
		}); err != nil {
			return true, err
		}
	}
	if err := b.reply(ctx, r, staffReviewScreen(r.loc, r.catalog, v)); err != nil {
		return true, err
	}
	return true, b.chat.memory.LeaveForm(ctx, r.user.ID)
}

// tellReview tells the managers and owners what a buyer says.
func (c *Courier) tellReview(ctx context.Context, v review.Review) error {
	return c.toOwners(ctx, ownerNotice{
		to: shop.RoleManager, about: "a review", log: c.log.With("review", v.ID),
		draw: func(l localizer) screen {
			s := staffReviewScreen(l, c.chat.catalog(), v)
			s.Quiet = true
			return s
		},
		missed: func(m *missed) { m.Reviews++ }, once: true,
	})
}
