package bot

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	tgbot "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
	"shopbot/internal/telegram"
)

// Config is what a Bot needs besides its courier and its shop.
type Config struct {
	Rates shop.Rates
	Rand  io.Reader // marks drawn buttons
	Log   *slog.Logger
}

// Bot answers people: buyers and owners.
type Bot struct {
	chat   *chat
	shop   *shop.Shop
	admins []int64
	rates  shop.Rates
	rand   io.Reader
	log    *slog.Logger
	// commands maps: name => what it does; buttons maps: action => what it does.
	commands map[string]command
	buttons  map[string]press
}

// New makes the bot that talks through the courier's chats.
func New(c *Courier, s *shop.Shop, cfg Config) *Bot {
	b := &Bot{chat: c.chat, shop: s, admins: c.admins, rates: cfg.Rates, rand: cfg.Rand, log: cfg.Log}
	b.commands = b.commandTable()
	b.buttons = b.buttonTable()
	return b
}

// visit is one update being answered: who, where, in which language.
type visit struct {
	user    models.User
	owner   bool
	voice   voice
	catalog *catalog.Catalog
	args    string // of a command, or the callback data's arguments
	message *models.Message
	query   *models.CallbackQuery
	at      shop.Place // the message whose button was pressed, if it can still be edited
	toast   string     // shown as the answer to a press
	alert   bool       // the toast has to be confirmed
}

// command is what a message that begins with a slash does.
type command struct {
	do    func(ctx context.Context, v *visit) error
	owner bool // for admins; to others it does not exist
}

// press is what a button does.
type press struct {
	do    func(ctx context.Context, v *visit) error
	owner bool
}

// Handle answers one update. An error means that it should be tried again:
// every handler may be repeated.
func (b *Bot) Handle(ctx context.Context, u *models.Update) error {
	switch {
	case u.Message != nil && u.Message.From != nil && u.Message.Chat.Type == models.ChatTypePrivate:
		return b.answerMessage(ctx, u.Message)
	case u.CallbackQuery != nil:
		return b.answerPress(ctx, u.CallbackQuery)
	}
	return nil // groups, channels, edits: not where we sell
}

func (b *Bot) visitor(ctx context.Context, user models.User) *visit {
	return &visit{
		user: user, owner: slices.Contains(b.admins, user.ID),
		voice: b.chat.voice(ctx, user.ID, user.LanguageCode), catalog: b.shop.Catalog(),
	}
}

func (b *Bot) answerMessage(ctx context.Context, m *models.Message) error {
	v := b.visitor(ctx, *m.From)
	v.message = m
	return b.settle(ctx, v, b.route(m)(ctx, v))
}

// route finds the handler of a message.
func (b *Bot) route(m *models.Message) func(context.Context, *visit) error {
	name, args, isCommand := telegram.Command(m, "")
	return func(ctx context.Context, v *visit) error {
		v.args = args
		if !isCommand {
			return b.plainMessage(ctx, v)
		}
		c, known := b.commands[strings.ToLower(name)]
		if !known || c.owner && !v.owner {
			return b.unknownCommand(ctx, v)
		}
		return c.do(ctx, v)
	}
}

func (b *Bot) answerPress(ctx context.Context, q *models.CallbackQuery) error {
	v := b.visitor(ctx, q.From)
	v.query = q
	if m := q.Message.Message; m != nil {
		if m.Chat.Type != models.ChatTypePrivate || m.Chat.ID != q.From.ID {
			return b.answerQuery(ctx, v)
		}
		v.at = shop.Place{Chat: m.Chat.ID, Message: m.ID, Media: len(m.Photo) > 0}
	}
	action, args, _ := strings.Cut(q.Data, ":")
	if action == actAnew {
		v.at = shop.Place{}
		action, args, _ = strings.Cut(args, ":")
	}
	v.args = args
	p, known := b.buttons[action]
	var err error
	if !known || p.owner && !v.owner {
		err = errStale
	} else {
		err = p.do(ctx, v)
	}
	err = b.settle(ctx, v, err)
	// The button's spinner ends in any case; a press that will be tried again keeps it.
	if err == nil {
		return b.answerQuery(ctx, v)
	}
	return err
}

