package bot

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-telegram/bot/models"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
	"shopbot/internal/telegram"
)

// formEdit is the form of the catalog's editor: it asks for one field, or for one after another of
// something new. It takes messages for editFor; any command or other button ends it.
const (
	formEdit = "edit"
	editFor  = time.Hour
)

// editForm is what the editor asks for. It is kept as a shop.Form, so that it outlives the program.
type editForm struct {
	Subject  subject `json:"subject"`
	Field    string  `json:"field,omitempty"`    // "" once all was given
	Language string  `json:"language,omitempty"` // of a text; "" for all
	// Base is the revision of the catalog that the person saw.
	Base int64 `json:"base,omitempty"`
	Page int   `json:"page,omitempty"` // of the choice
	// New says that the subject is made when all is given. Its Key is set then.
	New     bool              `json:"new,omitempty"`
	Answers map[string]string `json:"answers,omitempty"` // of a new subject, by the names of fields
	// Seen is the id of the latest message that was taken, and SeenAt its date. After a crash it may
	// come again.
	Seen   int `json:"seen,omitempty"`
	SeenAt int `json:"seen_at,omitempty"`
}

// readEditForm reads a form; nil if it is another one.
func readEditForm(f shop.Form) *editForm { return formValue[editForm](f, formEdit, "edit") }

func (b *Bot) keepEditForm(ctx context.Context, user int64, f *editForm) error {
	kept, err := valueForm(formEdit, "edit", f, editFor)
	if err != nil {
		return err
	}
	return b.chat.memory.SetForm(ctx, user, kept)
}

// leaveEdit ends the form. It sets request.left if something was asked, and says so unless the
// command or the button does.
func (b *Bot) leaveEdit(ctx context.Context, r *request, f shop.Form, command string) error {
	e := readEditForm(f)
	if r.left = e != nil && e.Field != ""; r.left && command != "" && command != "cancel" {
		if err := b.say(ctx, r, "form_left"); err != nil {
			return err
		}
	}
	return b.chat.memory.LeaveForm(ctx, r.user.ID)
}

// editForm is the open form of the person, or nil.
func (b *Bot) editForm(ctx context.Context, r *request) (*editForm, error) {
	f, _, err := b.chat.memory.Form(ctx, r.user.ID)
	return readEditForm(f), err
}

// takeEdit takes a message of the form.
func (b *Bot) takeEdit(ctx context.Context, r *request, kept shop.Form) (bool, error) {
	f := readEditForm(kept)
	if f == nil {
		return false, nil
	}
	repeated := r.message.ID <= f.Seen && r.message.Date <= f.SeenAt
	switch {
	case repeated && f.Field == "":
		return true, b.showSubject(ctx, r, f.Subject, "")
	case repeated:
		return true, b.askFor(ctx, r, f, "")
	case f.Field == "":
		return false, nil
	case f.Field == editFind:
		return true, b.searchProducts(ctx, r, f)
	}
	field, known := editFieldOf(f.Subject.Kind, f.Field)
	if !known {
		return false, nil
	}
	given, err := b.givenFor(ctx, r, field)
	if err == nil {
		return true, b.takeFieldAnswer(ctx, r, f, field, given)
	}
	return true, b.askForAgain(ctx, r, f, err)
}

// takeFieldAnswer goes on with what was given for a field: the next question, or the change.
func (b *Bot) takeFieldAnswer(ctx context.Context, r *request, f *editForm, field editField, given string) error {
	if r.message != nil {
		f.Seen, f.SeenAt = r.message.ID, r.message.Date
	}
	if f.New {
		return b.takeNew(ctx, r, f, field, given)
	}
	e, found := f.Subject.look(r.catalog)
	if !found {
		return b.showGone(ctx, r)
	}
	if err := field.put(e, r.catalog.Shop, f.Language, given); err != nil {
		return b.askForAgain(ctx, r, f, err)
	}
	asked := *f
	f.Field = ""
	return b.changeCatalog(ctx, r, f.Subject, asked.Base, &asked, asked.Subject.edit(func(d *catalog.Draft, e edited) error {
		return field.put(e, d.Shop, asked.Language, given)
	}))
}

// askForAgain says what is wrong with an answer and asks for it again.
func (b *Bot) askForAgain(ctx context.Context, r *request, f *editForm, err error) error {
	var fault *answerError
	if !errors.As(err, &fault) {
		return err
	}
	return b.askFor(ctx, r, f, r.loc.Say(fault.text, fault.pairs...))
}

