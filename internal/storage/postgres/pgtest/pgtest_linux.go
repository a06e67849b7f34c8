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
func Start(t testing.TB, settings ...string) *Server {
	t.Helper()
	if outside := os.Getenv("SHOPBOT_TEST_POSTGRES"); outside != "" {
		return &Server{url: outside}
	}
	s := New(t, settings...)
	s.Run(t)
	return s
}

// New makes a server's data directory and does not start it. It needs the packages: what tests do
// with it, such as ending it, is nothing to do to a server that others use.
func New(t testing.TB, settings ...string) *Server {
	t.Helper()
	dir, err := os.MkdirTemp("", "pgtest-*") //nolint:usetesting // another user has to reach it
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	data := filepath.Join(dir, "data")
	require.NoError(t, os.Chmod(dir, 0o755)) //nolint:gosec // as above
	require.NoError(t, os.Mkdir(data, 0o700))
	if user := owner(t); user != nil {
		require.NoError(t, os.Chown(dir, int(user.Uid), int(user.Gid)))
		require.NoError(t, os.Chown(data, int(user.Uid), int(user.Gid)))
	}
	out, err := command(t, "initdb", "-D", data, "-U", "shopbot", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C").CombinedOutput()
	require.NoError(t, err, "%s", out)
	return NewAt(t, data, settings...)
}

// NewAt is a server on a data directory that is there already, such as a copy of another one's.
func NewAt(t testing.TB, data string, settings ...string) *Server {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := l.Addr().String()
	require.NoError(t, l.Close())
	return &Server{
		dir: data, address: address, url: "postgres://shopbot@" + address + "/postgres",
		settings: append([]string{"fsync=off", "full_page_writes=off", "unix_socket_directories=", "listen_addresses=127.0.0.1", "max_connections=120"}, settings...),
	}
}

// Run starts the server and waits until it answers. It ends with the test.
func (s *Server) Run(t testing.TB) {
	t.Helper()
	host, port, err := net.SplitHostPort(s.address)
	require.NoError(t, err)
	args := []string{"-D", s.dir, "-p", port, "-h", host}
	for _, setting := range s.settings {
		args = append(args, "-c", setting)
	}
	var log bytes.Buffer
	s.process = command(t, "postgres", args...)
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
	require.NoError(t, <-started)
	t.Cleanup(s.Kill)
	require.Eventually(t, func() bool {
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
		require.Fail(t, "PostgreSQL did not start", "%s", log.String())
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
func (s *Server) Schema(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("test_%d_%d", os.Getpid(), schemas.Add(1))
	s.Exec(t, `CREATE SCHEMA `+name)
	if s.dir == "" {
		t.Cleanup(func() { s.Exec(t, `DROP SCHEMA `+name+` CASCADE`) })
	}
	u, err := url.Parse(s.url)
	require.NoError(t, err)
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String()
}

// Exec runs SQL on the server.
func (s *Server) Exec(t testing.TB, sql string, args ...any) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.url)
	require.NoError(t, err)
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, sql, args...)
	require.NoError(t, err)
}

// Command is one of the server's programs, run as a user that it accepts.
func Command(t testing.TB, name string, args ...string) *exec.Cmd {
	t.Helper()
	return command(t, name, args...)
}

func command(t testing.TB, name string, args ...string) *exec.Cmd {
	t.Helper()
	path := find(name)
	if path == "" {
		const missing = "no PostgreSQL here: install Debian's package postgresql, or name a server in SHOPBOT_TEST_POSTGRES"
		if os.Getenv("SHOPBOT_POSTGRES_TEST") == "required" {
			require.Fail(t, missing)
		}
		t.Skip(missing)
	}
	cmd := exec.Command(path, args...) //nolint:noctx,gosec // ends with the test
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: owner(t), Pdeathsig: syscall.SIGQUIT}
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
