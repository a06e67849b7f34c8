package crash

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/config"
	"shopbot/internal/storage/postgres/pgtest"
)

// Of two replicas the one that leads makes the scheduled backups, and after its death the other one.
// The newest is restored while the shop sells on.
func TestTheReplicaThatLeadsMakesTheBackups(t *testing.T) {
	if !*long {
		t.Skip("it takes minutes, since a shop makes its first backup after one; see it with -long")
	}
	t.Parallel()
	server, backups := pgtest.Start(t), t.TempDir()
	e := newReplicasEnv(t, server.Schema(t), 2)
	for _, p := range e.replicas {
		p.env = append(p.env, "SHOPBOT_BACKUP_TO="+backups, "SHOPBOT_BACKUP_EVERY=1m")
	}
	await := func(copies int) (newest string) {
		var found []string
		for end := time.Now().Add(2 * testTimeout); len(found) < copies; time.Sleep(100 * time.Millisecond) {
			require.True(t, time.Now().Before(end), "no backup is made")
			found, _ = filepath.Glob(filepath.Join(backups, "postgres-*.db"))
		}
		require.Len(t, found, copies, "one replica makes them")
		return found[copies-1]
	}
	var newest string
	e.sellAndCount(40_000, func() {
		await(1)
		dead := e.awaitLeader(nil)
		dead.kill()
		e.awaitLeader(dead)
		dead.start()
		newest = await(2)
	})

	e.address = config.Database(server.Schema(t))
	e.shop.env = append(e.shop.env, "SHOPBOT_DATABASE="+string(e.address))
	require.Contains(t, e.shop.command("restore", newest), "restored")
	e.checkByCommands()
	require.NotEmpty(t, e.readDatabase().orders)
	e.shop.start() // payments since are found, and their goods sent
	e.shop.awaitReady(t.Context())
	e.shop.stop()
	e.checkByCommands()
}
