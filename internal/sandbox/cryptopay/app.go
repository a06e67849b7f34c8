package cryptopay

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"shopbot/internal/money"
)

// Shape of a token: digits that are the app's id, a colon, a secret. The upper
// limits only keep strange headers from filling the memory.
const (
	maxAppDigits = 18
	minSecret    = 20
	maxSecret    = 128
)

// app is one merchant: what belongs to a token.
type app struct {
	token      string
	id         int64
	name       string
	balance    purse
	held       purse // locked in checks that nobody has activated
	invoices   []*Invoice
	transfers  []Transfer
	checks     []*Check
	spent      map[string]bool // the spend_ids of transfers that went out
	hook       WebhookStatus
	deliveries []Delivery
	lastUpdate int64

	transfersOff, checksOff, commentsOff bool
}

// app finds the app of a token, or makes it with its play money; nil where the
// token is malformed. Call it with the lock held.
func (s *Service) app(token string) *app {
	if a := s.apps[token]; a != nil {
		return a
	}
	id, ok := appID(token)
	if !ok {
		return nil
	}
	a := &app{
		token:   token,
		id:      id,
		name:    fmt.Sprintf("Sandbox App %d", id),
		balance: s.playMoney(),
		held:    purse{},
		spent:   map[string]bool{},
	}
	s.apps[token] = a
	s.tokens = append(s.tokens, token)
	return a
}

// withApp runs f with the token's app under the lock. A malformed token has no
// app, and f is not run.
func (s *Service) withApp(token string, f func(a *app)) {
	s.locked(func() {
		if a := s.app(token); a != nil {
			f(a)
		}
	})
}

func appID(token string) (int64, bool) {
	digits, secret, _ := strings.Cut(token, ":")
	if len(digits) > maxAppDigits || len(secret) < minSecret || len(secret) > maxSecret {
		return 0, false
	}
	if strings.Trim(digits, "0123456789") != "" || strings.ContainsFunc(secret, notOfToken) {
		return 0, false
	}
	id, err := strconv.ParseInt(digits, 10, 64)
	return id, err == nil
}

func notOfToken(r rune) bool {
	return r != '_' && r != '-' && !isLetterOrDigit(r)
}

func isLetterOrDigit(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
}

// Apps lists the tokens that were seen or configured, oldest first. They are
// secrets: a page shows the digits before the colon only.
func (s *Service) Apps() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.tokens)
}

// Balance lists an app's available coins, one amount per asset, zeros included;
// nothing for a malformed token. An app starts with play money.
func (s *Service) Balance(token string) (available []money.Amount) {
	s.withApp(token, func(a *app) { available = a.balance.list(s.network.assets) })
	return available
}

// SetBalance replaces an app's available coins of one asset. A malformed token,
// a negative amount or one without a currency changes nothing.
func (s *Service) SetBalance(token string, amount money.Amount) {
	if amount.Sign() < 0 || !amount.Currency().Valid() {
		return
	}
	s.withApp(token, func(a *app) { a.balance[amount.Currency()] = amount })
	s.changed()
}

// SetTransfersEnabled is the switch in the app's security screen. Unlike with
// the real service it is on at first; off, transfer answers 403 METHOD_DISABLED.
func (s *Service) SetTransfersEnabled(token string, on bool) {
	s.withApp(token, func(a *app) { a.transfersOff = !on })
	s.changed()
}

// SetChecksEnabled is the same for createCheck.
func (s *Service) SetChecksEnabled(token string, on bool) {
	s.withApp(token, func(a *app) { a.checksOff = !on })
	s.changed()
}

// SetCommentsEnabled tells whether the app may attach comments to transfers, as
// it may at first; off, such a transfer answers 400 CANNOT_ATTACH_COMMENT.
func (s *Service) SetCommentsEnabled(token string, on bool) {
	s.withApp(token, func(a *app) { a.commentsOff = !on })
	s.changed()
}

// appObject is the result of getMe.
type appObject struct {
	ID       int64  `json:"app_id"`
	Name     string `json:"name"`
	Bot      string `json:"payment_processing_bot_username"`
	Endpoint string `json:"webhook_endpoint,omitempty"`
}

func (s *Service) getMe(a *app, _ *reader) (any, error) {
	return appObject{
		ID:       a.id,
		Name:     a.name,
		Bot:      s.network.bot,
		Endpoint: a.hook.URL,
	}, nil
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
		rows[i] = balanceObject{
			Code:      asset,
			Available: a.balance[asset].Decimal(),
			OnHold:    a.held[asset].Decimal(),
		}
	}
	return rows, nil
}
