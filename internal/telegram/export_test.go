package telegram

// Lines counts the chats that c keeps in memory.
func Lines(c *Client) int {
	c.pace.mu.Lock()
	defer c.pace.mu.Unlock()
	return len(c.pace.lines)
}
