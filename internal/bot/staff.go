package bot

import (
	"strings"

	"shopbot/internal/shop"
)

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
