package starsrail

import (
	"context"
	"errors"
	"iter"
	"time"

	"shopbot/internal/telegram"
)

// clockSkew is by how much Telegram's clock may differ from ours.
const clockSkew = 5 * time.Minute

// maxOffset is more transactions than any bot has.
const maxOffset = 1 << 31

// errNoProgress is the error of a list without an end.
var errNoProgress = errors.New("getStarTransactions gives the same page at each offset")

// mark is a place in the list of transactions: all before the offset are before the time. It saves
// looking for the place of a later time from the beginning.
type mark struct {
	offset int
	at     time.Time
}

// transactions yields the transactions since a time, oldest first, and ends at the first error,
// which comes last. The list is in order of time, has no end that one could ask for, and can be
// skipped into, so the first of them is looked for in steps that double.
func (r *Rail) transactions(ctx context.Context, since time.Time) iter.Seq2[telegram.StarTransaction, error] {
	return func(yield func(telegram.StarTransaction, error) bool) {
		since := since.Truncate(time.Second) // Telegram has no finer times
		offset, err := r.offsetOf(ctx, since)
		var last telegram.StarTransaction
		for err == nil {
			var page []telegram.StarTransaction
			if page, err = r.client.StarTransactions(ctx, offset, telegram.MaxStarTransactions); err != nil {
				break
			}
			if n := len(page); n > 0 && page[n-1].ID == last.ID && page[n-1].Outgoing == last.Outgoing { // a refund has its payment's id
				err = errNoProgress
				break
			}
			for _, t := range page {
				if !t.At.Before(since) && !yield(t, nil) {
					return
				}
			}
			if len(page) < telegram.MaxStarTransactions {
				return
			}
			offset, last = offset+len(page), page[len(page)-1]
		}
		yield(telegram.StarTransaction{}, toShopError(err))
	}
}

// offsetOf finds an offset at most one page before the first transaction since a time.
func (r *Rail) offsetOf(ctx context.Context, since time.Time) (int, error) {
	if since.IsZero() {
		return 0, nil
	}
	r.mu.Lock()
	low, known := 0, r.mark
	r.mu.Unlock()
	if !known.at.IsZero() && !since.Before(known.at) {
		low = known.offset
	}
	step := telegram.MaxStarTransactions
	for { // all before low are before since
		older, err := r.isBefore(ctx, low+step-1, since)
		if err != nil {
			return 0, err
		}
		if !older {
			break
		}
		if low > maxOffset {
			return 0, errNoProgress
		}
		low += step
		step *= 2
	}
	for high := low + step - 1; high-low > telegram.MaxStarTransactions; {
		middle := low + (high-low)/2
		older, err := r.isBefore(ctx, middle, since)
		switch {
		case err != nil:
			return 0, err
		case older:
			low = middle + 1
		default:
			high = middle
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mark = mark{low, since}
	return low, nil
}

// isBefore reports whether there is a transaction at offset, and it is before a time.
func (r *Rail) isBefore(ctx context.Context, offset int, t time.Time) (bool, error) {
	list, err := r.client.StarTransactions(ctx, offset, 1)
	return err == nil && len(list) > 0 && list[0].At.Before(t), err
}
