package bot

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-telegram/bot/models"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
)

// formAnswers asks the questions of a product, one after another, before it is ordered or put into
// the cart. It lives as long as its buttons.
const (
	formAnswers = "answers"
	answersTime = nonceLife
)

// answersForm is what a buyer answered so far. It is kept as a shop.Form, so that it outlives the
// program.
type answersForm struct {
	// ID is a nonce: it names the form in its buttons, and the order that comes of it.
	ID  string `json:"id"`
	SKU string `json:"sku"`
	// Quantity is how many pieces are ordered, or added to the cart; 0 changes the answers of those
	// that the cart has.
	Quantity int  `json:"quantity,omitempty"`
	ToCart   bool `json:"to_cart,omitempty"`
	// Answers are by question; one without a kind is still to be given.
	Answers []shop.Answer `json:"answers,omitempty"`
	// At is the question that is asked; the summary if there are not so many.
	At int `json:"at"`
	// Open says that the buyer is at it. A buyer who goes on to something else finds the answers when
	// they come back.
	Open bool `json:"open,omitempty"`
	// Seen is the id of the latest message that was taken. After a crash it may come again.
	Seen int `json:"seen,omitempty"`
	// Album is the album that was refused last, so that its other messages are not refused again.
	Album string `json:"album,omitempty"`
}

// readAnswersForm reads a form; nil if it is another one.
func readAnswersForm(f shop.Form) *answersForm {
	return formValue[answersForm](f, formAnswers, "answers")
}

func (b *Bot) keepAnswersForm(ctx context.Context, user int64, f *answersForm) error {
	kept, err := valueForm(formAnswers, "answers", f, answersTime)
	if err != nil {
		return err
	}
	return b.chat.memory.SetForm(ctx, user, kept)
}

// fit makes f have a place for the answer to each question of p. Answers that p does not ask for any
// more go. It goes back to the first question without an answer.
func (f *answersForm) fit(p *catalog.Product) {
	answers := make([]shop.Answer, len(p.Questions))
	for i := range answers {
		if i < len(f.Answers) && f.Answers[i].Fits(&p.Questions[i]) {
			answers[i] = f.Answers[i]
		}
	}
	f.Answers = answers
	if i := slices.IndexFunc(answers, func(a shop.Answer) bool { return a.Kind == "" }); i >= 0 {
		f.At = min(f.At, i)
	}
	f.At = min(f.At, len(answers))
}

// beginAnswers asks the questions of a product. What the buyer answered before they went on to
// something else is kept; had are the answers to begin with otherwise.
func (b *Bot) beginAnswers(ctx context.Context, r *request, f answersForm, had []shop.Answer) error {
	p, found := r.catalog.Offered(f.SKU)
	if !found {
		return b.showProduct(ctx, r, f.SKU, 1) // says what there is instead
	}
	if blocked, err := b.refuseBlocked(ctx, r); blocked || err != nil {
		return err
	}
	r.toast = "" // that another form was left is no matter
	f.Answers, f.At = had, len(p.Questions)
	kept, _, err := b.chat.memory.Form(ctx, r.user.ID)
	if err != nil {
		return err
	}
	if before := readAnswersForm(kept); before != nil && before.SKU == f.SKU && had == nil {
		f.Answers = before.Answers
	}
	if f.ID, err = b.nonces.draw(r.user.ID, time.Now()); err != nil {
		return err
	}
	if r.message != nil {
		f.Seen = r.message.ID
	}
	return b.showAnswers(ctx, r, &f, &p, "")
}

// showAnswers keeps the form and shows its question or its summary, below a note.
func (b *Bot) showAnswers(ctx context.Context, r *request, f *answersForm, p *catalog.Product, note markup) error {
	f.fit(p)
	f.Open = true
	if err := b.keepAnswersForm(ctx, r.user.ID, f); err != nil {
		return err
	}
	if f.At < len(p.Questions) {
		return b.show(ctx, r, questionScreenOf(r.loc, p, f, note))
	}
	var quote shop.Order
	if !f.ToCart {
		hand, err := b.couponInHand(ctx, r)
		if err == nil {
			quote, err = b.shop.Quote(ctx, shop.Request{Buyer: r.buyer(), Items: []shop.Item{f.item()}, Coupon: hand})
		}
		if err != nil {
			return b.refuse(ctx, r, f.purchase(r, time.Now()), err)
		}
	}
	return b.show(ctx, r, answersScreen(r.loc, p, f, quote, note))
}

func (f *answersForm) item() shop.Item {
	return shop.Item{SKU: f.SKU, Quantity: f.Quantity, Answers: f.Answers}
}

// purchase is the order that the form ends with.
func (f *answersForm) purchase(r *request, drawn time.Time) purchase {
	press := request{user: r.user} // as the one who presses the button will be
	return purchase{
		items: []shop.Item{f.item()}, origin: press.origin(f.ID, drawn), form: true,
		button: data(actAnswers, "order", f.ID), back: data(actAnswers, "show", f.ID),
	}
}

