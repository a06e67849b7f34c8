package paymentstest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/payments"
	"shopbot/internal/payments/paymentstest"
)

// A method is answered by a function, which sees what was sent.
func Example() {
	api := paymentstest.New()
	api.Handle("deleteInvoice", func(call paymentstest.Call) paymentstest.Answer {
		if call.Param("invoice_id") != "7" {
			return paymentstest.Refusal(http.StatusBadRequest, "INVOICE_NOT_FOUND")
		}
		return paymentstest.Result("true")
	})
	client, _ := payments.New(payments.Config{Token: "1:test", Transport: api})
	defer client.Close()
	fmt.Println(client.DeleteInvoice(context.Background(), 7))
	fmt.Println(client.DeleteInvoice(context.Background(), 8))
	fmt.Println(len(api.Calls("deleteInvoice")), "calls")
	// Output:
	// <nil>
	// crypto pay deleteInvoice: INVOICE_NOT_FOUND (400)
	// 2 calls
}

func TestAnswersComeInOrderAndTheLastOneStays(t *testing.T) {
	api := paymentstest.New()
	api.Script("getMe", paymentstest.Cut(), paymentstest.Page(502).RetryAfter("7"), paymentstest.Result(`{"app_id":1}`))
	client, err := payments.New(payments.Config{Token: "1:test", Transport: api})
	require.NoError(t, err)
	defer client.Close()
	_, err = client.GetMe(t.Context())
	require.ErrorIs(t, err, paymentstest.ErrCut)
	_, err = client.GetMe(t.Context())
	var e *payments.Error
	require.True(t, errors.As(err, &e) && e.RetryAfter.Seconds() == 7 && e.Status == 502)
	for range 2 {
		_, err = client.GetMe(t.Context())
		require.NoError(t, err)
	}
	_, err = client.GetBalance(t.Context())
	require.ErrorIs(t, err, payments.ErrMethodNotFound, "a method without a function")
	require.Len(t, api.Calls(""), 5)
	require.Equal(t, "1:test", api.Calls("")[0].Token)
}
