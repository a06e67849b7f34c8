package shop

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// memoryTeams keeps a team in memory, and what was told of its changes.
type memoryTeams struct {
	team  Team
	trail []AuditEntry
}

func (m *memoryTeams) Team(context.Context) (Team, error) { return m.team, nil }

func (m *memoryTeams) ChangeTeam(_ context.Context, rule TeamRule) (Team, error) {
	after := m.team.Clone()
	e, err := rule(&after)
	switch {
	case errors.Is(err, ErrUnchanged):
		return m.team, nil
	case err != nil:
		return m.team, err
	}
	m.team = after
	if e.Act != "" {
		m.trail = append(m.trail, e)
	}
	return after, after.Validate()
}

func newStaffOf(t *testing.T, fixed []int64, members ...Member) (*Staff, *memoryTeams) {
	t.Helper()
	teams := &memoryTeams{team: Team{Members: members}}
	s, err := NewStaff(t.Context(), teams, fixed)
	require.NoError(t, err)
	return s, teams
}

const (
	ann, bob, eve = int64(1), int64(2), int64(3)
)

func TestRolesOfTheStaff(t *testing.T) {
	s, _ := newStaffOf(t, []int64{ann}, Member{User: bob, Role: RoleManager}, Member{User: ann, Role: RoleSupport})
	require.Equal(t, RoleOwner, s.Role(ann), "the configuration wins")
	require.Equal(t, RoleManager, s.Role(bob))
	require.Equal(t, RoleBuyer, s.Role(eve))
	require.Equal(t, []int64{ann, bob}, s.With(RoleSupport))
	require.Equal(t, []int64{ann, bob}, s.With(RoleManager))
	require.Equal(t, []int64{ann}, s.With(RoleOwner))
	require.Equal(t, []Member{{User: ann, Role: RoleOwner}, {User: bob, Role: RoleManager}}, s.Members())
	require.True(t, RoleManager.May(RoleSupport))
	require.False(t, RoleManager.May(RoleOwner))
	require.False(t, Role("king").May(RoleSupport), "an unknown role may nothing")
	require.True(t, Role("king").May(RoleBuyer))
}

func TestAnInvitationIsGoodForOnePersonAndADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, teams := newStaffOf(t, []int64{ann})
		_, err := s.Invite(t.Context(), bob, RoleOwner, "x")
		require.ErrorIs(t, err, ErrNotOwner)
		_, err = s.Invite(t.Context(), ann, RoleBuyer, "x")
		require.Error(t, err)
		i, err := s.Invite(t.Context(), ann, RoleManager, "secret")
		require.NoError(t, err)
		require.NotContains(t, string(i.Hash), "secret")
		require.ErrorIs(t, s.Accept(t.Context(), bob, "wrong"), ErrNoInvitation)
		require.ErrorIs(t, s.Accept(t.Context(), ann, "secret"), ErrHasRole, "and the invitation stays")
		require.NoError(t, s.Accept(t.Context(), bob, "secret"))
		require.Equal(t, RoleManager, s.Role(bob))
		require.ErrorIs(t, s.Accept(t.Context(), eve, "secret"), ErrNoInvitation)
		require.Equal(t, RoleBuyer, s.Role(eve))
		require.Equal(t, []AuditEntry{
			{Act: AuditStaffInvited, By: ann, Reason: "manager"}, {Act: AuditStaffJoined, By: bob, Reason: "manager"},
		}, teams.trail)

		_, err = s.Invite(t.Context(), ann, RoleSupport, "late")
		require.NoError(t, err)
		time.Sleep(InvitationLife - time.Second)
		_, err = s.Invitation("late")
		require.NoError(t, err)
		time.Sleep(time.Second)
		_, err = s.Invitation("late")
		require.ErrorIs(t, err, ErrNoInvitation)
		require.ErrorIs(t, s.Accept(t.Context(), eve, "late"), ErrNoInvitation)
		require.Empty(t, s.Invitations())
	})
}

func TestInvitationsAreBoundedAndCanBeWithdrawn(t *testing.T) {
	s, _ := newStaffOf(t, []int64{ann})
	for n := range MaxInvitations {
		_, err := s.Invite(t.Context(), ann, RoleSupport, string(rune('a'+n)))
		require.NoError(t, err)
	}
	_, err := s.Invite(t.Context(), ann, RoleSupport, "one more")
	require.ErrorIs(t, err, ErrStaffFull)
	name := s.Invitations()[0].Name()
	require.ErrorIs(t, s.Withdraw(t.Context(), eve, name), ErrNotOwner)
	require.NoError(t, s.Withdraw(t.Context(), ann, name))
	require.NoError(t, s.Withdraw(t.Context(), ann, name), "again")
	require.ErrorIs(t, s.Accept(t.Context(), eve, "a"), ErrNoInvitation)
	require.NoError(t, s.Accept(t.Context(), eve, "b"))
}

