package preflight

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/config"
	"shopbot/internal/database"
	"shopbot/internal/health"
	"shopbot/internal/storage/postgres/pgtest"
)

// serverFindings are what is found of a database and its server.
func serverFindings(t *testing.T, address string) []health.Finding {
	t.Helper()
	c := newCheck(config.Config{Database: config.Database(address), Socket: t.TempDir() + "/none"}, Options{Offline: true})
	c.open(t.Context())
	c.checkDatabase()
	c.checkDisk(t.Context())
	return slices.DeleteFunc(c.report.Findings, func(f health.Finding) bool { return f.Name == "postgres_slow" }) // on a busy machine
}

// names are the findings' names, or their levels.
func names(list []health.Finding) (of []string) {
	for _, f := range list {
		name := f.Name
		if name == "" {
			name = string(f.Level)
		}
		of = append(of, f.Subject+" "+name)
	}
	return of
}

func TestAPostgreSQLServerThatLosesDataIsFound(t *testing.T) {
	server := pgtest.New(t)
	server.Run(t)
	empty := server.Schema(t)
	found := serverFindings(t, empty)
	require.Equal(t, []string{"database ok", "postgresql postgres_fsync", "postgresql postgres_pages"}, names(found))
	require.Contains(t, found[0].Text, "is empty; the shop will make its tables")
	require.Contains(t, found[1].Text, "Set fsync = on")
	require.Equal(t, found[0], serverFindings(t, empty)[0], "nothing is made")

	server.Exec(t, `CREATE ROLE guest LOGIN`)
	server.Exec(t, `GRANT USAGE ON SCHEMA `+empty[strings.LastIndex(empty, "=")+1:]+` TO guest`)
	found = serverFindings(t, strings.Replace(empty, "shopbot@", "guest@", 1))
	require.Contains(t, names(found), "postgresql postgres_rights")
	found = serverFindings(t, strings.Replace(empty, "shopbot@", "shopbot:hidden-word@", 1)+"x")
	require.NotContains(t, found[0].Text, "hidden-word")
}

func TestAGoodPostgreSQLServerIsOneLine(t *testing.T) {
	server := pgtest.New(t, "fsync=on", "full_page_writes=on")
	server.Run(t)
	address := server.Schema(t)
	db, err := database.Open(t.Context(), config.Database(address))
	require.NoError(t, err)
	require.NoError(t, db.Close())
	found := serverFindings(t, address)
	require.Contains(t, found[0].Text, "can be opened")
	for _, f := range found {
		require.Equal(t, health.OK, f.Level, f.Text)
	}
}

func TestAPostgreSQLServerThatIsAwayIsToldWithTheRemedy(t *testing.T) {
	found := serverFindings(t, "postgres://shop:hidden-word@127.0.0.1:1/shop")
	require.Equal(t, []string{"database fail"}, names(found))
	require.Contains(t, found[0].Text, "see that the server runs there")
	require.NotContains(t, found[0].Text, "hidden-word")
}
