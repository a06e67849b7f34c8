package telegram

import (
	"context"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
)

// The methods below are those of the Bot API by the same names. They take the
// library's parameters, which must not be nil, and fail with an *Error. Those that
// name a chat wait for its turn: about one message or edit a second, three at
// once after a pause.
//
// After ErrTemporary a message may have been sent all the same; an edit, a
// deletion or an answer may be repeated without harm.

// SendMessage sends a text.
func (c *Client) SendMessage(ctx context.Context, p *bot.SendMessageParams) (*models.Message, error) {
	return call(ctx, c, request{method: "sendMessage", chat: chatKey(p.ChatID)},
		func(ctx context.Context) (*models.Message, error) { return c.bot.SendMessage(ctx, p) })
}

// SendPhoto sends a picture. An upload's reader is a pointer; if it is also an
// io.Seeker, the call can be repeated after a short flood limit.
func (c *Client) SendPhoto(ctx context.Context, p *bot.SendPhotoParams) (*models.Message, error) {
	r, err := withFiles("sendPhoto", p.ChatID, p.Photo)
	if err != nil {
		return nil, err
	}
	return call(ctx, c, r, func(ctx context.Context) (*models.Message, error) { return c.bot.SendPhoto(ctx, p) })
}

// SendDocument sends a file, with readers as SendPhoto's.
func (c *Client) SendDocument(ctx context.Context, p *bot.SendDocumentParams) (*models.Message, error) {
	r, err := withFiles("sendDocument", p.ChatID, p.Document, p.Thumbnail)
	if err != nil {
		return nil, err
	}
	return call(ctx, c, r, func(ctx context.Context) (*models.Message, error) { return c.bot.SendDocument(ctx, p) })
}

// SendChatAction shows "typing…" and the like for some seconds. It takes a turn
// as a message does.
func (c *Client) SendChatAction(ctx context.Context, p *bot.SendChatActionParams) error {
	_, err := call(ctx, c, request{method: "sendChatAction", chat: chatKey(p.ChatID)},
		func(ctx context.Context) (bool, error) { return c.bot.SendChatAction(ctx, p) })
	return err
}

// EditMessageText replaces a text. As with all edits, one that changes nothing is
// a success, with a nil message.
func (c *Client) EditMessageText(ctx context.Context, p *bot.EditMessageTextParams) (*models.Message, error) {
	return edited(call(ctx, c, request{method: "editMessageText", chat: chatKey(p.ChatID)},
		func(ctx context.Context) (*models.Message, error) { return c.bot.EditMessageText(ctx, p) }))
}

// EditMessageCaption replaces the text under a picture or file.
func (c *Client) EditMessageCaption(ctx context.Context, p *bot.EditMessageCaptionParams) (*models.Message, error) {
	return edited(call(ctx, c, request{method: "editMessageCaption", chat: chatKey(p.ChatID)},
		func(ctx context.Context) (*models.Message, error) { return c.bot.EditMessageCaption(ctx, p) }))
}

// EditMessageMedia replaces a picture or file and the text under it, with readers
// as SendPhoto's.
func (c *Client) EditMessageMedia(ctx context.Context, p *bot.EditMessageMediaParams) (*models.Message, error) {
	r, err := withMedia("editMessageMedia", p.ChatID, p.Media)
	if err != nil {
		return nil, err
	}
	return edited(call(ctx, c, r,
		func(ctx context.Context) (*models.Message, error) { return c.bot.EditMessageMedia(ctx, p) }))
}

// EditMessageReplyMarkup replaces the buttons alone.
func (c *Client) EditMessageReplyMarkup(ctx context.Context, p *bot.EditMessageReplyMarkupParams) (*models.Message, error) {
	return edited(call(ctx, c, request{method: "editMessageReplyMarkup", chat: chatKey(p.ChatID)},
		func(ctx context.Context) (*models.Message, error) { return c.bot.EditMessageReplyMarkup(ctx, p) }))
}

func edited(m *models.Message, err error) (*models.Message, error) {
	if isNotModified(err) {
		return nil, nil //nolint:nilnil // the contract of the edits: nothing to report
	}
	return m, err
}

// DeleteMessage deletes a message. One that is gone already is an ErrMessageGone.
func (c *Client) DeleteMessage(ctx context.Context, p *bot.DeleteMessageParams) error {
	_, err := call(ctx, c, request{method: "deleteMessage", chat: chatKey(p.ChatID)},
		func(ctx context.Context) (bool, error) { return c.bot.DeleteMessage(ctx, p) })
	return err
}

// AnswerCallbackQuery ends the waiting of a pressed button. That Telegram has
// forgotten the press, as it does after minutes, is a success.
func (c *Client) AnswerCallbackQuery(ctx context.Context, p *bot.AnswerCallbackQueryParams) error {
	_, err := call(ctx, c, request{method: "answerCallbackQuery"},
		func(ctx context.Context) (bool, error) { return c.bot.AnswerCallbackQuery(ctx, p) })
	if isTooLate(err) {
		return nil
	}
	return err
}

// SetMyCommands sets the menu of commands.
func (c *Client) SetMyCommands(ctx context.Context, p *bot.SetMyCommandsParams) error {
	_, err := call(ctx, c, request{method: "setMyCommands"},
		func(ctx context.Context) (bool, error) { return c.bot.SetMyCommands(ctx, p) })
	return err
}

// GetMe tells who the bot is.
func (c *Client) GetMe(ctx context.Context) (*models.User, error) {
	return call(ctx, c, request{method: "getMe"}, c.bot.GetMe)
}