// takeAnswers takes a message as the answer to the question that is asked.
func (b *Bot) takeAnswers(ctx context.Context, r *request, kept shop.Form) (bool, error) {
	f := readAnswersForm(kept)
	if f == nil || !f.Open || f.At >= len(f.Answers) {
		return false, nil
	}
	p, found := r.catalog.Offered(f.SKU)
	if !found {
		return true, errors.Join(b.chat.memory.LeaveForm(ctx, r.user.ID), b.showProduct(ctx, r, f.SKU, 1))
	}
	asked := f.At
	f.fit(&p)
	switch {
	case r.message.ID <= f.Seen, f.At != asked || f.At >= len(p.Questions): // taken before a crash, or the questions are others now
		return true, b.showAnswers(ctx, r, f, &p, "")
	case r.message.MediaGroupID != "" && r.message.MediaGroupID == f.Album:
		return true, nil
	}
	f.Seen, f.Album = r.message.ID, r.message.MediaGroupID
	q := &p.Questions[f.At]
	a, refusal := readAnswer(r, q)
	if refusal != "" {
		return true, b.showAnswers(ctx, r, f, &p, refusal)
	}
	return true, b.answered(ctx, r, f, &p, a)
}

// answered goes on with the answer to the question that is asked.
func (b *Bot) answered(ctx context.Context, r *request, f *answersForm, p *catalog.Product, a shop.Answer) error {
	f.Answers[f.At] = a
	f.At = len(p.Questions) // or the first without an answer
	return b.showAnswers(ctx, r, f, p, "")
}

// readAnswer reads the answer to a question out of a message, or says why the message is no answer.
func readAnswer(r *request, q *catalog.Question) (a shop.Answer, refusal markup) {
	m := r.message
	a = shop.Answer{Ask: r.loc.Text(q.Ask), Kind: q.Kind}
	switch {
	case m.MediaGroupID != "":
		return a, r.loc.Say("order_q_bad_album")
	case q.Kind == catalog.AnswerFile:
		if a.File = fileOf(m); a.File.ID == "" {
			return a, r.loc.Say("order_q_bad_file")
		}
		return a, ""
	case m.Text == "":
		return a, r.loc.Say("order_q_bad_" + string(q.Kind))
	}
	return readWritten(r.loc, q, a, cleanLines(m.Text))
}

// fileOf is the document or the picture of a message; the zero TelegramFile if it has none.
func fileOf(m *models.Message) shop.TelegramFile {
	switch {
	case m.Document != nil:
		return shop.TelegramFile{ID: m.Document.FileID, Name: cleanName(m.Document.FileName)}
	case len(m.Photo) > 0:
		return shop.TelegramFile{ID: m.Photo[len(m.Photo)-1].FileID, Photo: true}
	}
	return shop.TelegramFile{}
}

// readWritten reads an answer that is written.
func readWritten(l localizer, q *catalog.Question, a shop.Answer, written string) (shop.Answer, markup) {
	var err error
	a.Value, err = shop.ReadAnswer(q, l.Language, written)
	switch {
	case errors.Is(err, shop.ErrAnswerLength):
		return a, l.Say("order_q_bad_length", "Length", length(written), "Most", shop.MaxAnswer)
	case errors.Is(err, shop.ErrAnswerRange):
		return a, l.Say("order_q_bad_range", "Range", rangeText(l, q))
	case err != nil:
		return a, l.Say("order_q_bad_" + string(q.Kind))
	}
	return a, ""
}

// answersButton is a button of the form: "choose:id:question:choice", "back:id:question",
// "ask:id:question", "show:id", "order:id[:coin]", "put:id" or "stop:id".
func (b *Bot) answersButton(ctx context.Context, r *request) error {
	verb, rest, _ := strings.Cut(r.args, ":")
	id, rest, _ := strings.Cut(rest, ":")
	kept, _, err := b.chat.memory.Form(ctx, r.user.ID)
	if err != nil {
		return err
	}
	f := readAnswersForm(kept)
	if f == nil || f.ID != id {
		return b.answersOver(ctx, r, verb, id)
	}
	p, found := r.catalog.Offered(f.SKU)
	if !found {
		return errors.Join(b.chat.memory.LeaveForm(ctx, r.user.ID), b.showProduct(ctx, r, f.SKU, 1))
	}
	f.fit(&p)
	number, choice, _ := strings.Cut(rest, ":")
	at, err := strconv.Atoi(number)
	switch {
	case verb == "order":
		return b.orderAnswered(ctx, r, f, &p, rest)
	case verb == "put":
		return b.putAnswered(ctx, r, f, &p)
	case verb == "show":
		return b.showAnswers(ctx, r, f, &p, "")
	case verb == "stop":
		if err := b.chat.memory.LeaveForm(ctx, r.user.ID); err != nil {
			return err
		}
		r.toast = r.loc.Plain("form_left")
		return b.showProduct(ctx, r, f.SKU, max(f.Quantity, 1))
	case err != nil || at < 0 || at >= len(p.Questions):
		return errStale
	case verb == "ask":
		f.Answers[at].Kind, f.At = "", at
		return b.showAnswers(ctx, r, f, &p, "")
	case verb == "back" && at == f.At && at > 0: // a second press of the same button goes back once
		f.Answers[at-1].Kind, f.At = "", at-1
		return b.showAnswers(ctx, r, f, &p, "")
	case verb == "choose" && at == f.At:
		n, err := strconv.Atoi(choice)
		q := &p.Questions[at]
		if err != nil || n < 0 || n >= len(q.Choices) {
			return errStale
		}
		return b.answered(ctx, r, f, &p, shop.Answer{Ask: r.loc.Text(q.Ask), Kind: q.Kind, Value: r.loc.Text(q.Choices[n])})
	case verb == "back" || verb == "choose": // of a question before
		return b.showAnswers(ctx, r, f, &p, "")
	}
	return errStale
}

