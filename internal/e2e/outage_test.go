package e2e

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/sandbox/telegram"
)

// requestCounter counts the requests to Crypto Pay in each second.
type requestCounter struct {
	next  http.RoundTripper
	mu    sync.Mutex
	start time.Time
	calls map[int]int // by second since start
}

func (m *requestCounter) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasPrefix(r.URL.Path, "/cryptopay/") {
		m.mu.Lock()
		m.calls[int(time.Since(m.start)/time.Second)]++
		m.mu.Unlock()
	}
	return m.next.RoundTrip(r)
}

// minutes sums the requests by minute, and finds the busiest second.
func (m *requestCounter) minutes(n int) (sums []int, busiest int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	sums = make([]int, n)
	for second, calls := range m.calls {
		if second/60 < n {
			sums[second/60] += calls
		}
		busiest = max(busiest, calls)
	}
	return sums, busiest
}

// Crypto Pay fails for five minutes while thirty people order and ten refunds are in progress. The
// shop does not flood it with requests, everybody is told the truth, and when it is back everything
// is done within one backoff interval. `go test -v` prints the requests as a table.
func TestAnOutageOfCryptoPayIsNoStorm(t *testing.T) {
	t.Parallel() // it takes long
	for name, failure := range map[string]cryptopay.Failure{
		"429": {Status: http.StatusTooManyRequests, Name: "TOO_MANY_REQUESTS"},
		"429 with Retry-After": {
			Status: http.StatusTooManyRequests, Name: "TOO_MANY_REQUESTS", RetryAfter: 20 * time.Second,
		},
		"500": {Status: http.StatusInternalServerError, Name: "INTERNAL_SERVER_ERROR"},
		"502": {Status: http.StatusBadGateway},
		"cut": {DropBefore: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { outage(t, name, failure) })
		})
	}
}

func outage(t *testing.T, name string, failure cryptopay.Failure) {
	t.Helper()
	env := newEnv(t)
	m := &requestCounter{next: env.Network.Transport(), start: time.Now(), calls: map[int]int{}}
	env.Transport = m
	env.Start()
	env.LoadKeys(60)
	orders := map[int64]string{}
	for i := range int64(10) {
		env.Telegram().AddUser(telegram.User{ID: 7000 + i, FirstName: "Early", LanguageCode: "en"})
		env.Say(7000+i, "/buy vpn")
		orders[7000+i] = env.Pay(7000 + i).Payload
	}
	m.mu.Lock()
	m.start, m.calls = time.Now(), map[int]int{}
	m.mu.Unlock()
	env.CryptoPay().FailNext("", 1_000_000, failure)
	for i := range int64(10) {
		env.Say(olga, "/refund "+orders[7000+i])
		env.Tap(olga, "Yes, send")
	}
	for i := range int64(30) {
		env.Telegram().AddUser(telegram.User{ID: 8000 + i, FirstName: "Buyer", LanguageCode: "en"})
		require.NoError(t, env.Telegram().Say(botToken, 8000+i, "/buy vpn"))
	}
	time.Sleep(time.Until(m.start.Add(5 * time.Minute)))
	require.Equal(t, 10, env.CountSent(olga, "has had no answer yet"), "the owner knows of each refund that waits")
	env.CryptoPay().FailNext("", 0, cryptopay.Failure{})
	time.Sleep(6 * time.Minute)
	env.Settle()

	perMinute, busiest := m.minutes(11)
	t.Logf("%-22s requests a minute: %v, most in one second: %d", name, perMinute, busiest)
	require.LessOrEqual(t, busiest, 20, "the burst and one second of the rate limit")
	require.Len(t, env.CryptoPay().Transfers(appToken), 10, "each refund was sent once")
	for i := range int64(30) {
		told := env.CountSent(8000+i, "does not answer just now") + env.CountSent(8000+i, "Held for you")
		require.Equal(t, 1, told, env.Transcript(8000+i))
	}
	env.Say(alice, "/buy vpn")
	require.NotEmpty(t, env.PayLink(alice), "business as usual")
	env.Stop()
}
