package crash

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/storage/postgres/pgtest"
)

// All connections to the database are cut again and again, some of them in the middle of a commit.
func TestNothingIsLostWhenConnectionsToTheDatabaseAreCut(t *testing.T) {
	t.Parallel()
	random, server := newRand(t), pgtest.Start(t)
	e := newReplicasEnv(t, server.Schema(t), 2)
	e.sellAndCount(400*faults(), func() {
		for range faults() {
			time.Sleep(500*time.Millisecond + upTo(random, time.Second))
			server.Exec(t, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND application_name = 'shopbot'`)
		}
	})
}

// The database server is stopped, or killed, and started again.
func TestNothingIsLostWhenTheDatabaseServerRestarts(t *testing.T) {
	t.Parallel()
	random, server := newRand(t), pgtest.New(t)
	server.Run(t)
	e := newReplicasEnv(t, server.Schema(t), 2)
	e.sellAndCount(4000, func() {
		for n := range max(2, faults()/5) {
			e.awaitLeader(nil)
			time.Sleep(upTo(random, time.Second))
			if n%2 == 0 {
				server.Kill()
			} else {
				server.Stop()
			}
			time.Sleep(upTo(random, 2*time.Second))
			server.Run(t)
		}
	})
}

// The database server dies in the middle of the load, and its standby, which has each commit before
// it is acknowledged, is promoted. The replicas know both addresses.
func TestNothingIsLostWhenAStandbyOfTheDatabaseIsPromoted(t *testing.T) {
	t.Parallel()
	primary, standby := newPair(t)
	both := primary.Address() + "," + standby.Address()
	primary.Exec(t, `CREATE SCHEMA shop`)
	e := newReplicasEnv(t, strings.Replace(primary.URL(), primary.Address(), both, 1)+"?search_path=shop&target_session_attrs=read-write&connect_timeout=2", 3)
	e.sellAndCount(4000, func() {
		e.webhooks.awaitAck(testTimeout)
		time.Sleep(3 * time.Second)
		e.webhooks.awaitAck(time.Second)
		primary.Kill()
		time.Sleep(time.Second)
		run(t, promote(t, standby))
		e.awaitLeader(nil)
		time.Sleep(5 * time.Second) // of sales on the new one
	})
}

// newPair starts a server and a streaming standby that it waits for at each commit.
func newPair(t *testing.T) (primary, standby *pgtest.Server) {
	t.Helper()
	primary = pgtest.New(t, "wal_level=replica", "max_wal_senders=5")
	primary.Run(t)
	host, port, _ := strings.Cut(primary.Address(), ":")
	data := filepath.Join(filepath.Dir(primary.Data()), "standby")
	run(t, pgtest.Command(t, "pg_basebackup", "-h", host, "-p", port, "-U", "shopbot", "-D", data, "-R", "-X", "stream", "--no-sync"))
	standby = pgtest.NewAt(t, data)
	standby.Run(t)
	primary.Exec(t, `ALTER SYSTEM SET synchronous_standby_names = '*'`)
	primary.Exec(t, `SELECT pg_reload_conf()`)
	return primary, standby
}

func promote(t *testing.T, standby *pgtest.Server) *exec.Cmd {
	t.Helper()
	return pgtest.Command(t, "pg_ctl", "promote", "-w", "-D", standby.Data())
}

func run(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
}
