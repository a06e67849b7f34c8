package bot

import (
	"context"

	"shopbot/internal/shop"
)

// form is a conversation of several messages. Who is in the middle of one is kept in shop.Forms: the
// form takes the plain messages of that person until a command, or its own end, or its time.
type form struct {
	// take handles one message. It sets the form anew with what was given, or leaves it.
	take  func(ctx context.Context, r *request, f shop.Form) error
	owner bool // for admins
}

// plainMessage handles anything but a command: an answer within a form, or words that mean nothing to us.
func (b *Bot) plainMessage(ctx context.Context, r *request) error {
	f, in, err := b.chat.memory.Form(ctx, r.user.ID)
	if err != nil {
		return err
	}
	if known, ok := b.forms[f.Name]; in && ok && (r.owner || !known.owner) {
		return known.take(ctx, r, f)
	}
	return b.menu(ctx, r, "not_understood")
}

// leaveForm ends the form that somebody is in the middle of, as every command does.
func (b *Bot) leaveForm(ctx context.Context, r *request) (err error) {
	if _, r.left, err = b.chat.memory.Form(ctx, r.user.ID); err != nil || !r.left {
		return err
	}
	return b.chat.memory.LeaveForm(ctx, r.user.ID)
}
