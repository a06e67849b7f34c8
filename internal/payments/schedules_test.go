package payments_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/payments"
)

// schedules is how many random ones a test runs.
const schedules = 1000

// seller does with one order what a shop has to: it looks before it asks, and knows nothing across
// a crash but when the order was made.
type seller struct {
	client  *payments.Client
	order   string
	ordered time.Time
}

var errDoubtful = errors.New("created, or not")

// invoice is the order's invoice, looked for or made.
func (s seller) invoice(ctx context.Context, r payments.InvoiceRequest) (payments.Invoice, error) {
	found, err := s.client.FindInvoicesByPayload(ctx, s.order, s.ordered)
	if err != nil {
		return payments.Invoice{}, err
	}
	if len(found) > 0 {
		return s.keepOne(ctx, found)
	}
	inv, err := s.client.CreateInvoice(ctx, r)
	if payments.MayHaveHappened(err) {
		return inv, errDoubtful
	}
	return inv, err
}

// keepOne deletes what is superfluous, never what is paid.
func (s seller) keepOne(ctx context.Context, found []payments.Invoice) (payments.Invoice, error) {
	kept := found[0]
	for _, inv := range found[1:] {
		if inv.Status == payments.InvoicePaid {
			kept, inv = inv, kept
		}
		if inv.Status == payments.InvoicePaid {
			continue
		}
		if err := s.client.DeleteInvoice(ctx, inv.ID); err != nil && !errors.Is(err, payments.ErrInvoiceNotFound) {
			return kept, err
		}
	}
	return kept, nil
}

func TestHoweverCreateInvoiceIsCutAnOrderEndsWithOneInvoice(t *testing.T) {
	var repeated, superfluous int
	for seed := range uint64(schedules) {
		synctest.Test(t, func(t *testing.T) {
			m := newModel(seed)
			m.late = seed%2 == 0
			ctx, order := t.Context(), "order-"+strconv.FormatUint(seed, 10)
			sell := func() seller {
				return seller{newClient(t, m.fakeAPI, withRetries(2), func(cfg *payments.Config) { cfg.Timeout = time.Second }), order, time.Now()}
			}
			s := sell()
			ordered := s.ordered
			r := payments.InvoiceRequest{Amount: amount(t, "2", "USDT"), Payload: order}
			for tries := 0; ; tries++ {
				require.Less(t, tries, 200)
				inv, err := s.invoice(ctx, r)
				if m.roll(4) == 0 { // a crash: what was learned is lost
					s = sell()
					s.ordered = ordered
					continue
				}
				if err == nil && inv.ID > 0 {
					break
				}
				repeated++
			}
			if m.roll(2) == 0 {
				m.payOne()
			}
			m.calm()
			time.Sleep(time.Minute) // what was late has arrived; the next comparison finds it
			made, _ := m.done()
			superfluous += max(0, len(made)-1)
			kept, err := s.invoice(ctx, r)
			require.NoError(t, err)
			requireOneInvoice(t, m, kept.ID)
		})
	}
	require.Greater(t, repeated, schedules/2, "the schedules are hard")
	require.Positive(t, superfluous, "some calls were done late")
}

func requireOneInvoice(t *testing.T, m *model, kept int64) {
	t.Helper()
	var usable []string
	made, _ := m.done()
	for _, inv := range made {
		if inv.status != "deleted" {
			usable = append(usable, fmt.Sprint(inv.status, " ", inv.id))
			require.Equal(t, kept, inv.id, "the one that is usable is the one that is known")
		}
	}
	require.Len(t, usable, 1)
}

// Without late arrivals no second invoice is ever made: looking first is enough.
func TestAnOrderNeverHasTwoInvoicesAtATimeUnlessOneArrivesLate(t *testing.T) {
	for seed := range uint64(schedules) {
		synctest.Test(t, func(t *testing.T) {
			m := newModel(seed)
			s := seller{newClient(t, m.fakeAPI, withRetries(2)), "order", time.Now()}
			for tries := 0; ; tries++ {
				require.Less(t, tries, 200)
				if _, err := s.invoice(t.Context(), payments.InvoiceRequest{Amount: amount(t, "2", "USDT"), Payload: "order"}); err == nil {
					break
				}
			}
			made, _ := m.done()
			require.Len(t, made, 1)
		})
	}
}

func TestHoweverTransferIsCutARefundIsOneTransfer(t *testing.T) {
	var repeated, refused int
	for seed := range uint64(schedules) {
		synctest.Test(t, func(t *testing.T) {
			m := newModel(seed)
			m.looksAt = seed%2 == 0
			m.balance = amount(t, []string{"1", "1.5", "100"}[seed%3], "USDT") // too little, just enough, plenty
			m.late = seed%3 == 2
			client := func() *payments.Client {
				return newClient(t, m.fakeAPI, withRetries(2), func(cfg *payments.Config) { cfg.Timeout = time.Second })
			}
			c := client()
			for tries := 0; ; tries++ {
				require.Less(t, tries, 500)
				made, err := c.Transfer(t.Context(), refund(t))
				if m.roll(4) == 0 {
					c = client()
					continue
				}
				if e, ok := errors.AsType[*payments.Error](err); ok && e.Refused() && !payments.MayHaveHappened(err) {
					refused++
					require.Equal(t, uint64(0), seed%3, "there were coins enough")
					_, sent := m.done()
					require.Empty(t, sent)
					return
				}
				if err == nil {
					require.Positive(t, made.ID)
					break
				}
				repeated++
			}
			m.calm()
			time.Sleep(time.Minute)
			_, sent := m.done()
			require.Equal(t, []modelTransfer{{"88005553535", "USDT", "1.5", "refund-7"}}, sent)
		})
	}
	require.Greater(t, repeated, schedules/10, "the schedules are hard")
	require.Equal(t, (schedules+2)/3, refused)
}
