// Package bot is the conversation: what buyers and owners see in the chat, and
// what their messages and buttons do. It knows the shop and Telegram, and
// neither the payment service nor the database.
//
// The one idea to keep in mind: a screen is a pure function of what there is to
// show. Handlers read an update, call the shop, and show a screen; going back and
// forth edits one message, while goods and warnings are messages of their own.
// Whatever comes out of a button is untrusted, and is checked against who pressed it.
package bot

import (
	"context"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-telegram/bot/models"
	"golang.org/x/sync/errgroup"

	"shopbot/internal/broadcast"
	"shopbot/internal/catalog"
	"shopbot/internal/deeplink"
	"shopbot/internal/export"
	"shopbot/internal/health"
	"shopbot/internal/search"
	"shopbot/internal/shop"
	"shopbot/internal/telegram"
)

// Config is what a Bot needs besides its courier and its shop.
type Config struct {
	// Catalog is where owners change the catalog; nil if they cannot.
	Catalog *catalog.Source
	Rates   shop.Rates
	Key     []byte    // authenticates the nonces of buttons
	Rand    io.Reader // makes them, and the secrets of invitations
	// Link is the link that opens a thing with the bot; "" until the bot's name is known.
	Link func(kind deeplink.Kind, id string) string
	// Picture is the public address of the picture of a product, by its SKU; "" if it has none. nil
	// if no picture has one.
	Picture func(sku string) string
	Log     *slog.Logger

	Broadcasts *broadcast.Service
	Pace       float64 // messages a second that Telegram takes
	// Export writes a table, as export.Write does.
	Export func(ctx context.Context, r export.Request, out io.Writer, after func(rows int) (io.Writer, error)) error
	// Health examines all that the shop needs.
	Health func(ctx context.Context) health.Report
}

// Bot answers people: buyers and owners.
type Bot struct {
	courier *Courier
	chat    *chat
	cards   *cards
	shop    *shop.Shop
	source  *catalog.Source
	staff   *shop.Staff
	rates   shop.Rates
	nonces  nonces
	link    func(kind deeplink.Kind, id string) string
	code    ownerCode
	// pictureURL is Config.Picture, never nil.
	pictureURL func(sku string) string
	searcher   *search.Searcher
	log        *slog.Logger
	// commands maps: name => handler; buttons maps: action => handler; forms maps: name => form.
	commands map[string]handler
	buttons  map[string]handler
	forms    map[string]form
	// downloads are the files of lists of units that are looked at.
	downloads downloads

	broadcasts *broadcast.Service
	pace       float64
	audiences  audiences
	exporter   func(ctx context.Context, r export.Request, out io.Writer, after func(rows int) (io.Writer, error)) error
	exports    chan struct{} // wakes watchExports
	health     func(ctx context.Context) health.Report
	// morningsMu is held while what is kept of somebody's mornings changes.
	morningsMu sync.Mutex
	// tellingStaff is held while changes of the staff are told.
	tellingStaff sync.Mutex
}

// New makes the bot that talks through the courier's chats.
func New(c *Courier, s *shop.Shop, cfg Config) *Bot {
	b := &Bot{
		courier: c, chat: c.chat, cards: &cards{chats: map[int64]card{}}, shop: s, source: cfg.Catalog, staff: c.staff,
		rates: cfg.Rates, nonces: nonces{cfg.Key, cfg.Rand}, link: cfg.Link, log: cfg.Log,
		broadcasts: cfg.Broadcasts, pace: cfg.Pace, pictureURL: cfg.Picture, searcher: search.NewSearcher(s.Catalog),
	}
	if b.pictureURL == nil {
		b.pictureURL = func(string) string { return "" }
	}
	b.commands, b.buttons, b.forms = b.commandTable(), b.buttonTable(), b.formTable()
	c.buttons = b.buttons
	b.health = cfg.Health
	b.exporter, b.exports = cfg.Export, make(chan struct{}, 1)
	return b
}

// Run does what the bot does without being asked, until ctx ends: changes of
// the staff that were not told before the last stop, messages of the morning, the files
// of exports, and the index of each new catalog. It returns nil.
func (b *Bot) Run(ctx context.Context) error {
	var g errgroup.Group
	for _, loop := range []func(context.Context){b.tellStaffChanges, b.watchMornings, b.watchExports, b.searcher.Run} {
		g.Go(func() error {
			loop(ctx)
			return nil
		})
	}
	return g.Wait()
}

