package bot

import (
	"context"
	"errors"
	"strings"
	"time"

	"shopbot/internal/localize"
	"shopbot/internal/shop"
	"shopbot/internal/support"
)

// formAnswer is the form of somebody of the shop who answers a question: the next text or picture
// goes to the buyer. It ends with that message, so that nothing else is sent by mistake. Telegram
// sends the pictures of an album as messages of their own: the form then takes the others for a while.
const (
	formAnswer = "answer"
	staffForms = 30 * time.Minute
	albumTime  = time.Minute
)

// questionsPage is how many questions one screen lists.
const questionsPage = 5

// questions is /questions and its buttons: the questions that wait, the oldest first.
func (b *Bot) questions(ctx context.Context, r *request) error {
	after := int64(0)
	if r.query != nil && r.args != "" {
		var err error
		if after, err = questionArgument(r.args); err != nil {
			return err
		}
	}
	open, err := b.chat.memory.ListOpenQuestions(ctx, after, questionsPage+1)
	if err != nil {
		return err
	}
	return b.show(ctx, r, questionsScreen(r.loc, open, after))
}

// question are the buttons of the staff around one question.
func (b *Bot) question(ctx context.Context, r *request) error {
	verb, argument, _ := strings.Cut(r.args, ":")
	id, err := questionArgument(argument)
	if err != nil {
		return err
	}
	q, err := b.chat.memory.Question(ctx, id)
	switch {
	case errors.Is(err, support.ErrNotFound):
		return errStale
	case err != nil:
		return err
	}
	switch verb {
	case "a":
		return b.beginForm(ctx, r, formAnswer, staffForms, map[string]string{"question": argument}, answerAsk(r.loc, q))
	case "o":
		return b.show(ctx, r, threadScreen(r.loc, q))
	case "p":
		return b.pictures(ctx, r, q)
	case "c":
		return b.closeQuestion(ctx, r, q)
	}
	return errStale
}

// pictures sends the pictures of a thread.
func (b *Bot) pictures(ctx context.Context, r *request, q support.Question) error {
	for _, m := range q.Messages {
		if m.Picture == "" {
			continue
		}
		if err := b.reply(ctx, r, screen{Passed: m.Picture, Text: clipMarkup(messageText(r.loc, q, m), maxCaption)}); err != nil {
			return err
		}
	}
	return nil
}

// takeAnswer sends an answer to the buyer.
func (b *Bot) takeAnswer(ctx context.Context, r *request, f shop.Form) (bool, error) {
	m := r.written()
	if album := f.Given["album"]; album != "" && album != m.Album {
		return false, b.chat.memory.LeaveForm(ctx, r.user.ID)
	}
	q, err := b.chat.memory.ChangeQuestion(ctx, formID(f, "question"), func(q *support.Question) error { return q.Answer(m) })
	return true, b.sendToBuyer(ctx, r, q, m, err)
}

// sendToBuyer sends the message m of a thread, which err says was stored or refused, to the buyer,
// unless an earlier run did, and ends the form.
func (b *Bot) sendToBuyer(ctx context.Context, r *request, q support.Question, m support.Message, err error) error {
	if text, facts, _ := refusedMessage(err); text != "" {
		return b.say(ctx, r, text, facts...)
	}
	if errors.Is(err, support.ErrNotFound) { // the buyer's data was deleted
		return errors.Join(b.chat.memory.LeaveForm(ctx, r.user.ID), b.say(ctx, r, "question_gone"))
	}
	if err != nil {
		return err
	}
	said, q, err := b.passAnswer(ctx, r, q, m)
	if err != nil {
		return err
	}
	if !q.HasAlbum(m) { // else that was done with its first picture
		b.settleQuestion(ctx, q)
		if err := b.say(ctx, r, said, "Buyer", buyer(r.loc, shop.Buyer{ID: q.Buyer, Name: q.Name})); err != nil {
			return err
		}
	}
	if m.Album == "" {
		return b.chat.memory.LeaveForm(ctx, r.user.ID)
	}
	return b.setForm(ctx, r.user.ID, formAnswer, albumTime, map[string]string{"question": itoa(q.ID), "album": m.Album})
}

// passAnswer sends a stored message of the staff to the buyer, unless an earlier run did. said is the
// text that tells its author what became of it.
func (b *Bot) passAnswer(ctx context.Context, r *request, q support.Question, m support.Message) (said string, _ support.Question, err error) {
	said = "answer_sent"
	if stored := q.Find(m.By, m.ID); stored == nil || stored.Sent {
		return said, q, nil
	}
	l := b.chat.localizer(ctx, q.Buyer, "")
	_, err = b.chat.pass(ctx, q.Buyer, answerScreen(l, r.catalog.Shop.Name, q, m))
	switch failed := toShopError(err); {
	case shop.IsFinal(failed):
		said = "answer_undeliverable"
		b.log.InfoContext(ctx, "answer cannot be delivered", "user", q.Buyer, "error", err)
	case failed != nil:
		return said, q, failed
	}
	q, err = b.chat.memory.ChangeQuestion(ctx, q.ID, func(q *support.Question) error { return q.MarkSent(m.By, m.ID, nil) })
	return said, q, err
}

// leaveAnswer ends the form of an answer. One that only waits for the rest of an album has nothing to
// leave.
func (b *Bot) leaveAnswer(ctx context.Context, r *request, f shop.Form, _ string) error {
	r.left = f.Given["album"] == ""
	return b.chat.memory.LeaveForm(ctx, r.user.ID)
}

// closeQuestion is the button "Close" of the staff. The buyer is told first: a repeated
// press then finds the question closed.
func (b *Bot) closeQuestion(ctx context.Context, r *request, q support.Question) error {
	if q.Status == support.StatusClosed {
		r.toast = r.loc.Plain("question_was_closed")
		b.settleQuestion(ctx, q)
		return nil
	}
	if q.Status == support.StatusOpen {
		l := b.chat.localizer(ctx, q.Buyer, "")
		_, err := b.chat.send(ctx, q.Buyer, closedScreen(l, q))
		if failed := toShopError(err); failed != nil && !shop.IsFinal(failed) {
			return failed
		}
	}
	q, err := b.chat.memory.ChangeQuestion(ctx, q.ID, func(q *support.Question) error { return q.Close(r.user.ID) })
	if err != nil {
		return err
	}
	r.toast = r.loc.Plain("question_closed_now")
	b.answer(ctx, r)
	b.settleQuestion(ctx, q)
	return nil
}

// settleQuestion redraws the notices of a question that was answered or closed, so that everybody
// of the shop sees that it is settled and by whom. A notice that cannot be redrawn is left as it is.
func (b *Bot) settleQuestion(ctx context.Context, q support.Question) {
	for _, m := range q.LastAsked() {
		for _, ref := range m.Shown {
			l := b.chat.localizer(ctx, ref.Chat, "")
			s := settledScreen(l, q, m, localize.PlainText(b.person(ctx, l, q.ClosedBy)))
			s.Keep = ref.Media
			if ref.Chat < 0 {
				s.Rows = nil // the topic is the thread
			}
			if _, err := b.chat.editInPlace(ctx, ref, s); err != nil {
				b.log.DebugContext(ctx, "redraw notice of a question failed", "user", ref.Chat, "error", err)
			}
		}
	}
	b.courier.closeTopic(ctx, q)
}
