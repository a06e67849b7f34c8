package bot

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-telegram/bot/models"

	"shopbot/internal/broadcast"
	"shopbot/internal/deeplink"
	"shopbot/internal/shop"
	"shopbot/internal/telegram"
)

// formBroadcast is the form of a staff member who writes a broadcast. It takes the message, then
// the parts that buttons ask for. The draft is kept for draftLife, also while it asks for nothing.
const (
	formBroadcast = "broadcast"
	draftLife     = nonceLife
)

// What the next message of a draft is.
const (
	asksMessage = "message"
	asksLink    = "link"
	asksCoupon  = "coupon"
)

// draft is a broadcast that is being written. It is kept as a draft in shop.Forms, whatever form its
// writer fills in meanwhile; while it asks for a message, it is that form too.
type draft struct {
	Act     string            `json:"act"` // a nonce: the broadcast that it becomes
	Asks    string            `json:"asks,omitempty"`
	Message broadcast.Message `json:"message"`
	To      broadcast.Segment `json:"to"`
	Album   string            `json:"album,omitempty"` // the last one that was refused
}

func (d *draft) empty() bool { return d.Message.Text == "" && d.Message.Photo == "" }

// draft reads a person's draft. It returns nil if the person has not begun one.
func (b *Bot) draft(ctx context.Context, user int64) (*draft, error) {
	f, _, err := b.chat.memory.Draft(ctx, user, formBroadcast)
	return formValue[draft](f, formBroadcast, "draft"), err
}

func (b *Bot) keepDraft(ctx context.Context, user int64, d *draft) error {
	f, err := valueForm(formBroadcast, "draft", d, draftLife)
	if err != nil {
		return err
	}
	if d.Asks != "" {
		if err := b.setForm(ctx, user, formBroadcast, draftLife, nil); err != nil {
			return err
		}
	}
	return b.chat.memory.SetDraft(ctx, user, f)
}

// dropDraft ends the draft, and the form if it is that of the draft.
func (b *Bot) dropDraft(ctx context.Context, r *request) error {
	if err := b.chat.memory.LeaveDraft(ctx, r.user.ID, formBroadcast); err != nil {
		return err
	}
	f, _, err := b.chat.memory.Form(ctx, r.user.ID)
	if err != nil || f.Name != formBroadcast {
		return err
	}
	return b.chat.memory.LeaveForm(ctx, r.user.ID)
}

// newBroadcast begins a draft and asks for its message.
func (b *Bot) newBroadcast(ctx context.Context, r *request) error {
	latest, err := b.broadcasts.Latest(ctx, 1)
	if err != nil {
		return err
	}
	if len(latest) > 0 && latest[0].Active() {
		r.warn("broadcast_busy")
		return b.broadcastList(ctx, r)
	}
	act, err := b.nonces.draw(r.user.ID, time.Now())
	if err != nil {
		return err
	}
	d := &draft{Act: act, Asks: asksMessage, To: broadcast.Segment{Kind: broadcast.All}}
	if err := b.keepDraft(ctx, r.user.ID, d); err != nil {
		return err
	}
	return b.show(ctx, r, askScreen(r.loc, d))
}

// leaveBroadcast keeps the draft when a command interrupts it. /broadcast leads back to it.
func (b *Bot) leaveBroadcast(ctx context.Context, r *request, _ shop.Form, _ string) error {
	d, err := b.draft(ctx, r.user.ID)
	if err != nil {
		return err
	}
	r.left = d != nil && d.Asks != ""
	if d == nil || d.empty() {
		return b.dropDraft(ctx, r)
	}
	if r.left {
		d.Asks = ""
		if err := b.keepDraft(ctx, r.user.ID, d); err != nil {
			return err
		}
	}
	return b.chat.memory.LeaveForm(ctx, r.user.ID)
}

