package crash

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"shopbot/internal/config"
	"shopbot/internal/database"
	"shopbot/internal/e2e/testenv"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
	"shopbot/internal/storage/postgres/pgtest"
)

// A shop that sells is moved to PostgreSQL and back. Each move is killed in the middle, and finished
// by the same command.
func TestAMoveThatIsKilledIsFinishedByTheSameCommand(t *testing.T) {
	t.Parallel()
	e := newEnv(t, testenv.BuildShop(t))
	const loaded = 20_000
	e.loadKeys(loaded)
	b := &buyers{testEnv: e}
	sell := func() {
		e.shop.start()
		e.shop.awaitReady(t.Context())
		b.limit += 15
		b.start(t.Context())
		b.group.Wait()
		b.awaitGoods()
		e.shop.stop()
	}
	sell()

	there, back := pgtest.Start(t).Schema(t), filepath.Join(e.dir, "back.db")
	e.useDatabase(there)
	e.moveAndKill(func() bool { return entriesIn(t, there) > 5000 }, "--from", e.database())
	sell()

	e.useDatabase(back)
	e.moveAndKill(func() bool { info, err := os.Stat(back); return err == nil && info.Size() > 1<<20 }, "--from", there)
	sell()

	e.shop.start()
	stored := e.stopAndRead()
	stored.checkPayments(e, shop.StateDelivered)
	_, lost := stored.checkChats(e, b.ids())
	require.Zero(t, lost)
	stored.checkStock(loaded)
}

// useDatabase makes a database that of the shop.
func (e *shopEnv) useDatabase(d string) {
	e.address = config.Database(d)
	e.shop.env = append(e.shop.env, "SHOPBOT_DATABASE="+d, "SHOPBOT_SOCKET="+filepath.Join(e.dir, "shop.sock"))
}

// moveAndKill moves a shop to the shop's database. It kills the command once that is under way, and
// then again at some moments.
func (e *shopEnv) moveAndKill(underWay func() bool, args ...string) {
	e.t.Helper()
	random, kills := newRand(e.t), 1
	if *long {
		kills = 10
	}
	for n := 0; ; n++ {
		var out bytes.Buffer
		cmd := exec.Command(e.shop.binary, append([]string{"move"}, args...)...) //nolint:noctx // it is killed by hand
		cmd.Env, cmd.Stdout, cmd.Stderr = e.shop.env, &out, &out
		require.NoError(e.t, cmd.Start())
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		if n == kills {
			require.NoError(e.t, <-ended, out.String())
			require.Contains(e.t, out.String(), "Both sides were compared and are the same")
			return
		}
		for begun := n > 0; !begun; begun = underWay() {
			select {
			case err := <-ended:
				require.Fail(e.t, "it ended before it was under way", "%v: %s", err, out.String())
			case <-time.After(5 * time.Millisecond):
			}
		}
		if n > 0 {
			time.Sleep(upTo(random, 10*time.Second)) // the first five may pass until the killed one's lease ends
		}
		_ = cmd.Process.Kill()
		if err := <-ended; err == nil {
			return
		}
		db, err := database.Open(e.t.Context(), e.address)
		if err == nil && n > 0 { // it was done, and had not said so yet
			require.NoError(e.t, db.Close())
			return
		}
		require.ErrorIs(e.t, err, storage.ErrHalfMoved, "no shop may start on it")
	}
}

// entriesIn counts what there is in a database; 0 if there are no tables yet.
func entriesIn(t *testing.T, address string) (n int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	require.NoError(t, err)
	defer func() { _ = conn.Close(t.Context()) }()
	_ = conn.QueryRow(t.Context(), `SELECT count(*) FROM entries`).Scan(&n) // see above
	return n
}
