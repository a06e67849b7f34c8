package sandbox

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// pipeBuffer is how many bytes may be under way in one direction before a
// writer has to wait for the reader.
const pipeBuffer = 64 << 10

// conn is one end of a connection. What was written before Close still arrives,
// as with TCP.
type conn struct {
	network       *Network
	in, out       *pipe
	local, remote addr
}

func (c *conn) Read(p []byte) (int, error) {
	n, err := c.in.read(p)
	return n, c.wrap("read", err)
}

func (c *conn) Write(p []byte) (int, error) {
	n, err := c.out.write(p)
	return n, c.wrap("write", err)
}

func (c *conn) wrap(op string, err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	return opError(op, c.local, c.remote, err)
}

func (c *conn) Close() error {
	c.drop()
	c.network.forget(c)
	return nil
}

// drop ends the connection as if its owner had closed it.
func (c *conn) drop() {
	c.in.update(func(s *pipe) { s.readerGone = true })
	c.out.update(func(s *pipe) { s.writerGone = true })
}

func (c *conn) LocalAddr() net.Addr  { return c.local }
func (c *conn) RemoteAddr() net.Addr { return c.remote }

func (c *conn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

func (c *conn) SetReadDeadline(t time.Time) error {
	c.in.update(func(s *pipe) { s.readBy.set(t, s.expire) })
	return nil
}

func (c *conn) SetWriteDeadline(t time.Time) error {
	c.out.update(func(s *pipe) { s.writeBy.set(t, s.expire) })
	return nil
}

// pipe is one direction of a connection.
type pipe struct {
	mu         sync.Mutex
	changed    sync.Cond
	data       bytes.Buffer // written, not yet read
	readerGone bool
	writerGone bool
	readBy     deadline
	writeBy    deadline
}

func newPipe() *pipe {
	s := &pipe{}
	s.changed.L = &s.mu
	return s
}

// update changes the state, and has all who wait look at it again.
func (s *pipe) update(f func(*pipe)) {
	s.mu.Lock()
	f(s)
	if s.readerGone {
		s.readBy.stop()
	}
	if s.writerGone {
		s.writeBy.stop()
	}
	s.mu.Unlock()
	s.wake()
}

func (s *pipe) wake() { s.changed.Broadcast() }

// expire wakes at a deadline. The lock keeps it from passing unheard between
// somebody's look at the clock and the waiting.
func (s *pipe) expire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed.Broadcast()
}

func (s *pipe) read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.readerGone:
			return 0, net.ErrClosed
		case s.readBy.passed():
			return 0, os.ErrDeadlineExceeded
		case len(p) == 0:
			return 0, nil
		case s.data.Len() > 0:
			n, err := s.data.Read(p)
			s.wake()
			return n, err
		case s.writerGone:
			return 0, io.EOF
		}
		s.changed.Wait()
	}
}

// write returns when all is under way. Of two writers at once, what is longer
// than the buffer may come in pieces.
func (s *pipe) write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	written := 0
	for {
		switch free := pipeBuffer - s.data.Len(); {
		case s.writerGone:
			return written, net.ErrClosed
		case s.writeBy.passed():
			return written, os.ErrDeadlineExceeded
		case s.readerGone:
			return written, syscall.EPIPE
		case written == len(p):
			return written, nil
		case free > 0:
			n, err := s.data.Write(p[written:min(len(p), written+free)])
			if err != nil {
				return written, err
			}
			written += n
			s.wake()
		default:
			s.changed.Wait()
		}
	}
}

// deadline is a moment that whoever waits is woken at. The zero deadline never
// comes. Whoever sets it has all look at it afterwards.
type deadline struct {
	at    time.Time
	timer *time.Timer
}

func (d *deadline) set(at time.Time, wake func()) {
	d.stop()
	d.at = at
	// net/http cuts a read short by a deadline long past. That needs no timer, and
	// one set so far back in a bubble crashes the runtime (Go 1.26 with -race).
	if left := time.Until(at); left > 0 && !at.IsZero() {
		d.timer = time.AfterFunc(left, wake)
	}
}

func (d *deadline) stop() {
	if d.timer != nil {
		d.timer.Stop()
	}
}

func (d *deadline) passed() bool { return !d.at.IsZero() && !time.Now().Before(d.at) }
