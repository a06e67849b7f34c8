package postgres

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/storage/postgres/pgtest"
)

func TestAServerIsInspectedWithoutAChange(t *testing.T) {
	server := pgtest.New(t)
	server.Run(t)
	address := server.Schema(t)
	facts, err := Inspect(t.Context(), address)
	require.NoError(t, err)
	require.False(t, facts.HasTables)
	require.True(t, facts.MayCreate)
	require.False(t, facts.Fsync, "as the server of tests is")
	require.False(t, facts.FullPages)
	require.GreaterOrEqual(t, facts.Number, 130000)
	require.NotEmpty(t, facts.Version)
	require.False(t, facts.Encrypted)
	require.True(t, facts.Local)
	require.Positive(t, facts.RoundTrip)
	require.Less(t, facts.Ahead.Abs(), time.Minute)

	again, err := Inspect(t.Context(), address)
	require.NoError(t, err)
	require.False(t, again.HasTables, "nothing was made")
	mustOpen(t, address)
	facts, err = Inspect(t.Context(), address)
	require.NoError(t, err)
	require.True(t, facts.HasTables)

	server.Exec(t, `CREATE ROLE guest LOGIN`)
	guest := strings.Replace(address, "shopbot@", "guest@", 1)
	server.Exec(t, `GRANT USAGE ON SCHEMA `+guest[strings.LastIndex(guest, "=")+1:]+` TO guest`)
	facts, err = Inspect(t.Context(), guest)
	require.NoError(t, err)
	require.False(t, facts.MayCreate)
	_, err = Inspect(t.Context(), strings.Replace(address, "shopbot@", "nobody:hidden-word@", 1))
	require.ErrorContains(t, err, "see user and password in SHOPBOT_DATABASE")
	require.NotContains(t, err.Error(), "hidden-word")
	_, err = Inspect(t.Context(), address+"&sslmode=verify-full")
	require.ErrorContains(t, err, "set ssl = on in postgresql.conf")
	wrongCertificate := &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}
	require.ErrorContains(t, inWords(fmt.Errorf("connect: %w", wrongCertificate)), "sslrootcert=FILE")
}