// takeBroadcast takes the message that the draft asks for.
func (b *Bot) takeBroadcast(ctx context.Context, r *request, _ shop.Form) (bool, error) {
	d, err := b.draft(ctx, r.user.ID)
	if err != nil || d == nil || d.Asks == "" {
		return false, err
	}
	asked, problem, pairs := d.Asks, "", []any(nil)
	switch asked {
	case asksMessage:
		if album := r.message.MediaGroupID; album != "" && album == d.Album {
			return true, nil // each picture of an album is a message; one answer is enough
		}
		var m broadcast.Message
		if m, problem, pairs = readBroadcast(r.message); problem == "" {
			m.Buttons = d.Message.Buttons
			d.Message = m
		}
	case asksLink:
		var link broadcast.Button
		if link, problem = readLink(r.message.Text); problem == "" {
			d.Message.Buttons = append(d.Message.Buttons, link)
		}
	case asksCoupon:
		var link broadcast.Button
		if link, problem, pairs, err = b.couponLink(ctx, r.message.Text); err != nil {
			return true, err
		} else if problem == "" {
			d.Message.Buttons = append(d.Message.Buttons, link)
		}
	}
	if problem != "" {
		d.Album = r.message.MediaGroupID
		if err := b.keepDraft(ctx, r.user.ID, d); err != nil {
			return true, err
		}
		return true, b.say(ctx, r, problem, pairs...)
	}
	d.Asks = ""
	if err := b.keepDraft(ctx, r.user.ID, d); err != nil {
		return true, err
	}
	return true, b.preview(ctx, r, d, asked)
}

// keptEntities are the kinds of formatting that a bot can send. Telegram itself finds links, names
// and the like in the text.
//
//nolint:gochecknoglobals // a constant list
var keptEntities = []string{
	"bold", "italic", "underline", "strikethrough", "spoiler", "blockquote", "expandable_blockquote", "code", "pre", "text_link",
}

// readBroadcast reads the message of a broadcast, or says which text tells what is wrong with it.
func readBroadcast(sent *models.Message) (m broadcast.Message, problem string, pairs []any) {
	text, entities := sent.Text, sent.Entities
	if len(sent.Photo) > 0 {
		m.Photo = sent.Photo[len(sent.Photo)-1].FileID
		text, entities = sent.Caption, sent.CaptionEntities
	}
	switch {
	case sent.MediaGroupID != "":
		return m, "broadcast_album", nil
	case text == "" && m.Photo == "":
		return m, "broadcast_kind", nil
	case broadcast.Length(text) > m.Limit():
		return m, "broadcast_long", []any{"Number", broadcast.Length(text), "Limit", m.Limit()}
	}
	m.Text = text
	m.NoPreview = sent.LinkPreviewOptions != nil && sent.LinkPreviewOptions.IsDisabled != nil && *sent.LinkPreviewOptions.IsDisabled
	for _, e := range entities {
		if slices.Contains(keptEntities, string(e.Type)) {
			m.Entities = append(m.Entities, broadcast.Entity{
				Type: string(e.Type), Offset: e.Offset, Length: e.Length, URL: e.URL, Language: e.Language,
			})
		}
	}
	return m, "", nil
}

// maxLabel is how long the label of a button may be, in runes. Phones show less.
const maxLabel = 40

// readLink reads "label https://…", on one line or two.
func readLink(text string) (link broadcast.Button, problem string) {
	words := strings.Fields(text)
	if len(words) == 0 {
		return link, "broadcast_link_bad"
	}
	address := words[len(words)-1]
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || len(address) > 1024 {
		return link, "broadcast_link_bad"
	}
	label := cleanText(strings.Join(words[:len(words)-1], " "), maxLabel)
	if label == "" {
		label = clip(u.Hostname(), maxLabel)
	}
	return broadcast.Button{URL: u.String(), Text: label}, ""
}