func (b *Bot) answerQuery(ctx context.Context, v *visit) error {
	err := b.chat.tg.AnswerCallbackQuery(ctx, &tgbot.AnswerCallbackQueryParams{
		CallbackQueryID: v.query.ID, Text: clip(v.toast, 190), ShowAlert: v.alert,
	})
	if err != nil {
		b.log.WarnContext(ctx, "button press not answered", "user", v.user.ID, "error", err)
	}
	return nil
}

// settle turns a handler's error into words for the person, or gives it back
// where trying again may help.
func (b *Bot) settle(ctx context.Context, v *visit, err error) error {
	if err == nil {
		return nil
	}
	var tgErr *telegram.Error
	switch {
	case errors.Is(err, telegram.ErrBlocked), errors.Is(err, telegram.ErrChatGone), errors.Is(err, telegram.ErrMessageGone):
		b.log.InfoContext(ctx, "nobody there to be answered", "user", v.user.ID, "error", err)
		return nil
	case errors.As(err, &tgErr) && !errors.Is(err, telegram.ErrBadRequest):
		return err
	}
	id, expected := apology(err)
	if !expected {
		b.log.ErrorContext(ctx, "request not answered", "user", v.user.ID, "error", err)
	}
	text := v.voice.say(id)
	if v.query != nil {
		v.toast, v.alert = v.voice.plain(id), true
		return nil
	}
	_, err = b.chat.send(ctx, v.user.ID, screen{Text: text, Rows: mainMenu(v.voice)})
	return err
}

// apology is the text for an error, never the error itself; false where it is ours to mend.
func apology(err error) (text string, expected bool) {
	switch {
	case errors.Is(err, errStale):
		return "stale_button_short", true
	case errors.Is(err, shop.ErrTooManyOpen):
		return "too_many_open", true
	case errors.Is(err, shop.ErrPaused):
		return "sales_paused", true
	case errors.Is(err, shop.ErrNotFound):
		return "order_unknown", true
	case errors.Is(err, shop.ErrUnknownProduct):
		return "stale_button_short", true
	default:
		return "our_fault", false
	}
}

// show draws a screen: over the message whose button was pressed, else as a new one.
func (b *Bot) show(ctx context.Context, v *visit, s screen) (shop.Place, error) {
	if v.at.Message == 0 {
		return b.chat.send(ctx, v.user.ID, s)
	}
	if s.Photo == "" && v.at.Media && !s.Keep {
		s.Photo = v.catalog.Shop.Photo // rather the shop's picture than another product's
	}
	return b.chat.edit(ctx, v.at, s)
}

// origin is the act that v is: the button's drawing, or else the message.
func (v *visit) origin(nonce string, drawn time.Time) shop.Origin {
	o := shop.Origin{Chat: v.user.ID, User: v.user.ID, Act: "n" + nonce, At: drawn}
	if v.message != nil {
		o.Act, o.At = "m"+strconv.Itoa(v.message.ID), time.Unix(int64(v.message.Date), 0)
	}
	return o
}

func (v *visit) buyer() shop.Buyer {
	name := v.user.FirstName + " " + v.user.LastName
	if v.user.Username != "" {
		name += " @" + v.user.Username
	}
	return shop.Buyer{ID: v.user.ID, Name: cleanName(name), Language: v.voice.language}
}

// Overflow tells a person whose messages came faster than they can be answered.
func (b *Bot) Overflow(ctx context.Context, user int64) {
	v := b.chat.voice(ctx, user, "")
	if _, err := b.chat.send(ctx, user, screen{Text: v.say("too_many_messages")}); err != nil {
		b.log.WarnContext(ctx, "flood not answered", "user", user, "error", err)
	}
}
