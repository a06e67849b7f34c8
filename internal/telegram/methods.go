package telegram

import (
	"context"
	"encoding/json"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
)

// The methods below are those of the Bot API with the same names. They take the library's
// parameters, which must not be nil, and fail with an *Error. Those that show something in a chat
// wait for its rate limit: about one message or edit a second, three at once after a pause, and one
// more if it is marked by Goods.
//
// After ErrTemporary a message may have been sent all the same. An edit or the answer to a callback
// query may be repeated without harm.

// SendMessage sends a text.
func (c *Client) SendMessage(ctx context.Context, p *bot.SendMessageParams) (*models.Message, error) {
	return call(ctx, c, toChat("sendMessage", p.ChatID), with(c.bot.SendMessage, p))
}

// SendPhoto sends a picture. The reader of an upload is a pointer; if it is also an io.Seeker, the
// call can be repeated after a short flood limit.
func (c *Client) SendPhoto(ctx context.Context, p *bot.SendPhotoParams) (*models.Message, error) {
	r, err := withFiles("sendPhoto", p.ChatID, p.Photo)
	if err != nil {
		return nil, err
	}
	return call(ctx, c, r, with(c.bot.SendPhoto, p))
}

// SendDocument sends a file, with readers as for SendPhoto.
func (c *Client) SendDocument(ctx context.Context, p *bot.SendDocumentParams) (*models.Message, error) {
	r, err := withFiles("sendDocument", p.ChatID, p.Document, p.Thumbnail)
	if err != nil {
		return nil, err
	}
	return call(ctx, c, r, with(c.bot.SendDocument, p))
}

// EditMessageText replaces a text. As with all edits, one that changes nothing is a success and
// returns a nil message.
func (c *Client) EditMessageText(ctx context.Context, p *bot.EditMessageTextParams) (*models.Message, error) {
	return edited(call(ctx, c, toChat("editMessageText", p.ChatID), with(c.bot.EditMessageText, p)))
}

// EditMessageCaption replaces the text under a picture or file.
func (c *Client) EditMessageCaption(ctx context.Context, p *bot.EditMessageCaptionParams) (*models.Message, error) {
	return edited(call(ctx, c, toChat("editMessageCaption", p.ChatID), with(c.bot.EditMessageCaption, p)))
}

// EditMessageMedia replaces a picture or file and the text under it, with readers as for SendPhoto.
func (c *Client) EditMessageMedia(ctx context.Context, p *bot.EditMessageMediaParams) (*models.Message, error) {
	r, err := withMedia("editMessageMedia", p.ChatID, p.Media)
	if err != nil {
		return nil, err
	}
	return edited(call(ctx, c, r, with(c.bot.EditMessageMedia, p)))
}

// EditMessageReplyMarkup replaces the buttons alone.
func (c *Client) EditMessageReplyMarkup(ctx context.Context, p *bot.EditMessageReplyMarkupParams) (*models.Message, error) {
	return edited(call(ctx, c, toChat("editMessageReplyMarkup", p.ChatID), with(c.bot.EditMessageReplyMarkup, p)))
}

// DeleteMessage deletes a message of the last 48 hours. It returns nil if there is none any more,
// or if it cannot be deleted. No rate limit of messages delays it.
func (c *Client) DeleteMessage(ctx context.Context, p *bot.DeleteMessageParams) error {
	_, err := call(ctx, c, request{method: "deleteMessage"}, with(c.bot.DeleteMessage, p))
	return unlessRefused(err, "message to delete not found", "message can't be deleted")
}

// CreateForumTopic makes a topic in a group of topics. The bot needs the right to manage them.
func (c *Client) CreateForumTopic(ctx context.Context, p *bot.CreateForumTopicParams) (*models.ForumTopic, error) {
	return call(ctx, c, toChat("createForumTopic", p.ChatID), with(c.bot.CreateForumTopic, p))
}

