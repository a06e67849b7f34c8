package bot

import (
	"fmt"
	"regexp"
	"time"
)

// Telegram's apps write the time of a date_time entity in their reader's own zone and language
// (core.telegram.org/bots/api#formatting-options). The text within is for apps that do not know it,
// and for places without markup: in the shop's zone, which it names.

// clock writes a time of day.
func (l localizer) clock(t time.Time) markup { return l.time(t, "t", "15:04 MST") }

// moment writes a date and a time.
func (l localizer) moment(t time.Time) markup { return l.time(t, "dt", "2006-01-02 15:04 MST") }

func (l localizer) time(t time.Time, format, layout string) markup {
	said := l.local(t).Format(layout)
	if t.Unix() <= 0 { // Telegram takes no such time
		return markup(said)
	}
	return markup(fmt.Sprintf(`<tg-time unix="%d" format="%s">%s</tg-time>`, t.Unix(), format, said))
}

// local is t in the shop's zone.
func (l localizer) local(t time.Time) time.Time {
	if l.zone == nil {
		return t.UTC()
	}
	return t.In(l.zone)
}

var timeTag = regexp.MustCompile(`</?tg-time[^>]*>`)

// withoutTimes leaves the text within the times alone, for servers older than Bot API 9.5.
func withoutTimes(m markup) markup { return markup(timeTag.ReplaceAllString(string(m), "")) }
