package pgtest

import (
	"os"
	"os/user"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// owner is whom the server runs as: PostgreSQL refuses root. It is nil for the test's own user.
func owner(tb testing.TB) *syscall.Credential {
	tb.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	of, err := user.Lookup("postgres")
	if err != nil {
		return nil
	}
	uid, err := strconv.ParseUint(of.Uid, 10, 32)
	require.NoError(tb, err)
	gid, err := strconv.ParseUint(of.Gid, 10, 32)
	require.NoError(tb, err)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}
