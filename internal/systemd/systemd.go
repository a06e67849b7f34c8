// Package systemd is what the program and systemd tell each other: the sockets that systemd holds
// for it, that it is ready, and that it is alive. Without systemd nothing here does anything.
package systemd

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-systemd/v22/activation"
	"github.com/coreos/go-systemd/v22/daemon"
)

// Sockets are the listening sockets that systemd opened for this process. They stay open while the
// program restarts, so nobody who connects meanwhile is refused.
type Sockets struct {
	mu      sync.Mutex
	waiting []net.Listener
}

// Inherited takes over the sockets of this process. Only its first call finds them.
func Inherited() *Sockets {
	listeners, _ := activation.Listeners() // the library has no error to return
	return &Sockets{waiting: slices.DeleteFunc(listeners, func(l net.Listener) bool { return l == nil })}
}

// Listen returns the socket that systemd opened at the address's port, or else opens one.
func (s *Sockets) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	if l := s.take(address); l != nil {
		return l, nil
	}
	return (&net.ListenConfig{}).Listen(ctx, network, address)
}

func (s *Sockets) take(address string) net.Listener {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, l := range s.waiting {
		if _, there, err := net.SplitHostPort(l.Addr().String()); err == nil && there == port {
			s.waiting = slices.Delete(s.waiting, i, i+1)
			return l
		}
	}
	return nil
}

// Unused returns the addresses of sockets that Listen has not returned. Who connects to one of them
// waits in vain.
func (s *Sockets) Unused() (addresses []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.waiting {
		addresses = append(addresses, l.Addr().String())
	}
	return addresses
}

// Ready tells systemd that the program serves, with a word about it for "systemctl status".
func Ready(log *slog.Logger, status string) {
	notify(log, daemon.SdNotifyReady+"\nSTATUS="+strings.ReplaceAll(status, "\n", " "))
}

// Stopping tells systemd that the program is about to end.
func Stopping(log *slog.Logger) { notify(log, daemon.SdNotifyStopping+"\nSTATUS=stopping") }

func notify(log *slog.Logger, state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		log.Warn("tell systemd failed", "error", err)
	}
}

// KeepAlive tells systemd's watchdog that the program is alive, until ctx ends. It does so after
// each return of alive, whose result does not matter: a program that hangs is restarted, and one
// whose disk is full is not, since that would not help.
func KeepAlive(ctx context.Context, log *slog.Logger, alive func(context.Context)) error {
	limit, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		return fmt.Errorf("systemd's watchdog: %w", err)
	}
	if limit == 0 {
		return nil
	}
	tick := time.NewTicker(limit / 3)
	defer tick.Stop()
	for {
		alive(ctx)
		notify(log, daemon.SdNotifyWatchdog)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
