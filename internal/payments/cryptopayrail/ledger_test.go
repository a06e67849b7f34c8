package cryptopayrail_test

import (
	"fmt"
	"iter"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"shopbot/internal/payments"
	"shopbot/internal/payments/cryptopayrail"
	"shopbot/internal/shop"
)

// transferList answers getTransfers with so many transfers, a minute apart and the newest first.
func transferList(many int, newest time.Time) func(apiCall) apiAnswer {
	return func(c apiCall) apiAnswer {
		offset, _ := strconv.Atoi(c.param("offset"))
		count, _ := strconv.Atoi(c.param("count"))
		var items []string
		for i := offset; i < min(offset+count, many); i++ {
			items = append(items, fmt.Sprintf(`{"transfer_id":%d,"spend_id":"s%d","user_id":5,"asset":"TON","amount":"1.5","completed_at":%q}`,
				many-i, many-i, newest.Add(-time.Duration(i)*time.Minute).UTC().Format(time.RFC3339)))
		}
		return result(`{"items":[` + strings.Join(items, ",") + `]}`)
	}
}

func TestALedgerIsReadOnlyAsFarBackAsIsAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		for since, want := range map[time.Time]struct{ rows, calls int }{
			now.Add(-time.Hour): {rows: 66, calls: 1}, // five minutes that clocks may differ
			{}:                  {rows: 5000, calls: 26},
		} {
			api := &fakeAPI{answers: map[string]func(apiCall) apiAnswer{"getTransfers": transferList(5000, now)}}
			seen := 0
			for sent, err := range newRail(t, api).Ledger().Transfers(t.Context(), since) {
				require.NoError(t, err)
				require.Equal(t, strconv.Itoa(5000-seen), sent.ID)
				require.Equal(t, fmt.Sprint("s", 5000-seen), sent.SpendID)
				require.Equal(t, "1.5 TON", sent.Amount.String())
				seen++
			}
			require.Equal(t, want.rows, seen)
			require.Len(t, api.asked(), want.calls)
		}
	})
}

func TestALedgerOfAnAppWithoutTransfersSaysSo(t *testing.T) {
	api := answerAlways(map[string]apiAnswer{"getTransfers": refusal(http.StatusForbidden, "METHOD_DISABLED")})
	l := newRail(t, api).Ledger()
	_, err := l.TransfersByID(t.Context(), []string{"1"})
	var refused *shop.RefusedError
	require.ErrorAs(t, err, &refused)
	for _, err := range l.Transfers(t.Context(), time.Time{}) {
		require.ErrorAs(t, err, &refused)
	}
	_, err = l.TransfersByID(t.Context(), nil)
	require.NoError(t, err)
	require.Len(t, api.asked(), 2, "no ids would mean all of them")
}

func TestALedgerLetsWhatABuyerWaitsForGoFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := answerAlways(nil)
		calls := make(chan string, 100)
		note := func(text string) func(apiCall) apiAnswer {
			return func(c apiCall) apiAnswer {
				calls <- c.method
				return result(text)
			}
		}
		for method, text := range map[string]string{
			"getMe": `{"app_id":1}`, "getBalance": "[]", "getInvoices": `{"items":[]}`, "getTransfers": `{"items":[]}`, "deleteInvoice": "true",
		} {
			api.answers[method] = note(text)
		}
		c := newClient(t, api, func(cfg *payments.Config) { cfg.RateLimit, cfg.RateBurst = 1, 1 })
		l, ctx := cryptopayrail.New(c, nil).Ledger(), t.Context()
		var all errgroup.Group
		all.Go(func() error { _, err := l.Balances(ctx); return err })
		synctest.Wait() // the bucket is empty
		for _, patient := range []func() error{
			func() error { _, err := l.Balances(ctx); return err },
			func() error { _, err := l.Invoices(ctx, []string{"1"}); return err },
			func() error { _, err := l.TransfersByID(ctx, []string{"1"}); return err },
			func() error { return l.CloseInvoice(ctx, "1") },
			func() error { return firstError(l.PaidInvoices(ctx, time.Time{})) },
			func() error { return firstError(l.OpenInvoices(ctx, time.Time{})) },
			func() error { return firstError(l.Transfers(ctx, time.Time{})) },
		} {
			all.Go(patient)
		}
		synctest.Wait()
		all.Go(func() error { _, err := c.GetMe(ctx); return err })
		require.NoError(t, all.Wait())
		require.Equal(t, "getBalance", <-calls)
		require.Equal(t, "getMe", <-calls, "came last and was the next")
		require.Len(t, calls, 7)
	})
}

func firstError[T any](rows iter.Seq2[T, error]) error {
	for _, err := range rows {
		return err
	}
	return nil
}
