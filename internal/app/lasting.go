package app

import (
	"context"
	"errors"
	"net"
	"os"
	"slices"
	"sync"
	"time"
)

// lasting keeps listeners open from one program of the process to the next. Who connects between the
// two waits, and is not refused.
type lasting struct {
	listen func(ctx context.Context, network, address string) (net.Listener, error)

	mu     sync.Mutex
	idle   []*lastingListener
	ending bool // no program follows
}

// lastingListener is a listener that its program only puts aside when it closes it.
type lastingListener struct {
	net.Listener

	of      *lasting
	address string // that was asked for
}

// Listen returns a listener that an earlier program has closed, or else opens one.
func (l *lasting) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, kept := range l.idle {
		if kept.address == address {
			l.idle = append(l.idle[:i], l.idle[i+1:]...)
			return kept, kept.interrupt(time.Time{})
		}
	}
	opened, err := l.listen(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &lastingListener{Listener: opened, of: l, address: address}, nil
}

// end closes what is put aside. From now on a listener that is closed is closed for good.
func (l *lasting) end() (err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ending = true
	for _, kept := range l.idle {
		err = errors.Join(err, kept.Listener.Close())
	}
	l.idle = nil
	return err
}

// Accept implements net.Listener.
func (k *lastingListener) Accept() (net.Conn, error) {
	conn, err := k.Listener.Accept()
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = net.ErrClosed
	}
	return conn, err
}

// Close implements net.Listener. Closing again does nothing.
func (k *lastingListener) Close() error {
	k.of.mu.Lock()
	defer k.of.mu.Unlock()
	if slices.Contains(k.of.idle, k) {
		return nil
	}
	if k.of.ending {
		return k.Listener.Close()
	}
	k.of.idle = append(k.of.idle, k)
	return k.interrupt(time.Unix(1, 0))
}

// interrupt ends the call of Accept that waits, and those that follow until it is called again.
func (k *lastingListener) interrupt(at time.Time) error {
	l, ok := k.Listener.(interface{ SetDeadline(t time.Time) error })
	if !ok {
		return errors.New("put a listener aside: it has no deadline")
	}
	return l.SetDeadline(at)
}
