package storagetest

import (
	"errors"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

func teams() []scenario {
	ann := shop.Member{User: 7, Role: shop.RoleOwner, Since: start()}
	bob := shop.Member{User: 8, Role: shop.RoleManager, Since: start(), By: 7}
	hired := func(m shop.Member) shop.TeamRule {
		return func(t *shop.Team) (shop.AuditEntry, error) {
			t.Members = append(t.Members, m)
			return shop.AuditEntry{Act: shop.AuditStaffJoined, By: m.User, Reason: string(m.Role)}, nil
		}
	}
	return []scenario{
		{"the staff stays as it was changed", func(b *bench) {
			b.team(shop.Team{})
			invitation := shop.Invitation{Hash: make([]byte, 32), Role: shop.RoleSupport, By: 7, Until: start().Add(time.Hour)}
			got, err := b.ChangeTeam(b.ctx, hired(ann))
			require.NoError(b.t, err)
			same(b.t, shop.Team{Members: []shop.Member{ann}}, got)
			_, err = b.ChangeTeam(b.ctx, func(t *shop.Team) (shop.AuditEntry, error) {
				t.Invitations = append(t.Invitations, invitation)
				return shop.AuditEntry{Act: shop.AuditStaffInvited, By: 7, Reason: "support"}, nil
			})
			require.NoError(b.t, err)
			want := shop.Team{Members: []shop.Member{ann}, Invitations: []shop.Invitation{invitation}}
			b.team(want)
			b.reopen()
			b.team(want)
		}},
		{"a rule that refuses changes nothing of the staff", func(b *bench) {
			_, err := b.ChangeTeam(b.ctx, hired(ann))
			require.NoError(b.t, err)
			refusal := errors.New("no")
			for _, answer := range []error{refusal, shop.ErrUnchanged} {
				got, err := b.ChangeTeam(b.ctx, func(t *shop.Team) (shop.AuditEntry, error) {
					t.Members[0].Role = shop.RoleSupport
					t.Members = append(t.Members, bob)
					return shop.AuditEntry{Act: shop.AuditStaffChanged}, answer
				})
				if errors.Is(answer, shop.ErrUnchanged) {
					require.NoError(b.t, err)
					same(b.t, shop.Team{Members: []shop.Member{ann}}, got)
				} else {
					require.ErrorIs(b.t, err, refusal)
				}
				b.team(shop.Team{Members: []shop.Member{ann}})
			}
		}},
		{"of many who use one invitation at once, one joins", func(b *bench) {
			_, err := b.ChangeTeam(b.ctx, hired(ann))
			require.NoError(b.t, err)
			staff, err := shop.NewStaff(b.ctx, b, nil)
			require.NoError(b.t, err)
			_, err = staff.Invite(b.ctx, 7, shop.RoleManager, "secret")
			require.NoError(b.t, err)
			joined := make([]error, 20)
			var crowd sync.WaitGroup
			for i := range joined {
				crowd.Go(func() {
					other, err := shop.NewStaff(b.ctx, b, nil) // without a lock in common
					if err == nil {
						err = other.Accept(b.ctx, int64(100+i), "secret")
					}
					joined[i] = err
				})
			}
			crowd.Wait()
			ok := 0
			for _, err := range joined {
				if err == nil {
					ok++
				} else {
					require.ErrorIs(b.t, err, shop.ErrNoInvitation)
				}
			}
			require.Equal(b.t, 1, ok)
			b.reopen()
			team, err := b.Team(b.ctx)
			require.NoError(b.t, err)
			require.Len(b.t, team.Members, 2)
			require.Empty(b.t, team.Invitations)
		}},
	}
}

func waiting() []scenario {
	return []scenario{
		{"what waits for staff is counted up to a bound", func(b *bench) {
			b.load(vpn, units(3)...)
			for n := range 5 {
				sold := b.paid(b.invoiced(b.placed(text(n, 7)), 10+n), 10+n)
				b.changed(sold.ID, func(o *shop.Order) error { return o.MarkHeld(shop.HoldRefused) })
			}
			b.placed(text(9, 7))
			for most, held := range map[int]int{0: 0, 4: 4, 5: 5, 6: 5} {
				w, err := b.Waiting(b.ctx, most)
				require.NoError(b.t, err)
				require.Equal(b.t, held, w.Held)
				require.Equal(b.t, map[string]shop.Stock{vpn: {Free: 3}}, w.Stock)
			}
		}},
	}
}

// team asserts who the staff is.
func (b *bench) team(want shop.Team) {
	b.t.Helper()
	got, err := b.Team(b.ctx)
	require.NoError(b.t, err)
	same(b.t, want, got)
}