// couponLink reads the code of a coupon and makes the button that applies it, or says which text
// tells what is wrong with the code.
func (b *Bot) couponLink(ctx context.Context, text string) (link broadcast.Button, problem string, pairs []any, err error) {
	code, err := shop.ParseCouponCode(text)
	if err != nil {
		return link, "coupon_bad_code", nil, nil //nolint:nilerr // the text says so
	}
	c, err := b.shop.Coupon(ctx, code)
	to := b.link(deeplink.Coupon, code)
	switch {
	case errors.Is(err, shop.ErrNoCoupon):
		return link, "broadcast_coupon_unknown", []any{"Code", code}, nil
	case err != nil:
		return link, "", nil, err
	case c.Stopped, c.Codes > 0:
		return link, "broadcast_coupon_unfit", []any{"Code", code}, nil
	case to == "":
		return link, "broadcast_no_link", nil, nil
	}
	return broadcast.Button{URL: to, Text: "🎁 " + clip(code, maxLabel)}, "", nil, nil
}

// preview sends the message as everybody will get it, and the draft's own screen below. What was
// asked for last is asked for again if Telegram refuses the message; a button that it refuses goes.
func (b *Bot) preview(ctx context.Context, r *request, d *draft, asked string) error {
	b.answer(ctx, r)
	result := resultOf(b.courier.sendBroadcast(ctx, r.loc, r.user.ID, d.Message))
	if result.Outcome == broadcast.Failed {
		text := "broadcast_refused"
		if d.Asks = asksMessage; asked == asksLink || asked == asksCoupon {
			text, d.Asks = "broadcast_button_refused", asked
			d.Message.Buttons = d.Message.Buttons[:len(d.Message.Buttons)-1]
		}
		if err := b.keepDraft(ctx, r.user.ID, d); err != nil {
			return err
		}
		return b.say(ctx, r, text, "Reason", result.Reason)
	}
	r.at = shop.MessageRef{}
	return b.showDraft(ctx, r, d)
}

// draftButton is a button of the screens of a draft.
func (b *Bot) draftButton(ctx context.Context, r *request, verb, rest string) error {
	if verb == "yes" {
		return b.startBroadcast(ctx, r, rest)
	}
	d, err := b.draft(ctx, r.user.ID)
	switch {
	case err != nil:
		return err
	case d == nil:
		r.warn("broadcast_draft_gone")
		return nil
	case d.empty() && verb != "drop":
		return b.show(ctx, r, askScreen(r.loc, d))
	}
	page, _ := quantity(rest)
	switch verb {
	case "to":
		return b.show(ctx, r, segmentScreen(r.loc))
	case "sku":
		return b.show(ctx, r, segmentProductScreen(r.loc, r.catalog, page))
	case "lang":
		return b.show(ctx, r, segmentLanguageScreen(r.loc, b.chat.texts, r.catalog))
	case "btn":
		return b.show(ctx, r, addButtonScreen(r.loc))
	case "btnsku":
		return b.show(ctx, r, buttonProductScreen(r.loc, r.catalog, page))
	case "test":
		return b.preview(ctx, r, d, "")
	case "send":
		a, counted := b.audiences.of(r.user.ID, d)
		if !counted {
			return b.showDraft(ctx, r, d)
		}
		return b.show(ctx, r, sendScreen(r.loc, d, a.People, b.pace))
	case "drop":
		if err := b.dropDraft(ctx, r); err != nil {
			return err
		}
		r.toast = r.loc.Plain("broadcast_dropped")
		return b.broadcastList(ctx, r)
	}
	return b.changeDraft(ctx, r, d, verb, rest)
}

