package bot

import (
	"strings"

	"shopbot/internal/shop"
)

// staff is who helps to run the shop, and in which role.
type staff struct{ *shop.Staff }

func newStaff(s *shop.Staff) *staff { return &staff{s} }

// role is what a person may do.
func (s *staff) role(user int64) shop.Role { return s.Role(user) }

// with lists the people who may do what needs a role.
func (s *staff) with(need shop.Role) []int64 { return s.With(need) }

// forRole is a screen as it is drawn for a role: without the buttons that the role may not use.
func (c *Courier) forRole(s screen, role shop.Role) screen {
	var rows [][]button
	for _, drawn := range s.Rows {
		var kept []button
		for _, b := range drawn {
			action, _, _ := strings.Cut(strings.TrimPrefix(b.Data, actAnew+":"), ":")
			if h, known := c.buttons[action]; b.Data == "" || known && role.May(h.role) {
				kept = append(kept, b)
			}
		}
		rows = append(rows, kept)
	}
	s.Rows = rows
	return s
}
