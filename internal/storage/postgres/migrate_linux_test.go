package postgres

import (
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/storage/postgres/pgtest"
)

// Databases that speak PostgreSQL's protocol and have no advisory locks have a table of locks instead.
func TestReplicasThatStartTogetherMakeTheTablesOnceWithoutAdvisoryLocks(t *testing.T) {
	server := pgtest.New(t)
	server.Run(t)
	server.Exec(t, `CREATE ROLE plain LOGIN`)
	for _, f := range []string{"pg_advisory_xact_lock", "pg_advisory_lock", "pg_try_advisory_lock", "pg_advisory_unlock"} {
		server.Exec(t, `REVOKE EXECUTE ON FUNCTION `+f+`(bigint) FROM PUBLIC`)
	}
	address := server.Schema(t)
	server.Exec(t, `GRANT ALL ON SCHEMA `+schemaOf(t, address)+` TO plain`)
	address = strings.Replace(address, "shopbot@", "plain@", 1)
	var all sync.WaitGroup
	errs := make([]error, 3)
	for i := range errs {
		all.Go(func() {
			_, engine, err := open(t.Context(), address)
			if errs[i] = err; err == nil {
				errs[i] = engine.Close()
			}
		})
	}
	all.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
}
