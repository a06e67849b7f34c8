package bot

import (
	"strings"
	"time"

	"github.com/go-telegram/bot/models"

	"shopbot/internal/broadcast"
	"shopbot/internal/catalog"
	"shopbot/internal/localize"
)

// broadcastKeyboard is what stands under a broadcast: its buttons, and the way out of the list.
func broadcastKeyboard(
	l localizer, product func(sku string) (catalog.Product, bool), buttons []broadcast.Button,
) *models.InlineKeyboardMarkup {
	var s screen
	for _, x := range buttons {
		p, known := product(x.SKU)
		switch {
		case x.URL != "":
			s.Rows = append(s.Rows, row(button{Text: x.Text, URL: x.URL}))
		case known:
			s.Rows = append(s.Rows, row(anew(button{Text: l.Text(p.Title), Data: data(actProduct, p.SKU, "1")})))
		default:
			s.Rows = append(s.Rows, row(anew(l.button("broadcast_shop", actCatalog))))
		}
	}
	s.Rows = append(s.Rows, row(l.button("offers_off", actOffers, "no")))
	return s.keyboard()
}

// excerpt is the beginning of a message, to recognize it by.
func excerpt(l localizer, m broadcast.Message, limit int) string {
	text := cleanText(m.Text, limit)
	switch {
	case m.Photo == "":
		return text
	case text == "":
		return l.Plain("broadcast_picture")
	}
	return "🖼 " + text
}

// segmentText says whom a broadcast is for.
func segmentText(l localizer, c *catalog.Catalog, to broadcast.Segment) markup {
	said := l.Say("broadcast_to_" + string(to.Kind))
	switch to.Kind {
	case broadcast.Bought:
		title := to.SKU
		if p, known := c.Product(to.SKU); known {
			title = l.Text(p.Title)
		}
		said = l.Say("broadcast_to_bought", "Title", title)
	case broadcast.Idle:
		said = l.Say("broadcast_to_idle", "Count", to.Days)
	case broadcast.All, broadcast.Never:
	}
	if to.Language != "" {
		said = l.Say("broadcast_to_language", "Segment", said, "Language", to.Language)
	}
	return said
}

// broadcastsScreen lists the latest broadcasts. What is active is the first.
func broadcastsScreen(l localizer, latest []broadcast.Broadcast, hasDraft bool) screen {
	s := screen{Text: l.Say("broadcasts")}
	if len(latest) == 0 {
		s.Text = lines(s.Text, "", l.Say("broadcasts_none"))
	}
	for i := range latest {
		b := &latest[i]
		label := stateSign(b) + " " + l.DayTime(b.Started) + " · " + itoa(b.Counts.Sent) + " · " + excerpt(l, b.Message, 24)
		s.Rows = append(s.Rows, row(button{Text: label, Data: data(actBroadcast, "o", itoa(int64(b.ID)))}))
	}
	if hasDraft {
		s.Rows = append(s.Rows, row(l.button("broadcast_draft", actBroadcast, "draft")))
	}
	s.Rows = append(s.Rows, row(l.button("broadcast_new", actBroadcast, "new")), row(l.button("staff_home", actAdmin)))
	return s
}

func stateSign(b *broadcast.Broadcast) string {
	return map[broadcast.State]string{
		broadcast.Running: "▶️", broadcast.Paused: "⏸", broadcast.Stopped: "⏹", broadcast.Done: "✅",
	}[b.State]
}

// askScreen asks for what the draft waits for.
func askScreen(l localizer, d *draft) screen {
	back := "draft"
	if d.empty() {
		back = "drop"
	}
	s := screen{Rows: [][]button{row(l.button("back", actBroadcast, back))}}
	switch d.Asks {
	case asksLink:
		s.Text = l.Say("broadcast_ask_link")
	case asksCoupon:
		s.Text = l.Say("broadcast_ask_coupon")
	default:
		s.Text = l.Say("broadcast_ask_message", "Text", broadcast.MaxText, "Caption", broadcast.MaxCaption)
	}
	return s
}

