package telegram

// Limiters returns how many chats and methods c keeps in memory.
func Limiters(c *Client) int {
	c.limits.mu.Lock()
	defer c.limits.mu.Unlock()
	return len(c.limits.limiters)
}

// Quotas returns how many chats in keeps a quota of. Run must be idle or have ended.
func Quotas(in *Intake) int { return len(in.quotas.chats) }
