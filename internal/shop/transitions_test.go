package shop

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
)

func amount(t require.TestingT, s string, c money.Currency) money.Amount {
	a, err := money.Parse(s, c)
	require.NoError(t, err)
	return a
}

// placed is an order of two keys for 10 USD, just made.
func placed(t require.TestingT) Order {
	o := Order{
		ID: "A", Buyer: Buyer{ID: 1},
		Lines: []Line{{SKU: "vpn", Quantity: 2, Price: amount(t, "5", "USD"), Part: Part{Deliver: catalog.Keys}, FromStock: true}},
		Total: amount(t, "10", "USD"), Rail: CryptoPay, Assets: []money.Currency{"USDT", "TON"},
		Created: noon, Expires: noon.Add(time.Hour),
	}
	require.NoError(t, o.move(StateNew))
	return o
}

// some is that many free units of each product.
func some(n int) Free { return func(string) int { return n } }

// giveUnits is what a store does after a rule.
func giveUnits(t require.TestingT, o *Order) {
	require.NoError(t, o.TakeUnits(func(sku string, n int) ([]string, error) {
		units := make([]string, n)
		for i := range units {
			units[i] = fmt.Sprint(sku, " ", i)
		}
		return units, nil
	}))
}

func payment(t require.TestingT, invoice string) Payment {
	return Payment{Rail: CryptoPay, Invoice: invoice, Amount: amount(t, "10.01", "USDT"), Price: amount(t, "10", "USD"), At: noon}
}

func tasksOf(o Order) []Task {
	var tasks []Task
	for _, j := range o.Jobs() {
		tasks = append(tasks, j.Task)
	}
	return tasks
}

func TestAnOrderOwnsItsGoodsOnlyOncePaid(t *testing.T) {
	o := placed(t)
	require.Equal(t, Units{"vpn": 2}, o.Reserved())
	require.Zero(t, o.Owed())
	require.Equal(t, []Task{TaskInvoice}, tasksOf(o))

	require.NoError(t, o.MarkInvoiced(Invoice{ID: "7"}, noon.Add(time.Hour)))
	require.Equal(t, StateAwaiting, o.State)
	require.Equal(t, Units{"vpn": 2}, o.Reserved())
	require.Equal(t, []Job{{TaskExpire, o.Created, noon.Add(time.Hour + expiryGrace)}}, o.Jobs())

	require.NoError(t, o.ApplyPayment(payment(t, "7"), some(2)))
	require.Equal(t, StatePaid, o.State)
	require.Zero(t, o.Reserved())
	require.Equal(t, Units{"vpn": 2}, o.Owed())
	giveUnits(t, &o)
	require.Zero(t, o.Owed())

	require.NoError(t, o.MarkLineDelivered(0, noon))
	require.True(t, o.HasGoodsToShow())
	require.ErrorIs(t, o.MarkLineDelivered(0, noon), ErrUnchanged)
}

func TestAPaymentIsCountedOnce(t *testing.T) {
	o := placed(t)
	require.NoError(t, o.ApplyPayment(payment(t, "7"), some(2)), "before createInvoice was answered")
	before := o
	require.ErrorIs(t, o.ApplyPayment(payment(t, "7"), some(2)), ErrUnchanged)
	require.Equal(t, before, o)

	require.NoError(t, o.MarkInvoiced(Invoice{ID: "7"}, noon))
	require.Equal(t, StatePaid, o.State, "the late answer does not undo the payment")
	require.NotContains(t, tasksOf(o), TaskClose)
}

func TestASecondInvoiceOfAPaidOrderIsClosed(t *testing.T) {
	o := placed(t)
	require.NoError(t, o.ApplyPayment(payment(t, "7"), some(2)))
	require.NoError(t, o.MarkInvoiced(Invoice{ID: "8"}, noon))
	require.Contains(t, tasksOf(o), TaskClose)
	require.NoError(t, o.CloseInvoice())
	require.NotContains(t, tasksOf(o), TaskClose)
}

func TestPaymentsThatNeedAPerson(t *testing.T) {
	for name, c := range map[string]struct {
		payment Payment
		free    int
		want    HoldReason
	}{
		"other price":          {Payment{Amount: amount(t, "1", "USDT"), Price: amount(t, "1", "USD")}, 2, HoldWrongAmount},
		"other price currency": {Payment{Amount: amount(t, "10", "USDT"), Price: amount(t, "10", "EUR")}, 2, HoldWrongAmount},
		"nothing":              {Payment{Amount: money.Zero("USDT"), Price: amount(t, "10", "USD")}, 2, HoldWrongAmount},
		"coin not asked for":   {Payment{Amount: amount(t, "99", "DOGE"), Price: amount(t, "10", "USD")}, 2, HoldWrongAsset},
		"too little in stock":  {Payment{Amount: amount(t, "10", "USDT"), Price: amount(t, "10", "USD")}, 1, HoldSoldOut},
	} {
		t.Run(name, func(t *testing.T) {
			o := placed(t)
			require.NoError(t, o.ApplyPayment(c.payment, some(c.free)))
			require.Equal(t, StateHeld, o.State)
			require.Equal(t, c.want, o.Hold)
			require.Len(t, o.Notices, 2, "buyer and owners are told")
			require.Zero(t, o.Owed())
			require.Len(t, o.Payments, 1, "the money is on record")
		})
	}
}

