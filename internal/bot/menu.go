package bot

import (
	"context"
	"fmt"

	tgbot "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
)

func buyerCommands() []string {
	return []string{"buy", "orders", "catalog", "help", "support", "language"}
}

func ownerCommands() []string {
	return append([]string{"stats", "held", "stock", "addstock", "order", "refund", "audit", "balance", "pause", "resume"}, buyerCommands()...)
}

// SetMenus tells Telegram which commands to offer: to everybody in each of the
// shop's languages, and to the owners theirs as well.
func (b *Bot) SetMenus(ctx context.Context) error {
	shop := b.shop.Catalog().Shop
	for i, language := range shop.Languages {
		params := &tgbot.SetMyCommandsParams{
			Commands: menu(b.chat.texts.voice(language, shop), buyerCommands()), LanguageCode: language,
		}
		if i == 0 { // also for everybody whose language the shop does not speak
			params.LanguageCode = ""
		}
		if err := b.chat.tg.SetMyCommands(ctx, params); err != nil {
			return fmt.Errorf("set the command menu: %w", err)
		}
	}
	for _, admin := range b.admins {
		err := b.setMenu(ctx, admin, b.chat.voice(ctx, admin, ""), ownerCommands())
		if err != nil { // an admin who has not written to the bot yet
			b.log.InfoContext(ctx, "owner's command menu not set", "user", admin, "error", err)
		}
	}
	return nil
}

// setUserCommands redraws one person's menu after a change of language.
func (b *Bot) setUserCommands(ctx context.Context, v *visit) error {
	names := buyerCommands()
	if v.owner {
		names = ownerCommands()
	}
	return b.setMenu(ctx, v.user.ID, v.voice, names)
}

func (b *Bot) setMenu(ctx context.Context, user int64, v voice, names []string) error {
	return b.chat.tg.SetMyCommands(ctx, &tgbot.SetMyCommandsParams{
		Commands: menu(v, names), Scope: &models.BotCommandScopeChat{ChatID: user},
	})
}

func menu(v voice, names []string) []models.BotCommand {
	list := make([]models.BotCommand, 0, len(names))
	for _, name := range names {
		list = append(list, models.BotCommand{Command: name, Description: v.plain("command_" + name)})
	}
	return list
}
