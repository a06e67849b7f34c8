package shop

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
)

func xtr(n int) money.Amount {
	a, err := money.Parse(fmt.Sprint(n), catalog.Stars)
	if err != nil {
		panic(err)
	}
	return a
}

// forStars is an unpaid order that can be paid with coins or 500 Stars.
func forStars(t require.TestingT) Order {
	o := placedThree(t)
	o.Stars = xtr(500)
	require.NoError(t, o.MarkInvoiced(Invoice{ID: "7", URL: "https://t.me/7"}, noon.Add(time.Hour)))
	require.NoError(t, o.MarkInvoicedBy(Stars, Invoice{ID: "A", URL: "https://t.me/$a"}, noon.Add(time.Hour)))
	return o
}

func plenty(string) int { return 100 }

func question(id string) PaymentQuestion {
	return PaymentQuestion{ID: id, Rail: Stars, Order: "A", Payer: 1, Amount: xtr(500)}
}

func starsPayment(charge string) Payment {
	return Payment{Rail: Stars, Invoice: charge, Amount: xtr(500), Price: xtr(500), At: noon}
}

func TestAPaymentIsApprovedOnlyAsTheOrderIs(t *testing.T) {
	for name, c := range map[string]struct {
		order func(o *Order)
		ask   func(q *PaymentQuestion)
		free  Free
		want  Disapproval
	}{
		"as it is":                {},
		"somebody else":           {ask: func(q *PaymentQuestion) { q.Payer = 2 }, want: DisapprovedNoOrder},
		"another price":           {ask: func(q *PaymentQuestion) { q.Amount = xtr(499) }, want: DisapprovedPrice},
		"the price in coins":      {ask: func(q *PaymentQuestion) { q.Amount = amount(t, "10", "USD") }, want: DisapprovedPrice},
		"an order without Stars":  {order: func(o *Order) { o.Stars = money.Amount{} }, want: DisapprovedPrice},
		"cancelled":               {order: func(o *Order) { _ = o.Cancel(CancelExpired) }, want: DisapprovedOver},
		"paid":                    {order: func(o *Order) { _ = o.ApplyPayment(starsPayment("c"), plenty) }, want: DisapprovedPaid},
		"too little left":         {free: func(string) int { return 0 }, want: DisapprovedSoldOut},
		"another one is approved": {order: func(o *Order) { o.Approved = Approval{"other", noon.Add(-9 * time.Second)} }, want: DisapprovedUnderWay},
		"another one is over":     {order: func(o *Order) { o.Approved = Approval{"other", noon.Add(-10 * time.Second)} }},
	} {
		t.Run(name, func(t *testing.T) {
			o, q, free := forStars(t), question("q"), c.free
			if c.order != nil {
				c.order(&o)
			}
			if c.ask != nil {
				c.ask(&q)
			}
			if free == nil {
				free = plenty
			}
			before := o.Clone()
			err := o.Approve(q, noon, free)
			if c.want == "" {
				require.NoError(t, err)
				require.Equal(t, Approval{"q", noon}, o.Approved)
				return
			}
			var no *DisapprovedError
			require.ErrorAs(t, err, &no)
			require.Equal(t, c.want, no.Reason)
			require.Equal(t, before, o, "a refusal changes nothing")
		})
	}
}

func TestTheSameQuestionHasTheSameAnswer(t *testing.T) {
	o := forStars(t)
	require.NoError(t, o.Approve(question("q"), noon, plenty))
	require.ErrorIs(t, o.Approve(question("q"), noon.Add(time.Second), plenty), ErrUnchanged)
	require.NoError(t, o.ApplyPayment(starsPayment("c"), plenty))
	require.ErrorIs(t, o.Approve(question("q"), noon.Add(time.Hour), plenty), ErrUnchanged, "also once it is paid")
}

func TestAnApprovalKeepsTheUnits(t *testing.T) {
	o := forStars(t)
	late := o.Expires.Add(-time.Second)
	require.NoError(t, o.Approve(question("q"), late, plenty))
	require.Equal(t, late.Add(approvedHold), o.Expires)
	require.NoError(t, o.Approve(question("r"), late.Add(time.Minute), plenty))
	require.Equal(t, late.Add(time.Minute+approvedHold), o.Expires)
	early := forStars(t)
	end := early.Expires
	require.NoError(t, early.Approve(question("q"), noon, plenty))
	require.Equal(t, end, early.Expires, "it is never shortened")
}

