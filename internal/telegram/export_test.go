package telegram

// Limiters returns how many chats and methods c keeps in memory.
func Limiters(c *Client) int {
	c.limits.mu.Lock()
	defer c.limits.mu.Unlock()
	return len(c.limits.limiters)
}

// Quotas returns how many chats in keeps a quota of. Run must be idle or have ended.
func Quotas(in *Intake) int { return len(in.quotas.chats) }

// Queued returns how many updates in has in memory.
func Queued(in *Intake) int { return in.dispatcher.size() }

// SetMaxBacklog sets how many updates may wait in the inbox alone. Set it before Run.
func SetMaxBacklog(in *Intake, n int) { in.maxBacklog = n }
