package bot

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"shopbot/internal/shop"
)

// setForm makes a form the one that a person is in.
func (b *Bot) setForm(ctx context.Context, user int64, name string, lasts time.Duration, given map[string]string) error {
	return b.chat.memory.SetForm(ctx, user, shop.Form{Name: name, Given: given, Until: time.Now().Add(lasts)})
}

// beginForm begins a form and says what to write, as a new message with a button to leave.
func (b *Bot) beginForm(
	ctx context.Context, r *request, name string, lasts time.Duration, given map[string]string, says markup,
) error {
	r.toast = "" // that another form was left is no matter: this one begins
	if err := b.setForm(ctx, r.user.ID, name, lasts, given); err != nil {
		return err
	}
	return b.reply(ctx, r, screen{Text: says, Rows: [][]button{row(r.loc.button("form_cancel", actLeave))}})
}

// leave is the button that ends whatever form the person is in.
func (b *Bot) leave(ctx context.Context, r *request) error {
	r.toast = ""
	if err := b.leaveForm(ctx, r, ""); err != nil {
		return err
	}
	return b.show(ctx, r, screen{Text: r.loc.Say("form_ended")})
}

// valueForm is a form that keeps a value as JSON in one field.
func valueForm(name, field string, value any, lasts time.Duration) (shop.Form, error) {
	text, err := json.Marshal(value)
	return shop.Form{Name: name, Given: map[string]string{field: string(text)}, Until: time.Now().Add(lasts)}, err
}

// formValue reads the value of such a form. It returns nil if f is another form, or if another version
// wrote it.
func formValue[T any](f shop.Form, name, field string) *T {
	v := new(T)
	if f.Name != name || json.Unmarshal([]byte(f.Given[field]), v) != nil {
		return nil
	}
	return v
}

// formID reads the number that a form keeps of a person, a question or a review. It returns 0, which
// nothing has, if another version wrote the form.
func formID(f shop.Form, field string) int64 {
	id, _ := strconv.ParseInt(f.Given[field], 10, 64)
	return id
}