// CloseForumTopic closes a topic. It returns nil if it is closed.
func (c *Client) CloseForumTopic(ctx context.Context, p *bot.CloseForumTopicParams) error {
	_, err := call(ctx, c, toChat("closeForumTopic", p.ChatID), with(c.bot.CloseForumTopic, p))
	return unlessRefused(err, "TOPIC_NOT_MODIFIED")
}

// ReopenForumTopic opens a topic that is closed. It returns nil if it is open.
func (c *Client) ReopenForumTopic(ctx context.Context, p *bot.ReopenForumTopicParams) error {
	_, err := call(ctx, c, toChat("reopenForumTopic", p.ChatID), with(c.bot.ReopenForumTopic, p))
	return unlessRefused(err, "TOPIC_NOT_MODIFIED")
}

func edited(m *models.Message, err error) (*models.Message, error) {
	if refusedWith(err, "message is not modified") {
		return nil, nil //nolint:nilnil // the contract of the edits: nothing changed
	}
	return m, err
}

// AnswerCallbackQuery ends the waiting state of a pressed button. No rate limit of messages delays
// it. It returns nil if Telegram has forgotten the press, as it does after minutes.
func (c *Client) AnswerCallbackQuery(ctx context.Context, p *bot.AnswerCallbackQueryParams) error {
	_, err := call(ctx, c, request{method: "answerCallbackQuery"}, with(c.bot.AnswerCallbackQuery, p))
	return unlessRefused(err, queryForgotten...)
}

// AnswerInlineQuery shows results of an inline query. No rate limit of messages delays it. It returns
// nil if Telegram has forgotten the query, as it does after seconds.
func (c *Client) AnswerInlineQuery(ctx context.Context, p *bot.AnswerInlineQueryParams) error {
	_, err := call(ctx, c, request{method: "answerInlineQuery"}, with(c.bot.AnswerInlineQuery, p))
	return unlessRefused(err, queryForgotten...)
}

// SetMyCommands sets the menu of commands.
func (c *Client) SetMyCommands(ctx context.Context, p *bot.SetMyCommandsParams) error {
	_, err := call(ctx, c, request{method: "setMyCommands"}, with(c.bot.SetMyCommands, p))
	return err
}

// SendChatAction shows for some seconds that the bot is busy. It leaves nothing in the chat, so it
// is the way to find out whether a chat takes messages.
func (c *Client) SendChatAction(ctx context.Context, p *bot.SendChatActionParams) error {
	_, err := call(ctx, c, toChat("sendChatAction", p.ChatID), with(c.bot.SendChatAction, p))
	return err
}

// GetMe returns the bot's own user.
func (c *Client) GetMe(ctx context.Context) (*models.User, error) {
	return call(ctx, c, request{method: "getMe"}, c.bot.GetMe)
}

// SupportsInline reports whether the bot gets inline queries, which @BotFather switches on. The
// library's User has another name for the field than the API, so it is never set there.
func (c *Client) SupportsInline(ctx context.Context) (bool, error) {
	raw, err := c.raw(ctx, "getMe", struct{}{}, callLimit)
	if err != nil {
		return false, err
	}
	var me struct {
		Inline bool `json:"supports_inline_queries"`
	}
	if err := json.Unmarshal(raw, &me); err != nil {
		return false, &Error{Method: "getMe", Description: "answer is not a user", err: ErrTemporary}
	}
	return me.Inline, nil
}

// WebhookInfo is where Telegram sends updates, and what went wrong with it last.
func (c *Client) WebhookInfo(ctx context.Context) (*models.WebhookInfo, error) {
	return call(ctx, c, request{method: "getWebhookInfo"}, c.bot.GetWebhookInfo)
}

// with binds the parameters of a method.
func with[P, T any](method func(context.Context, P) (T, error), p P) func(context.Context) (T, error) {
	return func(ctx context.Context) (T, error) { return method(ctx, p) }
}