// request is one update being answered: from whom, where, in which language.
type request struct {
	user    models.User
	role    shop.Role
	loc     localizer
	catalog *catalog.Catalog
	args    string // of a command, or the arguments in the callback data
	message *models.Message
	left    bool            // the message is a command that ended a form
	at      shop.MessageRef // the message whose button was pressed, if it can still be edited

	query    *models.CallbackQuery
	answered bool   // the press of the button has its answer
	passing  bool   // what is shown is pointless once a later press shows something in its place
	toast    string // the words of the answer
	alert    bool   // the toast has to be confirmed

	forgotten bool // the person's data was deleted, so nothing of this update is kept
}

// isStaff reports whether the person helps to run the shop.
func (r *request) isStaff() bool { return r.role != shop.RoleBuyer }

// handler is what a command or a button does.
type handler struct {
	do   func(ctx context.Context, r *request) error
	role shop.Role // who may use it; to others it does not exist
	// passing says that it only shows something in the place of what was there.
	passing bool
}

// Handle answers one update. An error means that it should be tried again:
// every handler may be repeated.
func (b *Bot) Handle(ctx context.Context, u *models.Update) error {
	switch {
	case u.Message != nil && u.Message.From != nil && u.Message.Chat.Type == models.ChatTypePrivate:
		r := b.request(ctx, *u.Message.From)
		r.message = u.Message
		return b.finish(ctx, r, b.handleMessage(ctx, r))
	case u.Message != nil && u.Message.From != nil && u.Message.Chat.Type == models.ChatTypeSupergroup:
		return b.groupMessage(ctx, u.Message)
	case inGroup(u.CallbackQuery):
		return b.groupPress(ctx, u.CallbackQuery)
	case u.CallbackQuery != nil:
		r := b.request(ctx, u.CallbackQuery.From)
		r.query = u.CallbackQuery
		return b.finish(ctx, r, b.handlePress(ctx, r))
	case u.InlineQuery != nil && u.InlineQuery.From != nil:
		b.answerInline(ctx, u.InlineQuery)
	case u.ChatMember != nil:
		return b.joined(ctx, u.ChatMember)
	case u.MyChatMember != nil && u.MyChatMember.Chat.Type != models.ChatTypePrivate:
		return b.madeMember(ctx, u.MyChatMember)
	}
	return nil // channels, edits: not where we sell
}

func (b *Bot) request(ctx context.Context, user models.User) *request {
	return &request{
		user: user, role: b.staff.Role(user.ID),
		loc: b.chat.localizer(ctx, user.ID, user.LanguageCode), catalog: b.shop.Catalog(),
	}
}

func (b *Bot) handleMessage(ctx context.Context, r *request) error {
	name, args, isCommand := telegram.Command(r.message, "")
	name = strings.ToLower(name)
	if isCommand && r.isStaff() {
		rest, err := b.continues(ctx, r, name)
		if err != nil {
			return err
		}
		isCommand = !rest
	}
	if !isCommand {
		return b.plainMessage(ctx, r)
	}
	if err := b.leaveForm(ctx, r, name); err != nil {
		return err
	}
	r.args = args
	c, known := b.commands[name]
	if !known || !r.role.May(c.role) {
		return b.menu(ctx, r, "unknown_command")
	}
	return c.do(ctx, r)
}

func (b *Bot) handlePress(ctx context.Context, r *request) error {
	if m := r.query.Message.Message; m != nil {
		if m.Chat.Type != models.ChatTypePrivate || m.Chat.ID != r.user.ID {
			return nil
		}
		r.at = shop.MessageRef{Chat: m.Chat.ID, Message: m.ID, Media: len(m.Photo) > 0}
	}
	action, args, _ := strings.Cut(r.query.Data, ":")
	if action == actAnew {
		r.at = shop.MessageRef{}
		action, args, _ = strings.Cut(args, ":")
	}
	r.args = args
	p, known := b.buttons[action]
	if !known || !r.role.May(p.role) {
		return errStale
	}
	r.passing = p.passing
	switch {
	case action == actNothing || action == actAnswers: // part of what the person is at
	case p.role == shop.RoleBuyer && r.isStaff(): // a button of the menu
		if err := b.leaveForm(ctx, r, ""); err != nil {
			return err
		}
		if r.left {
			r.toast = r.loc.Plain("form_left")
		}
	default:
		if err := b.leaveAsking(ctx, r); err != nil {
			return err
		}
	}
	return p.do(ctx, r)
}

