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

// failDisk has the running shop's files, those whose names begin so, written to another file, which fails them as a
// disk would; repair ends that.
func (w *town) failDisk(names, other string, flag int) (repair func()) {
	w.t.Helper()
	if !filepath.IsAbs(other) {
		other = filepath.Join(w.dir, other)
	}
	var repairs []func()
	for _, fd := range w.openFiles(names) {
		good, err := syscall.Dup(fd)
		require.NoError(w.t, err)
		instead, err := os.OpenFile(other, flag, 0)
		require.NoError(w.t, err)
		require.NoError(w.t, syscall.Dup3(int(instead.Fd()), fd, syscall.O_CLOEXEC))
		repairs = append(repairs, func() {
			require.NoError(w.t, syscall.Dup3(good, fd, syscall.O_CLOEXEC))
			require.NoError(w.t, syscall.Close(good))
			require.NoError(w.t, instead.Close())
		})
	}
	return func() {
		for _, repair := range repairs {
			repair()
		}
	}
}

// openFiles are the numbers under which this process has the shop's files open.
func (w *town) openFiles(names string) (fds []int) {
	w.t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	require.NoError(w.t, err)
	for _, e := range open {
		name, _ := os.Readlink("/proc/self/fd/" + e.Name())
		if matched, err := filepath.Match(filepath.Join(w.dir, names), name); err == nil && matched {
			fd, err := strconv.Atoi(e.Name())
			require.NoError(w.t, err)
			fds = append(fds, fd)
		}
	}
	require.NotEmpty(w.t, fds)
	return fds
}

// useJournal has both files of the journal in use.
func (w *town) useJournal() {
	w.t.Helper()
	for range 2 {
		w.say(alice, "/orders")
		time.Sleep(5 * time.Second)
		synctest.Wait()
	}
	require.Len(w.t, w.openFiles("shop.db*"), 3)
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
				w.useJournal()
				repair := w.failDisk("shop.db*", c.file, c.flag)

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

// A database file that cannot be written to keeps nobody waiting: what is new is safe in the journal.
func TestWhileTheDatabaseFileFailsTheShopGoesOnAndTheOwnerIsWarned(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.useJournal()
		repair := w.failDisk("shop.db", "/dev/full", os.O_RDWR)
		w.say(alice, "/buy vpn")
		in := w.CryptoPay().Invoices(appToken)[0]
		body := paymentOf(in)
		status, _ := w.knock(http.MethodPost, body, cryptopay.Sign(appToken, body))
		require.Equal(t, http.StatusOK, status)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		require.Equal(t, []string{"KEY-01"}, w.keysOf(alice))
		status, says := w.readiness()
		require.Equal(t, http.StatusServiceUnavailable, status)
		require.Contains(t, says, "write to database")
		require.Contains(t, w.log.String(), "the database file cannot be written to")
		repair()
		status, says = w.readiness()
		require.Equal(t, http.StatusOK, status, says)
		require.Contains(t, w.log.String(), "the database file can be written to again")
		w.close()
		w.open()
		w.settle()
		require.Equal(t, []string{"KEY-01"}, w.keysOf(alice), "once")
	})
}
