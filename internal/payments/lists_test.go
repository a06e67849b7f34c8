package payments_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/payments"
)

// changingList is a list at the API, which changes after every page.
type changingList struct {
	ids    []int
	change func(page int, ids []int) []int
	pages  int
}

func (s *changingList) answer(call apiCall) apiAnswer {
	offset, _ := strconv.Atoi(call.Param("offset"))
	count, _ := strconv.Atoi(call.Param("count"))
	part := s.ids[min(offset, len(s.ids)):min(offset+count, len(s.ids))]
	rows := make([]string, len(part))
	for i, id := range part {
		rows[i] = fmt.Sprintf(`{"invoice_id":%d,"transfer_id":%d,"check_id":%d}`, id, id, id)
	}
	if s.change != nil {
		s.ids = s.change(s.pages, slices.Clone(s.ids))
	}
	s.pages++
	return okResult(`{"items":[` + strings.Join(rows, ",") + `]}`)
}

func numbers(n int) []int {
	ids := make([]int, n)
	for i := range ids {
		ids[i] = n - i
	}
	return ids
}

func collect(t *testing.T, s *changingList, f payments.InvoiceFilter) []int {
	t.Helper()
	api := newAPI()
	api.Handle("getInvoices", s.answer)
	var got []int
	for inv, err := range newClient(t, api).Invoices(t.Context(), f) {
		require.NoError(t, err)
		got = append(got, int(inv.ID))
	}
	return got
}

func TestIteratorsGoThroughListsOfAnyLengthOnce(t *testing.T) {
	for _, length := range []int{0, 1, 6, 7, 8, 13, 14, 20, 50} {
		for _, count := range []int{0, 1, 2, 7} {
			got := collect(t, &changingList{ids: numbers(length)}, payments.InvoiceFilter{Page: payments.Page{Count: count}})
			require.Len(t, got, length, "%d by %d", length, count)
			require.True(t, slices.Equal(numbers(length), got))
		}
	}
	require.Equal(t, []int{3, 2, 1}, collect(t, &changingList{ids: numbers(10)}, payments.InvoiceFilter{Page: payments.Page{Offset: 7, Count: 2}}))
}

func TestRowsThatComeMeanwhileAreNotRepeated(t *testing.T) {
	s := &changingList{ids: numbers(30), change: func(page int, ids []int) []int {
		return slices.Insert(ids, 0, 100+page) // the newest first
	}}
	got := collect(t, s, payments.InvoiceFilter{Page: payments.Page{Count: 5}})
	require.Equal(t, numbers(30), got)
}

func TestRowsThatGoMeanwhileHideNoOthers(t *testing.T) {
	for _, gone := range []int{1, 2, 4} {
		s := &changingList{ids: numbers(60), change: func(page int, ids []int) []int {
			if page%4 == 0 && len(ids) > 20 {
				return ids[gone:] // such as active invoices that get paid
			}
			return ids
		}}
		got := collect(t, s, payments.InvoiceFilter{Page: payments.Page{Count: 10}})
		require.Subset(t, got, numbers(20), "what was there all the time is found")
		require.Len(t, got, len(slices.Compact(slices.Sorted(slices.Values(got)))), "nothing twice")
	}
}

func TestAListThatNeverHoldsStillStillEnds(t *testing.T) {
	s := &changingList{ids: numbers(400), change: func(page int, ids []int) []int {
		if page > 100 {
			return nil // enough
		}
		for i := range ids {
			ids[i] += 1000
		}
		return ids
	}}
	collect(t, s, payments.InvoiceFilter{Page: payments.Page{Count: 10}})
	require.Less(t, s.pages, 100)
}

func TestAnIteratorEndsWithItsFirstErrorOrItsReader(t *testing.T) {
	api := newAPI()
	s := &changingList{ids: numbers(10)}
	api.Handle("getTransfers", func(call apiCall) apiAnswer {
		if s.pages == 2 {
			return gatewayPage(502)
		}
		return s.answer(call)
	})
	api.Handle("getChecks", (&changingList{ids: numbers(10)}).answer)
	c := newClient(t, api)
	var errs, rows int
	for _, err := range c.Transfers(t.Context(), payments.TransferFilter{Page: payments.Page{Count: 3}}) {
		if err != nil {
			errs++
		} else {
			rows++
		}
	}
	require.Equal(t, 1, errs)
	require.Equal(t, 5, rows)
	for check, err := range c.Checks(t.Context(), payments.CheckFilter{Page: payments.Page{Count: 3}}) {
		require.NoError(t, err)
		if check.ID == 9 {
			break
		}
	}
	require.Len(t, api.Calls("getChecks"), 1)
}

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
		c := newClient(t, m.fakeAPI)
		found, err := c.FindInvoicesByPayload(t.Context(), "order-7", began)
		require.NoError(t, err)
		require.Len(t, found, 2)
		require.Equal(t, payments.InvoiceActive, found[0].Status)
		require.Equal(t, int64(5001), found[1].ID)
		require.LessOrEqual(t, len(m.Calls("getInvoices")), 4, "old invoices are not read to the last")

		found, err = c.FindInvoicesByPayload(t.Context(), "old", began)
		require.NoError(t, err)
		require.Len(t, found, 350, "made within the five minutes that clocks may differ, and those that end the reading")
	})
}

func TestAnInvoiceIsFoundAlthoughOurClockIsHoursAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newModel(1)
		m.calm()
		m.invoices = append(m.invoices,
			modelInvoice{1, "order-6", "active", time.Now()}, modelInvoice{2, "order-7", "active", time.Now()})
		found, err := newClient(t, m.fakeAPI).FindInvoicesByPayload(t.Context(), "order-7", time.Now().Add(5*time.Hour))
		require.NoError(t, err)
		require.Len(t, found, 1, "or a second one would be made")
	})
}

func TestAListOfAServerThatIgnoresTheOffsetEnds(t *testing.T) {
	for _, count := range []int{1, 2, 7, 0} {
		api := newAPI()
		pages := 0
		api.Handle("getInvoices", func(call apiCall) apiAnswer {
			if pages++; pages > 100 {
				return gatewayPage(400)
			}
			call.Params = json.RawMessage(fmt.Sprintf(`{"offset":0,"count":%s}`, call.Param("count")))
			return (&changingList{ids: numbers(200)}).answer(call)
		})
		var last error
		for _, err := range newClient(t, api).Invoices(t.Context(), payments.InvoiceFilter{Page: payments.Page{Count: count}}) {
			last = err
		}
		require.ErrorContains(t, last, "crypto pay getInvoices: the list does not end", "by %d", count)
		require.ErrorContains(t, last, "ignores offset")
	}
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
		found, err := newClient(t, m.fakeAPI).FindInvoicesByPayload(t.Context(), "order-7", began)
		require.NoError(t, err)
		require.Len(t, found, 1)
	})
}
