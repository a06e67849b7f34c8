package bot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/go-telegram/bot/models"
	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/review"
	"shopbot/internal/shop"
	"shopbot/internal/wish"
)

func (s *memoryStore) WishesOf(_ context.Context, user int64) ([]wish.Wish, error) {
	return s.wishes[user], nil
}

func (s *memoryStore) AddWish(_ context.Context, user int64, sku string) (bool, error) {
	if len(s.wishes[user]) == wish.Max {
		return false, wish.ErrTooMany
	}
	s.wishes[user] = append(s.wishes[user], wish.Wish{SKU: sku, Place: 1})
	s.commits++
	return true, nil
}

func (s *memoryStore) RemoveWish(_ context.Context, user int64, sku string) error {
	s.wishes[user] = slices.DeleteFunc(s.wishes[user], func(w wish.Wish) bool { return w.SKU == sku })
	s.commits++
	return nil
}

func (s *memoryStore) Rating(_ context.Context, sku string) (r review.Rating, _ error) {
	for _, v := range s.reviews {
		if v.SKU == sku {
			r.Add(v, 1)
		}
	}
	return r, nil
}

func (s *memoryStore) ReviewOf(_ context.Context, order shop.OrderID, line int) (review.Review, error) {
	for _, v := range s.reviews {
		if v.Order == order && v.Line == line {
			return v, nil
		}
	}
	return review.Review{}, review.ErrNotFound
}

func (s *memoryStore) WriteReview(ctx context.Context, order shop.OrderID, line int, rule review.Rule) (review.Review, error) {
	o, err := s.Order(ctx, order)
	if err != nil {
		return review.Review{}, err
	}
	v, _ := s.ReviewOf(ctx, order, line)
	was := v
	err = rule(&o, &v)
	switch {
	case errors.Is(err, shop.ErrUnchanged):
		return was, nil
	case err != nil:
		return v, err
	case v.ID == 0:
		v.ID = int64(len(s.reviews) + 1)
		s.reviews = append(s.reviews, v)
	default:
		s.reviews[v.ID-1] = v
	}
	s.commits++
	return v, nil
}

func (s *memoryStore) ChangeReview(_ context.Context, id int64, rule func(*review.Review) error) (review.Review, error) {
	if id < 1 || id > int64(len(s.reviews)) {
		return review.Review{}, review.ErrNotFound
	}
	v := s.reviews[id-1]
	err := rule(&v)
	switch {
	case errors.Is(err, shop.ErrUnchanged):
		return s.reviews[id-1], nil
	case err == nil:
		s.reviews[id-1] = v
		s.commits++
	}
	return v, err
}

func (s *memoryStore) Review(ctx context.Context, id int64) (review.Review, error) {
	return s.ChangeReview(ctx, id, func(*review.Review) error { return shop.ErrUnchanged })
}

func (s *memoryStore) Reviews(_ context.Context, before int64, limit int) (list []review.Review, _ error) {
	for _, v := range slices.Backward(s.reviews) {
		if (before == 0 || v.ID < before) && len(list) < limit {
			list = append(list, v)
		}
	}
	return list, nil
}

func (s *memoryStore) ReviewsOf(ctx context.Context, sku string, before int64, limit int) ([]review.Review, error) {
	all, err := s.Reviews(ctx, before, len(s.reviews))
	all = slices.DeleteFunc(all, func(v review.Review) bool { return v.SKU != sku || v.HiddenBy != 0 })
	return all[:min(len(all), limit)], err
}

const bob = int64(8)

// rated is a review as a buyer left it.
func rated(id int64, n int, text string) review.Review {
	return review.Review{
		ID: id, SKU: "vpn", Order: "1P8M2QX-7KD93HWA", Buyer: 7, Initial: "A", Stars: n, Text: text, At: goldenDay,
	}
}

