package storagetest

import (
	"fmt"

	"github.com/stretchr/testify/require"

	"shopbot/internal/wish"
)

func (b *bench) wishes(sku string, users ...int64) {
	b.t.Helper()
	for _, user := range users {
		added, err := b.AddWish(b.ctx, user, sku)
		require.NoError(b.t, err)
		require.True(b.t, added, "user %d", user)
	}
}

// hadTurns ends all turns of the keys and asserts who had them, in their order.
func (b *bench) hadTurns(want ...int64) {
	b.t.Helper()
	var got []int64
	for {
		turn, found, err := b.NextTurn(b.ctx, vpn)
		require.NoError(b.t, err)
		if !found {
			break
		}
		b.reopen() // a crash before the message goes out changes nothing
		again, found, err := b.NextTurn(b.ctx, vpn)
		require.NoError(b.t, err)
		require.True(b.t, found)
		require.Equal(b.t, turn, again)
		require.NoError(b.t, b.EndTurn(b.ctx, turn, true))
		got = append(got, turn.User)
	}
	require.Equal(b.t, want, got)
	back, err := b.BackInStock(b.ctx)
	require.NoError(b.t, err)
	require.NotContains(b.t, back, vpn, "nothing is left to do")
}

// waitsFor asserts what a person waits for.
func (b *bench) waitsFor(user int64, want ...string) {
	b.t.Helper()
	list, err := b.WishesOf(b.ctx, user)
	require.NoError(b.t, err)
	var got []string
	for _, w := range list {
		if w.Waits() {
			got = append(got, w.SKU)
		}
	}
	require.Equal(b.t, want, got)
}

func wishes() []scenario {
	return []scenario{
		{"as many are told as there are units, in the order of asking, and each once", func(b *bench) {
			b.wishes(vpn, 9, 7, 8)
			b.hadTurns()
			b.load(vpn, "A", "B")
			b.hadTurns(9, 7)
			b.waitsFor(9)
			b.waitsFor(8, vpn)
			b.load(vpn, "C", "D")
			b.hadTurns(8)
			b.load(vpn, "E")
			b.hadTurns()
			list, err := b.WishesOf(b.ctx, 9)
			require.NoError(b.t, err)
			require.Len(b.t, list, 1, "it stays on the list")
		}},
		{"asking again is one wish, and after the message a new one at the end", func(b *bench) {
			b.wishes(vpn, 7, 8)
			added, err := b.AddWish(b.ctx, 7, vpn)
			require.NoError(b.t, err)
			require.False(b.t, added)
			b.load(vpn, "A")
			b.hadTurns(7)
			b.paid(b.invoiced(b.placed(order(1, 99, line(vpn, 1))), 11), 11)
			b.wishes(vpn, 7)
			b.load(vpn, "B", "C", "D")
			b.hadTurns(8, 7)
		}},
		{"units that buyers took first are told to nobody", func(b *bench) {
			b.wishes(vpn, 7, 8)
			b.load(vpn, "A", "B")
			b.placed(order(1, 99, line(vpn, 1)))
			b.hadTurns(7)
			b.placed(order(2, 98, line(vpn, 1)))
			b.hadTurns()
			b.waitsFor(8, vpn)
		}},
		{"a reservation that ends is a unit that comes back", func(b *bench) {
			b.load(vpn, "A")
			o := b.placed(order(1, 99, line(vpn, 1)))
			b.wishes(vpn, 7, 8)
			b.cancelled(o)
			b.hadTurns(7)
		}},
		{"who asks while it is for sale is told when it was sold out and comes back", func(b *bench) {
			b.load(vpn, "A")
			b.wishes(vpn, 7)
			b.load(vpn, "B")
			b.hadTurns()
			b.paid(b.invoiced(b.placed(order(1, 99, line(vpn, 2))), 11), 11)
			b.load(vpn, "C")
			b.hadTurns(7)
		}},
		{"who cannot be reached passes the turn on", func(b *bench) {
			b.wishes(vpn, 7, 8, 9)
			b.load(vpn, "A")
			turn, found, err := b.NextTurn(b.ctx, vpn)
			require.NoError(b.t, err)
			require.True(b.t, found)
			require.NoError(b.t, b.EndTurn(b.ctx, turn, false))
			b.hadTurns(8)
			b.waitsFor(7)
		}},
		{"units that come while people are told are told as well", func(b *bench) {
			b.wishes(vpn, 7, 8, 9)
			b.load(vpn, "A")
			turn, _, err := b.NextTurn(b.ctx, vpn)
			require.NoError(b.t, err)
			b.load(vpn, "B")
			require.NoError(b.t, b.EndTurn(b.ctx, turn, true))
			b.hadTurns(8)
		}},
		{"who asks again while they are told stays in the queue", func(b *bench) {
			b.wishes(vpn, 7)
			b.load(vpn, "A")
			turn, _, err := b.NextTurn(b.ctx, vpn)
			require.NoError(b.t, err)
			require.NoError(b.t, b.RemoveWish(b.ctx, 7, vpn))
			b.wishes(vpn, 7)
			require.NoError(b.t, b.EndTurn(b.ctx, turn, true))
			b.waitsFor(7, vpn)
		}},
		{"buying, a button and forgetting end a wish", func(b *bench) {
			b.wishes(vpn, 7, 8, 9)
			b.wishes("game", 7)
			b.load(vpn, "A")
			o := b.placed(order(1, 7, line(vpn, 1)))
			b.waitsFor(7, "game", vpn)
			b.paid(b.invoiced(o, 11), 11)
			b.waitsFor(7, "game")
			require.NoError(b.t, b.RemoveWish(b.ctx, 8, vpn))
			require.NoError(b.t, b.RemoveWish(b.ctx, 8, vpn))
			_, err := b.Forget(b.ctx, 9)
			require.NoError(b.t, err)
			b.load(vpn, "B", "C", "D")
			b.hadTurns()
		}},
		{"a list is bounded", func(b *bench) {
			for n := range wish.Max {
				b.wishes(fmt.Sprintf("sku-%d", n), 7)
			}
			_, err := b.AddWish(b.ctx, 7, vpn)
			require.ErrorIs(b.t, err, wish.ErrTooMany)
			require.NoError(b.t, b.RemoveWish(b.ctx, 7, "sku-3"))
			b.wishes(vpn, 7)
		}},
		{"loads and sales at once never give more turns than there are units", func(b *bench) {
			const people, units = 40, 20
			for user := range int64(people) {
				b.wishes(vpn, 100+user)
			}
			require.NoError(b.t, crowd(units, func(i int) error { b.load(vpn, fmt.Sprint("unit ", i)); return nil }))
			told := 0
			for {
				turn, found, err := b.NextTurn(b.ctx, vpn)
				require.NoError(b.t, err)
				if !found {
					break
				}
				require.EqualValues(b.t, 100+told, turn.User)
				require.NoError(b.t, b.EndTurn(b.ctx, turn, true))
				told++
			}
			require.Equal(b.t, units, told)
		}},
	}
}
