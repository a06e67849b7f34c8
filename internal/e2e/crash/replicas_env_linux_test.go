package crash

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/config"
	"shopbot/internal/e2e/testenv"
	"shopbot/internal/shop"
)

// replicasEnv is a sandbox, and several shop processes behind nginx that share a PostgreSQL.
// Telegram and Crypto Pay send everything to nginx.
type replicasEnv struct {
	*testEnv

	replicas []*shopProcess
}

// newReplicasEnv prepares replicas on the database at an address. It starts none.
func newReplicasEnv(t *testing.T, database string, replicas int) *replicasEnv {
	t.Helper()
	return newReplicasEnvOf(t, testenv.BuildShop(t), database, replicas)
}

func newReplicasEnvOf(t *testing.T, binary, database string, replicas int) *replicasEnv {
	t.Helper()
	e := &replicasEnv{testEnv: newEnv(t, binary)}
	e.address = config.Database(database)
	require.NoError(t, os.WriteFile(filepath.Join(e.dir, "catalog.yaml"), []byte(testenv.Catalog+numbered()), 0o600))
	var listening []string
	for range replicas {
		dir := t.TempDir()
		p := newShopProcess(t, binary, dir, []string{"SHOPBOT_SOCKET=" + filepath.Join(dir, "shop.sock")})
		e.replicas, listening = append(e.replicas, p), append(listening, p.listen)
	}
	nginx := startNginx(t, listening...)
	e.webhooks.target = strings.Replace(e.webhooks.target, e.shop.listen, nginx, 1)
	for _, p := range e.replicas {
		p.env = slices.Concat(e.shop.env, p.env, []string{
			"SHOPBOT_DATABASE=" + database, "SHOPBOT_PUBLIC_URL=http://" + nginx, "SHOPBOT_TRUSTED_PROXIES=127.0.0.1",
		})
	}
	e.shop = e.replicas[0] // of any other tests are to ask only in the end
	return e
}

func (e *replicasEnv) start() {
	for _, p := range e.replicas {
		p.start()
	}
	for _, p := range e.replicas {
		p.awaitReady(e.t.Context())
	}
}

// awaitLeader waits until a replica leads that is not but.
func (e *replicasEnv) awaitLeader(but *shopProcess) *shopProcess {
	e.t.Helper()
	for end := time.Now().Add(testTimeout); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		for _, p := range e.replicas {
			if p != but && p.running != nil && p.leads(e.t.Context()) {
				return p
			}
		}
	}
	require.Fail(e.t, "no replica leads")
	return nil
}

// sellAndCount has people buy and write while disturb is at work, and then counts everything.
func (e *replicasEnv) sellAndCount(loaded int, disturb func()) {
	e.t.Helper()
	began := time.Now()
	e.loadKeys(loaded)
	e.start()
	b, w := &buyers{testEnv: e.testEnv, patient: true}, &writers{testEnv: e.testEnv}
	b.start(e.t.Context())
	w.start(e.t.Context())
	disturb()
	b.stop()
	w.stop()
	b.awaitGoods()
	w.checkOrder()

	stored := e.awaitFinished()
	e.comparing.Store(true)
	require.Contains(e.t, e.shop.command("reconcile"), "nothing is left to do")
	for _, p := range e.replicas {
		p.stop()
	}
	e.checkByCommands()
	stored.checkPayments(e.testEnv, shop.StateDelivered)
	repeated, lost := stored.checkChats(e.testEnv, b.ids())
	stored.checkStock(loaded)
	require.Empty(e.t, e.CryptoPay().Transfers(appToken), "nobody refunded anything")
	e.t.Logf("%d orders bought and paid, %d payments answered 200, %d orders delivered with %d keys, %d messages with goods more than once, %d webhooks sent again, %d lost, %d numbered messages answered, in %s",
		b.paid.Load(), len(e.webhooks.invoices), stored.stats.Delivered, stored.stock.Sold, repeated, e.webhooks.repeats, lost, w.sent.Load(), time.Since(began).Round(time.Second))
}

// awaitFinished waits until the replicas have nothing left to do, and returns what is stored.
func (e *replicasEnv) awaitFinished() storedState {
	e.t.Helper()
	for end := time.Now().Add(3 * testTimeout); ; time.Sleep(time.Second) {
		s := e.readDatabase()
		if s.unfinished() == 0 {
			return s
		}
		if time.Now().After(end) {
			e.t.Errorf("the shop does not finish: %d orders are left", s.unfinished())
			return s
		}
	}
}

const (
	writersAtOnce = 4
	firstWriter   = 9_000_001 // the Telegram id of the first of them
	numbers       = 999       // products with a number each
)

// numbered is the part of the catalog with a product for each number that writers ask about.
func numbered() string {
	var b strings.Builder
	for n := range numbers {
		fmt.Fprintf(&b, "  - {sku: n%d, category: games, title: Number %[1]d., price: \"1\", deliver: text, text: Thanks}\n", n+1)
	}
	return b.String()
}

// writers are people who ask about one numbered product after the other, two at a time. More of them
// would be a burst, of which the shop leaves some unanswered.
type writers struct {
	*testEnv

	stopped atomic.Bool
	sent    atomic.Int64
	asked   [writersAtOnce]int // the last number
	group   sync.WaitGroup
}

func (w *writers) start(ctx context.Context) {
	for i := range w.asked {
		who := firstWriter + int64(i)
		w.addPerson(who)
		w.group.Go(func() {
			for n := 1; n < numbers && !w.stopped.Load(); n += 2 {
				for _, number := range []int{n, n + 1} {
					if err := w.Telegram().Say(botToken, who, fmt.Sprintf("/start p_n%d", number)); err != nil {
						w.t.Error(err)
						return
					}
					w.asked[i] = number
					w.sent.Add(1)
				}
				if !w.awaitAnswers(ctx, who, n, n+1) {
					return
				}
			}
		})
	}
}

func (w *writers) stop() {
	w.stopped.Store(true)
	w.group.Wait()
}

var numberIn = regexp.MustCompile(`Number (\d+)\.`)

// answers are the numbers of the products that somebody was shown.
func (w *writers) answers(who int64) (numbers []int) {
	for _, m := range w.Telegram().Sent(botToken, who) {
		if found := numberIn.FindStringSubmatch(m.Text); found != nil {
			n, _ := strconv.Atoi(found[1]) // digits
			numbers = append(numbers, n)
		}
	}
	return numbers
}

// awaitAnswers waits until somebody was answered two messages, and reports whether that happened.
func (w *writers) awaitAnswers(ctx context.Context, who int64, first, second int) bool {
	ctx, cancel := context.WithTimeout(ctx, 3*testTimeout)
	defer cancel()
	err := w.Await(ctx, func() bool {
		got := w.answers(who)
		return slices.Contains(got, first) && slices.Contains(got, second)
	})
	if err != nil {
		w.t.Errorf("%d never got answers to messages %d and %d: %v", who, first, second, err)
	}
	return err == nil
}

// checkOrder checks that each message was answered, and that the first answers came in the order of
// the messages. An answer may come again: the leader may have stopped before it stored the answer.
func (w *writers) checkOrder() {
	w.t.Helper()
	for i, last := range w.asked {
		got := w.answers(firstWriter + int64(i))
		var first []int
		for _, n := range got {
			if !slices.Contains(first, n) {
				first = append(first, n)
			}
		}
		require.True(w.t, slices.IsSorted(first), "writer %d was answered out of order: %v", i, got)
		require.Len(w.t, first, last, "writer %d: answers to different messages", i)
	}
}
