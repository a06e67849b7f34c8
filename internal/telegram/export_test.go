package telegram

// Lines counts the chats that c keeps in memory.
func Lines(c *Client) int {
	c.pace.mu.Lock()
	defer c.pace.mu.Unlock()
	return len(c.pace.lines)
}

// Remembered counts the chats whose updates in keeps count of.
func Remembered(in *Intake) int {
	in.quotas.mu.Lock()
	defer in.quotas.mu.Unlock()
	return len(in.quotas.chats)
}
