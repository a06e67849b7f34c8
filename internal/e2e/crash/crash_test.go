package crash

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/access"
	"shopbot/internal/app"
	"shopbot/internal/e2e/testenv"
	"shopbot/internal/sandbox"
	"shopbot/internal/shop"
)

// People of the sandbox.
const alice, boris, olga = sandbox.Alice, sandbox.Boris, sandbox.Olga

var errCrashed = errors.New("the process is dead")

// dyingProcess is a process that dies at its nth write to the database, before or after the write
// takes effect. From then on nothing that it does has an effect, neither on the disk nor on the
// network.
type dyingProcess struct {
	mu     sync.Mutex
	left   int  // writes until death; negative: it never dies
	after  bool // the last write takes effect
	dead   bool
	writes int
	// died is called at the death. It ends what is left of the process, which would only burn
	// processor time.
	died func()
}

// write does one write to the database, unless the process is dead.
func (p *dyingProcess) write(do func() error) error {
	p.mu.Lock()
	if p.dead {
		p.mu.Unlock()
		return errCrashed
	}
	p.writes++
	p.left--
	dies := p.left == 0
	p.dead = dies
	p.mu.Unlock()
	if !dies {
		return do()
	}
	if p.after {
		_ = do() // its result dies with the process
	}
	p.died()
	return errCrashed
}

func (p *dyingProcess) alive() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.dead
}

// dyingTransport keeps a dead process off the network.
type dyingTransport struct {
	process *dyingProcess
	next    http.RoundTripper
}

func (t dyingTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if !t.process.alive() {
		return nil, errCrashed
	}
	return t.next.RoundTrip(r)
}

// dyingDatabase is the database as a dying process uses it.
type dyingDatabase struct {
	app.Database

	process *dyingProcess
}

func (d dyingDatabase) Checkout(
	ctx context.Context, o shop.Order, until time.Time, rule shop.CheckoutRule,
) (stored shop.Order, created bool, err error) {
	err = d.process.write(func() (err error) {
		stored, created, err = d.Database.Checkout(ctx, o, until, rule)
		return err
	})
	return stored, created, err
}

func (d dyingDatabase) Change(ctx context.Context, id shop.OrderID, rule shop.Rule) (o shop.Order, err error) {
	err = d.process.write(func() (err error) {
		o, err = d.Database.Change(ctx, id, rule)
		return err
	})
	return o, err
}

func (d dyingDatabase) RecordPayment(ctx context.Context, p shop.IncomingPayment, rule shop.Rule) (o shop.Order, err error) {
	err = d.process.write(func() (err error) {
		o, err = d.Database.RecordPayment(ctx, p, rule)
		return err
	})
	return o, err
}

func (d dyingDatabase) Claim(ctx context.Context, t shop.Task, now, until time.Time, limit int) ([]shop.Order, error) {
	if !d.process.alive() {
		return nil, errCrashed
	}
	return d.Database.Claim(ctx, t, now, until, limit)
}

func (d dyingDatabase) KeepUpdates(ctx context.Context, updates map[int64][]byte, done []int64) (fresh []int64, err error) {
	err = d.process.write(func() (err error) {
		fresh, err = d.Database.KeepUpdates(ctx, updates, done)
		return err
	})
	return fresh, err
}

func (d dyingDatabase) ChangeTeam(ctx context.Context, rule shop.TeamRule) (team shop.Team, err error) {
	err = d.process.write(func() (err error) {
		team, err = d.Database.ChangeTeam(ctx, rule)
		return err
	})
	return team, err
}

func (d dyingDatabase) ChangeCart(ctx context.Context, buyer int64, rule func(*shop.Cart) error) (c shop.Cart, err error) {
	err = d.process.write(func() (err error) {
		c, err = d.Database.ChangeCart(ctx, buyer, rule)
		return err
	})
	return c, err
}

func (d dyingDatabase) ChangeAccess(
	ctx context.Context, user int64, sku string, change func(*access.Access) bool,
) (a access.Access, err error) {
	err = d.process.write(func() (err error) {
		a, err = d.Database.ChangeAccess(ctx, user, sku, change)
		return err
	})
	return a, err
}

func (d dyingDatabase) KeepFile(ctx context.Context, name string, content []byte) error {
	return d.process.write(func() error { return d.Database.KeepFile(ctx, name, content) })
}

func (d dyingDatabase) SetNote(ctx context.Context, name string, value []byte) error {
	return d.process.write(func() error { return d.Database.SetNote(ctx, name, value) })
}

