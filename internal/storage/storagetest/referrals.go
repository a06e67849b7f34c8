package storagetest

import (
	"fmt"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

func referrals() []scenario {
	return []scenario{
		{"who invited somebody is noted once, and never for oneself or for a buyer", func(b *bench) {
			b.met(7, 8, 9)
			b.invited(8, 7, true)
			b.invited(8, 7, false)
			b.invited(8, 9, false)
			b.invited(7, 7, false)
			b.invited(7, 8, false) // they came by 7 themselves
			b.invited(7, 77, false)
			b.delivered(b.paid(b.invoiced(b.placed(text(1, 9)), 11), 11))
			b.invited(9, 7, false)
			require.Equal(b.t, 1, b.person(7).Invited)
			b.reopen()
			require.EqualValues(b.t, 7, b.person(8).InvitedBy)
		}},
		{"the first delivered order earns one coupon for each, however often it is asked", func(b *bench) {
			b.met(7, 8)
			b.invited(8, 7, true)
			first := b.paid(b.invoiced(b.placed(text(1, 8)), 11), 11)
			b.rewarded(first, 0)
			first, second := b.delivered(first), b.delivered(b.paid(b.invoiced(b.placed(text(2, 8)), 12), 12))
			b.rewarded(first, 2)
			b.reopen()
			b.rewarded(first, 2)
			b.rewarded(second, 0)
			require.Equal(b.t, 1, b.person(7).Rewards)
			mine, err := b.CouponsFor(b.ctx, 7, 10)
			require.NoError(b.t, err)
			require.Len(b.t, mine, 1)
			require.NoError(b.t, mine[0].Usable(7, "2026-01-02"))
			require.Error(b.t, mine[0].Usable(8, "2026-01-02"))
			b.told(b.sentBack(first, "r1", ""))
			mine, err = b.CouponsFor(b.ctx, 7, 10)
			require.NoError(b.t, err)
			require.True(b.t, mine[0].Void, "that order went back")
		}},
		{"an order whose goods are replaced before the reward is told earns it all the same", func(b *bench) {
			b.met(7, 8)
			b.invited(8, 7, true)
			b.load(vpn, "A1", "A2")
			o := b.delivered(b.paid(b.invoiced(b.placed(order(1, 8, line(vpn, 1))), 11), 11))
			o, err := b.Change(b.ctx, o.ID, func(o *shop.Order, free shop.Free) error {
				return o.Replace(0, shop.UnitName(o.Lines[0].Goods[0]), shop.Replacement{By: 7, At: start(), Why: shop.ReplaceBroken}, free)
			})
			require.NoError(b.t, err)
			require.Equal(b.t, shop.StatePaid, o.State)
			b.rewarded(o, 2)
		}},
		{"an order of which a part is going back earns the reward all the same", func(b *bench) {
			b.met(7, 8)
			b.invited(8, 7, true)
			o := b.delivered(b.paid(b.invoiced(b.placed(text(1, 8)), 11), 11))
			b.changed(o.ID, func(o *shop.Order) error {
				return o.RequestRefund(shop.Refund{ID: "r1", Amount: usdt("0.5"), Requested: start()})
			})
			b.rewarded(o, 2)
		}},
		{"who invited is forgotten before the buyer is told of their coupon", func(b *bench) {
			b.met(7, 8)
			b.invited(8, 7, true)
			o := b.delivered(b.paid(b.invoiced(b.placed(text(1, 8)), 11), 11))
			b.rewarded(o, 2)
			_, err := b.Forget(b.ctx, 7)
			require.NoError(b.t, err)
			b.rewarded(o, 1)
		}},
		{"an order that went back earns nothing", func(b *bench) {
			b.met(7, 8)
			b.invited(8, 7, true)
			o := b.delivered(b.paid(b.invoiced(b.placed(text(1, 8)), 11), 11))
			b.sentBack(o, "r1", "")
			b.rewarded(o, 0)
		}},
		{"many newcomers at once earn their inviter no more than the cap", func(b *bench) {
			const newcomers = 20
			b.met(7)
			var sold []shop.Order
			for i := range newcomers {
				b.met(int64(100 + i))
				b.invited(int64(100+i), 7, true)
				sold = append(sold, b.delivered(b.paid(b.invoiced(b.placed(text(i, int64(100+i))), i+1), i+1)))
			}
			require.NoError(b.t, crowd(2*newcomers, func(i int) error {
				list, err := b.Reward(b.ctx, plan(sold[i/2], 3))
				if err == nil && len(list) == 0 {
					err = fmt.Errorf("newcomer %d has none", i/2)
				}
				return err
			}))
			require.Equal(b.t, 3, b.person(7).Rewards)
			mine, err := b.CouponsFor(b.ctx, 7, 100)
			require.NoError(b.t, err)
			require.Len(b.t, mine, 3)
		}},
		{"a forgotten inviter is nobody's inviter any more", func(b *bench) {
			b.met(7)
			for i := range int64(150) {
				b.met(100 + i)
				b.invited(100+i, 7, true)
			}
			o := b.delivered(b.paid(b.invoiced(b.placed(text(1, 100)), 11), 11))
			_, err := b.Forget(b.ctx, 7)
			require.NoError(b.t, err)
			for i := range int64(150) {
				require.Zero(b.t, b.person(100+i).InvitedBy)
			}
			b.rewarded(o, 0)
			b.invited(101, 7, false)
			_, err = b.Forget(b.ctx, 101)
			require.NoError(b.t, err)
		}},
	}
}

func (b *bench) met(users ...int64) {
	b.t.Helper()
	for _, user := range users {
		_, err := b.ChangePerson(b.ctx, user, func(p *shop.Person) bool {
			return p.Meet(shop.Person{ID: user, Name: "Ann"}, "2026-01-02")
		})
		require.NoError(b.t, err)
	}
}

func (b *bench) invited(user, inviter int64, want bool) {
	b.t.Helper()
	noted, err := b.Invited(b.ctx, user, inviter)
	require.NoError(b.t, err)
	require.Equal(b.t, want, noted)
}

func plan(o shop.Order, limit int) shop.RewardPlan {
	return shop.RewardPlan{
		Order: o.ID, Coupon: shop.Coupon{Percent: 10, Limit: 1}, Cap: limit,
		Code: func(user int64) string { return fmt.Sprintf("THANKS-%s-%d", o.ID, user) },
	}
}

// rewarded asserts how many coupons an order earned.
func (b *bench) rewarded(o shop.Order, want int) {
	b.t.Helper()
	list, err := b.Reward(b.ctx, plan(o, 0))
	require.NoError(b.t, err)
	require.Len(b.t, list, want)
}
