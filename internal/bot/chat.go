package bot

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	tgbot "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"shopbot/internal/access"
	"shopbot/internal/catalog"
	"shopbot/internal/localize"
	"shopbot/internal/review"
	"shopbot/internal/shop"
	"shopbot/internal/support"
	"shopbot/internal/telegram"
	"shopbot/internal/wish"
)

// Memory is what the conversation remembers across restarts.
type Memory interface {
	shop.People
	shop.Forms
	support.Store
	wish.Store
	review.Store
	access.Store
	shop.Notes
	// KeptFile reads a file that is goods, see shop.FileUnit; fs.ErrNotExist if there is none.
	KeptFile(ctx context.Context, name string) ([]byte, error)
}

// chat draws screens into chats.
type chat struct {
	tg      *telegram.Client
	texts   *localize.Texts
	catalog func() *catalog.Catalog
	memory  Memory
	log     *slog.Logger
	noTimes atomic.Bool // the server does not know the entities of times

	mu sync.Mutex
	// photos maps: picture of photosOf => Telegram's id of it, so that each is uploaded once.
	photos   map[string]string
	photosOf *catalog.Catalog
}

// localizer finds the language of a person: chosen, else that of the person's app, which is code or
// what it was when they last wrote.
func (c *chat) localizer(ctx context.Context, user int64, code string) localizer {
	p, err := c.memory.Person(ctx, user)
	if err != nil {
		c.log.WarnContext(ctx, "read language failed", "user", user, "error", err)
	}
	return localizerOf(c.texts, cmp.Or(p.Chosen, code, p.App), c.catalog().Shop)
}

// send shows a screen as a new message.
func (c *chat) send(ctx context.Context, to int64, s screen) (shop.MessageRef, error) {
	return c.withTimes(s, func(s screen) (shop.MessageRef, error) { return c.sendScreen(ctx, to, s) })
}

// withTimes draws a screen, and once more without the entities of times if the server is too old to
// know them. After that it leaves them out.
func (c *chat) withTimes(s screen, do func(screen) (shop.MessageRef, error)) (shop.MessageRef, error) {
	if c.noTimes.Load() {
		s.Text = localize.WithoutTimes(s.Text)
	}
	ref, err := do(s)
	if errors.Is(err, telegram.ErrBadRequest) && strings.Contains(err.Error(), "tg-time") && !c.noTimes.Swap(true) {
		s.Text = localize.WithoutTimes(s.Text)
		return do(s)
	}
	return ref, err
}

func (c *chat) sendScreen(ctx context.Context, to int64, s screen) (shop.MessageRef, error) {
	if s.hasPicture() && visible(s.Text) <= maxCaption {
		ref, err := c.sendPhoto(ctx, to, s)
		if err == nil || !errors.Is(err, telegram.ErrBadRequest) {
			return ref, err
		}
		// A picture that Telegram refuses must not keep anybody from buying.
		c.log.WarnContext(ctx, "picture refused", "photo", s.Photo, "error", err)
	}
	return c.sendText(ctx, to, s)
}

func (c *chat) sendText(ctx context.Context, to int64, s screen) (shop.MessageRef, error) {
	m, err := c.tg.SendMessage(ctx, &tgbot.SendMessageParams{
		ChatID: to, Text: string(s.Text), ParseMode: models.ParseModeHTML,
		DisableNotification: s.Quiet, ProtectContent: s.Protect, LinkPreviewOptions: noPreview(),
		MessageThreadID: s.Topic, ReplyMarkup: s.replyMarkup(),
	})
	if err != nil {
		return shop.MessageRef{}, err
	}
	return shop.MessageRef{Chat: to, Message: m.ID}, nil
}

func (c *chat) sendPhoto(ctx context.Context, to int64, s screen) (shop.MessageRef, error) {
	id, name, content, err := c.picture(s)
	if err != nil {
		c.log.WarnContext(ctx, "read picture failed", "photo", s.Photo, "error", err)
		return c.sendText(ctx, to, s)
	}
	var photo models.InputFile = &models.InputFileString{Data: id}
	if id == "" {
		photo = &models.InputFileUpload{Filename: name, Data: bytes.NewReader(content)}
	}
	m, err := c.tg.SendPhoto(ctx, &tgbot.SendPhotoParams{
		ChatID: to, Photo: photo, Caption: string(s.Text), ParseMode: models.ParseModeHTML, MessageThreadID: s.Topic,
		ReplyMarkup: s.replyMarkup(),
	})
	if err != nil {
		return shop.MessageRef{}, err
	}
	c.rememberPhoto(s.Photo, m)
	return shop.MessageRef{Chat: to, Message: m.ID, Media: len(m.Photo) > 0}, nil
}

