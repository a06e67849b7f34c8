package payments_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/money"
	"shopbot/internal/payments"
)

func TestRatesAreDirectTurnedRoundOrByWayOfUSD(t *testing.T) {
	c := newClient(t, answering(t))
	table, err := c.Rates(t.Context())
	require.NoError(t, err)
	for _, test := range []struct{ one, from, to, want string }{
		{"2", "TON", "USD", "6.62 USD"},
		{"9.3025", "EUR", "TON", "3.05 TON"},
		{"1", "BTC", "TON", "27190.33233 TON"},
		{"1", "BTC", "EUR", "82941.17647 EUR"},
		{"1", "EUR", "USD", "1.08511 USD"},
		{"1", "RUB", "TON", "0.00375 TON"},
		{"1", "USDT", "RUB", "80.4678 RUB"},
	} {
		rate, ok := table.Rate(money.Currency(test.from), money.Currency(test.to))
		require.True(t, ok, test)
		for range 2 { // worked out, and then kept
			got, err := rate.Convert(amount(t, test.one, money.Currency(test.from)), 5)
			require.NoError(t, err)
			require.Equal(t, test.want, got.String())
			rate, _ = table.Rate(money.Currency(test.from), money.Currency(test.to))
		}
	}
	for _, unknown := range [][2]money.Currency{{"ETH", "USD"}, {"HMSTR", "USD"}, {"TON", "XYZ"}, {"", ""}, {"ETH", "TON"}} {
		_, ok := table.Rate(unknown[0], unknown[1])
		require.False(t, ok, unknown)
	}
}

// ratesAPI counts requests and can be taken down.
type ratesAPI struct {
	*fakeAPI
	mu   sync.Mutex
	down bool
	took time.Duration
}

func newRatesAPI(t *testing.T) *ratesAPI {
	t.Helper()
	api := &ratesAPI{fakeAPI: answering(t), took: time.Second}
	api.Handle("getExchangeRates", func(apiCall) apiAnswer {
		time.Sleep(api.took)
		api.mu.Lock()
		defer api.mu.Unlock()
		if api.down {
			return gatewayPage(502)
		}
		return golden(t, "getExchangeRates.json")
	})
	return api
}

func (api *ratesAPI) setDown(down bool) {
	api.mu.Lock()
	defer api.mu.Unlock()
	api.down = down
}

func (api *ratesAPI) asked() int { return len(api.Calls("getExchangeRates")) }

func TestHoweverManyAskForRatesThereIsOneRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := newRatesAPI(t)
		c := newClient(t, api.fakeAPI)
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				_, err := c.Rates(t.Context())
				require.NoError(t, err)
			})
		}
		all.Wait()
		require.Equal(t, 1, api.asked())
	})
}

func TestWhoGivesUpWaitingForRatesLeavesTheOthersTheirs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := newRatesAPI(t)
		c := newClient(t, api.fakeAPI)
		var all sync.WaitGroup
		all.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			defer cancel()
			_, err := c.Rates(ctx)
			require.ErrorIs(t, err, context.DeadlineExceeded)
		})
		synctest.Wait()
		_, err := c.Rates(t.Context())
		require.NoError(t, err)
		all.Wait()
		require.Equal(t, 1, api.asked())
	})
}

func TestRatesAreRefreshedShortlyBeforeTheyRunOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := newRatesAPI(t)
		c := newClient(t, api.fakeAPI)
		_, _, ok := c.Rate("TON", "USD")
		require.False(t, ok, "nothing is known yet, and nobody waits")
		time.Sleep(2 * time.Second)
		_, age, ok := c.Rate("TON", "USD")
		require.True(t, ok)
		require.Equal(t, 2*time.Second, age)
		time.Sleep(40 * time.Second)
		c.Rate("TON", "USD")
		synctest.Wait()
		require.Equal(t, 1, api.asked(), "fresh")
		time.Sleep(10 * time.Second)
		_, age, _ = c.Rate("TON", "USD")
		require.Equal(t, 52*time.Second, age)
		time.Sleep(2 * time.Second)
		_, age, _ = c.Rate("TON", "USD")
		require.Equal(t, 2*time.Second, age, "refreshed meanwhile")
		require.Equal(t, 2, api.asked())
		time.Sleep(time.Hour)
		synctest.Wait()
		require.Equal(t, 2, api.asked(), "nobody asks, nothing is refreshed")
	})
}

func TestOldRatesAreShownWhileTheAPIIsDownUpToALimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := newRatesAPI(t)
		c := newClient(t, api.fakeAPI, func(cfg *payments.Config) { cfg.RatesMaxStale = 10 * time.Minute })
		first, err := c.Rates(t.Context())
		require.NoError(t, err)
		api.setDown(true)
		time.Sleep(5 * time.Minute)
		old, err := c.Rates(t.Context())
		require.NoError(t, err)
		require.Same(t, first, old)
		asked, began := api.asked(), time.Now()
		for range 100 {
			_, err = c.Rates(t.Context())
			require.NoError(t, err)
		}
		require.Zero(t, time.Since(began), "nobody waits for what is known to be down")
		require.Equal(t, asked, api.asked())
		_, age, ok := c.Rate("TON", "USD")
		require.True(t, ok)
		require.Greater(t, age, 5*time.Minute)

		time.Sleep(5 * time.Minute)
		_, _, ok = c.Rate("TON", "USD")
		require.False(t, ok, "too old to be shown")
		_, err = c.Rates(t.Context())
		require.Error(t, err)

		api.setDown(false)
		time.Sleep(10 * time.Second)
		c.Rate("TON", "USD")
		time.Sleep(2 * time.Second)
		_, _, ok = c.Rate("TON", "USD")
		require.True(t, ok, "and back")
	})
}

func TestAClosedClientRefreshesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := newRatesAPI(t)
		api.took = 0
		c := newClient(t, api.fakeAPI)
		c.Close()
		_, err := c.Rates(t.Context())
		require.ErrorContains(t, err, "closed")
		_, _, ok := c.Rate("TON", "USD")
		require.False(t, ok)
		require.Zero(t, api.asked())
	})
}
