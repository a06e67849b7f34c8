package crash

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/ops"
	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/sandbox/telegram"
	"shopbot/internal/shop"
)

// holdSocket opens the shop's public socket as systemd does, and keeps it open. Connections wait in
// it while there is no shop.
func holdSocket(t *testing.T, p *shopProcess) {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", p.listen)
	require.NoError(t, err)
	p.socket, err = l.(*net.TCPListener).File()
	require.NoError(t, err)
	require.NoError(t, l.Close())
	t.Cleanup(func() { _ = p.socket.Close() })
}

// The shop is restarted again and again while people buy. Its socket stays open meanwhile, so each
// webhook is answered 200 the first time.
func TestARestartBySocketActivationRefusesNoWebhook(t *testing.T) {
	t.Parallel()
	e := newEnv(t, testenv.BuildShop(t))
	const restarts = 5
	e.loadKeys(2000)
	holdSocket(t, e.shop)
	e.shop.start()
	b := &buyers{testEnv: e}
	b.start(t.Context())
	for range restarts {
		e.webhooks.awaitAck(10 * time.Second)
		e.shop.stop()
		time.Sleep(200 * time.Millisecond) // some webhooks come while there is no shop
		e.shop.start()
		e.shop.awaitReady(t.Context())
	}
	b.stop()
	b.awaitGoods()
	stored := e.stopAndRead()
	stored.checkPayments(e, shop.StateDelivered)
	require.Greater(t, len(e.webhooks.invoices), restarts, "too few payments for a test")
	require.Zero(t, e.webhooks.repeats, "webhooks that were not answered 200 the first time, of %d", len(e.webhooks.invoices))
}

func TestASocketThatTheShopDoesNotUseIsToldAtOnce(t *testing.T) {
	t.Parallel()
	e := newEnv(t, testenv.BuildShop(t))
	holdSocket(t, e.shop)
	held := e.shop.listen
	e.shop.env = append(e.shop.env, "SHOPBOT_LISTEN=127.0.0.1:0")
	e.shop.start()
	err := e.shop.running.Wait()
	e.shop.running = nil
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	require.Equal(t, 2, exit.ExitCode())
	log, err := os.ReadFile(e.shop.log.Name())
	require.NoError(t, err)
	require.Contains(t, string(log), "socket "+held+": systemd listens there for the shop, which does not")
}

// A stop lets a webhook that is on its way in finish, waits for no reader of a backup, and is done
// before systemd would kill the shop.
func TestAStopAnswersWhatIsInFlight(t *testing.T) {
	t.Parallel()
	e := newEnv(t, testenv.BuildShop(t))
	e.shop.start()
	e.shop.awaitReady(t.Context())
	body := []byte(`{"update_id":1,"update_type":"invoice_paid","request_date":"2026-11-30T10:00:00Z","payload":{"invoice_id":1,"status":"paid"}}`)
	key := sha256.Sum256([]byte(appToken))
	mac := hmac.New(sha256.New, key[:])
	_, _ = mac.Write(body)

	reader, writer := io.Pipe()
	answered := make(chan int, 1)
	go func() {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.webhooks.target, reader)
		if err == nil {
			r.ContentLength = int64(len(body))
			r.Header.Set(cryptopay.SignatureHeader, hex.EncodeToString(mac.Sum(nil)))
			var resp *http.Response
			if resp, err = http.DefaultClient.Do(r); err == nil {
				_ = resp.Body.Close()
				answered <- resp.StatusCode
				return
			}
		}
		t.Error(err)
		answered <- 0
	}()
	_, err := writer.Write(body[:10])
	require.NoError(t, err)

	socket := ops.SocketPath(e.database())
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "unix", socket)
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	_, err = io.WriteString(conn, "GET /ops/backup HTTP/1.1\r\nHost: shop\r\n\r\n") // and reads nothing
	require.NoError(t, err)
	time.Sleep(200 * time.Millisecond)

	require.NoError(t, e.shop.running.Process.Signal(syscall.SIGTERM))
	time.Sleep(time.Second)
	_, err = io.Copy(writer, bytes.NewReader(body[10:]))
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, <-answered)
	require.NoError(t, e.shop.running.Wait(), "exit code of the shop")
	e.shop.running = nil
	require.NoFileExists(t, socket)
	log, err := os.ReadFile(e.shop.log.Name())
	require.NoError(t, err)
	require.NotContains(t, string(log), "took too long")
}

