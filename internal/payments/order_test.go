package payments_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/payments"
)

// Nothing is answered while the payment is still on its way to the disk, however long that takes.
func TestThePaymentIsSafeBeforeTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		safe := make(chan struct{})
		l, err := payments.NewListener(payments.ListenerConfig{
			Keys:   []payments.Key{{Token: testToken}},
			Record: func(context.Context, []byte, payments.Update) error { <-safe; return nil },
		})
		require.NoError(t, err)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", bytes.NewReader([]byte(vector2)))
		r.Header.Set(payments.SignatureHeader, signature2)
		w := httptest.NewRecorder()
		w.Code = 0
		answered := make(chan struct{})
		go func() {
			l.ServeHTTP(w, r)
			close(answered)
		}()
		time.Sleep(4 * time.Second)
		synctest.Wait()
		require.Zero(t, w.Code)
		close(safe)
		<-answered
		require.Equal(t, http.StatusOK, w.Code)
	})
}