// changeDraft is a button that changes the draft, or asks for a message that does.
func (b *Bot) changeDraft(ctx context.Context, r *request, d *draft, verb, rest string) error {
	asked, had := d.Asks, len(d.Message.Buttons)
	if had >= broadcast.MaxButtons && slices.Contains([]string{"link", "coupon", "shop", "product"}, verb) {
		r.warn("broadcast_buttons_full", "Number", broadcast.MaxButtons)
		return nil
	}
	d.Asks = ""
	switch verb {
	case "draft":
		if asked == "" {
			return b.showDraft(ctx, r, d)
		}
	case "other":
		d.Asks = asksMessage
	case "link":
		d.Asks = asksLink
	case "coupon":
		d.Asks = asksCoupon
	case "shop":
		d.Message.Buttons = append(d.Message.Buttons, broadcast.Button{})
	case "product":
		if _, known := r.catalog.Product(rest); !known {
			return errStale
		}
		d.Message.Buttons = append(d.Message.Buttons, broadcast.Button{SKU: rest})
	case "nobtn":
		d.Message.Buttons = nil
	case "for":
		to, ok := readSegment(rest)
		if !ok {
			return errStale
		}
		to.Language = d.To.Language
		d.To = to
	case "speak":
		if rest != "" && !slices.Contains(r.catalog.Shop.Languages, rest) {
			return errStale
		}
		d.To.Language = rest
	default:
		return errStale
	}
	if err := b.keepDraft(ctx, r.user.ID, d); err != nil {
		return err
	}
	switch {
	case d.Asks != "":
		return b.show(ctx, r, askScreen(r.loc, d))
	case len(d.Message.Buttons) != had:
		return b.preview(ctx, r, d, "")
	}
	return b.showDraft(ctx, r, d)
}

// readSegment reads "kind[:sku or days]" of a button.
func readSegment(s string) (to broadcast.Segment, ok bool) {
	kind, rest, _ := strings.Cut(s, ":")
	to.Kind = broadcast.Kind(kind)
	switch to.Kind {
	case broadcast.All, broadcast.Never:
		return to, true
	case broadcast.Bought:
		to.SKU = rest
		return to, rest != ""
	case broadcast.Idle:
		to.Days, ok = quantity(rest)
		return to, ok && to.Days <= 3650
	}
	return to, false
}

// showDraft shows the draft with the number of people who would get it, as soon as they are
// counted.
func (b *Bot) showDraft(ctx context.Context, r *request, d *draft) error {
	a, counted := b.audiences.of(r.user.ID, d)
	ref, err := b.draw(ctx, r, draftScreen(r.loc, r.catalog, d, a, counted, b.pace))
	if err != nil || counted {
		return err
	}
	b.audiences.show(r.user.ID, ref)
	user, l := r.user.ID, r.loc
	b.broadcasts.CountLater(d.To, func(ctx context.Context, a broadcast.Audience) {
		b.audiences.counted(user, d, a)
		if !b.audiences.shows(user, ref) {
			return
		}
		s := draftScreen(l, b.shop.Catalog(), d, a, true, b.pace)
		if _, err := b.chat.editInPlace(telegram.Background(ctx), ref, s); err != nil && !isPointless(err) && ctx.Err() == nil {
			b.log.WarnContext(ctx, "show number of people failed", "user", user, "error", err)
		}
	})
	return nil
}

// audiences remembers how many people the drafts are for. After a restart they are counted again.
type audiences struct {
	mu sync.Mutex
	// byUser maps: staff member => what was counted last.
	byUser map[int64]audience
	// shown maps: staff member => the screen of a draft that is in front of them.
	shown map[int64]shop.MessageRef
}

type audience struct {
	of string // the draft and its segment
	broadcast.Audience
}

func countKey(d *draft) string { return d.Act + " " + fmt.Sprint(d.To) }

// of is how many people the draft of a user is for, if they are counted.
func (a *audiences) of(user int64, d *draft) (broadcast.Audience, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	x := a.byUser[user]
	return x.Audience, x.of == countKey(d)
}

func (a *audiences) counted(user int64, d *draft, n broadcast.Audience) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.byUser == nil {
		a.byUser = map[int64]audience{}
	}
	a.byUser[user] = audience{countKey(d), n}
}

func (a *audiences) show(user int64, at shop.MessageRef) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.shown == nil {
		a.shown = map[int64]shop.MessageRef{}
	}
	a.shown[user] = at
}

func (a *audiences) shows(user int64, at shop.MessageRef) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.shown[user] == at
}

// hide notes that another screen takes the place of the draft's.
func (a *audiences) hide(user int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.shown, user)
}
