package storagetest

import (
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

func lists() []scenario {
	return []scenario{
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
			require.NoError(b.t, b.LeaveForm(b.ctx, 7), "no form is not an error")
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
		{"drafts wait beside the form and beside each other", func(b *bench) {
			long := time.Now().Add(time.Hour)
			list, offer := shop.Form{Name: "stock", Given: map[string]string{"a": "1"}, Until: long}, shop.Form{Name: "stocks", Until: long}
			require.NoError(b.t, b.LeaveDraft(b.ctx, 7, "stock"), "no draft is not an error")
			require.NoError(b.t, b.SetDraft(b.ctx, 7, list))
			require.NoError(b.t, b.SetDraft(b.ctx, 7, offer))
			b.form(7, nil)
			require.NoError(b.t, b.SetForm(b.ctx, 7, form(long)))
			require.NoError(b.t, b.LeaveForm(b.ctx, 7))
			b.reopen()
			b.draft(7, "stock", &list)
			b.draft(7, "stocks", &offer)
			b.draft(8, "stock", nil)
			list.Given["a"] = "2"
			require.NoError(b.t, b.SetDraft(b.ctx, 7, list))
			b.draft(7, "stock", &list)
			require.NoError(b.t, b.LeaveDraft(b.ctx, 7, "stock"))
			b.draft(7, "stock", nil)
			b.draft(7, "stocks", &offer)
			require.NoError(b.t, b.SetDraft(b.ctx, 7, shop.Form{Name: "stocks", Until: time.Now()}))
			b.draft(7, "stocks", nil)
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

// draft asserts what waits for a user under a name; nil for nothing.
func (b *bench) draft(user int64, name string, want *shop.Form) {
	b.t.Helper()
	got, open, err := b.Draft(b.ctx, user, name)
	require.NoError(b.t, err)
	require.Equal(b.t, want != nil, open)
	if want != nil {
		same(b.t, *want, got)
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
