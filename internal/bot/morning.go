package bot

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
	"shopbot/internal/telegram"
)

const (
	// morningInterval is how often the clock is looked at.
	morningInterval = time.Minute
	// morningDays is how many of the latest days with a message are remembered. More than one, since
	// the clock may have been wrong for a while.
	morningDays = 5
	// askBalance is how long the message waits for the payment service.
	askBalance = 10 * time.Second
)

// mornings is what is kept of one person's morning messages.
type mornings struct {
	// Sent are the latest days on which the message was sent.
	Sent []shop.Day `json:"sent"`
	// At is the time of day that the person chose, as catalog.Shop.Morning; empty: the shop's.
	At string `json:"at,omitempty"`
	// LeftOut is a day without a message, since the time was chosen after it had passed.
	LeftOut shop.Day `json:"left_out,omitempty"`
}

func morningNote(user int64) string { return shop.PersonalNote(shop.NoteMornings, user) }

// mornings reads what is kept of a person; known is false if that is nothing.
func (b *Bot) mornings(ctx context.Context, user int64) (m mornings, known bool, err error) {
	known, err = shop.ReadNote(ctx, b.chat.memory, morningNote(user), &m)
	return m, known, err
}

// told reports whether there is no message on a day any more.
func (m mornings) told(day shop.Day) bool { return m.LeftOut == day || slices.Contains(m.Sent, day) }

// changeMornings changes what is kept of a person. The person may choose a time while the message is
// on its way.
func (b *Bot) changeMornings(ctx context.Context, user int64, change func(*mornings)) error {
	b.morningsMu.Lock()
	defer b.morningsMu.Unlock()
	m, _, err := b.mornings(ctx, user)
	if err != nil {
		return err
	}
	change(&m)
	m.Sent = m.Sent[max(len(m.Sent)-morningDays, 0):]
	return shop.KeepNote(context.WithoutCancel(ctx), b.chat.memory, morningNote(user), m)
}

// at is the time of day of the message; "" if it is switched off.
func (m mornings) at(s catalog.Shop) string {
	at := cmp.Or(m.At, s.Morning, catalog.DefaultMorning)
	if at == catalog.MorningOff {
		return ""
	}
	return at
}

