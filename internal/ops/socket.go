package ops

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"shopbot/internal/config"
	"shopbot/internal/storage"
)

// SocketPath is the Unix socket at which the running shop of a database answers commands. It stands
// beside the file itself, whatever links lead there, so that every name of a database leads to one
// socket.
func SocketPath(database string) string {
	if target, err := filepath.EvalSymlinks(database); err == nil {
		database = target
	}
	return database + ".sock"
}

// Socket is where the running shop of a configuration answers commands: SHOPBOT_SOCKET, or else beside
// the database's file. PostgreSQL has no file on this machine, so the socket is then in the working
// directory.
func Socket(cfg config.Config) string {
	switch {
	case cfg.Socket != "":
		return cfg.Socket
	case cfg.Database.IsPostgres():
		return "shopbot.sock"
	}
	return SocketPath(cfg.Database.Path())
}

// ErrSocketTaken says that something else has the name of the socket.
var ErrSocketTaken = errors.New("something else has this name")

// ListenSocket listens at path for programs of the same user. Closing the listener removes the
// socket. The caller holds the lock of the database that the socket belongs to, so a socket that
// nobody answers at is what a killed shop left, and is replaced. Anything else with that name
// stays, and the error is ErrSocketTaken.
func ListenSocket(ctx context.Context, path string) (net.Listener, error) {
	l, err := listenSocket(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("socket %s for commands: %w", path, err)
	}
	return l, nil
}

func listenSocket(ctx context.Context, path string) (_ net.Listener, err error) {
	_, release, err := shortName(path) // or commands could not reach it
	if err != nil {
		return nil, err
	}
	release()
	switch info, err := os.Lstat(path); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	case info.Mode().Type() != fs.ModeSocket:
		return nil, fmt.Errorf("%w: move it away", ErrSocketTaken)
	default:
		if c, err := dialSocket(ctx, path); err == nil {
			return nil, errors.Join(fmt.Errorf("%w: another process answers there", ErrSocketTaken), c.Close())
		}
	}
	// The socket is made in a directory that nobody else can enter, and gets its name when its mode
	// is right. A killed shop may have left that directory.
	private := path + ".new"
	made := filepath.Join(private, "s")
	_, _ = os.Remove(made), os.Remove(private)
	if err := os.Mkdir(private, 0o700); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.Remove(private)) }()
	short, release, err := shortName(made)
	if err != nil {
		return nil, err
	}
	defer release()
	l, err := (&net.ListenConfig{}).Listen(ctx, "unix", short)
	if err != nil {
		return nil, err
	}
	if unix, ok := l.(*net.UnixListener); ok {
		unix.SetUnlinkOnClose(false) // the name is another one by then
	}
	s := &socket{Listener: l, path: path}
	err = os.Chmod(made, 0o600)
	if err == nil {
		s.file, err = os.Lstat(made)
	}
	if err == nil {
		err = os.Rename(made, path)
	}
	if err != nil {
		return nil, errors.Join(err, l.Close(), os.Remove(made))
	}
	return s, nil
}

// socket is a listener that removes its own name, and no other's, when it is closed.
type socket struct {
	net.Listener

	path string
	file fs.FileInfo
	once sync.Once
}

// Close closes the listener. Closing again does nothing.
func (s *socket) Close() (err error) {
	s.once.Do(func() {
		if info, err := os.Lstat(s.path); err == nil && os.SameFile(info, s.file) {
			_ = os.Remove(s.path) // if it stays, the next start replaces it
		}
		err = s.Listener.Close()
	})
	return err
}

// dialSocket connects to the socket at path. It does not connect to a socket of another user, who
// could have put it there to be told what commands say: the owner has to be the database's, this
// process's, or root; of a socket that is beside no database, the owner of its directory.
func dialSocket(ctx context.Context, path string) (net.Conn, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Type() != fs.ModeSocket || !isTrusted(info, path) {
		return nil, fmt.Errorf("%s: %w", path, ErrSocketTaken)
	}
	short, release, err := shortName(path)
	if err != nil {
		return nil, err
	}
	defer release()
	return (&net.Dialer{}).DialContext(ctx, "unix", short)
}

func isTrusted(info fs.FileInfo, path string) bool {
	owner, known := storage.OwnerID(info)
	if !known || owner == 0 || owner == os.Geteuid() {
		return true
	}
	database, err := os.Stat(strings.TrimSuffix(path, ".sock"))
	if err != nil {
		database, err = os.Stat(filepath.Dir(path))
	}
	if err != nil {
		return false
	}
	of, _ := storage.OwnerID(database)
	return owner == of
}

// mostSocketName is the longest name of a socket that every system takes; Linux takes 107 bytes,
// others 103.
const mostSocketName = 103

// shortName returns a name for a socket that the system takes, until release is called. Linux
// reaches a long path through its directory's descriptor (proc_pid_fd(5)).
func shortName(path string) (name string, release func(), err error) {
	if len(path) <= mostSocketName {
		return path, func() {}, nil
	}
	if runtime.GOOS == "linux" {
		dir, err := os.Open(filepath.Dir(path))
		if err != nil {
			return "", nil, err
		}
		name = fmt.Sprintf("/proc/self/fd/%d/%s", dir.Fd(), filepath.Base(path))
		if len(name) <= mostSocketName {
			return name, func() { _ = dir.Close() }, nil
		}
		_ = dir.Close()
	}
	return "", nil, fmt.Errorf("its path has %d bytes, and the system takes %d: give the database a shorter path with SHOPBOT_DATABASE, or the socket one with SHOPBOT_SOCKET", len(path), mostSocketName)
}
