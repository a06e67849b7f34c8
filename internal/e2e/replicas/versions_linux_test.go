package replicas

import (
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/app"
	"shopbot/internal/config"
	"shopbot/internal/database"
	"shopbot/internal/storage"
)

// A newer version starts beside replicas of this one, and changes what they would no longer
// understand. From that moment on they write nothing, and they end with the remedy.
func TestReplicasEndWhenANewerVersionChangesTheLayout(t *testing.T) {
	e := newShop(t)
	e.start()
	e.start()
	leader, others := e.leader()
	leader.loadKeys(3)
	e.buy(alice)
	e.server.Exec(t, `UPDATE `+e.table("shop")+` SET layout = 2`) // as its migration does
	for _, r := range []*replica{leader, others[0]} {
		err := r.failed()
		require.ErrorIs(t, err, storage.ErrOtherVersion)
		require.ErrorContains(t, err, "start the version that wrote it, or a newer one")
	}

	_, err := database.Open(t.Context(), config.Database(e.address))
	require.ErrorIs(t, err, storage.ErrOtherVersion, "nor does one start")
	e.server.Exec(t, `UPDATE `+e.table("shop")+` SET layout = 1`)
	e.start()
	e.buy(boris)
	e.finish()
}

// A newer version that only adds to the tables lets replicas of this one go on. One that has stopped
// does not start again: it cannot know what was added.
func TestReplicasGoOnWhenANewerVersionAddsToTheTables(t *testing.T) {
	e := newShop(t)
	e.start()
	e.start()
	leader, _ := e.leader()
	leader.loadKeys(3)
	e.server.Exec(t, `ALTER TABLE `+e.table("work")+` ADD COLUMN added text`)
	e.server.Exec(t, `INSERT INTO `+e.table("shopbot_version")+` (version_id, is_applied) VALUES (2, true)`)
	e.buy(alice)
	leader.end()
	e.buy(boris)
	last, _ := e.leader()
	require.Equal(t, []*replica{last}, e.replicas)

	err := app.Run(t.Context(), last.cfg, app.NewLogger(last.log, last.cfg), app.System{})
	require.ErrorIs(t, err, storage.ErrOtherVersion)
	require.ErrorContains(t, err, "start the version that wrote it, or a newer one")
	last.end()
}
