package bot

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"shopbot/internal/shop"
	"shopbot/internal/support"
)

// formAsk is the form of somebody who writes to the shop. It stays open for askFor after each
// message, so that a picture and more words belong to the same question.
const (
	formAsk = "ask"
	askFor  = 10 * time.Minute
)

// ask are the buttons of buyers around questions.
func (b *Bot) ask(ctx context.Context, r *request) error {
	verb, argument, _ := strings.Cut(r.args, ":")
	switch verb {
	case "solved":
		return b.solved(ctx, r, argument)
	case "new", "on":
	default:
		return errStale
	}
	if blocked, err := b.refuseBlocked(ctx, r); blocked || err != nil {
		return err
	}
	given, about := map[string]string{}, markup("")
	if verb == "on" {
		given["question"] = argument
		return b.beginForm(ctx, r, formAsk, askFor, given, r.loc.Say("ask_more"))
	}
	if argument != "" {
		o, err := b.own(ctx, r, argument)
		if err != nil {
			return err
		}
		given["order"] = string(o.ID)
		about = aboutOrder(r.loc, o.ID)
	}
	return b.beginForm(ctx, r, formAsk, askFor, given, r.loc.Say("ask_describe", "About", about))
}

// takeQuestion takes a message of somebody who writes to the shop.
func (b *Bot) takeQuestion(ctx context.Context, r *request, f shop.Form) (bool, error) {
	blocked, err := b.refuseBlocked(ctx, r)
	if blocked || err != nil {
		return true, errors.Join(err, b.chat.memory.LeaveForm(ctx, r.user.ID))
	}
	m := r.written()
	draft := support.Question{ID: formID(f, "question"), Buyer: r.user.ID, Name: r.buyer().Name, Order: shop.OrderID(f.Given["order"])}
	q, err := b.chat.memory.Ask(ctx, r.user.ID, func(latest []support.Question) (support.Question, error) {
		return support.Asked(latest, draft, m)
	})
	if text, facts, left := refusedMessage(err); text != "" {
		if left {
			if err := b.chat.memory.LeaveForm(ctx, r.user.ID); err != nil {
				return true, err
			}
		}
		return true, b.say(ctx, r, text, facts...)
	}
	if err != nil {
		return true, err
	}
	if stored := q.Find(m.By, m.ID); stored != nil && !stored.Sent {
		shown := b.courier.tellQuestion(ctx, q, *stored)
		if _, err := b.chat.memory.ChangeQuestion(ctx, q.ID, func(q *support.Question) error {
			return q.MarkSent(m.By, m.ID, shown)
		}); err != nil && !errors.Is(err, support.ErrNotFound) {
			return true, err
		}
	}
	if err := b.setForm(ctx, r.user.ID, f.Name, askFor, map[string]string{"question": itoa(q.ID), "order": string(q.Order)}); err != nil {
		return true, err
	}
	if q.HasAlbum(m) { // that was said with its first picture
		return true, nil
	}
	said := r.loc.Say("ask_sent")
	return true, b.reply(ctx, r, screen{Text: said, Rows: [][]button{row(r.loc.button("leave", actLeave))}})
}

// refusedMessage is the text for a message that is not taken, "" if it was, and whether the form
// ends with it.
func refusedMessage(err error) (text string, facts []any, left bool) {
	switch {
	case errors.Is(err, support.ErrEmpty):
		return "message_kinds", nil, false
	case errors.Is(err, support.ErrTooLong):
		return "message_too_long", []any{"Most", support.MaxLength}, false
	case errors.Is(err, support.ErrTooManyInARow):
		return "ask_in_a_row", nil, true
	case errors.Is(err, support.ErrTooManyLately):
		return "ask_lately", nil, true
	case errors.Is(err, support.ErrTooManyOpen):
		return "ask_open", []any{"Count", support.MaxOpen}, true
	}
	return "", nil, false
}

// written is the request's message as one of a question: a text or a picture, or neither if it is
// of another kind.
func (r *request) written() support.Message {
	m := support.Message{
		ID: r.message.ID, By: r.user.ID, Name: r.buyer().Name, At: time.Unix(int64(r.message.Date), 0),
		Text: cleanLines(r.message.Text), Album: r.message.MediaGroupID,
	}
	if sizes := r.message.Photo; len(sizes) > 0 {
		m.Picture, m.Text = sizes[len(sizes)-1].FileID, cleanLines(r.message.Caption)
	}
	return m
}

// cleanLines is cleanText for a text whose lines are kept. Nothing of it is cut off.
func cleanLines(text string) string {
	var kept []string
	for line := range strings.Lines(text) {
		line = cleanText(line, len(line))
		if line != "" || len(kept) > 0 && kept[len(kept)-1] != "" {
			kept = append(kept, line)
		}
	}
	return strings.TrimSpace(strings.Join(kept, "\n"))
}

// solved is the buyer's button "Solved" under an answer.
func (b *Bot) solved(ctx context.Context, r *request, argument string) error {
	id, err := questionArgument(argument)
	if err != nil {
		return err
	}
	q, err := b.chat.memory.ChangeQuestion(ctx, id, func(q *support.Question) error {
		if q.Buyer != r.user.ID {
			return support.ErrNotFound
		}
		return q.Close(r.user.ID)
	})
	switch {
	case errors.Is(err, support.ErrNotFound):
		return errStale
	case err != nil:
		return err
	}
	r.toast = r.loc.Plain("ask_solved")
	b.answer(ctx, r)
	b.retire(ctx, r.at, shop.MessageRef{})
	b.settleQuestion(ctx, q)
	return nil
}

// questionArgument reads a question's number from a button. errStale.
func questionArgument(s string) (int64, error) {
	id, err := strconv.ParseInt(s, 10, 64)
	if err != nil || id <= 0 {
		return 0, errStale
	}
	return id, nil
}
