package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

// The database's file is deleted under the running shop, as by a clean-up or a deployment.
func TestADatabaseThatIsDeletedUnderTheRunningShopIsRescued(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.sold()
		env.Say(boris, "/buy vpn")
		require.NoError(t, os.Remove(env.DatabasePath()))
		env.Pay(boris)
		require.Empty(t, env.KeysOf(boris))
		for _, d := range env.CryptoPay().Deliveries(appToken)[1:] {
			require.Equal(t, http.StatusServiceUnavailable, d.Status, "a 200 would promise that it is on disk")
		}
		status, body := env.AskOps(http.MethodGet, "/readyz")
		require.Equal(t, http.StatusServiceUnavailable, status)
		require.Contains(t, body, "deleted or replaced")
		time.Sleep(time.Hour)
		require.Equal(t, 1, env.CountSent(olga, "The database's file is gone"), env.Transcript(olga))
		require.Contains(t, env.Log.String(), "database file is lost")

		copies, err := filepath.Glob(env.DatabasePath() + ".rescued-*")
		require.NoError(t, err)
		require.Len(t, copies, 1)
		require.Contains(t, env.Last(olga).Text, copies[0])
		require.NoError(t, env.Abort())
		env.Start()
		require.ErrorContains(t, env.Abort(), "shopbot restore "+copies[0])

		env.restore(copies[0], "")
		env.Start()
		time.Sleep(time.Minute)
		require.Len(t, env.KeysOf(boris), 1, "the payment is found")
		env.Stop()
		orders := env.StoredOrders()
		require.Len(t, orders, 2)
		require.Equal(t, shop.StateDelivered, orders[1].State)
		env.Start()
	})
}

func TestADatabaseThatIsMovedAwayAndBackIsUsedAgain(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(boris, "/buy vpn")
		elsewhere := env.DatabasePath() + ".elsewhere"
		require.NoError(t, os.Rename(env.DatabasePath(), elsewhere))
		env.Pay(boris)
		require.Empty(t, env.KeysOf(boris))
		require.NoError(t, os.Rename(elsewhere, env.DatabasePath()))
		time.Sleep(time.Minute)
		require.Len(t, env.KeysOf(boris), 1)
		status, _ := env.AskOps(http.MethodGet, "/readyz")
		require.Equal(t, http.StatusOK, status)
	})
}

// The directory is gone with the file, so that no copy can be written beside it, and comes back.
func TestACopyThatCouldNotBeWrittenIsWrittenOnceItCan(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.sold()
		dir := filepath.Dir(env.DatabasePath())
		require.NoError(t, os.Rename(dir, dir+".away"))
		time.Sleep(time.Hour)
		require.Equal(t, 1, env.CountSent(olga, "The database's file is gone"), env.Transcript(olga))
		require.Less(t, strings.Count(env.Log.String(), "database file is lost"), 10, "one cause is logged once")

		require.NoError(t, os.Mkdir(dir, 0o700))
		time.Sleep(5 * time.Minute)
		copies, err := filepath.Glob(env.DatabasePath() + ".rescued-*")
		require.NoError(t, err)
		require.Len(t, copies, 1, "a shop that is killed now leaves its orders")
		require.Equal(t, 2, env.CountSent(olga, "The database's file is gone"), env.Transcript(olga))
		require.Contains(t, env.Last(olga).Text, copies[0])
		time.Sleep(time.Hour)
		require.Equal(t, 2, env.CountSent(olga, "The database's file is gone"))

		require.NoError(t, os.Remove(copies[0])) // by what deleted the database
		time.Sleep(5 * time.Minute)
		copies, err = filepath.Glob(env.DatabasePath() + ".rescued-*")
		require.NoError(t, err)
		require.Len(t, copies, 1)
		require.Contains(t, env.Last(olga).Text, copies[0])
		require.Equal(t, 3, env.CountSent(olga, "The database's file is gone"))

		require.NoError(t, os.RemoveAll(dir))
		require.NoError(t, os.Rename(dir+".away", dir))
		time.Sleep(time.Minute)
	})
}
