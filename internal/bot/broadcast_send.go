package bot

import (
	"context"
	"errors"
	"strings"

	tgbot "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"shopbot/internal/broadcast"
	"shopbot/internal/shop"
	"shopbot/internal/telegram"
)

// LanguageOf is the language that the bot speaks with a person.
func (c *Courier) LanguageOf(p shop.Person) string {
	return localizerOf(c.chat.texts, p.Language(), c.chat.catalog().Shop).Language
}

// SendBroadcast implements broadcast.Sender. The message goes out while nothing else waits.
func (c *Courier) SendBroadcast(ctx context.Context, to shop.Person, m broadcast.Message) broadcast.Result {
	l := localizerOf(c.chat.texts, to.Language(), c.chat.catalog().Shop)
	return resultOf(c.sendBroadcast(telegram.Background(ctx), l, to.ID, m))
}

// resultOf puts Telegram's answer into the words of a broadcast.
func resultOf(err error) broadcast.Result {
	said := ""
	var refused *telegram.Error
	if errors.As(err, &refused) {
		said = refused.Description
	}
	switch {
	case err == nil:
		return broadcast.Result{Outcome: broadcast.Sent}
	case errors.Is(err, telegram.ErrChatGone), errors.Is(err, telegram.ErrBlocked) && strings.Contains(said, "deactivated"):
		return broadcast.Result{Outcome: broadcast.Gone}
	case errors.Is(err, telegram.ErrBlocked):
		return broadcast.Result{Outcome: broadcast.Blocked}
	case errors.Is(err, telegram.ErrTemporary):
		return broadcast.Result{Outcome: broadcast.Unknown}
	case errors.Is(err, telegram.ErrBadRequest):
		return broadcast.Result{Outcome: broadcast.Failed, Reason: said}
	case refused != nil: // a flood limit, a refused token or a frozen bot: nothing was done
		return broadcast.Result{Outcome: broadcast.NotSent, Wait: refused.RetryAfter}
	}
	return broadcast.Result{Outcome: broadcast.Unknown}
}

// sendBroadcast sends the message of a broadcast, with the way out of the list as its last button.
func (c *Courier) sendBroadcast(ctx context.Context, l localizer, to int64, m broadcast.Message) error {
	var keyboard models.ReplyMarkup = broadcastKeyboard(l, c.chat.catalog().Product, m.Buttons)
	if m.Photo != "" {
		_, err := c.chat.tg.SendPhoto(ctx, &tgbot.SendPhotoParams{
			ChatID: to, Photo: &models.InputFileString{Data: m.Photo}, Caption: m.Text,
			CaptionEntities: entitiesOf(m), ReplyMarkup: keyboard,
		})
		return err
	}
	params := &tgbot.SendMessageParams{ChatID: to, Text: m.Text, Entities: entitiesOf(m), ReplyMarkup: keyboard}
	if m.NoPreview {
		params.LinkPreviewOptions = noPreview()
	}
	_, err := c.chat.tg.SendMessage(ctx, params)
	return err
}

func entitiesOf(m broadcast.Message) (list []models.MessageEntity) {
	for _, e := range m.Entities {
		list = append(list, models.MessageEntity{
			Type: models.MessageEntityType(e.Type), Offset: e.Offset, Length: e.Length, URL: e.URL, Language: e.Language,
		})
	}
	return list
}

// Reachable implements broadcast.Sender.
func (c *Courier) Reachable(ctx context.Context) error {
	_, err := c.chat.tg.GetMe(ctx)
	return err
}

// ShowBroadcast implements broadcast.Sender. Who has blocked the bot or deleted the screen needs no
// counter. If who sent the broadcast is not of the staff any more, the owners are told its end.
func (c *Courier) ShowBroadcast(ctx context.Context, b broadcast.Broadcast) error {
	if !c.staff.Role(b.By).May(shop.RoleManager) {
		return c.tellBroadcastEnd(ctx, b)
	}
	l := c.chat.localizer(ctx, b.By, "")
	s := broadcastScreen(l, c.chat.catalog(), b)
	if b.Screen.Message != 0 {
		_, err := c.chat.editInPlace(ctx, b.Screen, s)
		if err != nil && !isPointless(err) {
			return err
		}
	}
	if !b.Over() {
		return nil
	}
	s.Rows = nil
	if _, err := c.chat.send(ctx, b.By, s); err != nil && !isPointless(err) {
		return err
	}
	return nil
}

func (c *Courier) tellBroadcastEnd(ctx context.Context, b broadcast.Broadcast) error {
	if !b.Over() {
		return nil
	}
	return c.toOwners(ctx, ownerNotice{
		about: "the end of a broadcast", log: c.log, once: true,
		draw: func(l localizer) screen {
			s := broadcastScreen(l, c.chat.catalog(), b)
			s.Rows = nil
			return s
		},
	})
}

// isPointless reports whether a call that failed with err will never succeed.
func isPointless(err error) bool {
	return errors.Is(err, telegram.ErrBlocked) || errors.Is(err, telegram.ErrChatGone) ||
		errors.Is(err, telegram.ErrMessageGone) || errors.Is(err, telegram.ErrBadRequest)
}
