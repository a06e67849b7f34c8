package pgtest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// Server is a running PostgreSQL.
type Server struct {
	dir      string // of its data; "" for one that was not started here
	address  string // host and port
	url      string // of a database that its user may do anything in
	settings []string
	process  *exec.Cmd
	exited   chan struct{}
}

// Start starts a server for one test. settings, such as "fsync=on", come on top of ones that make it
// quick and let it lose data in a power cut, as no test makes.
func Start(tb testing.TB, settings ...string) *Server {
	tb.Helper()
	if outside := os.Getenv("SHOPBOT_TEST_POSTGRES"); outside != "" {
		return &Server{url: outside}
	}
	s := New(tb, settings...)
	s.Run(tb)
	return s
}

// New makes a server's data directory and does not start it. It needs the packages: what tests do
// with it, such as ending it, is nothing to do to a server that others use.
func New(tb testing.TB, settings ...string) *Server {
	tb.Helper()
	dir, err := os.MkdirTemp("", "pgtest-*") //nolint:usetesting // another user has to reach it
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	data := filepath.Join(dir, "data")
	require.NoError(tb, os.Chmod(dir, 0o755)) //nolint:gosec // as above
	require.NoError(tb, os.Mkdir(data, 0o700))
	if user := owner(tb); user != nil {
		require.NoError(tb, os.Chown(dir, int(user.Uid), int(user.Gid)))
		require.NoError(tb, os.Chown(data, int(user.Uid), int(user.Gid)))
	}
	out, err := command(tb, "initdb", "-D", data, "-U", "shopbot", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C").CombinedOutput()
	require.NoError(tb, err, "%s", out)
	return NewAt(tb, data, settings...)
}

// NewAt is a server on a data directory that is there already, such as a copy of another one's.
func NewAt(tb testing.TB, data string, settings ...string) *Server {
	tb.Helper()
	l, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	address := l.Addr().String()
	require.NoError(tb, l.Close())
	return &Server{
		dir: data, address: address, url: "postgres://shopbot@" + address + "/postgres",
		settings: append([]string{"fsync=off", "full_page_writes=off", "unix_socket_directories=", "listen_addresses=127.0.0.1", "max_connections=120"}, settings...),
	}
}

// Run starts the server and waits until it answers. It ends with the test.
func (s *Server) Run(tb testing.TB) {
	tb.Helper()
	host, port, err := net.SplitHostPort(s.address)
	require.NoError(tb, err)
	args := []string{"-D", s.dir, "-p", port, "-h", host}
	for _, setting := range s.settings {
		args = append(args, "-c", setting)
	}
	var log bytes.Buffer
	s.process = command(tb, "postgres", args...)
	s.process.Stdout, s.process.Stderr = &log, &log
	s.exited = make(chan struct{})
	started := make(chan error, 1)
	go func(p *exec.Cmd, exited chan struct{}) {
		runtime.LockOSThread() // the signal at the parent's death is that of the thread's
		err := p.Start()
		started <- err
		if err == nil {
			_ = p.Wait()
		}
		close(exited)
	}(s.process, s.exited)
	require.NoError(tb, <-started)
	tb.Cleanup(s.Kill)
	require.Eventually(tb, func() bool {
		select {
		case <-s.exited:
			return true
		default:
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		conn, err := pgx.Connect(ctx, s.url)
		if err != nil {
			return false
		}
		return conn.Close(ctx) == nil
	}, time.Minute, 20*time.Millisecond)
	select {
	case <-s.exited:
		require.Fail(tb, "PostgreSQL did not start", "%s", log.String())
	default:
	}
}

// Kill ends the server at once, as a power cut of its machine would.
func (s *Server) Kill() { s.end(syscall.SIGQUIT) }

// Stop ends the server in an orderly way, without waiting for its clients.
func (s *Server) Stop() { s.end(syscall.SIGINT) }

func (s *Server) end(signal syscall.Signal) {
	select {
	case <-s.exited:
		return
	default:
	}
	_ = s.process.Process.Signal(signal)
	<-s.exited
}

// Data is the server's data directory.
func (s *Server) Data() string { return s.dir }

// Address is the server's host and port.
func (s *Server) Address() string { return s.address }

// URL is the address of the database that Schema makes schemas in.
func (s *Server) URL() string { return s.url }

var schemas atomic.Int64 //nolint:gochecknoglobals // a number for names

// Schema returns the address of a new, empty place in the server: a schema of its own, which is
// removed after the test.
func (s *Server) Schema(tb testing.TB) string {
	tb.Helper()
	name := fmt.Sprintf("test_%d_%d", os.Getpid(), schemas.Add(1))
	s.Exec(tb, `CREATE SCHEMA `+name)
	if s.dir == "" {
		tb.Cleanup(func() { s.Exec(tb, `DROP SCHEMA `+name+` CASCADE`) })
	}
	u, err := url.Parse(s.url)
	require.NoError(tb, err)
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String()
}

// Exec runs SQL on the server.
func (s *Server) Exec(tb testing.TB, sql string, args ...any) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.url)
	require.NoError(tb, err)
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, sql, args...)
	require.NoError(tb, err)
}

// Command is one of the server's programs, run as a user that it accepts.
func Command(tb testing.TB, name string, args ...string) *exec.Cmd {
	tb.Helper()
	return command(tb, name, args...)
}

func command(tb testing.TB, name string, args ...string) *exec.Cmd {
	tb.Helper()
	path := find(name)
	if path == "" {
		const missing = "no PostgreSQL here: install Debian's package postgresql, or name a server in SHOPBOT_TEST_POSTGRES"
		if os.Getenv("SHOPBOT_POSTGRES_TEST") == "required" {
			require.Fail(tb, missing)
		}
		tb.Skip(missing)
	}
	cmd := exec.Command(path, args...) //nolint:noctx,gosec // ends with the test
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: owner(tb), Pdeathsig: syscall.SIGQUIT}
	return cmd
}

// find returns the path of a program of the newest version; "" if there is none.
func find(name string) string {
	paths, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	slices.SortFunc(paths, func(a, b string) int { return len(a) - len(b) + strings.Compare(a, b) })
	if len(paths) > 0 {
		return paths[len(paths)-1]
	}
	path, _ := exec.LookPath(name)
	return path
}
