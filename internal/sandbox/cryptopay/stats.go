package cryptopay

import (
	"time"

	"github.com/quagmt/udecimal"

	"shopbot/internal/money"
)

// maxStatsSpan is the widest span of getStats: a year is known to work.
const maxStatsSpan = 366 * 24 * time.Hour

// statsObject is the result of getStats.
type statsObject struct {
	Volume     string `json:"volume"`     // of paid invoices, in USD
	Conversion string `json:"conversion"` // share of created invoices that are paid, in percent
	Users      int    `json:"unique_users_count"`
	Created    int    `json:"created_invoice_count"`
	Paid       int    `json:"paid_invoice_count"`
	StartAt    string `json:"start_at"`
	EndAt      string `json:"end_at"`
}

// getStats counts the invoices created in the span, both ends included.
func (s *Service) getStats(a *app, in *reader) (any, error) {
	end := in.moment("end_at", now())
	start := in.moment("start_at", end.Add(-24*time.Hour))
	switch {
	case in.err != nil:
		return nil, in.err
	case end.Before(start):
		return nil, invalid("start_at")
	case end.Sub(start) > maxStatsSpan:
		return nil, bad("INTERVAL_TOO_BIG")
	}
	stats := statsObject{StartAt: stamp(start), EndAt: stamp(end)}
	volume := money.Zero(usd)
	payers := map[int64]bool{}
	for _, v := range a.invoices {
		if v.CreatedAt.Before(start) || v.CreatedAt.After(end) {
			continue
		}
		stats.Created++
		if v.Payment.At.IsZero() {
			continue
		}
		stats.Paid++
		payers[v.Payment.Payer] = true
		volume, _ = volume.Add(s.rates.worth(v.Payment.Amount)) // both in USD
	}
	stats.Users = len(payers)
	stats.Volume = volume.Decimal()
	stats.Conversion = percent(stats.Paid, stats.Created)
	return stats, nil
}

// percent is part of whole in percent, truncated to two decimals; "0" if whole is 0.
func percent(part, whole int) string {
	if whole == 0 {
		return "0"
	}
	return udecimal.MustFromInt64(int64(part)*10_000/int64(whole), 2).String()
}