// systemd learns that the shop is ready, that it is alive, and that it stops.
func TestSystemdIsToldOfReadinessLifeAndStop(t *testing.T) {
	t.Parallel()
	e := newEnv(t, testenv.BuildShop(t))
	dir, err := os.MkdirTemp("", "notify") // its name must be short
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	name := filepath.Join(dir, "s")
	l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	require.NoError(t, err)
	defer func() { _ = l.Close() }()
	e.shop.env = append(e.shop.env, "NOTIFY_SOCKET="+name, "WATCHDOG_USEC=300000")
	e.shop.start()
	await := func(wanted string) {
		t.Helper()
		buf := make([]byte, 1024)
		require.NoError(t, l.SetReadDeadline(time.Now().Add(testTimeout)))
		for {
			n, err := l.Read(buf)
			require.NoError(t, err, "waiting for %s", wanted)
			if strings.Contains(string(buf[:n]), wanted) {
				return
			}
		}
	}
	await("READY=1\nSTATUS=serving at " + e.shop.listen)
	await("WATCHDOG=1")
	await("WATCHDOG=1")
	require.NoError(t, e.shop.running.Process.Signal(syscall.SIGTERM))
	await("STOPPING=1")
	require.NoError(t, e.shop.running.Wait())
	e.shop.running = nil
}

// The owner hears of a stop without warning, once, and of what was caught up; an orderly stop is no
// news.
func TestAnInterruptionIsToldOnceWithWhatWasCaughtUp(t *testing.T) {
	t.Parallel()
	e := newEnv(t, testenv.BuildShop(t))
	e.shop.env = append(e.shop.env, fmt.Sprintf("SHOPBOT_ADMINS=%d", olga))
	e.loadKeys(5)
	ctx, cancel := context.WithTimeout(t.Context(), 2*testTimeout)
	defer cancel()
	e.shop.start()
	require.NoError(t, e.Telegram().Say(botToken, olga, "/start"))
	e.addPerson(firstBuyer)
	require.NoError(t, e.Telegram().Say(botToken, firstBuyer, "/buy vpn"))
	bill, err := e.awaitMessage(ctx, firstBuyer, func(m telegram.Message) bool { return len(m.URLs()) > 0 })
	require.NoError(t, err)
	e.shop.kill()
	_, err = e.CryptoPay().Pay(bill.URLs()[0], firstBuyer, "USDT")
	require.NoError(t, err)
	require.NoError(t, e.Telegram().Say(botToken, firstBuyer, "/help"))
	time.Sleep(time.Second) // Crypto Pay counts in whole seconds
	e.shop.start()
	e.shop.awaitReady(ctx)
	e.shop.kill() // before it could tell
	e.shop.start()
	told, err := e.awaitMessage(ctx, olga, func(m telegram.Message) bool { return strings.Contains(m.Text, "The shop was interrupted") })
	require.NoError(t, err)
	require.Contains(t, told.Text, "2 times in a row")
	require.Contains(t, told.Text, "1 payment that came meanwhile was found")
	e.shop.stop()
	e.shop.start()
	e.shop.awaitReady(ctx)
	time.Sleep(time.Second)
	e.shop.stop()
	count := 0
	for _, m := range e.Telegram().Sent(botToken, olga) {
		if strings.Contains(m.Text, "The shop was interrupted") {
			count++
		}
	}
	require.Equal(t, 1, count)
}