// askFor keeps the form and asks for its field, below what was wrong with the last answer.
func (b *Bot) askFor(ctx context.Context, r *request, f *editForm, problem markup) error {
	if r.message != nil {
		f.Seen, f.SeenAt = r.message.ID, r.message.Date
	}
	if err := b.keepEditForm(ctx, r.user.ID, f); err != nil {
		return err
	}
	if f.Field == editFind {
		return b.show(ctx, r, findScreen(r.loc, r.catalog, problem, nil))
	}
	field, known := editFieldOf(f.Subject.Kind, f.Field)
	e, found := f.draftOf(r.catalog)
	if !known || !found {
		return b.showGone(ctx, r)
	}
	return b.show(ctx, r, askForScreen(r.loc, b.chat.texts, r.catalog, f, field, e, problem))
}

// cutAt is the length from which on a text is taken for the first part of a longer one: Telegram's
// apps cut what is pasted at 4096 characters or a little before.
const cutAt = maxText - 200

// givenFor is what a message answers to a field: words, or the name of a file that is kept now.
// Errors: *answerError.
func (b *Bot) givenFor(ctx context.Context, r *request, field editField) (string, error) {
	m := r.message
	switch {
	case field.answered == byPicture:
		return b.keepPicture(ctx, m)
	case field.answered == byFile && m.Document != nil:
		content, err := b.downloadSent(ctx, m.Document.FileID, m.Document.FileSize)
		switch {
		case err != nil:
			return "", err
		case len(content) == 0:
			return "", &answerError{"edit_bad_file", nil}
		}
		return b.source.KeepFile(ctx, content, m.Document.FileName)
	case field.answered == byFile:
		return "", &answerError{"edit_bad_file", nil}
	case field.answered == byChoice:
		return "", &answerError{"edit_bad_choice", nil}
	case m.Document != nil && field.most > 0:
		content, err := b.downloadSent(ctx, m.Document.FileID, m.Document.FileSize)
		switch {
		case err != nil:
			return "", err
		case !utf8.Valid(content) || strings.TrimSpace(string(content)) == "":
			return "", &answerError{"edit_bad_text_file", nil}
		}
		return strings.TrimPrefix(string(content), "\uFEFF"), nil
	case strings.TrimSpace(m.Text) == "":
		return "", &answerError{"edit_bad_words", nil}
	case field.most > cutAt && length(m.Text) >= cutAt:
		return "", &answerError{"edit_bad_cut", nil}
	}
	return m.Text, nil
}

// keepPicture keeps the picture of a message, sent as a photo or as a file.
func (b *Bot) keepPicture(ctx context.Context, m *models.Message) (string, error) {
	id, size := "", int64(0)
	switch {
	case len(m.Photo) > 0:
		largest := slices.MaxFunc(m.Photo, func(a, b models.PhotoSize) int { return a.Width*a.Height - b.Width*b.Height })
		id, size = largest.FileID, int64(largest.FileSize)
	case m.Document != nil:
		id, size = m.Document.FileID, m.Document.FileSize
	default:
		return "", &answerError{"edit_bad_photo", nil}
	}
	content, err := b.downloadSent(ctx, id, size)
	if err != nil {
		return "", err
	}
	ext, known := map[string]string{"image/png": ".png", "image/jpeg": ".jpg"}[http.DetectContentType(content)]
	if !known || len(content) > catalog.MaxPhotoSize {
		return "", &answerError{"edit_bad_photo", nil}
	}
	return b.source.KeepFile(ctx, content, "picture"+ext)
}

// maxSent is how much Telegram hands out to bots (core.telegram.org/bots/api#getfile).
const maxSent = 20 << 20

// downloadSent reads a file that the person sent. Errors: *answerError if another try does not help.
func (b *Bot) downloadSent(ctx context.Context, id string, size int64) ([]byte, error) {
	if size > maxSent {
		return nil, &answerError{"edit_bad_size", nil}
	}
	ctx, cancel := longer(ctx)
	defer cancel()
	content, err := b.chat.tg.Download(ctx, id, maxSent)
	if err == nil {
		return content, nil
	}
	switch _, known := downloadFault(err); {
	case errors.Is(err, telegram.ErrTooBig):
		return nil, &answerError{"edit_bad_size", nil}
	case known:
		return nil, &answerError{"edit_bad_download", nil}
	}
	return nil, err
}