// watchMornings sends each manager and owner a message of the day before, once a day.
func (b *Bot) watchMornings(ctx context.Context) {
	tick := time.NewTicker(morningInterval)
	defer tick.Stop()
	for {
		b.sendMornings(ctx, time.Now())
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// sendMornings sends the messages that are due. One person's trouble does not keep others from
// theirs.
func (b *Bot) sendMornings(ctx context.Context, now time.Time) {
	for _, user := range b.staff.With(shop.RoleManager) {
		if err := b.sendMorning(ctx, user, now); err != nil && ctx.Err() == nil {
			b.log.WarnContext(ctx, "send morning message failed", "user", user, "error", err)
		}
	}
}

// sendMorning sends one person's message if it is due. The day is noted before, so that nobody gets
// two whatever happens in between; so Telegram is asked first whether it answers at all. Who has just
// joined the staff begins with the next morning.
func (b *Bot) sendMorning(ctx context.Context, user int64, now time.Time) error {
	c := b.shop.Catalog()
	now = now.In(c.Shop.Zone())
	m, known, err := b.mornings(ctx, user)
	if err != nil {
		return err
	}
	today, at := shop.DayOf(now, now.Location()), m.at(c.Shop)
	due := at != "" && now.Format("15:04") >= at
	if !due && known || m.told(today) {
		return nil
	}
	if due && known {
		if _, err := b.chat.tg.GetMe(ctx); err != nil {
			return err
		}
	}
	sent := false
	err = b.changeMornings(ctx, user, func(m *mornings) {
		sent = m.told(today)
		if due && !sent {
			m.Sent = append(m.Sent, today)
		}
	})
	if err != nil || !due || !known || sent {
		return err
	}
	l, role := b.chat.localizer(ctx, user, ""), b.staff.Role(user)
	s, err := b.morning(ctx, l, role, now)
	if err == nil {
		_, err = b.chat.send(ctx, user, b.courier.forRole(s, role))
	}
	if b.courier.owners.isAway(ctx, b.log, user, err) {
		return nil
	}
	if err != nil && !errors.Is(err, telegram.ErrTemporary) { // it was certainly not sent
		return errors.Join(err, b.changeMornings(ctx, user, func(m *mornings) {
			m.Sent = slices.DeleteFunc(m.Sent, func(d shop.Day) bool { return d == today })
		}))
	}
	return err
}

// report is what the message of a morning tells.
type report struct {
	figures  figures // of the day before
	day      shop.Day
	desk     desk
	webhooks shop.Webhooks
	balance  map[shop.RailID]shop.RailBalance // of owners
}

// morning draws the message for a role.
func (b *Bot) morning(ctx context.Context, l localizer, role shop.Role, now time.Time) (screen, error) {
	c := b.shop.Catalog()
	zone := now.Location()
	yesterday, before := shop.DayBefore(now, zone, 1), shop.DayBefore(now, zone, 2)
	m := report{day: yesterday}
	var err error
	if m.figures.now, err = b.shop.Statistics(ctx, yesterday, yesterday); err != nil {
		return screen{}, err
	}
	totals, err := b.shop.Totals(ctx, []shop.Day{before})
	if err != nil {
		return screen{}, err
	}
	m.figures.before = totals[0]
	if m.desk, err = b.desk(ctx, c); err != nil {
		return screen{}, err
	}
	if m.desk.late, err = b.shop.CountLate(ctx); err != nil {
		return screen{}, err
	}
	if m.webhooks, err = b.shop.Webhooks(ctx); err != nil {
		return screen{}, err
	}
	if role.May(shop.RoleOwner) {
		ctx, cancel := context.WithTimeout(ctx, askBalance)
		defer cancel()
		m.balance = b.shop.Balances(ctx)
		b.logUnknownBalances(ctx, m.balance)
	}
	return morningScreen(l, c, role, m, b.rates), nil
}

func morningScreen(l localizer, c *catalog.Catalog, role shop.Role, m report, rates shop.Rates) screen {
	t := m.figures.now.Total
	sales := []markup{l.Say("stats_none")}
	if !t.Zero() {
		sales = append(statsMoney(l, c, m.figures, rates), statsOrders(l, t), statsBest(l, c, m.figures.now.Products))
	}
	waits := waitLines(l, role, m.desk)
	if m.desk.paused {
		waits = append(waits, l.Say("admin_paused"))
	}
	services := []markup{morningWebhooks(l, m.webhooks)}
	if role.May(shop.RoleOwner) {
		services = append(services, morningBalance(l, m), morningStars(l, m))
	}
	return screen{
		Text: sections(l.Say("morning", "Day", barLabel(l, m.day)),
			lines(sales...), lines(waits...), lines(services...)),
		Rows: [][]button{
			row(anew(l.button("home_stats", actStats)), anew(l.button("home_held", actHeld))),
			row(anew(l.button("home_stock", actStock)), l.button("morning", actMorning)),
		},
	}
}

// morningWebhooks tells whether payments are announced; "" for a shop that works by asking.
func morningWebhooks(l localizer, w shop.Webhooks) markup {
	switch {
	case !w.Silent.IsZero():
		return l.Say("morning_webhooks_silent", "Last", l.Moment(w.Last))
	case !w.Astray.IsZero():
		return l.Say("morning_webhooks_astray", "Since", l.Moment(w.Astray))
	case w.Last.IsZero():
		return ""
	}
	return l.Say("morning_webhooks", "Last", l.Moment(w.Last))
}

// morningBalance is what Crypto Pay says that there is, as the message is written.
func morningBalance(l localizer, m report) markup {
	coins, there := m.balance[shop.CryptoPay]
	switch {
	case !there:
		return ""
	case coins.Err != nil:
		return l.Say("morning_balance_unknown")
	case len(coins.Amounts) == 0:
		return l.Say("morning_balance_none")
	}
	return l.Say("morning_balance", "Amounts", l.ShortAmounts(coins.Amounts))
}

// morningStars is how many Stars the bot has; "" for none, as in a shop that takes none.
func morningStars(l localizer, m report) markup {
	if stars := m.balance[shop.Stars]; len(stars.Amounts) > 0 {
		return l.Say("morning_stars", "Amount", stars.Amounts[0])
	}
	return ""
}

// morningHours are the times that the buttons offer.
func morningHours() []string {
	return []string{"06:00", "07:00", "08:00", "09:00", "10:00", "11:00", "12:00", "18:00"}
}

// morningButton is "/morning", and the buttons that choose the time of the message.
func (b *Bot) morningButton(ctx context.Context, r *request) error {
	m, _, err := b.mornings(ctx, r.user.ID)
	if err != nil {
		return err
	}
	chosen := strings.ReplaceAll(r.args, ".", ":")
	switch {
	case r.query == nil || chosen == "":
		r.at = shop.MessageRef{} // the message of the morning stays
	case chosen == catalog.MorningOff || slices.Contains(morningHours(), chosen):
		now := time.Now().In(r.catalog.Shop.Zone())
		err := b.changeMornings(ctx, r.user.ID, func(kept *mornings) {
			kept.At = chosen
			kept.LeftOut = ""
			if now.Format("15:04") >= chosen {
				kept.LeftOut = shop.DayOf(now, now.Location()) // begins tomorrow
			}
			m = *kept
		})
		if err != nil {
			return err
		}
		r.toast = r.loc.Plain("morning_set")
	default:
		return errStale
	}
	return b.show(ctx, r, morningTimeScreen(r.loc, r.catalog.Shop, m))
}

func morningTimeScreen(l localizer, s catalog.Shop, m mornings) screen {
	at := m.at(s)
	text := l.Say("morning_off")
	if at != "" {
		text = l.Say("morning_time", "At", at, "Zone", s.Zone().String())
	}
	mark := func(label string, chosen bool, value string) button {
		return button{Text: label, Data: data(actMorning, strings.ReplaceAll(value, ":", "."))}.chosen(chosen)
	}
	var hours []button
	for _, h := range morningHours() {
		hours = append(hours, mark(h, h == at, h))
	}
	off := mark(l.Plain("button_morning_off"), at == "", catalog.MorningOff)
	return screen{Text: text, Rows: [][]button{hours[:3], hours[3:6], hours[6:], row(off, l.button("staff_home", actAdmin))}}
}
