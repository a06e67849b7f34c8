package bot

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"shopbot/internal/review"
	"shopbot/internal/shop"
)

// formReview is the form of a buyer who writes words to their stars.
const formReview = "review"

// review are the buttons of buyers around reviews: "p:sku[:before]" a page of them, "r:order[:line]"
// what the buyer says of a line, "s:order:line:stars", "w:order:line" to write words, "x:order:line"
// to remove it all.
func (b *Bot) review(ctx context.Context, r *request) error {
	verb, rest, _ := strings.Cut(r.args, ":")
	if verb == "p" {
		return b.reviewPage(ctx, r, rest)
	}
	number, rest, _ := strings.Cut(rest, ":")
	o, err := b.own(ctx, r, number)
	if err != nil {
		return err
	}
	chosen, rest, _ := strings.Cut(rest, ":")
	line, err := strconv.Atoi(chosen)
	switch may := reviewable(&o); {
	case chosen != "" && (err != nil || line < 0 || line >= len(o.Lines)):
		return errStale
	case chosen != "":
	case len(may) == 0:
		return review.ErrNotBought
	case len(may) == 1:
		line, chosen = may[0], itoa(may[0])
	default:
		return b.show(ctx, r, reviewLinesScreen(r.loc, o, may))
	}
	switch verb {
	case "r":
		v, err := b.chat.memory.ReviewOf(ctx, o.ID, line)
		if err != nil && !errors.Is(err, review.ErrNotFound) {
			return err
		}
		if v.ID == 0 && !review.May(&o, line, r.user.ID) {
			return review.ErrNotBought
		}
		return b.show(ctx, r, ownReviewScreen(r.loc, o, line, v))
	case "s":
		stars, _ := strconv.Atoi(rest)
		return b.changeReview(ctx, r, o, line, review.Rate(line, r.buyer(), stars, time.Now()))
	case "w":
		given := map[string]string{"order": string(o.ID), "line": chosen}
		return b.beginForm(ctx, r, formReview, askFor, given, r.loc.Say("review_ask", "Title", o.Lines[line].Title))
	case "x":
		return b.changeReview(ctx, r, o, line, review.Remove(r.user.ID))
	}
	return errStale
}

// reviewable lists the lines of an order that its buyer may review.
func reviewable(o *shop.Order) (may []int) {
	for i := range o.Lines {
		if review.May(o, i, o.Buyer.ID) {
			may = append(may, i)
		}
	}
	return may
}

// changeReview applies a rule to the buyer's own review, tells the staff, and shows the review.
func (b *Bot) changeReview(ctx context.Context, r *request, o shop.Order, line int, rule review.Rule) error {
	v, err := b.chat.memory.WriteReview(ctx, o.ID, line, rule)
	if err != nil {
		return err
	}
	if v.Stars > 0 && !v.Told {
		if err := b.courier.tellReview(ctx, v); err != nil {
			return err
		}
		v, err = b.chat.memory.ChangeReview(ctx, v.ID, func(v *review.Review) error {
			v.Told = true
			return nil
		})
		if err != nil {
			return err
		}
	}
	switch {
	case v.Stars == 0:
		v, r.toast = review.Review{}, r.loc.Plain("review_removed")
	case v.Text == "": // words after the stars belong to them
		given := map[string]string{"order": string(o.ID), "line": itoa(line)}
		if err := b.setForm(ctx, r.user.ID, formReview, askFor, given); err != nil {
			return err
		}
	}
	return b.show(ctx, r, ownReviewScreen(r.loc, o, line, v))
}

// takeReview takes the words of a review.
func (b *Bot) takeReview(ctx context.Context, r *request, f shop.Form) (bool, error) {
	line, err := strconv.Atoi(f.Given["line"])
	if err != nil {
		return false, nil //nolint:nilerr // another version's form: its message is for nobody
	}
	o, err := b.own(ctx, r, f.Given["order"])
	if err == nil {
		err = b.changeReview(ctx, r, o, line, review.Write(line, r.user.ID, cleanLines(r.message.Text)))
	}
	switch {
	case errors.Is(err, review.ErrEmpty):
		return true, b.say(ctx, r, "review_kinds")
	case errors.Is(err, review.ErrTooLong):
		return true, b.say(ctx, r, "message_too_long", "Most", review.MaxLength)
	case errors.Is(err, review.ErrNotBought), errors.Is(err, review.ErrTooManyChanges), errors.Is(err, shop.ErrNotFound):
		return true, errors.Join(b.chat.memory.LeaveForm(ctx, r.user.ID), b.explain(ctx, r, err))
	case err != nil:
		return true, err
	}
	return true, b.chat.memory.LeaveForm(ctx, r.user.ID)
}

// reviewPage shows what buyers say of a product: "sku[:before]".
func (b *Bot) reviewPage(ctx context.Context, r *request, argument string) error {
	sku, from, _ := strings.Cut(argument, ":")
	before, _ := quantity(from)
	p, found := r.catalog.Offered(sku)
	if !found {
		return errStale
	}
	rating, err := b.chat.memory.Rating(ctx, sku)
	if err != nil {
		return err
	}
	list, err := b.chat.memory.ReviewsOf(ctx, sku, int64(before), reviewsPage+1)
	if err != nil {
		return err
	}
	return b.show(ctx, r, reviewsScreen(r.loc, p, rating, list, int64(before)))
}
