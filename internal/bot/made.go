package bot

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"shopbot/internal/localize"
	"shopbot/internal/shop"
)

// formMade is the form of somebody of the staff who made or did what a buyer ordered: the next text,
// file or picture is what the buyer gets, once it is confirmed.
const formMade = "made by hand"

// made is the button [Done] of a line that is made by hand, "order:line", the one that confirms what
// the buyer gets, "order:line:nonce", and the one for nothing to send, "order:line:-".
func (b *Bot) made(ctx context.Context, r *request) error {
	o, line, confirmed, err := b.lineOf(ctx, r)
	switch {
	case err != nil || line < 0:
		return err
	case confirmed != "":
		return b.markMade(ctx, r, o, line, confirmed)
	}
	if !o.WaitsForHand(&o.Lines[line]) {
		r.toast = r.loc.Plain("made_before")
		return b.showDetails(ctx, r, o)
	}
	ask := screen{
		Text: r.loc.Say("made_ask", "Title", o.Lines[line].Title, "Quantity", o.Lines[line].Quantity, "Order", o.ID, "Buyer", buyer(r.loc, o.Buyer)),
		Rows: [][]button{row(r.loc.button("made_nothing", actMade, string(o.ID), itoa(line), nothingMade))},
	}
	return b.beginHand(ctx, r, formMade, map[string]string{"order": string(o.ID), "line": itoa(line)}, ask)
}

// nothingMade is in the place of a nonce where there is nothing to send.
const nothingMade = "-"

// takeMade takes what the buyer gets, and asks to confirm it.
func (b *Bot) takeMade(ctx context.Context, r *request, f shop.Form) (bool, error) {
	o, found, err := b.handOrder(ctx, r, f)
	if !found {
		return true, err
	}
	line, _ := strconv.Atoi(f.Given["line"])
	if line >= len(o.Lines) || !o.WaitsForHand(&o.Lines[line]) { // somebody else was quicker
		return true, b.handOver(ctx, r)
	}
	text, file := strings.TrimSpace(r.message.Text+r.message.Caption), fileOf(r.message)
	if text == "" && file.ID == "" || r.message.MediaGroupID != "" {
		return true, b.say(ctx, r, "made_kinds")
	}
	given := map[string]string{"text": text, "file": file.ID, "name": file.Name, "photo": strconv.FormatBool(file.Photo)}
	nonce, err := b.keepHand(ctx, r, f, given)
	if err != nil {
		return true, err
	}
	said := r.loc.Say("made_sure", "Title", o.Lines[line].Title, "Order", o.ID, "Buyer", buyer(r.loc, o.Buyer))
	if file.ID != "" {
		said = sections(said, localize.Escape(fileName(r.loc, shop.TelegramFile{Photo: file.Photo, Name: file.Name})))
	}
	s := screen{Text: sections(said, quote(clip(text, 1000)))}
	s.Rows = [][]button{
		row(r.loc.button("byhand_yes", actMade, string(o.ID), itoa(line), nonce)), row(r.loc.button("hand_no", actHandNo)),
	}
	return true, b.reply(ctx, r, s)
}

// markMade gives the line what was confirmed, or nothing to send. A second press says that it is
// done.
func (b *Bot) markMade(ctx context.Context, r *request, o shop.Order, line int, nonce string) error {
	f, waits, err := b.confirmed(ctx, r, formMade, nonce, o.ID)
	if err != nil {
		return err
	}
	made := shop.Result{By: r.user.ID}
	switch {
	case nonce == nothingMade && o.WaitsForHand(&o.Lines[line]):
	case waits:
		if f.Given["text"] != "" {
			made.Goods = splitText(f.Given["text"], partLimit)
		}
		made.File = shop.TelegramFile{ID: f.Given["file"], Name: f.Given["name"], Photo: f.Given["photo"] == "true"}
	case o.Lines[line].ByHand != r.user.ID:
		return errStale
	}
	if waits || nonce == nothingMade && o.WaitsForHand(&o.Lines[line]) {
		o, err = b.shop.DoneByHand(ctx, o.ID, line, made)
		switch {
		case errors.Is(err, shop.ErrHasGoods), errors.Is(err, shop.ErrIllegalMove):
			return b.handOver(ctx, r)
		case err != nil:
			return err
		}
		if err := b.leaveMade(ctx, r, o.ID); err != nil {
			return err
		}
	}
	return b.show(ctx, r, screen{
		Text: r.loc.Say("made_done", "Order", o.ID, "Buyer", buyer(r.loc, o.Buyer)),
		Rows: [][]button{row(anew(r.loc.button("details", actDetails, string(o.ID))))},
	})
}

// leaveMade ends the form about an order, if the person is in it.
func (b *Bot) leaveMade(ctx context.Context, r *request, order shop.OrderID) error {
	f, in, err := b.chat.memory.Form(ctx, r.user.ID)
	if err != nil || !in || f.Name != formMade || f.Given["order"] != string(order) {
		return err
	}
	return b.chat.memory.LeaveForm(ctx, r.user.ID)
}

// madeRows are the buttons for the lines of an order that wait for what a person makes.
func madeRows(l localizer, o shop.Order) [][]button {
	return lineRows(l, o, "made", actMade, o.WaitsForHand)
}

// manualRows are what the staff can do about an order that waits for what a person makes.
func manualRows(l localizer, o shop.Order) [][]button {
	id := string(o.ID)
	rows := madeRows(l, o)
	if o.Buyer.ID != 0 { // alone, since half a row of a narrow phone cuts it
		rows = append(rows, row(anew(l.button("ask_buyer", actWrite, itoa(o.Buyer.ID), id))))
	}
	rows = append(rows, row(anew(l.button("refund", actAskRefund, id))))
	if hasFiles(&o) {
		rows = append(rows, row(anew(l.button("answer_files", actFiles, id))))
	}
	return rows
}

// answersOf lists what the buyer of an order answered, for the staff, within room units.
func answersOf(l localizer, o shop.Order, room int) markup {
	var said []markup
	for i := range o.Lines {
		line := &o.Lines[i]
		if len(line.Answers) == 0 {
			continue
		}
		if len(o.Lines) > 1 {
			said = append(said, "<i>"+l.Say("order_line", "Title", line.Title, "Quantity", line.Quantity, "Price", o.LinePriceSum(i))+"</i>")
		}
		said = append(said, answersText(l, line.Answers, room/len(o.Lines)))
	}
	return lines(said...)
}

// answerFiles is the button that sends the files which a buyer answered with.
func (b *Bot) answerFiles(ctx context.Context, r *request, id shop.OrderID) error {
	o, err := b.shop.Order(ctx, id)
	if err != nil {
		return err
	}
	b.answer(ctx, r)
	return b.chat.sendAnswerFiles(ctx, r.loc, r.user.ID, o)
}

// sendAnswerFiles sends the files of a buyer's answers to somebody of the staff.
func (c *chat) sendAnswerFiles(ctx context.Context, l localizer, to int64, o shop.Order) error {
	for _, line := range o.Lines {
		for _, a := range line.Answers {
			if a.File.ID == "" {
				continue
			}
			s := screen{Text: l.Say("answer_file_of", "Order", o.ID, "Ask", clip(a.Ask, 300)), Quiet: true}
			if err := c.passFile(ctx, to, s, a.File); err != nil {
				return err
			}
		}
	}
	return nil
}
