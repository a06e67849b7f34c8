package shop

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Why the staff cannot be changed as asked.
var (
	ErrNotOwner     = errors.New("only an owner may change the staff")
	ErrNoInvitation = errors.New("there is no such invitation, or it was used, or its time is over")
	ErrHasRole      = errors.New("the person may do that already")
	ErrStaffMoved   = errors.New("the person's role is another one by now")
	ErrLastOwner    = errors.New("the shop needs an owner")
	ErrFixedOwner   = errors.New("an owner by configuration")
	ErrHasOwner     = errors.New("the shop has an owner")
	ErrStaffFull    = errors.New("the staff is as big as it may be")
)

// Bounds of the staff, which is read and written as a whole.
const (
	MaxStaff       = 100
	MaxInvitations = 10
	maxUntold      = 50
	// InvitationLife is how long an invitation may be used.
	InvitationLife = 24 * time.Hour
)

// Member is somebody who helps to run the shop.
type Member struct {
	User  int64     `json:"user"` // a Telegram id
	Role  Role      `json:"role"`
	Since time.Time `json:"since"`
	// By is who invited the person; 0 for the first owner, who had the code of the command line.
	By int64 `json:"by,omitempty"`
}

// Invitation lets one person join the staff: the first who accepts and has its secret.
type Invitation struct {
	// Hash is the SHA-256 of the secret, which is stored nowhere.
	Hash  []byte    `json:"hash"`
	Role  Role      `json:"role"`
	By    int64     `json:"by"`
	Until time.Time `json:"until"`
}

// Name is a short name of an invitation, from which its secret cannot be told.
func (i Invitation) Name() string { return hex.EncodeToString(i.Hash[:min(len(i.Hash), 6)]) }

