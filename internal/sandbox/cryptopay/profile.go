package cryptopay

import "slices"

// AppName is what payers see as the merchant; empty for a malformed token.
func (s *Service) AppName(token string) (name string) {
	s.withApp(token, func(a *app) { name = a.name })
	return name
}

// SetAppName renames an app, as its owner can. An empty name or a malformed token
// changes nothing.
func (s *Service) SetAppName(token, name string) {
	if name == "" {
		return
	}
	s.withApp(token, func(a *app) { a.name = name })
	s.changed()
}

// Merchant is the token of the app that an invoice or a check came from, by its
// number; empty where there is none. Of several tokens with one number
// it is the oldest.
func (s *Service) Merchant(appID int64) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.tokens, func(token string) bool { return s.apps[token].id == appID })
	if i < 0 {
		return ""
	}
	return s.tokens[i]
}

// TransfersEnabled tells how SetTransfersEnabled was used last.
func (s *Service) TransfersEnabled(token string) (on bool) {
	s.withApp(token, func(a *app) { on = !a.transfersOff })
	return on
}

// Started tells how SetStarted was used last.
func (s *Service) Started(user int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.unstarted[user]
}

// Check finds a check by its id, hash or link; ErrNotFound where there is none,
// or not any more.
func (s *Service) Check(ref string) (Check, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.checks[s.find("CQ", ref)]; c != nil {
		return *c, nil
	}
	return Check{}, ErrNotFound
}
