package crash

import (
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/storage/postgres/pgtest"
)

// Three replicas behind nginx share a PostgreSQL, and two of them are killed again and again while
// people buy and write, the leader among them most of the time.
func TestNothingIsLostHoweverOftenReplicasAreKilled(t *testing.T) {
	t.Parallel()
	random, e := newRand(t), newReplicasEnv(t, pgtest.Start(t).Schema(t), 3)
	kills := 6
	if *long {
		kills = 200
	}
	e.sellAndCount(300*kills, func() {
		for range kills / 2 {
			if random.IntN(4) > 0 { // else they may die before one leads
				e.awaitLeader(nil)
			}
			time.Sleep(upTo(random, time.Second)) // some moment, or the worst one
			if random.IntN(2) > 0 {
				e.webhooks.awaitAck(time.Second)
			}
			spared := random.IntN(len(e.replicas))
			for i, p := range e.replicas {
				if i != spared {
					p.kill()
					time.Sleep(upTo(random, 200*time.Millisecond))
				}
			}
			time.Sleep(upTo(random, time.Second))
			for i, p := range e.replicas {
				if i != spared {
					p.start()
				}
			}
		}
		for _, p := range e.replicas {
			p.awaitReady(t.Context())
		}
	})
	require.Greater(t, len(e.webhooks.invoices), kills, "too few payments for a test")
}

// Two replicas are restarted one after the other, as for a new version, while people buy and write.
// Each webhook is answered 200 the first time.
func TestARollingRestartRefusesNoWebhook(t *testing.T) {
	t.Parallel()
	e := newReplicasEnv(t, pgtest.Start(t).Schema(t), 2)
	e.sellAndCount(4000, func() {
		for range 2 {
			for _, p := range e.replicas {
				e.webhooks.awaitAck(10 * time.Second)
				p.stop()
				p.start()
				p.awaitReady(t.Context())
				time.Sleep(2 * time.Second) // as configs/replicas says
			}
		}
	})
	require.Zero(t, e.webhooks.repeats, "webhooks that were not answered 200 the first time, of %d", len(e.webhooks.invoices))
}

// The leader stands still for longer than its lease, as under a debugger or in a machine that is
// moved. Another replica leads meanwhile, and the old leader does nothing more as one when it goes
// on.
func TestALeaderThatStoodStillIsFenced(t *testing.T) {
	t.Parallel()
	e := newReplicasEnv(t, pgtest.Start(t).Schema(t), 3)
	times, still, loaded := 2, 8*time.Second, 6000
	if *long {
		times, still, loaded = 5, time.Minute, 60_000
	}
	e.sellAndCount(loaded, func() {
		for range times {
			frozen := e.awaitLeader(nil)
			e.webhooks.awaitAck(time.Second) // in the middle of something
			require.NoError(t, frozen.running.Process.Signal(syscall.SIGSTOP))
			began := time.Now()
			e.awaitLeader(frozen)
			t.Logf("another replica led after %s", time.Since(began).Round(100*time.Millisecond))
			time.Sleep(time.Until(began.Add(still)))
			require.NoError(t, frozen.running.Process.Signal(syscall.SIGCONT))
			for end := time.Now().Add(testTimeout); frozen.leads(t.Context()); time.Sleep(20 * time.Millisecond) {
				require.True(t, time.Now().Before(end), "it still thinks that it leads")
			}
			frozen.awaitReady(t.Context())
		}
	})
}
