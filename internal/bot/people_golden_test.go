package bot

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
	"shopbot/internal/support"
)

// somebody is a buyer of whom everything is known.
func somebody(t *testing.T) shop.Person {
	t.Helper()
	return shop.Person{
		ID: 7, Name: "Alice <3", Username: "alice", App: "en", First: "2026-10-01", Last: "2026-11-23",
		Paid: 2, Spent: shop.Sums{usd(t, "7.5")}, Refunded: shop.Sums{usdt(t, "2.5")},
		Notes: []shop.PersonNote{{By: 9, ID: 3, At: goldenDay, Name: "Olga", Text: "Asks for <b>invoices</b>"}},
	}
}

// talk is a question with two messages that wait.
func talk() support.Question {
	return support.Question{
		ID: 5, Buyer: 7, Name: "Alice <3", Order: "1P8M2QX7KD93HWA", Status: support.StatusOpen,
		Messages: []support.Message{
			{ID: 1, By: 7, Name: "Alice <3", At: goldenDay, Text: "The key does not work:\n<b>KEY</b> [Refund]"},
			{ID: 2, By: 7, Name: "Alice <3", At: goldenDay.Add(time.Minute), Picture: "file"},
		},
	}
}

func drawPeople(t *testing.T, g *golden, l localizer) {
	t.Helper()
	p, now := somebody(t), goldenDay
	o := delivered(paidWith(t, orderOf(t, vpn(2)), "5"))
	g.add("person", personScreen(l, p, []shop.Order{o, o, orderOf(t, guide())}, "English", shop.RoleOwner, shop.RoleBuyer))
	g.add("person, for support", personScreen(l, p, slices.Repeat([]shop.Order{o}, cardOrders+1), "English", shop.RoleSupport, shop.RoleBuyer))
	p.Gone, p.Blocked = now, shop.Block{At: now, By: 9, Reason: "spam"}
	g.add("person, blocked and gone", personScreen(l, p, []shop.Order{o}, "English", shop.RoleOwner, shop.RoleBuyer))
	g.add("person without orders", personScreen(l, shop.Person{ID: 8, Blocked: shop.Block{At: now, By: 9, Reason: "<i>rude</i>"}}, nil, "", shop.RoleOwner, shop.RoleBuyer))
	g.add("person of the staff", personScreen(l, shop.Person{ID: 9, Name: "Olga", First: "2026-10-01", Last: "2026-10-02"}, nil, "", shop.RoleOwner, shop.RoleOwner))
	g.add("person's orders", personOrdersScreen(l, p, slices.Repeat([]shop.Order{o}, ordersPage+1), o.ID))
	g.add("found several", foundScreen(l, found{orders: []shop.Order{o}, people: []shop.Person{p}}))
	g.add("found a page of people", foundScreen(l, found{people: slices.Repeat([]shop.Person{p}, peoplePage+1), name: "ali", after: 3}))
	g.add("found a key", foundScreen(l, found{places: []shop.UnitPlace{
		{SKU: "vpn", Where: shop.UnitSold, Order: o.ID}, {SKU: "steam", Where: shop.UnitForSale, Batch: 3, Unit: "SECRET"},
	}}))
	g.add("what can be found", screen{Text: searchable(l, shop.RoleOwner)}, screen{Text: searchable(l, shop.RoleSupport)})

	q, name := talk(), catalog.Plain("Pixel & Co")
	g.add("question", questionScreen(l, q, q.Messages[0]))
	g.add("question goes on", questionScreen(l, q, q.Messages[1]))
	g.add("answer to write", screen{Text: answerAsk(l, q)})
	g.add("questions", questionsScreen(l, slices.Repeat([]support.Question{q}, questionsPage+1), 3))
	g.add("no questions", questionsScreen(l, nil, 0))
	g.add("closed", closedScreen(l, q))
	closed := q
	require.NoError(t, closed.Close(7))
	g.add("solved", settledScreen(l, closed, q.Messages[0], "7"))
	closed.ClosedBy = 9
	g.add("closed by staff", settledScreen(l, closed, q.Messages[0], "Olga <b>"))
	m := support.Message{ID: 3, By: 9, Name: "Olga", At: now.Add(time.Hour), Text: "Try & see: <code>"}
	require.NoError(t, q.Answer(m))
	g.add("answered", settledScreen(l, q, q.Messages[0], ""))
	g.add("another answer to write", screen{Text: answerAsk(l, q)})
	g.add("answer", answerScreen(l, name, q, m))
	g.add("thread", threadScreen(l, q))
}

func TestScreensOfPeopleAndQuestions(t *testing.T) {
	inEachLanguage(t, "people", func(t *testing.T, l localizer, g *golden) {
		drawPeople(t, g, l)
		require.NotContains(t, g.String(), "SECRET", "a key is not shown")
	})
}

func TestScreensOfPeopleFitIntoMessages(t *testing.T) {
	l := testLocalizer(t, "ru")
	long := strings.Repeat("W", maxName)
	p := somebody(t)
	p.ID, p.Name, p.Username = 1<<52-1, long, strings.Repeat("u", 32)
	p.Blocked = shop.Block{At: goldenDay, By: 1<<52 - 1, Reason: strings.Repeat("r", shop.MaxBlockReason)}
	p.Notes = nil
	for n := range shop.MaxNotes {
		p.AddNote(shop.PersonNote{By: 1<<52 - 1, ID: 1<<31 - n, At: goldenDay, Name: long, Text: strings.Repeat("n", maxNote)})
	}
	q := support.Question{ID: 1<<62 - 1, Buyer: p.ID, Name: long, Order: "1P8M2QX7KD93HWA", Status: support.StatusOpen}
	for n := range support.MaxKept {
		q.Messages = append(q.Messages, support.Message{ID: n, By: p.ID, Name: long, At: goldenDay, Text: strings.Repeat("q", support.MaxLength), Picture: "p"})
	}
	m := q.Last()
	o := orderOf(t, vpn(1))
	for _, s := range []screen{
		personScreen(l, p, []shop.Order{o}, "English", shop.RoleOwner, shop.RoleBuyer), personOrdersScreen(l, p, slices.Repeat([]shop.Order{o}, 9), o.ID),
		foundScreen(l, found{people: slices.Repeat([]shop.Person{p}, 9), name: p.Username, after: p.ID}),
		questionScreen(l, q, m), settledScreen(l, q, m, long), threadScreen(l, q), closedScreen(l, q),
		questionsScreen(l, slices.Repeat([]support.Question{q}, 6), q.ID), answerScreen(l, catalog.Plain(long), q, m),
		{Text: answerAsk(l, q)},
	} {
		require.LessOrEqual(t, visible(s.Text), maxText)
		for _, b := range slices.Concat(s.Rows...) {
			require.LessOrEqual(t, len(b.Data), maxData, b.Data)
		}
	}
	require.LessOrEqual(t, visible(clipMarkup(messageText(l, q, m), maxCaption)), maxCaption)
}