// draftScreen is a draft before it is sent. pace is how many messages a second Telegram takes.
func draftScreen(l localizer, c *catalog.Catalog, d *draft, a broadcast.Audience, counted bool, pace float64) screen {
	act := func(name, verb string) button { return l.button(name, actBroadcast, verb) }
	reach := l.Say("broadcast_counting")
	if counted {
		reach = l.Say("broadcast_nobody")
		if a.People > 0 {
			reach = l.Say("broadcast_people", "Count", a.People, "Time", duration(l, sendTime(a.People, pace)))
		}
		if a.Skipped > 0 {
			reach = lines(reach, l.Say("broadcast_people_skipped", "Count", a.Skipped))
		}
	}
	s := screen{
		Text: sections(
			l.Say("broadcast_draft", "Text", excerpt(l, d.Message, 60), "Segment", segmentText(l, c, d.To)), reach),
		Rows: [][]button{
			row(act("broadcast_to", "to"), act("broadcast_language", "lang")),
			row(act("broadcast_add_button", "btn")),
			row(act("broadcast_other", "other"), act("broadcast_test", "test")),
		},
	}
	if len(d.Message.Buttons) > 0 {
		s.Rows[1] = append(s.Rows[1], act("broadcast_no_buttons", "nobtn"))
	}
	switch {
	case !counted:
		s.Rows = append(s.Rows, row(act("broadcast_refresh", "draft")))
	case a.People > 0:
		send := button{Text: l.Plain("button_broadcast_send", "Count", a.People), Data: data(actBroadcast, "send")}
		s.Rows = append(s.Rows, row(send))
	}
	s.Rows = append(s.Rows, row(act("broadcast_drop", "drop")))
	return s
}

// sendTime is how long Telegram needs for messages to that many people.
func sendTime(people int, pace float64) time.Duration {
	return time.Duration(float64(people) / max(pace, 1) * float64(time.Second))
}

// duration is about how long something takes.
func duration(l localizer, d time.Duration) string {
	minutes := int(d.Round(time.Minute) / time.Minute)
	switch {
	case minutes < 1:
		return l.Plain("broadcast_less_minute")
	case minutes < 90:
		return l.Plain("broadcast_minutes", "Count", minutes)
	}
	return l.Plain("broadcast_hours", "Count", int(d.Round(time.Hour)/time.Hour))
}

// sendScreen is the last question before a broadcast begins.
func sendScreen(l localizer, d *draft, people int, pace float64) screen {
	return screen{
		Text: l.Say("broadcast_sure", "Count", people, "Time", duration(l, sendTime(people, pace)), "Text", excerpt(l, d.Message, 60)),
		Rows: [][]button{
			row(l.button("broadcast_yes", actBroadcast, "yes", d.Act, itoa(people))),
			row(l.button("back", actBroadcast, "draft")),
		},
	}
}

// idleDays are the choices of how long somebody has not bought.
func idleDays() []int { return []int{7, 30, 90, 180, 365} }

func segmentScreen(l localizer) screen {
	s := screen{Text: l.Say("broadcast_whom"), Rows: [][]button{
		row(l.button("broadcast_all", actBroadcast, "for", string(broadcast.All))),
		row(l.button("broadcast_bought", actBroadcast, "sku")),
		row(l.button("broadcast_never", actBroadcast, "for", string(broadcast.Never))),
	}}
	for _, days := range idleDays() {
		s.Rows = append(s.Rows, row(button{
			Text: l.Plain("button_broadcast_idle", "Count", days),
			Data: data(actBroadcast, "for", string(broadcast.Idle), itoa(days)),
		}))
	}
	s.Rows = append(s.Rows, row(l.button("back", actBroadcast, "draft")))
	return s
}

func segmentProductScreen(l localizer, c *catalog.Catalog, page int) screen {
	s := screen{Text: l.Say("broadcast_which_bought")}
	s.Rows = productRows(l, c, page, "sku", "for", string(broadcast.Bought))
	return s
}

func buttonProductScreen(l localizer, c *catalog.Catalog, page int) screen {
	s := screen{Text: l.Say("broadcast_which_product")}
	s.Rows = productRows(l, c, page, "btnsku", "product")
	return s
}

// productRows lists one page of the products. list is the verb that leads to another page, chosen
// that of a product.
func productRows(l localizer, c *catalog.Catalog, page int, list string, chosen ...string) (rows [][]button) {
	products, paging := pageOf(c.Products, page, func(page int) string { return pageData(page, actBroadcast, list) })
	for _, p := range products {
		arguments := append(append([]string(nil), chosen...), p.SKU)
		rows = append(rows, row(button{Text: clip(l.Text(p.Title), 40), Data: data(actBroadcast, arguments...)}))
	}
	return append(rows, paging, row(l.button("back", actBroadcast, "draft")))
}