func TestInvitationsOfAFormerOwnerAreVoid(t *testing.T) {
	s, teams := newStaffOf(t, []int64{ann}, Member{User: bob, Role: RoleOwner})
	_, err := s.Invite(t.Context(), bob, RoleOwner, "secret")
	require.NoError(t, err)
	require.NoError(t, s.SetRole(t.Context(), ann, bob, RoleOwner, RoleManager))
	require.Empty(t, teams.team.Invitations)
	require.ErrorIs(t, s.Accept(t.Context(), eve, "secret"), ErrNoInvitation)

	// Also of one who was an owner by configuration.
	_, err = s.Invite(t.Context(), ann, RoleOwner, "other")
	require.NoError(t, err)
	later, err := NewStaff(t.Context(), teams, []int64{9})
	require.NoError(t, err)
	require.ErrorIs(t, later.Accept(t.Context(), eve, "other"), ErrNoInvitation)
}

func TestChangesOfRoles(t *testing.T) {
	for name, c := range map[string]struct {
		fixed    []int64
		by       int64
		from, to Role
		user     int64
		want     error
	}{
		"an owner makes a manager support":      {nil, ann, RoleManager, RoleSupport, bob, nil},
		"an owner makes a manager owner":        {nil, ann, RoleManager, RoleOwner, bob, nil},
		"an owner removes a manager":            {nil, ann, RoleManager, RoleBuyer, bob, nil},
		"a manager changes nothing":             {nil, bob, RoleManager, RoleOwner, bob, ErrNotOwner},
		"a button of another time":              {nil, ann, RoleSupport, RoleOwner, bob, ErrStaffMoved},
		"nothing to change":                     {nil, ann, RoleManager, RoleManager, bob, ErrStaffMoved},
		"somebody who is not of the staff":      {nil, ann, RoleSupport, RoleOwner, eve, ErrStaffMoved},
		"the last owner stays":                  {nil, ann, RoleOwner, RoleManager, ann, ErrLastOwner},
		"the last owner is not removed":         {nil, ann, RoleOwner, RoleBuyer, ann, ErrLastOwner},
		"an owner goes where there is another":  {[]int64{eve}, ann, RoleOwner, RoleBuyer, ann, nil},
		"an owner by configuration stays":       {[]int64{eve}, ann, RoleOwner, RoleBuyer, eve, ErrFixedOwner},
		"an owner by configuration may do more": {[]int64{eve}, eve, RoleOwner, RoleBuyer, ann, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s, teams := newStaffOf(t, c.fixed, Member{User: ann, Role: RoleOwner}, Member{User: bob, Role: RoleManager})
			before := teams.team
			err := s.SetRole(t.Context(), c.by, c.user, c.from, c.to)
			require.ErrorIs(t, err, c.want)
			if c.want != nil {
				require.Equal(t, before, teams.team)
				require.Empty(t, teams.trail)
				return
			}
			require.Equal(t, c.to, s.Role(c.user))
			require.Len(t, teams.trail, 1)
			require.True(t, s.HasOwner())
		})
	}
}

func TestTheFirstOwnerIsTheOnlyOneWhoComesByCode(t *testing.T) {
	s, teams := newStaffOf(t, nil)
	require.False(t, s.HasOwner())
	require.NoError(t, s.Claim(t.Context(), ann))
	require.ErrorIs(t, s.Claim(t.Context(), bob), ErrHasOwner)
	require.Equal(t, []int64{ann}, s.With(RoleOwner))
	require.Equal(t, []AuditEntry{{Act: AuditStaffJoined, By: ann, Reason: "owner"}}, teams.trail)
	fixed, _ := newStaffOf(t, []int64{ann})
	require.ErrorIs(t, fixed.Claim(t.Context(), bob), ErrHasOwner)
}

func TestATeamThatMustNotBe(t *testing.T) {
	require.NoError(t, Team{Members: []Member{{User: ann, Role: RoleOwner}, {User: bob, Role: RoleSupport}}}.Validate())
	require.ErrorContains(t, Team{Members: []Member{{User: ann, Role: "king"}}}.Validate(), "king")
	require.ErrorContains(t, Team{Members: []Member{{User: ann}}}.Validate(), "role")
	require.ErrorContains(t, Team{Members: []Member{{User: ann, Role: RoleOwner}, {User: ann, Role: RoleOwner}}}.Validate(), "twice")
	require.Error(t, Team{Invitations: []Invitation{{Role: RoleOwner, Hash: []byte("short")}}}.Validate())
}
