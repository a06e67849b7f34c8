package shop

import "slices"

// Role is what a person may do in the shop's chat. The words are stored on disk.
type Role string

// The roles, each of which may do all that the ones before it may.
const (
	RoleBuyer   Role = ""        // everybody
	RoleSupport Role = "support" // helps buyers: looks at orders, answers questions
	RoleManager Role = "manager" // runs the shop's day: stock, catalog, refunds, messages to all
	RoleOwner   Role = "owner"   // has the money and the people: balance, export, roles
)

// Roles lists all roles, the least first.
func Roles() []Role { return []Role{RoleBuyer, RoleSupport, RoleManager, RoleOwner} }

// May reports whether a person with this role may do what needs the other one. An unknown role may
// do what every buyer may.
func (r Role) May(need Role) bool {
	return slices.Index(Roles(), r) >= slices.Index(Roles(), need) || need == RoleBuyer
}
