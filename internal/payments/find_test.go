package payments_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/payments"
)

func TestAnInvoiceIsFoundAmongManyByItsPayload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newModel(1)
		m.calm()
		for i := range int64(5000) {
			m.invoices = append(m.invoices, modelInvoice{i + 1, "old", "paid", time.Now()})
			time.Sleep(time.Second)
		}
		began := time.Now()
		m.invoices = append(m.invoices,
			modelInvoice{5001, "order-7", "paid", began}, modelInvoice{5002, "order-7x", "active", began},
			modelInvoice{5003, "order-7", "active", began}, modelInvoice{5004, "order-7", "deleted", began})
		c := newClient(t, m.Transport)
		found, err := c.FindInvoicesByPayload(t.Context(), "order-7", began)
		require.NoError(t, err)
		require.Len(t, found, 2)
		require.Equal(t, payments.InvoiceActive, found[0].Status)
		require.Equal(t, int64(5001), found[1].ID)
		require.LessOrEqual(t, len(m.Calls("getInvoices")), 4, "old invoices are not read to the last")

		found, err = c.FindInvoicesByPayload(t.Context(), "old", began)
		require.NoError(t, err)
		require.Len(t, found, 300, "made within the five minutes that clocks may differ")
	})
}

func TestAnInvoiceIsFoundWhateverTheOrderOfTheList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newModel(1)
		m.calm()
		began := time.Now()
		m.invoices = append(m.invoices, modelInvoice{1000, "order-7", "active", began})
		for i := range int64(500) { // the model lists the last one first: here the oldest
			m.invoices = append(m.invoices, modelInvoice{999 - i, "old", "active", began.Add(-time.Hour)})
		}
		found, err := newClient(t, m.Transport).FindInvoicesByPayload(t.Context(), "order-7", began)
		require.NoError(t, err)
		require.Len(t, found, 1)
	})
}
