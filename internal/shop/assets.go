package shop

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
)

// Times of the comparison of the catalog's assets with those that the payment service has.
const (
	compareInterval = time.Hour
	// compareAgain is the interval while something is wrong with the service or the assets, so
	// that the end is noticed.
	compareAgain   = time.Minute
	compareTimeout = 30 * time.Second
	// After standAfter refusals in a row the last one stands for the orders of the next refusedFor,
	// since a crowd of buyers would queue for the same answer.
	standAfter = 3
	refusedFor = 5 * time.Second
)

// assets is what the payment service can be paid with, as far as it is known.
type assets struct {
	mu      sync.Mutex
	offered []money.Currency // nil: not known yet

	refusals int           // in a row, for reasons that are not those of one order
	refusal  *RefusedError // the latest of them
	refused  time.Time
}

func (a *assets) known() []money.Currency {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.offered
}

func (a *assets) learn(offered []money.Currency) {
	if len(offered) == 0 { // no service has none: an answer of another form
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.offered = offered
}

// standingRefusal returns the refusal that stands for the next orders; nil if there is none.
func (a *assets) standingRefusal() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.refusals < standAfter || time.Since(a.refused) > refusedFor {
		return nil
	}
	return a.refusal
}

// answered notes how the service answered to a request for an invoice.
func (a *assets) answered(err error) {
	no, refused := errors.AsType[*RefusedError](err)
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case err == nil:
		a.refusals = 0
	case refused && no.About != AboutAmount:
		a.refusals++
		a.refusal, a.refused = no, time.Now()
	}
}

// without returns the assets of a list that the service has. It returns all of them if that is not
// known, or if it has none: then the service itself has to say no.
func (a *assets) without(list []money.Currency) []money.Currency {
	offered := a.known()
	if offered == nil {
		return list
	}
	left := slices.DeleteFunc(slices.Clone(list), func(c money.Currency) bool { return !slices.Contains(offered, c) })
	if len(left) == 0 {
		return list
	}
	return left
}

// Payable lists what orders can be paid with now: the shop's assets that the payment service has, or
// all that it has if the shop names none. It is empty if that is not known.
func (s *Shop) Payable() []money.Currency {
	of := s.cfg.Catalog().Shop
	if len(of.Assets) == 0 {
		return s.assets.known()
	}
	return s.assets.without(of.Assets)
}

// createInvoice asks for the invoice of an order, payable in those of its assets that the service
// has. If the service refuses an asset, it is asked once more with those that are left.
func (s *Shop) createInvoice(ctx context.Context, rail Rail, o Order) (Invoice, error) {
	if rail.ID() == Stars {
		return payable(rail.CreateInvoice(ctx, o, o.holdDuration()))
	}
	if err := s.assets.standingRefusal(); err != nil {
		return Invoice{}, err
	}
	ask := o // the order itself keeps all assets that the shop takes
	ask.Assets = s.assets.without(o.Assets)
	in, err := payable(rail.CreateInvoice(ctx, ask, o.holdDuration()))
	no, refused := errors.AsType[*RefusedError](err)
	if refused && no.About == AboutAssets && rail.Can().Assets {
		offered, lookErr := no.Allowed, error(nil)
		if len(offered) == 0 {
			offered, lookErr = rail.Assets(ctx)
		}
		if lookErr == nil {
			s.assets.learn(offered)
			s.judgeAssets()
		}
		if left := s.assets.without(o.Assets); len(left) < len(ask.Assets) {
			ask.Assets = left
			in, err = payable(rail.CreateInvoice(ctx, ask, o.holdDuration()))
		}
	}
	s.assets.answered(err)
	return in, err
}

// noteRefusal raises the alarm that fits an invoice that a rail refused.
func (s *Shop) noteRefusal(o Order, rail RailID, no *RefusedError) {
	if rail == Stars {
		s.alarms.raise(Alarm{ID: AlarmStars, Cause: CauseRefused, Detail: no.Name, Items: []string{o.Lines[0].SKU}})
		return
	}
	if no.About == AboutAmount {
		s.alarms.raise(Alarm{ID: AlarmPrices, Cause: CauseRefused, Detail: no.Name, Items: []string{o.Lines[0].SKU}})
		return
	}
	if _, lasts := s.alarms.lasting(AlarmAssets); lasts && no.About == AboutAssets {
		return
	}
	if all, lasts := s.alarms.lasting(AlarmCryptoPay); lasts && all.certain() {
		return
	}
	cause := CauseRefused
	if no.Name == RefusedBadLink {
		cause = CauseBadLink
	}
	s.alarms.raise(Alarm{ID: AlarmInvoices, Cause: cause, Detail: no.Name})
}

// watchAssets compares the catalog's assets with those that the service has, at the start and every
// hour, and more often while something is wrong.
func (s *Shop) watchAssets(ctx context.Context) {
	var compared time.Time
	for {
		if (time.Since(compared) >= compareInterval || s.inTrouble()) && s.compareAssets(ctx) {
			compared = time.Now()
		}
		s.judgeAssets() // the catalog may have changed
		if !sleep(ctx, compareAgain) {
			return
		}
	}
}

func (s *Shop) inTrouble() bool {
	return slices.ContainsFunc(s.Alarms(), func(a Alarm) bool { return a.ID == AlarmCryptoPay || a.ID == AlarmAssets })
}

// compareAssets asks the service what it has, and reports whether it was told.
func (s *Shop) compareAssets(ctx context.Context) bool {
	rail := s.rails[s.coins]
	if rail == nil || !rail.Can().Assets {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, compareTimeout)
	defer cancel()
	offered, err := rail.Assets(ctx)
	if err != nil {
		s.log.DebugContext(ctx, "compare assets failed", "error", err) // an alarm tells of lasting trouble
		return false
	}
	s.assets.learn(offered)
	s.judgeAssets()
	return true
}

// judgeAssets raises the alarm about assets that the catalog names and the service does not have,
// or ends it.
func (s *Shop) judgeAssets() {
	offered := s.assets.known()
	if offered == nil {
		return
	}
	of := s.cfg.Catalog().Shop
	a := Alarm{ID: AlarmAssets, Offered: texts(offered)}
	wanted := of.Assets
	if catalog.IsAsset(of.Currency) {
		wanted = []money.Currency{of.Currency}
	}
	for _, c := range wanted {
		if slices.Contains(offered, c) {
			a.Left = append(a.Left, string(c))
		} else {
			a.Items = append(a.Items, string(c))
		}
	}
	switch {
	case len(a.Items) == 0:
		s.alarms.clear(AlarmAssets)
		return
	case catalog.IsAsset(of.Currency):
		a.Cause = CauseCurrencyGone
	case len(a.Left) == 0:
		a.Cause = CauseAssetsGone
	default:
		a.Cause = CauseAssetGone
	}
	s.alarms.raise(a)
}

func texts(list []money.Currency) []string {
	words := make([]string, len(list))
	for i, c := range list {
		words[i] = string(c)
	}
	return words
}