// edit turns a message into another screen, or sends it anew if the message
// is gone. A message that has a picture keeps having one.
func (c *chat) edit(ctx context.Context, at shop.MessageRef, s screen) (shop.MessageRef, error) {
	ref, err := c.editInPlace(ctx, at, s)
	if errors.Is(err, telegram.ErrMessageGone) {
		return c.send(ctx, at.Chat, s)
	}
	return ref, err
}

func (c *chat) editInPlace(ctx context.Context, at shop.MessageRef, s screen) (shop.MessageRef, error) {
	return c.withTimes(s, func(s screen) (shop.MessageRef, error) { return c.editScreen(ctx, at, s) })
}

func (c *chat) editScreen(ctx context.Context, at shop.MessageRef, s screen) (shop.MessageRef, error) {
	switch {
	case (at.Media || s.hasPicture()) && visible(s.Text) > maxCaption:
		if at.Media { // too long for a caption
			return at, telegram.ErrMessageGone
		}
		return at, c.editText(ctx, at, s)
	case s.hasPicture():
		ref, err := c.editMedia(ctx, at, s)
		if err == nil || !errors.Is(err, telegram.ErrBadRequest) {
			return ref, err
		}
		c.log.WarnContext(ctx, "picture refused", "photo", s.Photo, "error", err)
	}
	if at.Media {
		return at, c.editCaption(ctx, at, s)
	}
	return at, c.editText(ctx, at, s)
}

func (c *chat) editText(ctx context.Context, at shop.MessageRef, s screen) error {
	_, err := c.tg.EditMessageText(ctx, &tgbot.EditMessageTextParams{
		ChatID: at.Chat, MessageID: at.Message, Text: string(s.Text), ParseMode: models.ParseModeHTML,
		LinkPreviewOptions: noPreview(), ReplyMarkup: s.keyboard(),
	})
	return err
}

func (c *chat) editCaption(ctx context.Context, at shop.MessageRef, s screen) error {
	_, err := c.tg.EditMessageCaption(ctx, &tgbot.EditMessageCaptionParams{
		ChatID: at.Chat, MessageID: at.Message, Caption: string(s.Text), ParseMode: models.ParseModeHTML,
		ReplyMarkup: s.keyboard(),
	})
	return err
}

func (c *chat) editMedia(ctx context.Context, at shop.MessageRef, s screen) (shop.MessageRef, error) {
	id, name, content, err := c.picture(s)
	if err != nil {
		c.log.WarnContext(ctx, "read picture failed", "photo", s.Photo, "error", err)
		return at, telegram.ErrBadRequest
	}
	media := &models.InputMediaPhoto{Media: id, Caption: string(s.Text), ParseMode: models.ParseModeHTML}
	if id == "" {
		media.Media = "attach://" + name
		media.MediaAttachment = bytes.NewReader(content)
	}
	m, err := c.tg.EditMessageMedia(ctx, &tgbot.EditMessageMediaParams{
		ChatID: at.Chat, MessageID: at.Message, Media: media, ReplyMarkup: s.keyboard(),
	})
	if err != nil {
		return at, err
	}
	c.rememberPhoto(s.Photo, m)
	at.Media = true
	return at, nil
}

// picture is the picture of a screen with a file name for it: Telegram's id of it, or the picture
// itself.
func (c *chat) picture(s screen) (id, name string, content []byte, err error) {
	if s.Passed != "" {
		return s.Passed, "", nil, nil
	}
	if s.Drawn != nil {
		return "", "picture.png", s.Drawn, nil
	}
	id, content, err = c.photo(s.Photo)
	return id, path.Base(s.Photo), content, err
}