func TestLateMoneyBuysTheGoodsIfThereAreAny(t *testing.T) {
	for free, want := range map[int]State{2: StatePaid, 1: StateHeld} {
		o := placed(t)
		require.NoError(t, o.MarkInvoiced(Invoice{ID: "7"}, noon))
		require.NoError(t, o.Cancel(CancelExpired))
		require.Zero(t, o.Reserved())
		require.Contains(t, tasksOf(o), TaskClose)
		require.NoError(t, o.ApplyPayment(payment(t, "7"), some(free)))
		require.Equal(t, want, o.State)
		require.Empty(t, o.Cancelled)
		require.NotContains(t, tasksOf(o), TaskClose)
	}
}

func TestAHeldOrderGoesOnWhenStockComes(t *testing.T) {
	o := placed(t)
	require.NoError(t, o.ApplyPayment(payment(t, "7"), some(0)))
	require.ErrorIs(t, o.Release(some(1), 5), ErrNoStock)
	require.NoError(t, o.Release(some(2), 5))
	require.Equal(t, StatePaid, o.State)
	require.Equal(t, Units{"vpn": 2}, o.Owed())
}

func TestASecondPaymentIsNoticedAndMayGoBack(t *testing.T) {
	o := placed(t)
	require.NoError(t, o.ApplyPayment(payment(t, "7"), some(2)))
	require.NoError(t, o.ApplyPayment(payment(t, "8"), some(2)))
	require.Equal(t, StatePaid, o.State)
	require.Equal(t, amount(t, "20.02", "USDT"), o.Refundable("USDT"))
	require.True(t, o.Payments[1].Surplus)
}

func TestRefunds(t *testing.T) {
	delivered := func(t *testing.T) Order {
		t.Helper()
		o := placed(t)
		require.NoError(t, o.ApplyPayment(payment(t, "7"), some(2)))
		require.NoError(t, o.MarkLineDelivered(0, noon))
		return o
	}
	usdt := func(s string) money.Amount { return amount(t, s, "USDT") }

	t.Run("the same press twice is one refund", func(t *testing.T) {
		o := delivered(t)
		require.NoError(t, o.RequestRefund(Refund{ID: "r1", Amount: usdt("10.01")}))
		require.ErrorIs(t, o.RequestRefund(Refund{ID: "r1", Amount: usdt("10.01")}), ErrUnchanged)
		require.ErrorIs(t, o.RequestRefund(Refund{ID: "r2", Amount: usdt("1")}), ErrRefundRunning)
		require.NoError(t, o.MarkRefundSent("r1", "99", noon))
		require.Equal(t, StateRefunded, o.State)
		require.ErrorIs(t, o.MarkRefundSent("r1", "99", noon), ErrUnchanged)
		require.ErrorIs(t, o.RequestRefund(Refund{ID: "r3", Amount: usdt("0.01")}), ErrRefundTooBig)
	})
	t.Run("parts add up to the whole", func(t *testing.T) {
		o := delivered(t)
		require.NoError(t, o.RequestRefund(Refund{ID: "r1", Amount: usdt("4")}))
		require.NoError(t, o.MarkRefundSent("r1", "1", noon))
		require.Equal(t, StateDelivered, o.State)
		require.ErrorIs(t, o.RequestRefund(Refund{ID: "r2", Amount: usdt("6.02")}), ErrRefundTooBig)
		require.NoError(t, o.RequestRefund(Refund{ID: "r2", Amount: usdt("6.01")}))
		require.NoError(t, o.MarkRefundSent("r2", "2", noon))
		require.Equal(t, StateRefunded, o.State)
	})
	t.Run("a refused one leaves everything as it was", func(t *testing.T) {
		o := delivered(t)
		require.NoError(t, o.RequestRefund(Refund{ID: "r1", Amount: usdt("10.01")}))
		require.NoError(t, o.MarkRefundRefused("r1", "USER_NOT_FOUND", noon))
		require.Equal(t, StateDelivered, o.State)
		require.Equal(t, usdt("10.01"), o.Refundable("USDT"))
	})
	t.Run("in a coin that was not paid", func(t *testing.T) {
		o := delivered(t)
		require.ErrorIs(t, o.RequestRefund(Refund{ID: "r1", Amount: amount(t, "1", "BTC")}), ErrRefundTooBig)
	})
	t.Run("of nothing", func(t *testing.T) {
		o := placed(t)
		require.ErrorIs(t, o.RequestRefund(Refund{ID: "r1", Amount: usdt("1")}), ErrNothingPaid)
	})
	t.Run("while the goods are on their way", func(t *testing.T) {
		o := placed(t)
		require.NoError(t, o.ApplyPayment(payment(t, "7"), some(2)))
		require.ErrorIs(t, o.RequestRefund(Refund{ID: "r1", Amount: usdt("1")}), ErrDelivering)
	})
}

