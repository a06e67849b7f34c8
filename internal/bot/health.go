package bot

import (
	"context"
	"slices"
	"strings"
	"time"

	"shopbot/internal/health"
	"shopbot/internal/localize"
	"shopbot/internal/shop"
)

// healthTime is how long an examination may take.
const healthTime = time.Minute

// showHealth is /health and its button: all that the shop needs is examined now, as 'shopbot check'
// does on the machine.
func (b *Bot) showHealth(ctx context.Context, r *request) error {
	at, err := b.draw(ctx, r, screen{Text: r.loc.Say("health_looking")})
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, healthTime)
	defer cancel()
	_, err = b.chat.edit(ctx, at, healthScreen(r.loc, b.health(limited), b.shop.Alarms(), time.Now()))
	return err
}

// Bounds of what the screen says, so that it fits into a message.
const (
	maxFinding  = 500
	maxFindings = 3300
)

func healthScreen(l localizer, found health.Report, alarms []shop.Alarm, at time.Time) screen {
	var fails, warns []markup
	var troubled []string
	for _, a := range alarms { // in the words in which the owners were told of it
		head, _, _ := strings.Cut(string(alarmScreen(l, a).Text), "\n")
		fails = append(fails, clipMarkup(markup(head+" · "+string(l.Moment(a.Since))), maxFinding))
	}
	for _, f := range found.Findings {
		line := func(mark string) markup {
			return clipMarkup(markup(mark+" <b>"+string(f.SaySubject(l.Localizer))+"</b>: "+string(f.Say(l.Localizer))), maxFinding)
		}
		switch {
		case f.Subject == "alarm" || f.Level == health.OK:
			continue
		case f.Level == health.Fail:
			fails = append(fails, line("❌"))
		default:
			warns = append(warns, line("⚠️"))
		}
		troubled = append(troubled, f.Subject)
	}
	var fine []string
	for _, f := range found.Findings {
		if name := localize.PlainText(f.SaySubject(l.Localizer)); !slices.Contains(troubled, f.Subject) && f.Subject != "alarm" && !slices.Contains(fine, name) {
			fine = append(fine, name)
		}
	}
	heading := l.Say("health_well")
	if len(fails) > 0 {
		heading = lines(l.Say("health_not_well"), l.Say("health_fails", "Count", len(fails)))
	}
	if len(warns) > 0 {
		heading = lines(heading, l.Say("health_warns", "Count", len(warns)))
	}
	rest := sections(l.Say("health_fine", "Subjects", l.List(fine...)), l.Say("health_at", "At", l.Moment(at)))
	return screen{
		Text: sections(heading, worstFindings(l, append(fails, warns...)), rest),
		Rows: [][]button{row(l.button("health_again", actHealth), l.button("staff_home", actAdmin))},
	}
}

// worstFindings is as many findings as a message takes; the worst come first.
func worstFindings(l localizer, all []markup) (text markup) {
	for i, finding := range all {
		if visible(text)+visible(finding) > maxFindings {
			return sections(text, l.Say("health_more", "Number", itoa(len(all)-i)))
		}
		text = sections(text, finding)
	}
	return text
}
