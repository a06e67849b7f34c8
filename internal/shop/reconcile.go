package shop

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
)

// maxDifferences is how many differences a report lists; the rest is counted.
const maxDifferences = 1000

// Report is what a reconciliation found.
type Report struct {
	// Since is how far back it went; zero: to the beginning.
	Since time.Time `json:"since,omitzero"`
	// What was compared.
	Orders    int `json:"orders"`
	Invoices  int `json:"invoices"`
	Transfers int `json:"transfers"`
	// Differences in the order in which they were found; More is how many there are beyond.
	Differences []Difference `json:"differences"`
	More        int          `json:"more"`
	// Balances are for information: what is there has also been withdrawn from and topped up.
	Balances []Balance `json:"balances"`
	// Unasked is why the transfers could not be compared; "" if they were.
	Unasked string `json:"unasked,omitempty"`
}

// Balance is what there is of one asset.
type Balance struct {
	There money.Amount `json:"there"`
	// Earned is what the orders of all time brought: payments less fees and refunds.
	Earned money.Amount `json:"earned"`
}

// Open is how many differences wait for a person.
func (r *Report) Open() int {
	open := r.More
	for _, d := range r.Differences {
		if !d.Mended {
			open++
		}
	}
	return open
}

// ErrReconciling says that another reconciliation is under way.
var ErrReconciling = errors.New("another reconciliation is under way")

// Reconcile compares the shop's orders with the payment service's invoices, transfers and balance,
// both ways, as far as they were made since the given time (zero: all). It mends what needs no
// person's decision: it records a missed payment, and closes an invoice that no order waits for. It
// keeps one page of a list in memory, however long the lists are. One reconciliation at a time;
// else ErrReconciling.
func (s *Shop) Reconcile(ctx context.Context, since time.Time) (Report, error) {
	if !s.reconciling.TryLock() {
		return Report{}, ErrReconciling
	}
	defer s.reconciling.Unlock()
	report := Report{Since: since}
	for _, rail := range s.rails {
		ledger := rail.Ledger()
		asked, err := s.isAsked(ctx, rail)
		if err != nil {
			return report, err
		}
		if ledger == nil || !asked {
			continue
		}
		r := &reconciliation{Shop: s, rail: rail.ID(), ledger: ledger, began: time.Now(), report: &report}
		for _, compare := range []func(context.Context) error{
			r.paidInvoices, r.openInvoices, r.transfers, r.checks, r.orders, r.balances,
		} {
			if err := compare(ctx); err != nil {
				return report, fmt.Errorf("reconcile with %s: %w", rail.ID(), err)
			}
		}
	}
	s.log.InfoContext(ctx, "books reconciled", "orders", report.Orders, "invoices", report.Invoices,
		"transfers", report.Transfers, "differences", len(report.Differences)+report.More, "open", report.Open())
	return report, nil
}

// isAsked reports whether a reconciliation asks a rail: Telegram only of a shop that takes Stars, or
// has taken some.
func (s *Shop) isAsked(ctx context.Context, rail Rail) (bool, error) {
	if rail.ID() != Stars || s.cfg.Catalog == nil {
		return true, nil
	}
	if s.cfg.Catalog().Takes(catalog.PayStars) {
		return true, nil
	}
	all, err := s.store.Statistics(ctx, "", "")
	return !all.Total.Received.Of(catalog.Stars).IsZero(), err
}

// reconciliation is a run of Reconcile with one rail.
type reconciliation struct {
	*Shop
	rail   RailID
	ledger Ledger
	began  time.Time
	report *Report
}

func (r *reconciliation) found(ctx context.Context, d Difference) {
	level := slog.LevelError // wants a person
	if d.Mended {
		level = slog.LevelInfo
	}
	r.log.Log(ctx, level, "books differ", "kind", d.Kind, "order", d.Order, "invoice", d.Invoice,
		"refund", d.Refund, "transfer", d.Transfer, "here", d.Here, "there", d.There, "mended", d.Mended)
	if len(r.report.Differences) >= maxDifferences {
		if !d.Mended {
			r.report.More++
		}
		return
	}
	r.report.Differences = append(r.report.Differences, d)
}

// transfersRefused notes that the payment service does not show an app its transfers. It
// reports whether err says so.
func (r *reconciliation) transfersRefused(err error) bool {
	no, refused := errors.AsType[*RefusedError](err)
	if refused {
		r.report.Unasked = no.Name
	}
	return refused
}
