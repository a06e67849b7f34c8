package bot

import (
	"cmp"
	"slices"

	"shopbot/internal/catalog"
	"shopbot/internal/localize"
	"shopbot/internal/shop"
	"shopbot/internal/support"
)

// quote shows what somebody wrote apart from the shop's own words.
func quote(text string) markup {
	if text == "" {
		return ""
	}
	return "<blockquote>" + localize.Escape(text) + "</blockquote>"
}

// aboutOrder is the end of a heading: which order it is about; "" for none.
func aboutOrder(l localizer, id shop.OrderID) markup {
	if id == "" {
		return ""
	}
	return l.Say("about_order", "Order", id)
}

func questioner(l localizer, q support.Question) markup {
	return buyer(l, shop.Buyer{ID: q.Buyer, Name: q.Name})
}

// questionScreen tells the staff of one message of a buyer.
func questionScreen(l localizer, q support.Question, m support.Message) screen {
	text := "question_new"
	if len(q.Messages) > 1 && (q.Messages[0].By != m.By || q.Messages[0].ID != m.ID) {
		text = "question_more"
	}
	return screen{
		Text:   lines(l.Say(text, "Buyer", questioner(l, q), "About", aboutOrder(l, q.Order)), quote(m.Text)),
		Passed: m.Picture, Rows: questionRows(l, q),
	}
}

// questionRows are what the staff can do about an open question.
func questionRows(l localizer, q support.Question) [][]button {
	id := itoa(q.ID)
	rows := [][]button{row(l.button("answer", actQuestion, "a", id), l.button("close_question", actQuestion, "c", id))}
	var more []button
	if q.Order != "" {
		more = append(more, l.button("its_order", actDetails, string(q.Order)))
	}
	more = append(more, anew(l.button("person", actPerson, itoa(q.Buyer))))
	if len(q.Messages) > 1 {
		more = append(more, anew(l.button("thread", actQuestion, "o", id)))
	}
	return append(rows, more)
}

// settledScreen is the notice of a message once its question is answered or closed.
func settledScreen(l localizer, q support.Question, m support.Message, closer string) screen {
	s := questionScreen(l, q, m)
	s.Passed = ""
	switch {
	case q.Status == support.StatusClosed && q.ClosedBy == q.Buyer:
		s.Text += "\n\n" + l.Say("question_solved")
	case q.Status == support.StatusClosed:
		s.Text += "\n\n" + l.Say("question_closed_by", "Name", closer)
	default:
		s.Text += "\n\n" + l.Say("question_answered_by", "Name", q.Last().Name)
	}
	s.Rows = [][]button{row(anew(l.button("thread", actQuestion, "o", itoa(q.ID))))}
	return s
}

// answerAsk asks somebody of the shop for the answer to a question.
func answerAsk(l localizer, q support.Question) markup {
	said := l.Say("answer_ask", "Buyer", questioner(l, q), "About", aboutOrder(l, q.Order))
	waiting := q.Waiting()
	if len(waiting) == 0 {
		return lines(said, l.Say("answer_had", "Name", q.Last().Name), quote(clip(q.Last().Text, 1000)))
	}
	for _, m := range waiting[max(len(waiting)-3, 0):] {
		said = lines(said, quote(clip(m.Text, 500)))
	}
	return said
}

// answerScreen is what a buyer sees of a message from the staff.
func answerScreen(l localizer, name catalog.Text, q support.Question, m support.Message) screen {
	id := itoa(q.ID)
	return screen{
		Text:   lines(l.Say("answer", "Shop", name, "About", aboutOrder(l, q.Order)), quote(m.Text)),
		Passed: m.Picture,
		Rows:   [][]button{row(l.button("answer", actAsk, "on", id), l.button("solved", actAsk, "solved", id))},
	}
}

// closedScreen tells a buyer that their question was closed without a further answer.
func closedScreen(l localizer, q support.Question) screen {
	waiting := q.Waiting()
	said := l.Say("question_closed", "About", aboutOrder(l, q.Order))
	if len(waiting) > 0 {
		said = lines(said, quote(clip(waiting[0].Text, 500)))
	}
	return screen{Text: said, Rows: [][]button{row(l.button("write_again", actAsk, "on", itoa(q.ID)))}}
}

// messageText is one message of a thread with its author and time, and whether that is the buyer.
func messageText(l localizer, q support.Question, m support.Message) markup {
	id := "thread_message"
	if m.Picture != "" {
		id = "thread_picture"
	}
	side := "🏪" // names can be the same
	if m.By == q.Buyer {
		side = "👤"
	}
	return lines(l.Say(id, "Side", side, "Name", cmp.Or(m.Name, itoa(m.By)), "At", l.Moment(m.At)), quote(clip(m.Text, 700)))
}

// threadRoom is how much of a thread one screen shows, in UTF-16 units.
const threadRoom = 3500

// threadScreen shows a question to the staff: the latest messages that fit, oldest first.
func threadScreen(l localizer, q support.Question) screen {
	heading := l.Say("thread", "Buyer", questioner(l, q), "About", aboutOrder(l, q.Order), "Status", l.Plain("question_status_"+string(q.Status)))
	var shown []markup
	room := threadRoom
	for _, m := range slices.Backward(q.Messages) {
		said := messageText(l, q, m)
		if room -= visible(said) + 1; room < 0 {
			shown = append(shown, "…")
			break
		}
		shown = append(shown, said)
	}
	slices.Reverse(shown)
	s := screen{Text: sections(heading, lines(shown...))}
	id := itoa(q.ID)
	first := row(l.button("answer", actQuestion, "a", id))
	if q.Status != support.StatusClosed {
		first = append(first, l.button("close_question", actQuestion, "c", id))
	}
	var more []button
	if q.Order != "" {
		more = append(more, l.button("its_order", actDetails, string(q.Order)))
	}
	more = append(more, anew(l.button("person", actPerson, itoa(q.Buyer))))
	if slices.ContainsFunc(q.Messages, func(m support.Message) bool { return m.Picture != "" }) {
		more = append(more, l.button("pictures", actQuestion, "p", id))
	}
	s.Rows = [][]button{first, more, row(l.button("questions", actQuestions))}
	return s
}

// questionsScreen lists open questions. after tells where the page begins.
func questionsScreen(l localizer, open []support.Question, after int64) screen {
	open, paging := pageAfter(open, questionsPage, after != 0, l.button("first", actQuestions), l.button("next", actQuestions),
		func(q support.Question) string { return itoa(q.ID) })
	if len(open) == 0 {
		return screen{Text: l.Say("questions_none"), Rows: [][]button{paging, row(l.button("staff_home", actAdmin))}}
	}
	s := screen{Text: l.Say("questions_list")}
	var numbers []button
	for i, q := range open {
		number, waiting := itoa(i+1), q.Waiting()
		m := q.Last()
		if len(waiting) > 0 {
			m = waiting[0]
		}
		s.Text += "\n\n" + lines(l.Say("questions_line", "Number", number, "Buyer", questioner(l, q),
			"About", aboutOrder(l, q.Order), "Since", l.Moment(m.At)), quote(cmp.Or(clip(m.Text, 200), "🖼")))
		numbers = append(numbers, l.button("open_number", actQuestion, "o", itoa(q.ID)))
		numbers[i].Text = number + " · " + numbers[i].Text
	}
	s.Rows = slices.AppendSeq(s.Rows, slices.Chunk(numbers, 3))
	s.Rows = append(s.Rows, paging, row(l.button("staff_home", actAdmin)))
	return s
}