func TestScreensOfWishesAndReviews(t *testing.T) {
	c := newWorld(t).bot.shop.Catalog()
	p, found := c.Product("vpn")
	require.True(t, found)
	inEachLanguage(t, "reviews", func(t *testing.T, l localizer, g *golden) {
		left := func(catalog.Product) (int, bool) { return 0, true }
		o := offer{Product: p, Limited: true, Quantity: 1}
		g.add("sold out", productScreen(l, c, o))
		o.Wish = wish.Wish{SKU: "vpn", Place: 3}
		g.add("sold out, waiting", productScreen(l, c, o))
		o.Free, o.Wish, o.Rating = 3, wish.Wish{}, review.Rating{Count: 12, Stars: 57}
		g.add("for sale, with reviews", productScreen(l, c, o))
		o.Wish = wish.Wish{SKU: "vpn"}
		g.add("for sale, on the list", productScreen(l, c, o))
		g.add("no wishes", wishesScreen(l, c, nil, 0, left))
		g.add("wishes", wishesScreen(l, c, []wish.Wish{{SKU: "vpn", Place: 3}, {SKU: "gone"}}, 0, left))
		g.add("it is back", backScreen(l, &catalog.Shop{}, p, 2, "2026-11-23"))

		bought := delivered(paidWith(t, orderOf(t, vpn(2)), "5"))
		none, v := review.Review{}, rated(1, 4, "Good <b>deal</b>, t.me/evil @olga /refund")
		g.add("rate", ownReviewScreen(l, bought, 0, none))
		g.add("which line", reviewLinesScreen(l, severalLines(t), []int{0, 2}))
		g.add("rated", ownReviewScreen(l, bought, 0, v))
		g.add("staff: new", staffReviewScreen(l, c, v))
		v.Answer, v.HiddenBy = review.Answer{By: olga, Text: "Thank you & welcome"}, olga
		g.add("answered", reviewAnsweredScreen(l, c, v), ownReviewScreen(l, bought, 0, v))
		g.add("staff: hidden", staffReviewScreen(l, c, v))
		list := []review.Review{v, rated(2, 1, "")}
		list[1].Initial = ""
		g.add("reviews", reviewsScreen(l, p, review.Rating{Count: 2, Stars: 5}, list, 0))
		g.add("no reviews", reviewsScreen(l, p, review.Rating{}, nil, 0))
		g.add("staff: all", allReviewsScreen(l, c, slices.Repeat(list, 4)[:reviewsPage+1], 9))
	})
}

func TestLongReviewsFitIntoMessages(t *testing.T) {
	c := newWorld(t).bot.shop.Catalog()
	p, _ := c.Product("vpn")
	long := strings.Repeat(".a", review.MaxLength/2)
	v := rated(1<<40, 5, long)
	v.Answer = review.Answer{By: olga, Text: strings.Repeat("Ж", review.MaxLength)}
	list := slices.Repeat([]review.Review{v}, reviewsPage+1)
	for _, language := range []string{"en", "ru"} {
		l := testLocalizer(t, language)
		of := reviewsScreen(l, p, review.Rating{Count: 1 << 30, Stars: 1 << 31}, list, 1<<50)
		require.NotEmpty(t, findInRows(of, "rv:p:vpn:"), "what does not fit is on the next page")
		bought := delivered(paidWith(t, orderOf(t, vpn(2)), "5"))
		for _, s := range []screen{
			of, allReviewsScreen(l, c, list, 1<<50), staffReviewScreen(l, c, v), ownReviewScreen(l, bought, 0, v),
			reviewAnsweredScreen(l, c, v),
		} {
			require.LessOrEqual(t, visible(s.Text), maxText)
			for _, b := range slices.Concat(s.Rows...) {
				require.LessOrEqual(t, len(b.Data), maxData, b.Data)
			}
		}
	}
}

func findInRows(s screen, prefix string) string {
	for _, b := range slices.Concat(s.Rows...) {
		if strings.HasPrefix(b.Data, prefix) {
			return b.Data
		}
	}
	return ""
}