// answersOver is a button of a form that is over: it shows the order that came of it.
func (b *Bot) answersOver(ctx context.Context, r *request, verb, id string) error {
	drawn, err := b.nonces.drawn(r.user.ID, id, time.Now())
	if err != nil || verb != "order" {
		return errStale
	}
	o, err := b.shop.Ordered(ctx, r.user.ID, r.origin(id, drawn))
	if errors.Is(err, shop.ErrNotFound) {
		return errStale
	}
	if err != nil {
		return err
	}
	return b.drawOrder(ctx, r, o)
}

// orderAnswered makes the order of the form, however often it is pressed.
func (b *Bot) orderAnswered(ctx context.Context, r *request, f *answersForm, p *catalog.Product, coin string) error {
	drawn, err := b.nonces.drawn(r.user.ID, f.ID, time.Now())
	if err != nil {
		return errStale
	}
	if f.ToCart || f.At < len(p.Questions) {
		return b.showAnswers(ctx, r, f, p, "")
	}
	buy := f.purchase(r, drawn)
	buy.coin = coin
	return b.checkout(ctx, r, buy)
}

// putAnswered puts the product with its answers into the cart.
func (b *Bot) putAnswered(ctx context.Context, r *request, f *answersForm, p *catalog.Product) error {
	if !f.ToCart || f.At < len(p.Questions) {
		return b.showAnswers(ctx, r, f, p, "")
	}
	c, err := b.shop.PutInCart(ctx, r.user.ID, f.item(), f.ID)
	if said := r.cartRefusal(err); said != "" {
		return b.showAnswers(ctx, r, f, p, said)
	}
	if err != nil {
		return err
	}
	if err := b.chat.memory.LeaveForm(ctx, r.user.ID); err != nil {
		return err
	}
	return b.showCart(ctx, r, 0, r.loc.Say("cart_added", "Title", p.Title, "Quantity", c.Quantity(p.SKU)))
}

// leaveAnswers is what a command or another button does to the form: the answers are kept, unless it
// is /cancel.
func (b *Bot) leaveAnswers(ctx context.Context, r *request, kept shop.Form, command string) error {
	f := readAnswersForm(kept)
	r.left = f != nil && f.Open
	switch {
	case f == nil || r.left && command == "cancel":
		return b.chat.memory.LeaveForm(ctx, r.user.ID)
	case !f.Open:
		return nil
	}
	f.Open = false
	return b.keepAnswersForm(ctx, r.user.ID, f)
}

// askFirst asks the questions of a product that a purchase lacks answers to.
func (b *Bot) askFirst(ctx context.Context, r *request, p purchase, sku string) error {
	f := answersForm{SKU: sku, ToCart: p.cart != ""}
	i := slices.IndexFunc(p.items, func(item shop.Item) bool { return strings.EqualFold(item.SKU, sku) })
	switch {
	case f.ToCart:
		c, err := b.shop.Cart(ctx, r.user.ID)
		if err != nil {
			return err
		}
		return b.beginAnswers(ctx, r, f, c.Answers(sku))
	case i < 0:
		return errStale
	}
	f.Quantity = p.items[i].Quantity
	paused, err := b.shop.Paused(ctx)
	if err != nil {
		return err
	}
	if paused {
		return shop.ErrPaused
	}
	product, _ := r.catalog.Product(sku)
	o, err := b.offer(ctx, r, product)
	if err != nil {
		return err
	}
	if o.Limited && o.Free < f.Quantity {
		return b.soldOut(ctx, r, &shop.SoldOutError{SKU: product.SKU, Left: o.Free})
	}
	return b.beginAnswers(ctx, r, f, p.items[i].Answers)
}
