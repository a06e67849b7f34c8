package storagetest

import (
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

func lists() []scenario {
	return []scenario{
		{"a buyer leafs through orders, newest first", func(b *bench) {
			var mine []shop.OrderID
			for n := range 7 {
				mine = append(mine, b.placed(text(2*n, 7)).ID)
				b.placed(text(2*n+1, 8))
			}
			slices.Reverse(mine)
			var pages [][]shop.OrderID
			before := shop.OrderID("")
			for {
				page, err := b.OrdersOf(b.ctx, 7, before, 3)
				require.NoError(b.t, err)
				if len(page) == 0 {
					break
				}
				pages = append(pages, ids(page))
				before = page[len(page)-1].ID
			}
			require.Equal(b.t, [][]shop.OrderID{mine[:3], mine[3:6], mine[6:]}, pages)
			none, err := b.OrdersOf(b.ctx, 9, "", 3)
			require.NoError(b.t, err)
			require.Empty(b.t, none)
		}},
		{"owners list by state, by time, and in pages", func(b *bench) {
			var all, odd []shop.OrderID
			for n := range 8 {
				o := b.placed(text(n, int64(n)))
				all = append(all, o.ID)
				if n%2 == 1 {
					b.invoiced(o, n)
					odd = append(odd, o.ID)
				}
			}
			at := func(n int) time.Time { return start().Add(time.Duration(n) * time.Second).Truncate(time.Second) }
			for _, c := range []struct {
				filter shop.Filter
				want   []shop.OrderID
			}{
				{shop.Filter{}, all},
				{shop.Filter{Limit: 3}, all[:3]},
				{shop.Filter{After: all[2], Limit: 3}, all[3:6]},
				{shop.Filter{Since: at(3)}, all[3:]},
				{shop.Filter{Since: at(3), After: all[0]}, all[3:]},
				{shop.Filter{Since: at(3), After: all[5]}, all[6:]},
				{shop.Filter{Since: at(9)}, all[:0]},
				{shop.Filter{State: shop.StateAwaiting}, odd},
				{shop.Filter{State: shop.StateAwaiting, After: odd[0], Limit: 2}, odd[1:3]},
				{shop.Filter{State: shop.StateAwaiting, Since: at(4)}, odd[2:]},
				{shop.Filter{State: shop.StateAwaiting, After: odd[3]}, odd[:0]},
				{shop.Filter{State: shop.StatePaid}, odd[:0]},
			} {
				list, err := b.Orders(b.ctx, c.filter)
				require.NoError(b.t, err)
				require.Equal(b.t, c.want, ids(list), "%+v", c.filter)
			}
		}},
		{"a page has a hundred orders if nobody says how many", func(b *bench) {
			for n := range 103 {
				b.placed(text(n, 7))
			}
			list, err := b.Orders(b.ctx, shop.Filter{})
			require.NoError(b.t, err)
			require.Len(b.t, list, 100)
			list, err = b.Orders(b.ctx, shop.Filter{After: list[99].ID})
			require.NoError(b.t, err)
			require.Len(b.t, list, 3)
		}},
	}
}

func forms() []scenario {
	form := func(until time.Time) shop.Form {
		return shop.Form{Name: "email", Given: map[string]string{"name": "Ann <b>", "": ""}, Until: until}
	}
	return []scenario{
		{"a form is there until it is left, or its time is over", func(b *bench) {
			long := time.Now().Add(time.Hour)
			b.form(7, nil)
			require.NoError(b.t, b.LeaveForm(b.ctx, 7), "no form is no error")
			first, second := form(long), shop.Form{Name: "address", Until: long.Add(time.Nanosecond)}
			require.NoError(b.t, b.SetForm(b.ctx, 7, first))
			require.NoError(b.t, b.SetForm(b.ctx, 8, first))
			b.reopen()
			b.form(7, &first)
			require.NoError(b.t, b.SetForm(b.ctx, 7, second))
			b.form(7, &second)
			b.form(8, &first)
			require.NoError(b.t, b.LeaveForm(b.ctx, 7))
			b.form(7, nil)
			b.form(8, &first)
			require.NoError(b.t, b.SetForm(b.ctx, 8, form(time.Now().Add(20*time.Millisecond))))
			time.Sleep(30 * time.Millisecond)
			b.form(8, nil)
			require.NoError(b.t, b.SetForm(b.ctx, 8, first))
			b.form(8, &first)
		}},
		{"a hundred forms that have ended are in nobody's way", func(b *bench) {
			for user := range int64(100) {
				require.NoError(b.t, b.SetForm(b.ctx, user, form(time.Now().Add(-time.Duration(user)))))
			}
			for user := range int64(100) {
				b.form(user, nil)
				require.NoError(b.t, b.SetForm(b.ctx, 1000+user, form(time.Now().Add(time.Hour))))
			}
			_, open, err := b.Form(b.ctx, 1000)
			require.NoError(b.t, err)
			require.True(b.t, open)
		}},
		{"notes are kept until they are forgotten", func(b *bench) {
			require.NoError(b.t, b.SetNote(b.ctx, "a", []byte("x")))
			require.NoError(b.t, b.SetNote(b.ctx, "empty", []byte{}))
			require.NoError(b.t, b.SetNote(b.ctx, "gone", []byte("x")))
			require.NoError(b.t, b.SetNote(b.ctx, "gone", nil))
			b.reopen()
			for name, want := range map[string][]byte{"a": []byte("x"), "empty": {}, "gone": nil, "never": nil} {
				got, err := b.Note(b.ctx, name)
				require.NoError(b.t, err)
				require.Equal(b.t, want, got, name)
			}
		}},
	}
}

// form asserts what form a user is filling in; nil for none.
func (b *bench) form(user int64, want *shop.Form) {
	b.t.Helper()
	got, open, err := b.Form(b.ctx, user)
	require.NoError(b.t, err)
	require.Equal(b.t, want != nil, open)
	if want != nil {
		same(b.t, *want, got)
	}
}
