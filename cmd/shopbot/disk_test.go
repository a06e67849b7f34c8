//go:build linux

package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox/cryptopay"
)

// failDisk has the running shop's database written to another file, which fails it as a disk would; repair ends that.
func (w *town) failDisk(other string, flag int) (repair func()) {
	w.t.Helper()
	fd := w.databaseFD()
	good, err := syscall.Dup(fd)
	require.NoError(w.t, err)
	if !filepath.IsAbs(other) {
		other = filepath.Join(w.dir, other)
	}
	instead, err := os.OpenFile(other, flag, 0)
	require.NoError(w.t, err)
	require.NoError(w.t, syscall.Dup3(int(instead.Fd()), fd, syscall.O_CLOEXEC))
	return func() {
		require.NoError(w.t, syscall.Dup3(good, fd, syscall.O_CLOEXEC))
		require.NoError(w.t, syscall.Close(good))
		require.NoError(w.t, instead.Close())
	}
}

// databaseFD is the number under which this process has the shop's database open.
func (w *town) databaseFD() int {
	w.t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	require.NoError(w.t, err)
	for _, e := range open {
		if name, _ := os.Readlink("/proc/self/fd/" + e.Name()); name == filepath.Join(w.dir, "shop.db") {
			fd, err := strconv.Atoi(e.Name())
			require.NoError(w.t, err)
			return fd
		}
	}
	require.Fail(w.t, "the database is not open")
	return 0
}

// readiness is what the private listener says of the shop.
func (w *town) readiness() (status int, says string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, "http://127.0.0.1:9090/readyz", nil)
	require.NoError(w.t, err)
	resp, err := (&http.Client{Transport: w.net.Transport()}).Do(r)
	require.NoError(w.t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(w.t, err)
	require.NoError(w.t, resp.Body.Close())
	return resp.StatusCode, string(body)
}

// paymentOf is the webhook that tells of an invoice's payment.
func paymentOf(in cryptopay.Invoice) []byte {
	return fmt.Appendf(nil, `{"update_id":1,"update_type":"invoice_paid","request_date":"2026-01-01T00:00:00.000Z","payload":`+
		`{"invoice_id":%d,"status":"paid","currency_type":"fiat","fiat":"USD","amount":"5","paid_asset":"USDT","paid_amount":"5","payload":%q}}`,
		in.ID, in.Payload)
}

func TestWhileTheDiskFailsNothingIsAcknowledgedAndAfterwardsAllOfItArrives(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		flag int
		says string
	}{
		"no space":        {"/dev/full", os.O_RDWR, "no space left on device"},
		"writes fail":     {"catalog.yaml", os.O_RDONLY, "write to database"},
		"the flush fails": {os.DevNull, os.O_RDWR, "write to database"},
	} {
		t.Run(name, func(t *testing.T) {
			inTown(t, func(t *testing.T, w *town) {
				w.set("SYNC_INTERVAL", "1h") // the webhook alone has to do it
				w.close()
				w.open()
				w.say(alice, "/buy vpn")
				in := w.CryptoPay().Invoices(appToken)[0]
				body := paymentOf(in)
				repair := w.failDisk(c.file, c.flag)

				for range 3 {
					status, _ := w.knock(http.MethodPost, body, cryptopay.Sign(appToken, body))
					require.Equal(t, http.StatusServiceUnavailable, status)
				}
				heard := len(w.chat(boris))
				require.NoError(t, w.Telegram().Say(botToken, boris, "/buy vpn"))
				_, err := w.CryptoPay().Pay(in.Hash, alice, "USDT")
				require.NoError(t, err)
				time.Sleep(time.Minute)
				synctest.Wait()
				require.Empty(t, w.keysOf(alice))
				require.Len(t, w.chat(boris), heard+1, "the bot has not answered")
				status, says := w.readiness()
				require.Equal(t, http.StatusServiceUnavailable, status)
				require.Contains(t, says, c.says)
				require.Contains(t, w.askOps(http.MethodGet, "/metrics"), "\nshopbot_database_writable 0\n")

				repair()
				status, says = w.readiness()
				require.Equal(t, http.StatusOK, status, says)
				time.Sleep(5 * time.Minute)
				synctest.Wait()
				require.NotEmpty(t, w.bill(boris), "his message was not lost")
				time.Sleep(time.Hour) // the sender of the webhook tries again
				synctest.Wait()
				require.Equal(t, []string{"KEY-01"}, w.keysOf(alice), "once, and by the webhook")
				require.Contains(t, w.askOps(http.MethodGet, "/metrics"), "\nshopbot_database_writable 1\n")
				status, _ = w.knock(http.MethodPost, body, cryptopay.Sign(appToken, body))
				require.Equal(t, http.StatusOK, status)
				w.settle()
				require.Equal(t, []string{"KEY-01"}, w.keysOf(alice))
			})
		})
	}
}
