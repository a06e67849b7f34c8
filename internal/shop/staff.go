package shop

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
)

// Staff knows who may do what. It keeps what it has read, so that it can be asked at any time.
type Staff struct {
	teams Teams
	fixed []int64
	team  atomic.Pointer[Team]
	// changing is held from a change to when it is known here, so that changes become known in
	// their order.
	changing sync.Mutex
}

// NewStaff reads the staff. fixed are the Telegram ids of the owners by configuration, who are
// owners whatever the database says.
func NewStaff(ctx context.Context, teams Teams, fixed []int64) (*Staff, error) {
	t, err := teams.Team(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the staff: %w", err)
	}
	s := &Staff{teams: teams, fixed: fixed}
	s.team.Store(&t)
	return s, nil
}

// Role is what a person may do.
func (s *Staff) Role(user int64) Role { return s.team.Load().roleOf(user, s.fixed) }

// With lists the people who may do what needs a role, other than RoleBuyer.
func (s *Staff) With(need Role) []int64 {
	users := slices.Clone(s.fixed)
	for _, m := range s.team.Load().Members {
		if m.Role.May(need) && !slices.Contains(users, m.User) {
			users = append(users, m.User)
		}
	}
	return users
}

// Fixed reports whether a person is an owner by configuration.
func (s *Staff) Fixed(user int64) bool { return slices.Contains(s.fixed, user) }

// Members lists everybody of the staff, the owners by configuration first, with nothing but their
// User and Role.
func (s *Staff) Members() []Member {
	var all []Member
	for _, user := range s.fixed {
		all = append(all, Member{User: user, Role: RoleOwner})
	}
	for _, m := range s.team.Load().Members {
		if !s.Fixed(m.User) {
			all = append(all, m)
		}
	}
	return all
}

// Invitations lists those that may be used.
func (s *Staff) Invitations() []Invitation {
	t := s.team.Load().Clone()
	t.dropLapsed(now())
	return t.Invitations
}

// Invitation finds the invitation of a secret, or ErrNoInvitation.
func (s *Staff) Invitation(secret string) (Invitation, error) {
	t := s.team.Load()
	at := t.invitation(secret, s.fixed, now())
	if at < 0 {
		return Invitation{}, ErrNoInvitation
	}
	return t.Invitations[at], nil
}

// Invite makes an invitation in the name of an owner. Errors: ErrNotOwner, ErrStaffFull.
func (s *Staff) Invite(ctx context.Context, by int64, role Role, secret string) (Invitation, error) {
	if !isStaffRole(role) {
		return Invitation{}, fmt.Errorf("invite to the role %q: there is no such role", role)
	}
	at := now()
	i := Invitation{Hash: hashOf(secret), Role: role, By: by, Until: at.Add(InvitationLife)}
	return i, s.change(ctx, invite(i, s.fixed, at))
}

// Withdraw ends an invitation, which an owner names. One that is gone is no error. ErrNotOwner.
func (s *Staff) Withdraw(ctx context.Context, by int64, name string) error {
	return s.change(ctx, withdraw(by, name, s.fixed))
}

// Accept uses an invitation: the person joins the staff. Errors: ErrNoInvitation, ErrHasRole,
// ErrStaffFull.
func (s *Staff) Accept(ctx context.Context, user int64, secret string) error {
	return s.change(ctx, join(user, secret, s.fixed, now()))
}

// Claim makes a person the owner of a shop that has none, or returns ErrHasOwner.
func (s *Staff) Claim(ctx context.Context, user int64) error {
	return s.change(ctx, claim(user, s.fixed, now()))
}

// HasOwner reports whether the shop has an owner.
func (s *Staff) HasOwner() bool { return len(s.With(RoleOwner)) > 0 }

// SetRole gives a person of the staff, who has the role from, another one; RoleBuyer removes them.
// Errors: ErrNotOwner, ErrFixedOwner, ErrStaffMoved, ErrLastOwner.
func (s *Staff) SetRole(ctx context.Context, by, user int64, from, to Role) error {
	if !slices.Contains(Roles(), to) {
		return fmt.Errorf("give the role %q: there is no such role", to)
	}
	return s.change(ctx, setRole(by, user, from, to, s.fixed))
}

// Untold lists the changes that owners were not told of yet, oldest first.
func (s *Staff) Untold() []StaffChange { return s.team.Load().Untold }

// Told takes the first of Untold off it.
func (s *Staff) Told(ctx context.Context, first StaffChange) error { return s.change(ctx, told(first)) }

func (s *Staff) change(ctx context.Context, rule TeamRule) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	t, err := s.teams.ChangeTeam(context.WithoutCancel(ctx), rule)
	if err == nil {
		s.team.Store(&t)
	}
	return err
}