// Replaces reports whether the press newer shows something in the place of what the press older
// shows. It is for telegram.Intake.
func (b *Bot) Replaces(newer, older *models.Update) bool {
	at, passing := b.passes(newer)
	before, passed := b.passes(older)
	return passing && passed && at == before
}

// passes tells which message an update shows something in, if that is all it does.
func (b *Bot) passes(u *models.Update) (at shop.MessageRef, passing bool) {
	if u.CallbackQuery == nil || u.CallbackQuery.Message.Message == nil {
		return at, false
	}
	action, _, _ := strings.Cut(u.CallbackQuery.Data, ":")
	m := u.CallbackQuery.Message.Message
	return shop.MessageRef{Chat: m.Chat.ID, Message: m.ID}, b.buttons[action].passing
}

// show draws a screen: over the message whose button was pressed, else as a new one.
func (b *Bot) show(ctx context.Context, r *request, s screen) error {
	_, err := b.draw(ctx, r, s)
	return err
}

// draw is show, and tells which message it drew.
func (b *Bot) draw(ctx context.Context, r *request, s screen) (shop.MessageRef, error) {
	b.answer(ctx, r)
	s = b.countCart(ctx, r, b.courier.forRole(s, r.role))
	if r.at.Message == 0 {
		return b.chat.send(ctx, r.user.ID, s)
	}
	if r.passing {
		ctx = telegram.Yielding(ctx)
	}
	if s.Photo == "" && r.at.Media && !s.Keep {
		s.Photo = r.catalog.Shop.Photo // rather the shop's picture than another product's
	}
	return b.chat.edit(ctx, r.at, s)
}

// reply shows screens as new messages.
func (b *Bot) reply(ctx context.Context, r *request, screens ...screen) error {
	b.answer(ctx, r)
	for _, s := range screens {
		if _, err := b.chat.send(ctx, r.user.ID, b.countCart(ctx, r, b.courier.forRole(s, r.role))); err != nil {
			return err
		}
	}
	return nil
}

// say replies with a text alone.
func (b *Bot) say(ctx context.Context, r *request, id string, pairs ...any) error {
	return b.reply(ctx, r, screen{Text: r.loc.Say(id, pairs...)})
}

// menu shows a text above the main menu.
func (b *Bot) menu(ctx context.Context, r *request, id string) error {
	return b.show(ctx, r, screen{Text: r.loc.Say(id), Rows: menuOf(r.loc, r.role)})
}

// warn has a pressed button answered with words that have to be confirmed.
func (r *request) warn(id string, pairs ...any) {
	r.toast, r.alert = r.loc.Plain(id, pairs...), true
}

// origin is the act that r is: the button's drawing, or else the message.
func (r *request) origin(nonce string, drawn time.Time) shop.Origin {
	o := shop.Origin{Chat: r.user.ID, User: r.user.ID, Act: "n" + nonce, At: drawn}
	if r.message != nil {
		o.Act, o.At = "m"+strconv.Itoa(r.message.ID), time.Unix(int64(r.message.Date), 0)
	}
	return o
}

// today is the day in the shop's zone.
func (r *request) today() catalog.Date { return r.catalog.Shop.DateOf(time.Now()) }

func (r *request) buyer() shop.Buyer {
	name := r.user.FirstName + " " + r.user.LastName
	if r.user.Username != "" {
		name += " @" + r.user.Username
	}
	return shop.Buyer{ID: r.user.ID, Name: cleanName(name), Language: r.loc.Language}
}

// meet notes that the person wrote today.
func (r *request) meet(p *shop.Person) (changed bool) {
	return p.Meet(shop.Person{
		ID: r.user.ID, Name: cleanName(r.user.FirstName + " " + r.user.LastName),
		Username: r.user.Username, App: r.user.LanguageCode,
	}, shop.DayOf(time.Now(), r.catalog.Shop.Zone()))
}

// Overflow tells a person whose messages came faster than they can be answered.
func (b *Bot) Overflow(ctx context.Context, user int64) {
	l := b.chat.localizer(ctx, user, "")
	if _, err := b.chat.send(ctx, user, screen{Text: l.Say("too_many_messages")}); err != nil {
		b.log.WarnContext(ctx, "answer flood failed", "user", user, "error", err)
	}
}
