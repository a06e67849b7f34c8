package storagetest

import (
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/broadcast"
	"shopbot/internal/shop"
)

func broadcasts() []scenario {
	begun := func(act string) broadcast.Broadcast {
		return broadcast.Broadcast{
			Act: act, By: 1, State: broadcast.Running, Started: start(), People: 3,
			Message: broadcast.Message{
				Text: "Sale", Entities: []broadcast.Entity{{Type: "bold", Length: 4}},
				Buttons: []broadcast.Button{{SKU: vpn}, {URL: "https://example.com", Text: "More"}},
			},
			To: broadcast.Segment{Kind: broadcast.Bought, SKU: vpn, Language: "ru"},
		}
	}
	create := func(b *bench, x broadcast.Broadcast) broadcast.Broadcast {
		b.t.Helper()
		got, created, err := b.CreateBroadcast(b.ctx, x)
		require.NoError(b.t, err)
		require.True(b.t, created)
		return got
	}
	stop := func(x *broadcast.Broadcast) error { return x.Turn(broadcast.Stopped, 2, start()) }
	return []scenario{
		{"a broadcast is stored as it was begun, and an act begins one", func(b *bench) {
			_, err := b.Broadcast(b.ctx, 1)
			require.ErrorIs(b.t, err, broadcast.ErrNotFound)
			first := create(b, begun("a"))
			want := begun("a")
			want.ID = 1
			require.Equal(b.t, want, first)
			b.reopen()
			got, err := b.Broadcast(b.ctx, 1)
			require.NoError(b.t, err)
			require.Equal(b.t, want, got)
			again, created, err := b.CreateBroadcast(b.ctx, begun("a"))
			require.NoError(b.t, err)
			require.False(b.t, created)
			require.Equal(b.t, want, again)
		}},
		{"one broadcast is active at a time", func(b *bench) {
			first := create(b, begun("a"))
			_, _, err := b.CreateBroadcast(b.ctx, begun("b"))
			require.ErrorIs(b.t, err, broadcast.ErrBusy)
			_, err = b.ChangeBroadcast(b.ctx, first.ID, stop)
			require.NoError(b.t, err)
			second := create(b, begun("b"))
			again, created, err := b.CreateBroadcast(b.ctx, begun("a"))
			require.NoError(b.t, err)
			require.False(b.t, created)
			require.Equal(b.t, first.ID, again.ID, "the act of one that is over")
			list, err := b.Broadcasts(b.ctx, 10)
			require.NoError(b.t, err)
			require.Equal(b.t, []broadcast.ID{second.ID, first.ID}, []broadcast.ID{list[0].ID, list[1].ID})
			list, err = b.Broadcasts(b.ctx, 1)
			require.NoError(b.t, err)
			require.Len(b.t, list, 1)
		}},
		{"of many acts at once one begins a broadcast", func(b *bench) {
			var wg sync.WaitGroup
			var created atomic.Int64
			refused := make(chan error, 16)
			for i := range 16 {
				wg.Go(func() {
					_, ok, err := b.CreateBroadcast(b.ctx, begun(strconv.Itoa(i/2)))
					if ok {
						created.Add(1)
					}
					if err != nil {
						refused <- err
					}
				})
			}
			wg.Wait()
			close(refused)
			require.EqualValues(b.t, 1, created.Load())
			for err := range refused {
				require.ErrorIs(b.t, err, broadcast.ErrBusy)
			}
		}},
		{"a change that is refused changes nothing", func(b *bench) {
			first := create(b, begun("a"))
			_, err := b.ChangeBroadcast(b.ctx, first.ID, func(x *broadcast.Broadcast) error {
				x.People = 99
				return broadcast.ErrOver
			})
			require.ErrorIs(b.t, err, broadcast.ErrOver)
			_, err = b.ChangeBroadcast(b.ctx, 2, stop)
			require.ErrorIs(b.t, err, broadcast.ErrNotFound)
			got, err := b.Broadcast(b.ctx, first.ID)
			require.NoError(b.t, err)
			require.Equal(b.t, first, got)
		}},
		{"who is forgotten gets nothing of a broadcast that goes on", func(b *bench) {
			first := create(b, begun("a"))
			_, err := b.ChangeBroadcast(b.ctx, first.ID, func(x *broadcast.Broadcast) error {
				x.Again, x.Taken, x.Cursor = []int64{7, 8}, 2, 8
				return nil
			})
			require.NoError(b.t, err)
			_, err = b.Forget(b.ctx, 7)
			require.NoError(b.t, err)
			got, err := b.Broadcast(b.ctx, first.ID)
			require.NoError(b.t, err)
			require.Equal(b.t, []int64{8}, got.Again)
			require.Equal(b.t, 1, got.Taken)
			require.Equal(b.t, broadcast.Counts{Skipped: 1}, got.Counts)
		}},
		{"people are listed in the order of their ids", func(b *bench) {
			for _, id := range []int64{70, 7, 1 << 40, 12} {
				_, err := b.ChangePerson(b.ctx, id, func(p *shop.Person) bool {
					return p.Meet(shop.Person{ID: id, Name: "Ann"}, shop.DayOf(time.Now(), time.UTC))
				})
				require.NoError(b.t, err)
			}
			var ids []int64
			for after := int64(0); ; {
				page, err := b.People(b.ctx, after, 3)
				require.NoError(b.t, err)
				for _, p := range page {
					ids = append(ids, p.ID)
				}
				if len(page) < 3 {
					break
				}
				after = page[2].ID
			}
			require.Equal(b.t, []int64{7, 12, 70, 1 << 40}, ids)
		}},
	}
}