// The process dies before and after each of the writes of a purchase and its refund in turn.
// Whenever it dies, in the end there is one invoice, the buyer has the one key, and the coins went
// back once.
func TestAPurchaseAndARefundSurviveACrashAtEveryWrite(t *testing.T) {
	t.Parallel() // it takes long
	dieAtEachWrite(t, 1, func(t *testing.T, p *dyingProcess) { purchaseAndRefund(t, p, shop.ByTransfer) })
}

// The same with a refund by check, which has no id of ours: the buyer gets one check.
func TestACheckSurvivesACrashAtEveryWrite(t *testing.T) {
	t.Parallel()
	const purchase = 8 // writes that the other test is about
	dieAtEachWrite(t, purchase, func(t *testing.T, p *dyingProcess) { purchaseAndRefund(t, p, shop.ByCheck) })
}

// dieAtEachWrite runs a scenario with a death at each write from the first one on.
func dieAtEachWrite(t *testing.T, first int, scenario func(t *testing.T, process *dyingProcess)) {
	t.Helper()
	writes := 0
	synctest.Test(t, func(t *testing.T) {
		process := &dyingProcess{left: -1}
		scenario(t, process)
		writes = process.writes
	})
	require.Greater(t, writes, 1)
	for n := first; n <= writes; n++ {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("write %d after=%t", n, after), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { scenario(t, &dyingProcess{left: n, after: after}) })
			})
		}
	}
}

// startDying restarts the shop as a process that dies. What it returns starts a living one if it is
// dead.
func startDying(env *testenv.Env, process *dyingProcess) (restartIfDead func()) {
	env.Stop()
	return startAsDying(env, process)
}

// startAsDying is startDying of a shop that stands still.
func startAsDying(env *testenv.Env, process *dyingProcess) (restartIfDead func()) {
	process.died = env.Crash
	env.WrapDatabase = func(db app.Database) app.Database { return dyingDatabase{Database: db, process: process} }
	env.Transport = dyingTransport{process: process, next: env.Network.Transport()}
	env.Start()
	return func() {
		if process.alive() {
			return
		}
		_ = env.Abort() // the error of a dead process
		env.WrapDatabase, env.Transport = nil, nil
		process.dead, process.left = false, -1
		env.Start()
		time.Sleep(10 * time.Minute)
		env.Settle()
	}
}

// standStill returns a function that lets time pass: the shop stands still for a while, since a
// running one costs processor time, and then runs for a while, as the process that dies until it has
// died.
func standStill(env *testenv.Env, process *dyingProcess) (pass func(still, running time.Duration)) {
	died, restartIfDead := false, func() {}
	return func(still, running time.Duration) {
		env.Stop()
		time.Sleep(still)
		if died = died || !process.alive(); died {
			env.Start()
		} else {
			restartIfDead = startAsDying(env, process)
		}
		time.Sleep(running)
		died = died || !process.alive()
		restartIfDead()
	}
}

func purchaseAndRefund(t *testing.T, process *dyingProcess, way shop.RefundWay) {
	t.Helper()
	env := testenv.New(t, nil)
	env.Setenv("SYNC_INTERVAL", "1h") // the webhook alone has to do it
	env.Start()
	env.LoadKeys(3)
	restartIfDead := startDying(env, process)
	before := usdt(env.CryptoPay().Wallet(alice))
	require.NotEmpty(t, before)
	env.Say(alice, "/buy vpn")
	restartIfDead()
	env.Pay(alice)
	restartIfDead()
	time.Sleep(time.Hour) // the webhook is repeated until it is answered 200
	restartIfDead()
	keys := env.KeysOf(alice)
	require.NotEmpty(t, keys, env.Transcript(alice))
	for _, k := range keys {
		require.Equal(t, "KEY-01", k)
	}
	invoices := env.CryptoPay().Invoices(appToken)
	require.Len(t, invoices, 1)

	env.Say(olga, "/refund "+invoices[0].Payload+" "+string(way))
	restartIfDead()
	env.Tap(olga, "Yes, send")
	restartIfDead()
	time.Sleep(time.Hour)
	restartIfDead()
	if way == shop.ByCheck {
		require.Len(t, env.CryptoPay().Checks(appToken), 1)
		_, err := env.CryptoPay().ActivateCheck(env.CryptoPay().Checks(appToken)[0].Hash, alice, "")
		require.NoError(t, err)
	} else {
		require.Len(t, env.CryptoPay().Transfers(appToken), 1)
	}
	require.Equal(t, before, usdt(env.CryptoPay().Wallet(alice)))
	env.Stop()
	for _, o := range env.StoredOrders() {
		require.Equal(t, shop.StateRefunded, o.State)
		require.Empty(t, o.Jobs(), "nothing is left to do")
	}
}
