package bot

import (
	"cmp"
	"slices"
	"strings"

	"shopbot/internal/catalog"
	"shopbot/internal/localize"
	"shopbot/internal/shop"
)

// questionScreenOf asks a question of a product before it is ordered.
func questionScreenOf(l localizer, p *catalog.Product, f *answersForm, note markup) screen {
	q, at := &p.Questions[f.At], itoa(f.At)
	s := screen{Keep: true, Text: sections(note, l.Say("order_q", "Title", p.Title, "Number", f.At+1, "Of", len(p.Questions),
		"Ask", q.Ask, "Hint", answerHint(l, q)))}
	var choices []button
	for i, c := range q.Choices {
		choices = append(choices, button{Text: l.Text(c), Data: data(actAnswers, "choose", f.ID, at, itoa(i))})
	}
	s.Rows = slices.AppendSeq(s.Rows, slices.Chunk(choices, 2))
	var away []button
	if f.At > 0 {
		away = append(away, l.button("back", actAnswers, "back", f.ID, at))
	}
	s.Rows = append(s.Rows, append(away, l.button("form_cancel", actAnswers, "stop", f.ID)))
	return s
}

// answerHint says how a question is answered.
func answerHint(l localizer, q *catalog.Question) markup {
	return l.Say("order_q_hint_"+string(q.Kind), "Range", rangeText(l, q), "Most", shop.MaxAnswer)
}

// rangeText says which numbers answer a question; "" for any.
func rangeText(l localizer, q *catalog.Question) string {
	switch {
	case q.Min != nil && q.Max != nil:
		return l.Plain("order_q_range", "Min", itoa(*q.Min), "Max", itoa(*q.Max))
	case q.Min != nil:
		return l.Plain("order_q_range_min", "Min", itoa(*q.Min))
	case q.Max != nil:
		return l.Plain("order_q_range_max", "Max", itoa(*q.Max))
	}
	return ""
}

// answersScreen sums up the answers before the order, or before they go into the cart.
func answersScreen(l localizer, p *catalog.Product, f *answersForm, quote shop.Order, note markup) screen {
	s := screen{Keep: true, Text: sections(note, l.Say("order_answers", "Title", p.Title, "Quantity", max(f.Quantity, 1)),
		answersText(l, f.Answers, answersRoom))}
	yes := l.button("answers_put", actAnswers, "put", f.ID)
	if !f.ToCart {
		yes = button{Text: l.Plain("button_cart_buy", "Price", quote.Prices()), Data: data(actAnswers, "order", f.ID)}
	}
	s.Rows = append(s.Rows, row(yes.styled(styleSuccess)))
	for i := range f.Answers {
		s.Rows = append(s.Rows, row(button{
			Text: "✏️ " + clip(f.Answers[i].Ask, 30), Data: data(actAnswers, "ask", f.ID, itoa(i)),
		}))
	}
	s.Rows = append(s.Rows, row(l.button("form_cancel", actAnswers, "stop", f.ID)))
	return s
}

// answersRoom is how much of a message answers may take, in UTF-16 units: a message holds the whole
// of the longest answer, and the beginnings of the others.
const answersRoom = 3000

// answersText lists answers with their questions, each cut to its share of room.
func answersText(l localizer, answers []shop.Answer, room int) markup {
	var said []markup
	for i := range answers {
		a := &answers[i]
		said = append(said, "<b>"+localize.Escape(clip(a.Ask, 100))+"</b>", quote(clip(answerValue(l, a), room/len(answers))))
	}
	return lines(said...)
}

// shortAnswers names answers in a line; "" for none.
func shortAnswers(l localizer, answers []shop.Answer) markup {
	if len(answers) == 0 {
		return ""
	}
	var said []string
	for i := range answers {
		said = append(said, clip(answerValue(l, &answers[i]), 40))
	}
	return l.Say("order_answer_short", "Answers", clip(strings.Join(said, " · "), 200))
}

// answerValue is an answer in words: of a file its name.
func answerValue(l localizer, a *shop.Answer) string {
	if a.File.ID == "" {
		return a.Value
	}
	return fileName(l, a.File)
}

// fileName is what a file is called in a text.
func fileName(l localizer, f shop.TelegramFile) string {
	if f.Photo {
		return l.Plain("order_answer_photo")
	}
	return "📎 " + cmp.Or(f.Name, l.Plain("order_answer_file"))
}

// hasFiles reports whether an order has answers that are files.
func hasFiles(o *shop.Order) bool {
	return slices.ContainsFunc(o.Lines, func(l shop.Line) bool {
		return slices.ContainsFunc(l.Answers, func(a shop.Answer) bool { return a.File.ID != "" })
	})
}
