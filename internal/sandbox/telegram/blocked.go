package telegram

// Blocked tells whether a person has blocked the bot.
func (s *Service) Blocked(token string, user int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.bots[token]
	return ok && b.chats[user] != nil && b.chats[user].blocked
}
