package cryptopay

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"shopbot/internal/money"
)

// app is one merchant: everything that belongs to a token.
type app struct {
	token      string
	id         int64
	name       string
	available  balances
	held       balances // locked in active checks
	invoices   []*Invoice
	transfers  []Transfer
	checks     []*Check
	spent      map[string]bool // spend_ids of completed transfers
	webhook    WebhookStatus
	deliveries []Delivery
	lastUpdate int64

	transfersOff, checksOff, commentsOff bool
}

// app finds the app of a token or creates it with play money; nil if the token is malformed. The
// lock is held.
func (s *Service) app(token string) *app {
	if a := s.apps[token]; a != nil {
		return a
	}
	id, ok := appID(token)
	if !ok {
		return nil
	}
	a := &app{
		token:     token,
		id:        id,
		name:      fmt.Sprintf("Sandbox App %d", id),
		available: playMoney(s.network.assets),
		held:      balances{},
		spent:     map[string]bool{},
	}
	s.apps[token] = a
	s.tokens = append(s.tokens, token)
	return a
}

// withApp runs f with the token's app under the lock. It does nothing for a malformed token.
func (s *Service) withApp(token string, f func(a *app)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.app(token); a != nil {
		f(a)
	}
}

// changeApp is withApp, and then notifies the listeners.
func (s *Service) changeApp(token string, f func(a *app)) {
	s.withApp(token, f)
	s.listeners.Notify()
}

// tokenForm is the shape of a token: the app's id, a colon, a secret. The upper limits only keep
// hostile headers from filling the memory.
var tokenForm = regexp.MustCompile(`^[0-9]{1,18}:[0-9A-Za-z_-]{20,128}$`)

func appID(token string) (int64, bool) {
	if !tokenForm.MatchString(token) {
		return 0, false
	}
	digits, _, _ := strings.Cut(token, ":")
	id, err := strconv.ParseInt(digits, 10, 64)
	return id, err == nil
}

// Apps lists the tokens seen or configured, oldest first. They are secrets: a page shows only the
// digits before the colon.
func (s *Service) Apps() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.tokens)
}

// AppName is what payers see as the merchant; empty for a malformed token.
func (s *Service) AppName(token string) (name string) {
	s.withApp(token, func(a *app) { name = a.name })
	return name
}

// SetAppName renames an app. An empty name or a malformed token changes nothing.
func (s *Service) SetAppName(token, name string) {
	if name != "" {
		s.changeApp(token, func(a *app) { a.name = name })
	}
}

// Merchant is the token of the app with this id, the oldest of several; empty if there is none.
func (s *Service) Merchant(appID int64) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, token := range s.tokens {
		if s.apps[token].id == appID {
			return token
		}
	}
	return ""
}

// Balance lists an app's available coins, one amount per asset, zeros included; empty for a
// malformed token. An app starts with play money.
func (s *Service) Balance(token string) (available []money.Amount) {
	s.withApp(token, func(a *app) { available = a.available.list(s.network.assets) })
	return available
}

// SetBalance replaces an app's available coins of one asset. A malformed token, a negative amount
// or one without a currency changes nothing.
func (s *Service) SetBalance(token string, amount money.Amount) {
	if amount.Sign() >= 0 && amount.Currency().Valid() {
		s.changeApp(token, func(a *app) { a.available[amount.Currency()] = amount })
	}
}

// SetTransfersEnabled is the switch in the app's security settings. Unlike in the real service it
// is on at first; off, transfer answers 403 METHOD_DISABLED.
func (s *Service) SetTransfersEnabled(token string, on bool) {
	s.changeApp(token, func(a *app) { a.transfersOff = !on })
}

// TransfersEnabled reports the switch of SetTransfersEnabled.
func (s *Service) TransfersEnabled(token string) (on bool) {
	s.withApp(token, func(a *app) { on = !a.transfersOff })
	return on
}

// SetChecksEnabled is the same switch for createCheck.
func (s *Service) SetChecksEnabled(token string, on bool) {
	s.changeApp(token, func(a *app) { a.checksOff = !on })
}

// SetCommentsEnabled sets whether the app may attach comments to transfers, true at first; off,
// such a transfer answers 400 CANNOT_ATTACH_COMMENT.
func (s *Service) SetCommentsEnabled(token string, on bool) {
	s.changeApp(token, func(a *app) { a.commentsOff = !on })
}

// appObject is the result of getMe.
type appObject struct {
	ID       int64  `json:"app_id"`
	Name     string `json:"name"`
	Bot      string `json:"payment_processing_bot_username"`
	Endpoint string `json:"webhook_endpoint,omitempty"`
}

func (s *Service) getMe(a *app, _ *reader) (any, error) {
	return appObject{ID: a.id, Name: a.name, Bot: s.network.bot, Endpoint: a.webhook.URL}, nil
}

// balanceObject is a row of getBalance.
type balanceObject struct {
	Code      money.Currency `json:"currency_code"`
	Available string         `json:"available"`
	OnHold    string         `json:"onhold"`
}

func (s *Service) getBalance(a *app, _ *reader) (any, error) {
	rows := make([]balanceObject, len(s.network.assets))
	for i, asset := range s.network.assets {
		rows[i] = balanceObject{asset, a.available[asset].Decimal(), a.held[asset].Decimal()}
	}
	return rows, nil
}
