package access_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/access"
	"shopbot/internal/shop"
)

const day = 24 * time.Hour

var start = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// at is a time some days after the start.
func at(days float64) time.Time { return start.Add(time.Duration(days * float64(day))) }

// bought is access of one buyer that was bought at the start, and again for each further order.
func bought(t *testing.T, orders ...string) access.Access {
	t.Helper()
	a := access.Access{User: 7, SKU: "club"}
	for _, id := range orders {
		a.Grant(shop.OrderID(id), 0, 30*day, false, start)
	}
	return a
}

func TestRenewingAddsToTheOldEnd(t *testing.T) {
	for _, tt := range []struct {
		what  string
		when  time.Time
		until time.Time
	}{
		{"long before the end", at(2), at(60)},
		{"in the last hour", at(29.99), at(60)},
		{"in the grace", at(30.5), at(60)},
		{"after the grace", at(32), at(62)},
	} {
		a := bought(t, "A")
		a.Grant("B", 0, 30*day, false, tt.when)
		require.Equal(t, tt.until, a.Until, tt.what)
		require.True(t, a.Live())
		a.Grant("B", 0, 30*day, false, tt.when)
		require.Equal(t, tt.until, a.Until, "the same line gives once")
	}
}

func TestARefundTakesBackWhatIsLeftOfItsTime(t *testing.T) {
	for _, tt := range []struct {
		what   string
		orders []string
		refund string
		when   time.Time
		until  time.Time // zero: it ends
	}{
		{"the only order", []string{"A"}, "A", at(3), time.Time{}},
		{"the order in use: the next one moves up", []string{"A", "B"}, "A", at(10), at(40)},
		{"the next order", []string{"A", "B"}, "B", at(10), at(30)},
		{"an order that was used up", []string{"A", "B"}, "A", at(35), at(60)},
		{"the second order in use, after the first", []string{"A", "B"}, "B", at(35), time.Time{}},
		{"the middle one", []string{"A", "B", "C"}, "B", at(10), at(60)},
	} {
		a := bought(t, tt.orders...)
		a.TakeBack(shop.OrderID(tt.refund), 0, tt.when)
		require.Contains(t, a.Over, access.Over{Order: shop.OrderID(tt.refund), Refunded: true}, tt.what)
		require.Equal(t, !tt.until.IsZero(), a.Live(), tt.what)
		if a.Live() {
			require.Equal(t, tt.until, a.Until, tt.what)
		}
		require.Equal(t, access.Withdraw, a.StepAt(tt.when), "its goods are taken back")
	}
}

func TestAPieceThatWasPaidBackShortensTheTime(t *testing.T) {
	a := access.Access{User: 7, SKU: "club"}
	a.Grant("A", 0, 90*day, false, start)
	a.Shorten("A", 0, 30*day, at(5))
	require.Equal(t, at(60), a.Until)
	a.Shorten("A", 0, 90*day, at(5))
	require.False(t, a.Live())
}

// steps does all that is due at each of the given times, and lists it.
func steps(a *access.Access, times ...time.Time) (done []access.Step) {
	for _, now := range times {
		for what := a.StepAt(now); what != access.Nothing && what != access.Withdraw; what = a.StepAt(now) {
			a.Did(what, now)
			done = append(done, what)
		}
	}
	return done
}

func TestPeopleAreRemindedTwiceThenGraceThenTheEnd(t *testing.T) {
	every := func(days float64, until float64) (times []time.Time) {
		for d := 0.0; d < until; d += days {
			times = append(times, at(d))
		}
		return times
	}
	for _, tt := range []struct {
		what  string
		times []time.Time
		want  []access.Step
	}{
		{"always running", every(0.01, 33), []access.Step{access.Remind, access.Urge, access.TellOver, access.Finish}},
		{"away around the first reminder", []time.Time{at(1), at(29.5)}, []access.Step{access.Urge}},
		{"away around both", []time.Time{at(1), at(30.1)}, []access.Step{access.TellOver}},
		{"away for long: the grace is whole", []time.Time{at(1), at(50), at(50.9)}, []access.Step{access.TellOver}},
		{"and then it ends", []time.Time{at(50), at(51.1)}, []access.Step{access.TellOver, access.Finish}},
	} {
		a := bought(t, "A")
		require.Equal(t, tt.want, steps(&a, tt.times...), tt.what)
	}
}