func segmentLanguageScreen(l localizer, t *localize.Texts, c *catalog.Catalog) screen {
	s := screen{Text: l.Say("broadcast_which_language"), Rows: [][]button{row(l.button("broadcast_any_language", actBroadcast, "speak"))}}
	for _, code := range c.Shop.Languages {
		s.Rows = append(s.Rows, row(button{Text: t.Name(code), Data: data(actBroadcast, "speak", code)}))
	}
	s.Rows = append(s.Rows, row(l.button("back", actBroadcast, "draft")))
	return s
}

func addButtonScreen(l localizer) screen {
	act := func(name, verb string) []button { return row(l.button(name, actBroadcast, verb)) }
	return screen{Text: l.Say("broadcast_which_button"), Rows: [][]button{
		act("broadcast_to_shop", "shop"), act("broadcast_to_product", "btnsku"), act("broadcast_to_coupon", "coupon"),
		act("broadcast_to_link", "link"), act("back", "draft"),
	}}
}

// broadcastScreen is how far a broadcast is, or how it ended.
func broadcastScreen(l localizer, c *catalog.Catalog, b broadcast.Broadcast) screen {
	id := itoa(int64(b.ID))
	act := func(name, verb string) button { return l.button(name, actBroadcast, verb, id) }
	tried := b.Counts.Tried()
	s := screen{Text: sections(
		l.Say("broadcast_state_"+string(b.State), "Text", excerpt(l, b.Message, 60), "Segment", segmentText(l, c, b.To),
			"Started", l.Moment(b.Started)),
		progressBar(l, tried, b),
		countsText(l, b),
	)}
	if b.State == broadcast.Paused && b.StateBy == 0 {
		s.Text = sections(s.Text, l.Say("broadcast_paused_by_shop", "Reason", b.Refusal))
	}
	switch b.State {
	case broadcast.Running:
		s.Rows = append(s.Rows, row(act("broadcast_pause", "pause"), act("broadcast_stop", "stop?")), row(act("broadcast_refresh", "o")))
	case broadcast.Paused:
		s.Rows = append(s.Rows, row(act("broadcast_go", "go"), act("broadcast_stop", "stop?")))
	case broadcast.Stopped, broadcast.Done:
	}
	s.Rows = append(s.Rows, row(l.button("broadcasts", actBroadcast)))
	return s
}

// progressBar is how much of a broadcast is done. People who came or left since they were counted
// make it a little longer or shorter.
func progressBar(l localizer, tried int, b broadcast.Broadcast) markup {
	if b.People == 0 || b.State == broadcast.Done {
		return ""
	}
	const cells = 12
	people := max(b.People, tried)
	full := tried * cells / people
	bar := strings.Repeat("▓", full) + strings.Repeat("░", cells-full)
	return l.Say("broadcast_bar", "Bar", bar, "Percent", tried*100/people, "Done", tried, "People", people)
}

func countsText(l localizer, b broadcast.Broadcast) markup {
	said := []markup{l.Say("broadcast_sent", "Number", b.Counts.Sent)}
	for _, x := range []struct {
		text  string
		count int
	}{
		{"broadcast_blocked", b.Counts.Blocked},
		{"broadcast_gone", b.Counts.Gone},
		{"broadcast_failed", b.Counts.Failed},
		{"broadcast_unknown", b.Counts.Unknown},
		{"broadcast_skipped", b.Counts.Skipped},
	} {
		if x.count > 0 {
			said = append(said, l.Say(x.text, "Number", x.count))
		}
	}
	return lines(said...)
}

func stopScreen(l localizer, b broadcast.Broadcast) screen {
	id := itoa(int64(b.ID))
	return screen{
		Text: l.Say("broadcast_stop_sure", "Number", b.Counts.Tried(), "People", b.People),
		Rows: [][]button{
			row(l.button("broadcast_stop_yes", actBroadcast, "stop", id)),
			row(l.button("back", actBroadcast, "o", id)),
		},
	}
}
