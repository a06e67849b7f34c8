package payments_test

import (
	"context"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/payments"
)

func withLimit(perSecond float64, burst int) func(*payments.Config) {
	return func(cfg *payments.Config) { cfg.RateLimit, cfg.RateBurst = perSecond, burst }
}

func answering(t *testing.T) *fakeAPI {
	t.Helper()
	api := newAPI()
	for name := range allMethods(t) {
		api.Script(name, golden(t, name+".json"))
	}
	return api
}

func TestRequestsKeepToTheRateAfterTheBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, answering(t), withLimit(10, 5))
		began := time.Now()
		var all sync.WaitGroup
		for range 25 {
			all.Go(func() { _, _ = c.GetMe(t.Context()) })
		}
		all.Wait()
		require.Equal(t, 2*time.Second, time.Since(began).Round(time.Millisecond))
	})
}

func TestNoLimitIsNoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, answering(t), withLimit(math.Inf(1), 1))
		began := time.Now()
		for range 1000 {
			_, err := c.GetMe(t.Context())
			require.NoError(t, err)
		}
		require.Zero(t, time.Since(began))
	})
}

func TestPaymentsGoBeforeBackgroundWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := answering(t)
		c := newClient(t, api, withLimit(1, 1))
		_, _ = c.GetMe(t.Context()) // takes the burst
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() { _, _ = c.GetStats(payments.Background(t.Context()), time.Time{}, time.Time{}) })
		}
		synctest.Wait()
		for range 3 {
			all.Go(func() { _, _ = c.GetBalance(t.Context()) })
		}
		all.Wait()
		var order []string
		for _, call := range api.Calls("") {
			order = append(order, call.Method)
		}
		require.Equal(t, []string{"getMe", "getBalance", "getBalance", "getBalance", "getStats", "getStats", "getStats"}, order)
	})
}

func TestBackgroundWorkIsNotForgottenForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := answering(t)
		c := newClient(t, api, withLimit(10, 1))
		ctx, stop := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for range 30 { // always more waiting than the rate lets through
			all.Go(func() {
				for ctx.Err() == nil {
					_, _ = c.GetBalance(ctx)
				}
			})
		}
		synctest.Wait()
		all.Go(func() { _, _ = c.GetStats(payments.Background(ctx), time.Time{}, time.Time{}) })
		time.Sleep(3 * time.Second)
		require.Len(t, api.Calls("getStats"), 1)
		stop()
		all.Wait()
	})
}

func TestWhoGivesUpWaitingLetsTheNextOnePass(t *testing.T) {
	for name, mark := range map[string]func(context.Context) context.Context{
		"urgent": func(ctx context.Context) context.Context { return ctx }, "background": payments.Background,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := answering(t)
				c := newClient(t, api, withLimit(1, 1))
				_, _ = c.GetMe(t.Context())
				began := time.Now()
				var all sync.WaitGroup
				all.Go(func() {
					ctx, cancel := context.WithTimeout(mark(t.Context()), 500*time.Millisecond)
					defer cancel()
					_, err := c.GetBalance(ctx)
					require.ErrorIs(t, err, context.DeadlineExceeded)
					require.ErrorContains(t, err, "rate limit")
					require.False(t, payments.MayHaveHappened(err))
				})
				synctest.Wait()
				_, err := c.GetCurrencies(mark(t.Context()))
				require.NoError(t, err)
				require.Equal(t, time.Second, time.Since(began).Round(time.Millisecond))
				all.Wait()
				require.Empty(t, api.Calls("getBalance"))
			})
		})
	}
}

func TestTooManyRequestsSlowEverybodyDownForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		counts := map[int]int{} // by second
		began := time.Now()
		api := newAPI()
		api.Handle("getBalance", func(apiCall) apiAnswer {
			mu.Lock()
			defer mu.Unlock()
			counts[int(time.Since(began)/time.Second)]++
			if time.Since(began) < 30*time.Second {
				return refusal(429, "TOO_MANY_REQUESTS")
			}
			return golden(t, "getBalance.json")
		})
		c := newClient(t, api, withLimit(16, 1))
		ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
		defer stop()
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				for ctx.Err() == nil {
					_, _ = c.GetBalance(ctx)
				}
			})
		}
		all.Wait()
		require.LessOrEqual(t, counts[20], 1, "a sixteenth of the rate while it lasts")
		require.InDelta(t, 16, counts[100], 1, "the whole rate again later")
	})
}

func TestNobodyCallsWhileTheAPIAskedToBeLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := answering(t)
		api.Script("getMe", refusal(429, "TOO_MANY_REQUESTS").RetryAfter("20"))
		c := newClient(t, api, withLimit(1000, 1000))
		_, err := c.GetMe(t.Context())
		require.ErrorIs(t, err, payments.ErrRateLimited)
		began := time.Now()
		_, err = c.GetBalance(t.Context())
		require.NoError(t, err)
		require.Equal(t, 20*time.Second, time.Since(began))
	})
}

func TestAnOutageIsNoStormAndIsOverWithinABackoffStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const outage, callers = time.Minute, 20
		began := time.Now()
		var mu sync.Mutex
		tries := map[int]int{}
		api := newAPI()
		api.Handle("getInvoices", func(apiCall) apiAnswer {
			mu.Lock()
			defer mu.Unlock()
			tries[int(time.Since(began)/time.Second)]++
			if time.Since(began) < outage {
				return gatewayPage(502)
			}
			return okResult(`{"items":[]}`)
		})
		c := newClient(t, api, withLimit(10, 10), withRetries(20))
		var all sync.WaitGroup
		for range callers {
			all.Go(func() {
				_, err := c.GetInvoices(t.Context(), payments.InvoiceFilter{})
				require.NoError(t, err)
			})
		}
		all.Wait()
		require.Less(t, time.Since(began), outage+30*time.Second, "the longest step")
		for second, n := range tries {
			require.LessOrEqual(t, n, 20, "second %d", second)
			if second > 15 {
				require.LessOrEqual(t, n, 10, "second %d", second)
			}
		}
	})
}
