package sandbox_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"shopbot/internal/sandbox"
)

// FuzzPageRequest checks that every request of a window gets an answer in JSON, and never a 5xx.
func FuzzPageRequest(f *testing.F) {
	for _, path := range []string{"say", "tap", "read", "pay", "activate", "webhook", "resend", "break"} {
		f.Add(path, `{"as":"alice","bot":"1000"}`)
	}
	f.Add("say", `{"as":"alice","text":"/start"}`)
	f.Add("pay", `{"as":"alice","ref":"1","asset":"USDT"}`)
	f.Add("break", `{"name":"repeat_webhooks","value":1e308}`)
	f.Add("break", `{"name":"delay_webhooks","value":-1}`)
	f.Add("webhook", `{"url":"http://[::1"}`)
	f.Add("say", `[{}`)
	f.Fuzz(func(t *testing.T, path, body string) {
		switch path {
		case "say", "tap", "read", "pay", "activate", "webhook", "resend", "break":
		default:
			t.Skip()
		}
		w := newWorld(t)
		rec := answer(t, w, pageRequest(t, http.MethodPost, "/ui/"+path, body))
		require.Less(t, rec.Code, 500)
		require.True(t, json.Valid(rec.Body.Bytes()))
		faults := w.CryptoPay().Faults()
		require.GreaterOrEqual(t, faults.RepeatWebhooks, 0)
		require.GreaterOrEqual(t, faults.DelayWebhooks, time.Duration(0))
	})
}

func TestConnectionDeliversBytesInOrderAndThenEOF(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		pieces := rapid.SliceOf(rapid.SliceOfN(rapid.Byte(), 0, 100_000)).Draw(r, "pieces")
		readSize := rapid.IntRange(1, 70_000).Draw(r, "read size")
		synctest.Test(t, func(t *testing.T) {
			n := sandbox.NewNetwork()
			defer n.Close()
			l, err := n.Listen("shop.test:80")
			require.NoError(t, err)
			go func() {
				c, err := n.DialContext(t.Context(), "tcp", "shop.test:80")
				if err != nil {
					return
				}
				for _, p := range pieces {
					_, _ = c.Write(p)
				}
				_ = c.Close()
			}()
			c, err := l.Accept()
			require.NoError(t, err)
			var got bytes.Buffer
			_, err = io.CopyBuffer(&got, struct{ io.Reader }{c}, make([]byte, readSize))
			require.NoError(t, err)
			require.NoError(t, c.Close())
			require.True(t, bytes.Equal(bytes.Join(pieces, nil), got.Bytes()))
		})
	})
}