// Whatever is asked, paid and cancelled in whatever order: a payment follows an approval of the same
// sum, each payment is there once, and the order is sound.
func TestApprovalsAndPaymentsInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o, at := forStars(t), noon
		var approved []string
		paid := map[string]bool{}
		for n := range rapid.IntRange(1, 12).Draw(t, "steps") {
			at = at.Add(time.Duration(rapid.IntRange(0, 20).Draw(t, "seconds")) * time.Second)
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0:
				if q := question(fmt.Sprint("q", n)); o.Approve(q, at, plenty) == nil {
					require.Empty(t, o.Payments, "nobody is asked to pay twice")
					approved = append(approved, q.ID)
				}
			case 1:
				if len(approved) > 0 {
					charge := rapid.SampledFrom(approved).Draw(t, "charge")
					err := o.ApplyPayment(starsPayment(charge), plenty)
					require.Equal(t, paid[charge], err != nil, "told twice is once")
					paid[charge] = true
				}
			case 2:
				_ = o.ApplyPayment(Payment{Rail: CryptoPay, Invoice: "7", Amount: amount(t, "10", "USDT"), Price: amount(t, "10", "USD"), At: at}, plenty)
			case 3:
				_ = o.Cancel(CancelByBuyer)
			}
		}
		own := 0
		for i, p := range o.Payments {
			require.Equal(t, i > 0, p.Surplus)
			if p.Rail == Stars {
				own++
			}
		}
		require.Len(t, paid, own)
		if len(o.Payments) > 0 {
			require.Empty(t, o.StarsInvoice.URL, "nobody needs a link to pay what is paid")
			require.Empty(t, o.missingInvoices())
		}
	})
}

func TestAWayThatIsRefusedLeavesTheOther(t *testing.T) {
	o := placedThree(t)
	o.Stars = xtr(500)
	require.Equal(t, []RailID{CryptoPay, Stars}, o.missingInvoices())
	require.NoError(t, o.MarkNoInvoice(CryptoPay, CancelRefused))
	require.Equal(t, StateNew, o.State)
	require.NoError(t, o.MarkInvoicedBy(Stars, Invoice{ID: "A", URL: "https://t.me/$a"}, noon))
	require.Equal(t, StateAwaiting, o.State)
	require.Empty(t, o.missingInvoices())

	o = placedThree(t)
	o.Stars = xtr(500)
	require.NoError(t, o.MarkNoInvoice(Stars, CancelNoInvoice))
	require.ErrorIs(t, o.MarkNoInvoice(Stars, CancelNoInvoice), ErrUnchanged)
	require.NoError(t, o.MarkNoInvoice(CryptoPay, CancelNoInvoice))
	require.Equal(t, StateCancelled, o.State)
}

func TestStarsGoBackAsAWhole(t *testing.T) {
	o := forStars(t)
	require.NoError(t, o.ApplyPayment(starsPayment("c"), plenty))
	o.State = StateDelivered
	for i := range o.Lines {
		o.Lines[i].Delivered, o.Lines[i].Goods = noon, []string{"a", "b"}[:o.Lines[i].Quantity]
	}
	require.ErrorIs(t, o.RequestRefund(Refund{ID: "r", Amount: xtr(100)}), ErrWholeRefund)
	require.ErrorIs(t, o.ProposeRefund(Refund{ID: "r", Amount: xtr(499)}), ErrWholeRefund)
	_, err := o.RefundAmount(amount(t, "1", "USD"))
	require.ErrorIs(t, err, ErrWholeRefund)
	all, err := o.RefundAmount(money.Amount{})
	require.NoError(t, err)
	require.Equal(t, xtr(500), all)
	require.NoError(t, o.RequestRefund(Refund{ID: "r", Amount: all, Requested: noon}))
	require.Equal(t, "c", o.Refunds[0].Payment)
	require.NoError(t, o.ApplyRefund("other", "c", noon), "Telegram's own word ends it")
	require.Equal(t, StateRefunded, o.State)
	require.Len(t, o.Refunds, 1)
	require.ErrorIs(t, o.ApplyRefund("other", "c", noon), ErrUnchanged)
}
