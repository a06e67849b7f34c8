package review

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"shopbot/internal/shop"
)

func delivered(buyer int64) shop.Order {
	return shop.Order{
		ID: "A", State: shop.StateDelivered, Buyer: shop.Buyer{ID: buyer},
		Lines: []shop.Line{{SKU: "vpn", Delivered: time.Now()}, {SKU: "game", Delivered: time.Now(), Refunded: true}, {SKU: "late"}},
	}
}

func TestOnlyWhoGotALineAndKeptItMayReviewIt(t *testing.T) {
	for name, c := range map[string]struct {
		line  int
		user  int64
		state shop.State
		want  bool
	}{
		"the buyer":             {0, 7, shop.StateDelivered, true},
		"a held part":           {0, 7, shop.StateHeld, true},
		"somebody else":         {0, 8, shop.StateDelivered, false},
		"nobody":                {0, 0, shop.StateDelivered, false},
		"a line paid back":      {1, 7, shop.StateDelivered, false},
		"a line on its way":     {2, 7, shop.StatePaid, false},
		"a line that is not":    {3, 7, shop.StateDelivered, false},
		"a line below":          {-1, 7, shop.StateDelivered, false},
		"an order that is gone": {0, 7, shop.StateRefunded, false},
	} {
		o := delivered(7)
		o.State = c.state
		require.Equal(t, c.want, May(&o, c.line, c.user), name)
	}
	forgotten := delivered(0)
	require.False(t, May(&forgotten, 0, 0))
}

func TestAReviewIsChangedByItsWriterAFewTimes(t *testing.T) {
	o, r := delivered(7), Review{}
	require.NoError(t, Rate(0, shop.Buyer{ID: 7, Name: "ольга"}, 3, time.Now())(&o, &r))
	r.ID, r.Told = 1, true
	require.Equal(t, "О", r.Initial)
	require.ErrorIs(t, Rate(0, shop.Buyer{ID: 7}, 3, time.Now())(&o, &r), shop.ErrUnchanged)
	require.True(t, r.Told)
	require.ErrorIs(t, Rate(0, shop.Buyer{ID: 7}, 6, time.Now())(&o, &r), ErrNotBought)
	require.ErrorIs(t, Write(0, 8, "mine")(&o, &r), ErrNotBought)
	require.ErrorIs(t, Write(0, 7, "")(&o, &r), ErrEmpty)
	require.ErrorIs(t, Write(0, 7, strings.Repeat("😀", MaxLength/2+1))(&o, &r), ErrTooLong)
	require.ErrorIs(t, Remove(8)(&o, &r), ErrNotBought)
	require.NoError(t, Write(0, 7, strings.Repeat("😀", MaxLength/2))(&o, &r))
	require.False(t, r.Told, "of each change")
	for n := range MaxChanges - 1 {
		require.NoError(t, Rate(0, shop.Buyer{ID: 7, Name: "🙂"}, 1+n%2, time.Now())(&o, &r))
	}
	require.Empty(t, r.Initial)
	require.ErrorIs(t, Rate(0, shop.Buyer{ID: 7}, 5, time.Now())(&o, &r), ErrTooManyChanges)
	require.ErrorIs(t, Write(0, 7, "more")(&o, &r), ErrTooManyChanges)
	o.State = shop.StateRefunded
	require.NoError(t, Remove(7)(&o, &r), "also after a refund")
	require.Zero(t, r.Stars)
}

func TestTheAverageIsThatOfTheStars(t *testing.T) {
	require.Equal(t, "4.8", Rating{Count: 12, Stars: 57}.Average()) // 4.75
	require.Equal(t, "5.0", Rating{Count: 1, Stars: 5}.Average())
	require.Empty(t, Rating{}.Average())
	rapid.Check(t, func(t *rapid.T) {
		var all Rating
		var kept []Review
		for _, stars := range rapid.SliceOfN(rapid.IntRange(0, MaxStars), 1, 50).Draw(t, "stars") {
			all.Add(Review{Stars: stars}, 1)
			kept = append(kept, Review{Stars: stars})
		}
		average := all.Average()
		require.True(t, average == "" && all.Count == 0 || average >= "1.0" && average <= "5.0", average)
		for _, v := range kept {
			all.Add(v, -1)
		}
		require.Equal(t, Rating{}, all)
	})
}
