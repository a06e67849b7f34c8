//go:build linux

package e2e

import (
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

// failDisk replaces the running shop's open files, those whose names match, by another file that
// fails as a disk would. repair undoes that.
func (env *testEnv) failDisk(names, other string, flag int) (repair func()) {
	env.T.Helper()
	if !filepath.IsAbs(other) {
		other = filepath.Join(env.Dir, other)
	}
	var repairs []func()
	for _, fd := range env.openFiles(names) {
		good, err := syscall.Dup(fd)
		require.NoError(env.T, err)
		instead, err := os.OpenFile(other, flag, 0)
		require.NoError(env.T, err)
		require.NoError(env.T, syscall.Dup3(int(instead.Fd()), fd, syscall.O_CLOEXEC))
		repairs = append(repairs, func() {
			require.NoError(env.T, syscall.Dup3(good, fd, syscall.O_CLOEXEC))
			require.NoError(env.T, syscall.Close(good))
			require.NoError(env.T, instead.Close())
		})
	}
	return func() {
		for _, repair := range repairs {
			repair()
		}
	}
}

// openFiles are the descriptors of the shop's open files whose names match.
func (env *testEnv) openFiles(names string) (fds []int) {
	env.T.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	require.NoError(env.T, err)
	for _, e := range open {
		name, _ := os.Readlink("/proc/self/fd/" + e.Name())
		if matched, err := filepath.Match(filepath.Join(env.Dir, names), name); err == nil && matched {
			fd, err := strconv.Atoi(e.Name())
			require.NoError(env.T, err)
			fds = append(fds, fd)
		}
	}
	require.NotEmpty(env.T, fds)
	return fds
}

// readiness is the answer of /readyz.
func (env *testEnv) readiness() (status int, says string) {
	env.T.Helper()
	r, err := http.NewRequestWithContext(env.T.Context(), http.MethodGet, "http://127.0.0.1:9090/readyz", nil)
	require.NoError(env.T, err)
	resp, err := (&http.Client{Transport: env.Network.Transport()}).Do(r)
	require.NoError(env.T, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(env.T, err)
	require.NoError(env.T, resp.Body.Close())
	return resp.StatusCode, string(body)
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
			run(t, func(t *testing.T, env *testEnv) {
				env.Setenv("SYNC_INTERVAL", "1h") // the webhook alone has to do it
				env.Stop()
				env.Start()
				env.Say(alice, "/buy vpn")
				in := env.CryptoPay().Invoices(appToken)[0]
				body := paymentWebhook(in.ID, in.Payload, "5")
				repair := env.failDisk("shop.db", c.file, c.flag)

				for range 3 {
					status, _ := env.callWebhook(http.MethodPost, body, cryptopay.Sign(appToken, body))
					require.Equal(t, http.StatusServiceUnavailable, status)
				}
				heard := len(env.Chat(boris))
				require.NoError(t, env.Telegram().Say(botToken, boris, "/buy vpn"))
				_, err := env.CryptoPay().Pay(in.Hash, alice, "USDT")
				require.NoError(t, err)
				time.Sleep(time.Minute)
				synctest.Wait()
				require.Empty(t, env.KeysOf(alice))
				require.Len(t, env.Chat(boris), heard+1, "the bot has not answered")
				status, says := env.readiness()
				require.Equal(t, http.StatusServiceUnavailable, status)
				require.Contains(t, says, c.says)
				require.Contains(t, env.askOps(http.MethodGet, "/metrics"), "\nshopbot_database_writable 0\n")

				repair()
				status, says = env.readiness()
				require.Equal(t, http.StatusOK, status, says)
				time.Sleep(5 * time.Minute)
				synctest.Wait()
				require.NotEmpty(t, env.PayLink(boris), "his message was not lost")
				time.Sleep(time.Hour) // the sender of the webhook tries again
				synctest.Wait()
				require.Equal(t, []string{"KEY-01"}, env.KeysOf(alice), "once, and by the webhook")
				require.Contains(t, env.askOps(http.MethodGet, "/metrics"), "\nshopbot_database_writable 1\n")
				status, _ = env.callWebhook(http.MethodPost, body, cryptopay.Sign(appToken, body))
				require.Equal(t, http.StatusOK, status)
				env.Settle()
				require.Equal(t, []string{"KEY-01"}, env.KeysOf(alice))
			})
		})
	}
}
