package bot

import (
	"slices"

	"shopbot/internal/shop"
)

// staff is who helps to run the shop, and in which role.
type staff struct {
	owners []int64 // Telegram ids from the configuration
}

func newStaff(owners []int64) *staff { return &staff{owners: owners} }

// role is what a person may do.
func (s *staff) role(user int64) shop.Role {
	if slices.Contains(s.owners, user) {
		return shop.RoleOwner
	}
	return shop.RoleBuyer
}

// with lists the people who may do what needs a role.
func (s *staff) with(need shop.Role) []int64 {
	if shop.RoleOwner.May(need) {
		return s.owners
	}
	return nil
}