func TestAccessThatIsShortHasNoReminderAtOnce(t *testing.T) {
	for term, want := range map[time.Duration]access.Step{
		12 * time.Hour: access.TellOver, day: access.TellOver, 2 * day: access.Urge, 3 * day: access.Urge, 4 * day: access.Remind,
	} {
		a := access.Access{User: 7, SKU: "club"}
		a.Grant("A", 0, term, false, start)
		require.Equal(t, access.Nothing, a.StepAt(start.Add(time.Second)), term)
		what, _ := a.Next()
		require.Equal(t, want, what, term)
	}
	require.Equal(t, day, access.GraceOf(30*day))
	require.Less(t, access.GraceOf(day), 4*time.Hour, "a day is not sold as two")
}

func TestWhatRenewsByItselfIsNotRemindedUnlessItStops(t *testing.T) {
	a := access.Access{User: 7, SKU: "club"}
	a.Grant("A", 0, 30*day, true, start)
	require.Empty(t, steps(&a, at(27.5), at(29.5), at(30.01)))
	renewed := a
	renewed.Grant("B", 0, 30*day, true, at(30.02))
	require.Equal(t, at(60), renewed.Until)
	require.Equal(t, []access.Step{access.TellOver}, steps(&a, at(30.1)), "it did not renew")

	b := access.Access{User: 7, SKU: "club"}
	b.Grant("A", 0, 30*day, true, start)
	b.SetRenews(false)
	require.Equal(t, []access.Step{access.Remind, access.Urge}, steps(&b, at(27.5), at(29.5)), "it was cancelled")
}

func TestAccessWithoutEndHasNoStepsAndARefundEndsIt(t *testing.T) {
	a := access.Access{User: 7, SKU: "life"}
	a.Grant("A", 0, 0, false, start)
	a.Grant("B", 0, 0, false, start)
	require.True(t, a.Endless())
	what, _ := a.Next()
	require.Equal(t, access.Nothing, what)
	a.TakeBack("A", 0, at(1))
	require.True(t, a.Live())
	a.TakeBack("B", 0, at(1))
	require.False(t, a.Live())
}

func TestWhatIsOverIsTakenBackOnceForEachOrder(t *testing.T) {
	a := bought(t, "A", "B")
	a.Did(access.TellOver, at(60))
	require.Equal(t, at(61), a.GraceEnds)
	a.Did(access.Finish, at(61))
	require.Equal(t, []access.Over{{Order: "A"}, {Order: "B"}}, a.Over)
	a.Grant("C", 0, 30*day, false, at(61.1))
	require.Equal(t, at(91.1), a.Until, "came back before it was taken back")
	a.Withdrawn(2)
	require.Empty(t, a.Over)
	require.True(t, a.Live())
	a.Postpone(at(89))
	require.Equal(t, access.Nothing, a.StepAt(at(88.5)), "put off")
}

func TestARecordDoesNotGrowWithoutEnd(t *testing.T) {
	a := access.Access{User: 7, SKU: "club"}
	for i := range 1000 {
		a.Grant(shop.OrderID(time.Duration(i).String()), 0, day, false, at(float64(i)))
	}
	require.LessOrEqual(t, len(a.Grants), 30)
	require.Equal(t, at(1000), a.Until)
}

func TestARenewalThatIsPaidBackBeforeItWasDeliveredLeavesTheGrace(t *testing.T) {
	a := bought(t, "A")
	a.Did(access.TellOver, at(30))
	a.TakeBack("B", 0, at(30.2))
	require.Equal(t, access.Grace, a.Stage)
	require.Equal(t, at(31), a.GraceEnds)
	a.Withdrawn(1)
	what, when := a.Next()
	require.Equal(t, access.Finish, what)
	require.Equal(t, at(31), when)
}
