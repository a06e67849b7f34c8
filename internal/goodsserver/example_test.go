package goodsserver

import (
	"bufio"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
	"shopbot/internal/shop"
)

// The example of the docs is built and asked by the client itself.
func TestTheExampleOfTheDocsMakesGoods(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "goodsserver")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "shopbot/docs/examples/goodsserver").CombinedOutput()
	require.NoError(t, err, string(out))
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a free port
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())
	ctx, stop := context.WithCancel(t.Context())
	example := exec.CommandContext(ctx, binary, address)
	example.Env = append(os.Environ(), "GOODS_SECRET="+testSecret)
	log, err := example.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, example.Start())
	defer func() {
		stop()
		_ = example.Wait() // it was killed
	}()

	secret, err := ParseSecret(testSecret)
	require.NoError(t, err)
	client := New(Config{Secrets: [][]byte{secret}, Key: []byte("key"), Private: true})
	url := "http://" + address + "/goods"
	require.Eventually(t, func() bool { return client.Test(t.Context(), url) == nil }, time.Minute, 50*time.Millisecond)
	price, err := money.Parse("5", "USD")
	require.NoError(t, err)
	o := shop.Order{
		ID: "8QK2F7", State: shop.StatePaid, Buyer: shop.Buyer{ID: 77, Language: "en"},
		Lines: []shop.Line{{
			SKU: "account", Title: catalog.Text{"en": "Account"}, Quantity: 1, Price: price,
			Part: shop.Part{Deliver: catalog.FromServer, Server: catalog.Server{URL: url}},
		}},
	}
	for range 2 {
		goods, err := client.Make(t.Context(), o, 0)
		require.NoError(t, err)
		require.Equal(t, []string{shop.TextUnit("Login: user-8QK2F7")}, goods)
	}
	require.NoError(t, client.Withdraw(t.Context(), 77, o, 0, true))
	require.NoError(t, client.Withdraw(t.Context(), 77, o, 0, false))
	stranger := New(Config{Secrets: [][]byte{make([]byte, 32)}, Private: true})
	require.Equal(t, 401, Status(stranger.Test(t.Context(), url)))

	said := ""
	for lines := bufio.NewScanner(log); !strings.Contains(said, "ended") && lines.Scan(); {
		said += lines.Text() + "\n"
	}
	require.Contains(t, said, "deliver 8QK2F7 ")
	require.Contains(t, said, "refunded 8QK2F7 ")
	require.NotContains(t, said, "77", "the server learns no Telegram id")
}
