package config

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
)

func TestAnAddressOfPostgreSQLIsShownWithoutItsPassword(t *testing.T) {
	for address, want := range map[string]string{
		"postgres://shop:private@db/shop":                               "postgres://shop@db/shop",
		"postgresql://shop@db:5432/shop?password=private":               "postgresql://shop@db:5432/shop",
		"postgres://shop:private@a:1,b:2/shop?sslmode=verify-full":      "postgres://shop@a:1,b:2/shop",
		"postgres://:private@db/shop":                                   "postgres://@db/shop",
		"postgres:///shop?host=/run/postgresql&user=a&password=private": "postgres:///shop",
	} {
		cfg, err := Load(complete("SHOPBOT_DATABASE="+address), "")
		require.NoError(t, err, address)
		require.Equal(t, want, cfg.Database.Name())
		require.Equal(t, want, fmt.Sprint(cfg.Database))
		require.Equal(t, address, cfg.Database.URL())
		require.Empty(t, cfg.Database.Path())
		require.Equal(t, "shop.db", cfg.Database.FileName())
		require.NotContains(t, cfg.PrivateFiles(), "")
	}
}

func TestAWrongAddressOfPostgreSQLIsExplainedWithoutThePassword(t *testing.T) {
	for _, address := range []string{
		"postgres://shop:pri/vate@db/shop", "postgres://shop:pri%zzvate@db/shop", "postgres://shop:pri@vate@db/shop",
		"postgres://shop:private@db:99999/shop", "postgres://shop:private@[::1/shop", "postgres://shop:private@db",
		"postgres:shop:private@db/shop", "postgres://shop:private@db/shop?sslmode=private",
		"postgres://shop:pri/with@vate%@db/shop", "postgres://shop:pri?a=vate%@db/shop", "postgres://shop:pri#vate%2@db/shop",
		"postgres://shop:pri/vate:x@db/shop", "postgres://shop:12/pri:vate@db:5432/shop",
	} {
		_, err := Load(complete("SHOPBOT_DATABASE="+address), "")
		require.ErrorContains(t, err, "SHOPBOT_DATABASE: ", address)
		require.ErrorContains(t, err, "write postgres://USER:PASSWORD@HOST:5432/DATABASE", address)
		require.NotRegexp(t, "pri|vate", err.Error(), address)
		if Database(address).IsPostgres() {
			require.NotContains(t, Database(address).Name(), "pri", address)
		}
	}
}

func TestTheAddressOfPostgreSQLMayComeInAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "database")
	require.NoError(t, os.WriteFile(file, []byte("postgres://shop:private@db/shop\n"), 0o600))
	cfg, err := Load(complete("SHOPBOT_DATABASE_FILE="+file), "")
	require.NoError(t, err)
	require.Equal(t, "postgres://shop:private@db/shop", cfg.Database.URL())
	require.Contains(t, cfg.PrivateFiles(), file)
}

func TestThePasswordOfTheDatabaseIsASecretIfItIsOne(t *testing.T) {
	cfg, err := Load(complete("SHOPBOT_DATABASE=postgres://shop:a%40b-long-enough@db/shop"), "")
	require.NoError(t, err)
	require.Subset(t, cfg.Secrets(), []string{"a@b-long-enough", cfg.Database.URL()})
	cfg, err = Load(complete("SHOPBOT_DATABASE=postgres://shop:shop@db/shop"), "")
	require.NoError(t, err)
	require.NotContains(t, cfg.Secrets(), "shop", "the word stands everywhere")
}

func TestAPasswordIsPutIntoAnAddressOfPostgreSQL(t *testing.T) {
	t.Setenv("PGUSER", "shop")
	const password = "a b/c@d%e:f#g?h"
	for _, address := range []string{
		"postgres://shop@db/shop?sslmode=disable", "postgres://a:1,b:2/shop", "postgres:///shop?host=/run/postgresql&user=shop", "postgres://shop:other@db/shop",
	} {
		with := Database(address).WithPassword(password)
		require.True(t, with.HasPassword())
		cfg, err := Load(complete("SHOPBOT_DATABASE="+with.URL()), "")
		require.NoError(t, err, address)
		parsed, err := pgconn.ParseConfig(cfg.Database.URL())
		require.NoError(t, err)
		require.Equal(t, password, parsed.Password)
		require.Equal(t, "shop", parsed.User)
		require.Equal(t, "shop", parsed.Database)
	}
	for address, want := range map[string]bool{
		"postgres://shop@db/shop": false, "postgres://shop:x@db/shop": true, "postgres://db/shop?password=x": true, "shop.db": false,
	} {
		require.Equal(t, want, Database(address).HasPassword(), address)
	}
}