// Whatever happens in whatever order: a state change is legal, refunds never
// exceed payments, and the counters add up to what the order says.
func TestAnOrderNeverContradictsItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := placed(t)
		var total Counters
		count := func(sku string) *Counters {
			if sku == "" {
				return &total
			}
			return &Counters{}
		}
		Tally(&Order{}, &o, count)
		steps := rapid.SliceOfN(rapid.IntRange(0, 13), 1, 30).Draw(t, "steps")
		for i, step := range steps {
			before := o
			err := act(t, &o, step, i)
			if err != nil {
				require.Equal(t, before, o, "a refused step changes nothing")
				continue
			}
			require.True(t, before.State == o.State || Legal(before.State, o.State), "%s to %s", before.State, o.State)
			giveUnits(t, &o)
			Tally(&before, &o, count)
		}
		require.GreaterOrEqual(t, o.Refundable("USDT").Sign(), 0)
		require.Equal(t, 1, total.Ordered)
		require.Equal(t, min(len(o.Payments), 1), total.Paid)
		require.True(t, o.Paid("USDT").Equal(sum(total.Received)), "%s", total.Received)
		if o.State == StateDelivered {
			require.Len(t, o.Lines[0].Goods, 2)
		}
	})
}

func sum(s Sums) money.Amount {
	total := money.Zero("USDT")
	for _, a := range s {
		total, _ = total.Add(a)
	}
	return total
}

func act(t *rapid.T, o *Order, step, i int) error {
	switch step {
	case 0:
		return o.MarkInvoiced(Invoice{ID: fmt.Sprint(i%3 + 1)}, noon)
	case 1:
		return o.ApplyPayment(payment(t, fmt.Sprint(i%3+1)), some(2))
	case 2:
		return o.ApplyPayment(payment(t, "1"), some(0))
	case 3:
		return o.Cancel(CancelExpired)
	case 4:
		return o.MarkLineDelivered(0, noon)
	case 5:
		return o.MarkHeld(HoldUndeliverable)
	case 6:
		return o.Release(some(i%3), 5)
	case 7:
		return o.RequestRefund(Refund{ID: RefundID(fmt.Sprint("r", i)), Amount: amount(t, "4", "USDT")})
	case 8:
		r, _ := o.PendingRefund()
		return o.MarkRefundSent(r.ID, "1", noon)
	case 9:
		r, _ := o.PendingRefund()
		return o.MarkRefundRefused(r.ID, "NO", noon)
	case 10:
		return o.TakeMoneyBack(noon, naming)
	case 11:
		return o.ChooseToWait(some(i % 3))
	case 12:
		return o.ReturnSurplus(fmt.Sprint(i%3+1), Refund{ID: RefundID(fmt.Sprint("s", i)), By: int64(i % 2), Requested: noon})
	default:
		return o.CloseInvoice()
	}
}

func TestEveryStateHasMovesAndIsListed(t *testing.T) {
	for _, s := range States() {
		require.NotEmpty(t, next(s), "nothing is the very last word in %s", s)
		for _, to := range next(s) {
			require.True(t, slices.Contains(States(), to))
		}
	}
}

func TestUnitLists(t *testing.T) {
	for name, bad := range map[string]string{"not text": "\xff\xfe", "control": "a\nb\x00c", "long": longLine()} {
		_, err := ParseUnits([]byte(bad), "")
		require.ErrorIs(t, err, ErrBadUnits, name)
	}
	_, err := ParseUnits([]byte("ok\nok2\n"+longLine()), "")
	require.ErrorContains(t, err, "line 3")
}

func longLine() string { return string(slices.Repeat([]byte("x"), MaxUnitBytes+1)) }

func TestATransitionLeavesTheRetriesOfNoticesAlone(t *testing.T) {
	o := placed(t)
	require.NoError(t, o.ApplyPayment(payment(t, "7"), some(2)))
	o.setRetry(TaskNotify, Retry{At: noon.Add(time.Minute), Attempts: 3})
	o.setRetry(TaskDeliver, Retry{At: noon.Add(time.Minute), Attempts: 1})
	require.NoError(t, o.MarkLineDelivered(0, noon))
	require.Equal(t, []Job{{TaskNotify, time.Time{}, noon.Add(time.Minute)}}, o.Jobs())
	require.Equal(t, 3, o.Attempts(TaskNotify))
	require.Zero(t, o.Attempts(TaskDeliver))
}

func TestAnInvoiceThatComesAfterTheCancellationIsClosedAsWell(t *testing.T) {
	o := placed(t)
	require.NoError(t, o.Cancel(CancelByBuyer))
	require.NoError(t, o.CloseInvoice(), "none was found")
	require.Empty(t, o.Jobs())
	require.NoError(t, o.MarkInvoiced(Invoice{ID: "7"}, noon))
	require.Equal(t, StateCancelled, o.State)
	require.Equal(t, []Task{TaskClose}, tasksOf(o))
}
