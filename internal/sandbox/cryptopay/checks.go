package cryptopay

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"shopbot/internal/money"
)

// Errors of ActivateCheck, besides ErrNotFound.
var (
	ErrActivated = errors.New("check already activated")
	ErrPinned    = errors.New("check is for another user")
)

// Check is an amount that an app has set aside for anyone with the link.
type Check struct {
	ID          int64
	AppID       int64
	Hash        string
	Amount      money.Amount
	BotURL      string
	PinnedTo    int64  // id of the only user who may activate it; 0: any
	PinnedName  string // the same by user name, without @
	CreatedAt   time.Time
	ActivatedAt time.Time // zero: active
	ActivatedBy int64     // known to the sandbox only

	token string
}

// checkObject is a check on the wire.
type checkObject struct {
	ID          int64          `json:"check_id"`
	Hash        string         `json:"hash"`
	Asset       money.Currency `json:"asset"`
	Amount      string         `json:"amount"`
	BotURL      string         `json:"bot_check_url"`
	Status      string         `json:"status"`
	CreatedAt   string         `json:"created_at"`
	ActivatedAt string         `json:"activated_at,omitempty"`
	Pin         *pinObject     `json:"pin_to_user,omitempty"`
}

type pinObject struct {
	By   string `json:"pin_by"`
	User int64  `json:"user_id,omitempty"`
	Name string `json:"username,omitempty"`
}

func (c *Check) status() string {
	if c.ActivatedAt.IsZero() {
		return "active"
	}
	return "activated"
}

func (c *Check) object() checkObject {
	o := checkObject{
		ID: c.ID, Hash: c.Hash, Asset: c.Amount.Currency(), Amount: c.Amount.Decimal(), BotURL: c.BotURL,
		Status: c.status(), CreatedAt: stamp(c.CreatedAt), ActivatedAt: stamp(c.ActivatedAt),
	}
	switch {
	case c.PinnedTo != 0:
		o.Pin = &pinObject{By: "id", User: c.PinnedTo}
	case c.PinnedName != "":
		o.Pin = &pinObject{By: "username", Name: c.PinnedName}
	}
	return o
}

// createCheck moves coins from available to held.
func (s *Service) createCheck(a *app, in *reader) (any, error) {
	if a.checksOff {
		return nil, methodDisabled()
	}
	c := &Check{
		AppID: a.id, token: a.token, CreatedAt: now(),
		Amount:     in.amount(in.code("asset", s.network.assets, invalid("asset"))),
		PinnedName: strings.TrimPrefix(in.text("pin_to_username"), "@"),
	}
	if in.text("pin_to_user_id") != "" {
		c.PinnedTo = in.id("pin_to_user_id")
	}
	if in.err != nil {
		return nil, in.err
	}
	if less(s.rates.worth(c.Amount), constant("0.01", usd)) {
		return nil, bad("AMOUNT_TOO_SMALL")
	}
	hash, err := newHash("CQ", s.rand, s.lastID.check+1)
	if err != nil {
		return nil, err
	}
	if !a.available.take(c.Amount) {
		return nil, bad("NOT_ENOUGH_COINS")
	}
	a.held.add(c.Amount)
	s.lastID.check++
	c.ID, c.Hash, c.BotURL = s.lastID.check, hash, s.network.botLink(hash)
	s.checks[c.ID] = c
	s.byHash[hash] = c.ID
	a.checks = append(a.checks, c)
	return c.object(), nil
}

// deleteCheck deletes an active check and makes its coins available again.
func (s *Service) deleteCheck(a *app, in *reader) (any, error) {
	id := in.id("check_id")
	if in.err != nil {
		return nil, in.err
	}
	c := s.checks[id]
	if c == nil || c.token != a.token || !c.ActivatedAt.IsZero() {
		return nil, bad("CHECK_NOT_FOUND")
	}
	a.held.take(c.Amount)
	a.available.add(c.Amount)
	delete(s.checks, id)
	delete(s.byHash, c.Hash)
	a.checks = slices.DeleteFunc(a.checks, func(other *Check) bool { return other == c })
	return true, nil
}

func (s *Service) getChecks(a *app, in *reader) (any, error) {
	assets, wanted := in.codeFilter("asset"), in.idFilter("check_ids")
	status := in.word("status", "active", "activated")
	window := in.window()
	if in.err != nil {
		return nil, in.err
	}
	keep := func(c *Check) bool {
		return wanted.passes(c.ID) && assets.passes(c.Amount.Currency()) &&
			(status == "" || status == c.status())
	}
	return newest(a.checks, window, keep, (*Check).object), nil
}

// Checks lists an app's checks, oldest first.
func (s *Service) Checks(token string) (checks []Check) {
	s.withApp(token, func(a *app) {
		for _, c := range a.checks {
			checks = append(checks, *c)
		}
	})
	return checks
}

// Check finds a check by its id, hash or link, or returns ErrNotFound.
func (s *Service) Check(ref string) (Check, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.checks[s.find("CQ", ref)]; c != nil {
		return *c, nil
	}
	return Check{}, ErrNotFound
}

// ActivateCheck gives a check's coins to a user, known by id and user name. ref is the check's id,
// hash or link. Errors: ErrNotFound, ErrActivated, ErrPinned.
func (s *Service) ActivateCheck(ref string, user int64, username string) (_ Check, err error) {
	defer s.notifyUnless(&err)
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.checks[s.find("CQ", ref)]
	switch {
	case c == nil:
		return Check{}, fmt.Errorf("check %.100q: %w", ref, ErrNotFound)
	case !c.ActivatedAt.IsZero():
		return Check{}, fmt.Errorf("check %d: %w", c.ID, ErrActivated)
	case c.PinnedTo != 0 && c.PinnedTo != user,
		c.PinnedTo == 0 && c.PinnedName != "" && !strings.EqualFold(c.PinnedName, username):
		return Check{}, fmt.Errorf("check %d: %w", c.ID, ErrPinned)
	}
	s.app(c.token).held.take(c.Amount)
	s.wallet(user).add(c.Amount)
	c.ActivatedAt, c.ActivatedBy = now(), user
	return *c, nil
}