// photo is Telegram's id of a picture, or the picture itself if it was not uploaded yet.
func (c *chat) photo(name string) (id string, content []byte, err error) {
	now := c.catalog()
	c.mu.Lock()
	if c.photosOf != now { // another catalog may have another picture by the same name
		c.photosOf, c.photos = now, map[string]string{}
	}
	id = c.photos[name]
	c.mu.Unlock()
	if id != "" {
		return id, nil, nil
	}
	content, err = now.ReadFile(name)
	return "", content, err
}

func (c *chat) rememberPhoto(name string, m *models.Message) {
	if name == "" || m == nil || len(m.Photo) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.photosOf == c.catalog() {
		c.photos[name] = m.Photo[len(m.Photo)-1].FileID
	}
}

// sendDelivery sends goods, before anything else that waits for the chat. The last message gets the
// buttons.
func (c *chat) sendDelivery(ctx context.Context, to int64, messages []deliveryMessage, rows [][]button) error {
	ctx = telegram.Goods(ctx)
	for i, m := range messages {
		var last [][]button
		if i == len(messages)-1 {
			last = rows
		}
		err := c.sendGoods(ctx, to, m, slices.Concat(m.Copy, last))
		if m.Copy != nil && errors.Is(err, telegram.ErrBadRequest) {
			// A button that the server does not take must not keep the goods back.
			c.log.WarnContext(ctx, "copy buttons refused", "user", to, "error", err)
			err = c.sendGoods(ctx, to, m, last)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *chat) sendGoods(ctx context.Context, to int64, m deliveryMessage, rows [][]button) error {
	s := screen{Text: m.Text, Protect: m.Protect, Rows: rows}
	if m.Passed.ID != "" {
		return c.passFile(ctx, to, s, m.Passed)
	}
	content := m.File
	if m.Stored != "" {
		var err error
		content, err = c.memory.KeptFile(ctx, m.Stored)
		if errors.Is(err, fs.ErrNotExist) {
			return &shop.UndeliverableError{Reason: shop.HoldNoGoods, Err: err}
		}
		if err != nil {
			return err
		}
	}
	if content == nil {
		_, err := c.sendText(ctx, to, s)
		return err
	}
	return c.sendFile(ctx, to, s, m.FileName, content)
}

// sendFile sends a document with the text of a screen as its caption, and its buttons.
func (c *chat) sendFile(ctx context.Context, to int64, s screen, name string, content []byte) error {
	_, err := c.sendDocument(ctx, to, s, &models.InputFileUpload{Filename: name, Data: bytes.NewReader(content)})
	return err
}

// passFile sends a file that somebody sent to the bot, in the same way.
func (c *chat) passFile(ctx context.Context, to int64, s screen, f shop.TelegramFile) error {
	file := &models.InputFileString{Data: f.ID}
	if !f.Photo {
		_, err := c.sendDocument(ctx, to, s, file)
		return err
	}
	_, err := c.tg.SendPhoto(ctx, &tgbot.SendPhotoParams{
		ChatID: to, Photo: file, Caption: string(s.Text), ParseMode: models.ParseModeHTML,
		DisableNotification: s.Quiet, ProtectContent: s.Protect, ReplyMarkup: s.replyMarkup(),
	})
	return err
}

func (c *chat) sendDocument(ctx context.Context, to int64, s screen, file models.InputFile) (*models.Message, error) {
	return c.tg.SendDocument(ctx, &tgbot.SendDocumentParams{
		ChatID: to, Document: file, Caption: string(s.Text), ParseMode: models.ParseModeHTML,
		DisableNotification: s.Quiet, ProtectContent: s.Protect, ReplyMarkup: s.replyMarkup(),
	})
}

// redraw brings the order's own message up to date, if the buyer did not delete it. An order that
// has no message yet gets it from the handler that is about to send it.
func (c *chat) redraw(ctx context.Context, l localizer, o shop.Order) error {
	if o.Message == (shop.MessageRef{}) {
		return nil
	}
	s := orderScreen(l, o, time.Now(), maxText)
	if o.Message.Media && visible(s.Text) > maxCaption {
		s = orderScreen(l, o, time.Now(), maxCaption)
	}
	_, err := c.editInPlace(ctx, o.Message, s)
	if errors.Is(err, telegram.ErrMessageGone) || errors.Is(err, telegram.ErrBadRequest) {
		return nil // the order is in /orders
	}
	return err
}

func noPreview() *models.LinkPreviewOptions {
	off := true
	return &models.LinkPreviewOptions{IsDisabled: &off}
}