func TestAReviewIsToldToTheStaffOnce(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		o := delivered(paidWith(t, orderOf(t, vpn(1)), "5"))
		w.store.orders[o.ID] = o
		rate := "rv:s:" + string(o.ID) + ":0:4"
		require.Equal(t, 1, countSaid(w.press(alice, 50, rate), olga, "★★★★☆"))
		require.Zero(t, countSaid(w.press(alice, 50, rate), olga, "★★★★☆"), "a double press")
		w.store.reviews[0].Told = false // the program ended before it was noted
		require.Equal(t, 1, countSaid(w.press(alice, 50, rate), olga, "★★★★☆"))
		require.Len(t, w.store.reviews, 1)

		_, err := w.tryPress(bob, 50, rate)
		require.NoError(t, err)
		require.Equal(t, 4, w.store.reviews[0].Stars)
		require.Len(t, w.store.reviews, 1, "nobody rates what others bought")
	})
}

func TestAReviewIsAnsweredAndHiddenByManagersAlone(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		o := delivered(paidWith(t, orderOf(t, vpn(1)), "5"))
		w.store.orders[o.ID] = o
		w.press(alice, 50, "rv:s:"+string(o.ID)+":0:2")
		w.press(alice, 51, "rv:w:"+string(o.ID)+":0")
		calls := w.send(models.Message{ID: 5, From: user(alice), Text: "\u202eNot good.\u200b\n\n\n\nt.me/other"})
		require.Equal(t, 1, countSaid(calls, olga, "<blockquote>Not good.\n\nt.\u2060me/\u2060other</blockquote>"))

		for _, press := range []string{"reviews:h:1", "reviews:a:1", "reviews"} {
			w.press(alice, 52, press)
		}
		require.Zero(t, w.store.reviews[0].HiddenBy)
		w.press(olga, 60, "reviews:a:1")
		answer := models.Message{ID: 6, From: user(olga), Text: "We mended it."}
		require.Equal(t, 1, countSaid(w.send(answer), alice, "We mended it."))
		w.store.forms[formKey{olga, ""}] = shop.Form{Name: formReply, Given: map[string]string{"review": "1"}, Until: goldenDay.AddDate(100, 0, 0)}
		require.Zero(t, countSaid(w.send(answer), alice, "We mended it."), "handled again after a crash")

		page := func() string { return said(w.press(bob, 70, "rv:p:vpn")) }
		require.Contains(t, page(), "Not good.")
		require.Contains(t, page(), "We mended it.")
		require.NotContains(t, page(), "Somebody", "nobody's name is shown")
		w.press(olga, 61, "reviews:h:1")
		require.NotContains(t, page(), "Not good.")
		require.Contains(t, page(), "2.0 ★", "hidden stars count")
		w.press(olga, 61, "reviews:v:1")
		require.Contains(t, page(), "Not good.")
	})
}

func TestAListOfWishesIsFilledAndEmptied(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		require.Contains(t, said(w.say(alice, "/wishes")), "empty")
		data := findButton(t, w.press(alice, 50, "p:vpn:1"), "wi:")
		require.Equal(t, "wi:+:vpn", data)
		require.Equal(t, "wi:-:vpn", findButton(t, w.press(alice, 50, data), "wi:"))
		require.Equal(t, "wi:x:vpn", findButton(t, w.say(alice, "/wishes"), "wi:x"))
		require.Contains(t, said(w.press(alice, 51, "wi:x:vpn")), "empty")
		for range wish.Max {
			w.store.wishes[alice] = append(w.store.wishes[alice], wish.Wish{SKU: "other", Place: 1})
		}
		require.Contains(t, said(w.press(alice, 50, "wi:+:vpn")), "has room for 30")
		for _, stale := range []string{"wi:+:nothing", "wi:?:vpn", "wi"} {
			calls, err := w.tryPress(alice, 50, stale)
			require.NoError(t, err)
			require.Contains(t, said(calls), "out of date", stale)
		}
	})
}