// hashOf is what is stored of a secret.
func hashOf(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// Team is the staff as it is stored. The owners of the configuration are not in it.
type Team struct {
	Members     []Member     `json:"members,omitempty"`
	Invitations []Invitation `json:"invitations,omitempty"`
	// Untold are the latest changes that the owners were not told of yet, oldest first.
	Untold []StaffChange `json:"untold,omitempty"`
}

// StaffChange is a change of the staff that owners are told.
type StaffChange struct {
	Act  AuditAct `json:"act"`
	By   int64    `json:"by"`             // who changed it, or joined
	User int64    `json:"user,omitempty"` // whose role it is; 0 for an invitation
	Role Role     `json:"role,omitempty"` // from now on
}

// TeamRule changes the staff inside a storage transaction and says what the audit trail is to tell
// of it; an entry without an Act for nothing. It is pure: it may run more than once. With
// ErrUnchanged nothing is written.
type TeamRule func(t *Team) (AuditEntry, error)

// Teams keeps the staff. Each method is one durable transaction, as in Store.
type Teams interface {
	// Team reads the staff; the zero Team before anybody joined.
	Team(ctx context.Context) (Team, error)
	// ChangeTeam applies a rule to the staff, adds its entry, if any, to the audit trail, and returns the
	// result. After ErrUnchanged that is the staff as it is, and no error.
	ChangeTeam(ctx context.Context, rule TeamRule) (Team, error)
}

// Clone copies a team, so that the copy can be changed.
func (t Team) Clone() Team {
	return Team{Members: slices.Clone(t.Members), Invitations: slices.Clone(t.Invitations), Untold: slices.Clone(t.Untold)}
}

// tell adds a change that is still to be told. Of too many the oldest are left to the audit trail.
func (t *Team) tell(c StaffChange) {
	t.Untold = append(t.Untold, c)
	t.Untold = t.Untold[max(len(t.Untold)-maxUntold, 0):]
}

// Validate returns what a team must never be; nil if it is sound.
func (t Team) Validate() error {
	var faults []error
	seen := map[int64]bool{}
	for _, m := range t.Members {
		if !isStaffRole(m.Role) {
			faults = append(faults, fmt.Errorf("member %d has the role %q", m.User, m.Role))
		}
		if seen[m.User] {
			faults = append(faults, fmt.Errorf("member %d is there twice", m.User))
		}
		seen[m.User] = true
	}
	for _, i := range t.Invitations {
		if !isStaffRole(i.Role) || len(i.Hash) != sha256.Size {
			faults = append(faults, fmt.Errorf("invitation %s is for the role %q", i.Name(), i.Role))
		}
	}
	return errors.Join(faults...)
}

func isStaffRole(r Role) bool { return r != RoleBuyer && slices.Contains(Roles(), r) }

// roleOf is what a person may do; fixed are the owners of the configuration.
func (t Team) roleOf(user int64, fixed []int64) Role {
	if slices.Contains(fixed, user) {
		return RoleOwner
	}
	if i := t.find(user); i >= 0 {
		return t.Members[i].Role
	}
	return RoleBuyer
}

func (t Team) find(user int64) int {
	return slices.IndexFunc(t.Members, func(m Member) bool { return m.User == user })
}

// put gives a person a role, or takes it away with RoleBuyer. What somebody who is not an owner any
// more has invited to is void.
func (t *Team) put(m Member) {
	i := t.find(m.User)
	switch {
	case i < 0 && m.Role != RoleBuyer:
		t.Members = append(t.Members, m)
	case i >= 0 && m.Role == RoleBuyer:
		t.Members = slices.Delete(t.Members, i, i+1)
	case i >= 0:
		t.Members[i] = m
	}
	if m.Role != RoleOwner {
		t.Invitations = slices.DeleteFunc(t.Invitations, func(i Invitation) bool { return i.By == m.User })
	}
}

func (t *Team) dropLapsed(now time.Time) {
	t.Invitations = slices.DeleteFunc(t.Invitations, func(i Invitation) bool { return !i.Until.After(now) })
}

// invitation finds the invitation of a secret that may be used now; -1 if there is none.
func (t Team) invitation(secret string, fixed []int64, now time.Time) int {
	hash := hashOf(secret)
	return slices.IndexFunc(t.Invitations, func(i Invitation) bool {
		return bytes.Equal(i.Hash, hash) && i.Until.After(now) && t.roleOf(i.By, fixed) == RoleOwner
	})
}

// invite is the rule of Staff.Invite.
func invite(i Invitation, fixed []int64, now time.Time) TeamRule {
	return func(t *Team) (AuditEntry, error) {
		t.dropLapsed(now)
		switch {
		case t.roleOf(i.By, fixed) != RoleOwner:
			return AuditEntry{}, ErrNotOwner
		case len(t.Invitations) >= MaxInvitations, len(t.Members) >= MaxStaff:
			return AuditEntry{}, ErrStaffFull
		}
		t.Invitations = append(t.Invitations, i)
		t.tell(StaffChange{Act: AuditStaffInvited, By: i.By, Role: i.Role})
		return AuditEntry{Act: AuditStaffInvited, By: i.By, Reason: string(i.Role)}, nil
	}
}

// withdraw is the rule of Staff.Withdraw.
func withdraw(by int64, name string, fixed []int64) TeamRule {
	return func(t *Team) (AuditEntry, error) {
		if t.roleOf(by, fixed) != RoleOwner {
			return AuditEntry{}, ErrNotOwner
		}
		at := slices.IndexFunc(t.Invitations, func(i Invitation) bool { return i.Name() == name })
		if at < 0 {
			return AuditEntry{}, ErrUnchanged
		}
		role := t.Invitations[at].Role
		t.Invitations = slices.Delete(t.Invitations, at, at+1)
		return AuditEntry{Act: AuditStaffWithdrawn, By: by, Reason: string(role)}, nil
	}
}

// join is the rule of Staff.Accept.
func join(user int64, secret string, fixed []int64, now time.Time) TeamRule {
	return func(t *Team) (AuditEntry, error) {
		at := t.invitation(secret, fixed, now)
		if at < 0 {
			return AuditEntry{}, ErrNoInvitation
		}
		i := t.Invitations[at]
		switch had := t.roleOf(user, fixed); {
		case had.May(i.Role):
			return AuditEntry{}, ErrHasRole
		case had == RoleBuyer && len(t.Members) >= MaxStaff:
			return AuditEntry{}, ErrStaffFull
		}
		t.Invitations = slices.Delete(t.Invitations, at, at+1)
		t.put(Member{User: user, Role: i.Role, Since: now, By: i.By})
		t.tell(StaffChange{Act: AuditStaffJoined, By: user, User: user, Role: i.Role})
		return AuditEntry{Act: AuditStaffJoined, By: user, Reason: string(i.Role)}, nil
	}
}

// claim is the rule of Staff.Claim.
func claim(user int64, fixed []int64, now time.Time) TeamRule {
	return func(t *Team) (AuditEntry, error) {
		if t.hasOwner(fixed, 0) {
			return AuditEntry{}, ErrHasOwner
		}
		t.put(Member{User: user, Role: RoleOwner, Since: now})
		return AuditEntry{Act: AuditStaffJoined, By: user, Reason: string(RoleOwner)}, nil
	}
}

// told is the rule of Staff.Told.
func told(first StaffChange) TeamRule {
	return func(t *Team) (AuditEntry, error) {
		if len(t.Untold) == 0 || t.Untold[0] != first {
			return AuditEntry{}, ErrUnchanged
		}
		t.Untold = slices.Delete(t.Untold, 0, 1)
		return AuditEntry{}, nil
	}
}

// hasOwner reports whether there is an owner besides one person.
func (t Team) hasOwner(fixed []int64, besides int64) bool {
	return slices.ContainsFunc(fixed, func(user int64) bool { return user != besides }) ||
		slices.ContainsFunc(t.Members, func(m Member) bool { return m.Role == RoleOwner && m.User != besides })
}

// setRole is the rule of Staff.SetRole.
func setRole(by, user int64, from, to Role, fixed []int64) TeamRule {
	return func(t *Team) (AuditEntry, error) {
		at := t.find(user)
		switch {
		case t.roleOf(by, fixed) != RoleOwner:
			return AuditEntry{}, ErrNotOwner
		case slices.Contains(fixed, user):
			return AuditEntry{}, ErrFixedOwner
		case at < 0 || t.Members[at].Role != from || from == to:
			return AuditEntry{}, ErrStaffMoved
		case from == RoleOwner && !t.hasOwner(fixed, user):
			return AuditEntry{}, ErrLastOwner
		}
		e := AuditEntry{Act: AuditStaffChanged, By: by, Reason: fmt.Sprintf("%d %s", user, to)}
		if to == RoleBuyer {
			e.Act, e.Reason = AuditStaffRemoved, fmt.Sprintf("%d", user)
		}
		m := t.Members[at]
		m.Role = to
		t.put(m)
		t.tell(StaffChange{Act: e.Act, By: by, User: user, Role: to})
		return e, nil
	}
}
