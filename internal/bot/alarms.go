package bot

import (
	"context"
	"strings"

	"shopbot/internal/shop"
)

// TellAlarm tells the owners of trouble that lasts and of what to do about it, or that it is over.
func (c *Courier) TellAlarm(ctx context.Context, a shop.Alarm) error {
	if len(c.admins) == 0 {
		return shop.ErrNoOwners
	}
	return c.warnOwners(ctx, "alarm "+string(a.ID), true, func(l localizer) screen { return alarmScreen(l, a) })
}

// alarmScreen is an alarm, or its end.
func alarmScreen(l localizer, a shop.Alarm) screen {
	id := "alarm_" + string(a.ID) + "_" + string(a.Cause)
	if !a.Ended.IsZero() {
		id = "alarm_over_" + string(a.ID)
	}
	return screen{Text: l.say(id, "Detail", clip(a.Detail, maxAlarmDetail), "Items", codes(a.Items),
		"Left", codes(a.Left), "Offered", codes(a.Offered), "Since", l.moment(a.Since), "Ended", l.moment(a.Ended))}
}

// Bounds of what an alarm shows, so that it fits into a message.
const (
	maxAlarmDetail = 300
	maxAlarmItems  = 40
)

// codes writes a list of assets or SKUs.
func codes(list []string) markup {
	var written []string
	for _, code := range list[:min(len(list), maxAlarmItems)] {
		written = append(written, "<code>"+string(escape(clip(code, 64)))+"</code>")
	}
	if len(list) > maxAlarmItems {
		written = append(written, "…")
	}
	return markup(strings.Join(written, ", "))
}
