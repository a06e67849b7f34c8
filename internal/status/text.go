package status

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// WriteText writes s for a terminal.
func (s *Status) WriteText(out io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", s.Shop, s.headline())
	for _, reason := range s.Reasons {
		fmt.Fprintf(&b, "  %s\n", reason)
	}
	for _, a := range s.Alarms {
		fmt.Fprintf(&b, "  trouble since %s: %s\n", moment(a.Since), a.Words())
	}
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) {
		fmt.Fprintf(table, "%s\t%s\n", name, fmt.Sprintf(format, args...))
	}
	for _, f := range s.facts() {
		row(f.Name, "%s", f.Value)
	}
	today, week := s.sum(1), s.sum(7)
	row("today", "%d paid, %s", today.Orders, today.Revenue)
	row("7 days", "%d paid, %s", week.Orders, week.Revenue)
	for _, q := range s.Queues {
		row(q.Name, "%s", q.Words())
	}
	row("held orders", "%d", s.HeldCount)
	row("open questions", "%d", s.Questions)
	row("sold out", "%s", orNone(strings.Join(s.SoldOut, ", ")))
	_ = table.Flush() // into memory
	for _, h := range s.Held {
		fmt.Fprintf(&b, "  held: %s  %s  %s  paid %s\n", h.Order, h.Total, h.Reason, moment(h.Paid))
	}
	if len(s.Log) > 0 {
		b.WriteString("last warnings and errors:\n")
		for _, l := range s.Log[:min(len(s.Log), 5)] {
			fmt.Fprintf(&b, "  %s %s %s", moment(l.At), l.Level, l.Text)
			if l.Replica != "" {
				fmt.Fprintf(&b, " (%s)", l.Replica)
			}
			b.WriteByte('\n')
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func (s *Status) headline() string {
	switch {
	case !s.Ready:
		return "not ready"
	case len(s.Alarms) > 0:
		return "open, with trouble"
	case s.Paused:
		return "sales are paused"
	}
	return "open"
}

// fact is a name with its value, for people.
type fact struct{ Name, Value string }

func (s *Status) facts() []fact {
	facts := []fact{
		{"bot", orNone("@" + s.Bot)},
		{"running since", fmt.Sprintf("%s (%s)", moment(s.Started), span(s.At.Sub(s.Started)))},
		{"version", s.Version},
		{"Crypto Pay", s.Network},
		{"chat updates", "by " + s.Updates},
		{"last payment webhook", s.Webhook.words(s.At)},
	}
	if s.Bot == "" {
		facts[0].Value = "Telegram has not answered yet"
	}
	if s.Role != "" {
		facts = append(facts, fact{"this replica", s.roleWords()})
	}
	if c := s.Certificate; c != nil {
		value := "none yet for " + c.Host
		if !c.Expires.IsZero() {
			value = fmt.Sprintf("%s, until %s (%s left)", c.Host, moment(c.Expires), span(c.Expires.Sub(s.At)))
		}
		facts = append(facts, fact{"certificate", value})
	}
	return append(facts, fact{"database", size(s.DatabaseBytes)})
}

func (s *Status) roleWords() string {
	switch {
	case s.Role == StandsBy && s.Leader == "":
		return "stands by; which one leads is not known"
	case s.Role == StandsBy:
		return "stands by; " + s.Leader + " leads, and knows of alarms"
	}
	return "leads (" + s.Leader + ")"
}

func (w Webhook) words(now time.Time) string {
	switch {
	case !w.Astray.IsZero():
		return "they are sent to a wrong path, since " + moment(w.Astray)
	case w.Last.IsZero():
		return "none so far; payments are found by polling"
	case !w.Silent.IsZero():
		return moment(w.Last) + ", and silence since; payments are found by polling"
	}
	return fmt.Sprintf("%s (%s ago)", moment(w.Last), span(now.Sub(w.Last)))
}

// Words is the alarm in one line.
func (a Alarm) Words() string {
	words := []string{a.ID, plain(a.Cause)}
	for _, more := range []string{strings.Join(a.Items, ", "), a.Detail} {
		if more != "" {
			words = append(words, strings.Join(strings.Fields(more), " "))
		}
	}
	return strings.Join(words, ": ")
}

// Words says how late the work is, or how much waits.
func (q Queue) Words() string {
	switch {
	case q.Waiting != nil:
		return fmt.Sprint(*q.Waiting)
	case q.Seconds < 1:
		return "nothing is late"
	}
	return span(time.Duration(q.Seconds*float64(time.Second))) + " late"
}

// plain turns a word of the program into words: "no_answer" into "no answer".
func plain(word string) string { return strings.ReplaceAll(word, "_", " ") }

func orNone(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

// moment writes a time in UTC: the machine of the shop and that of the reader may be in two zones.
func moment(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// span writes a duration with its two biggest units.
func span(d time.Duration) string {
	d = max(0, d)
	days, hours, minutes, seconds := int(d.Hours())/24, int(d.Hours())%24, int(d.Minutes())%60, int(d.Seconds())%60
	switch {
	case days > 0:
		return fmt.Sprintf("%d d %d h", days, hours)
	case hours > 0:
		return fmt.Sprintf("%d h %d min", hours, minutes)
	case minutes > 0:
		return fmt.Sprintf("%d min %d s", minutes, seconds)
	}
	return fmt.Sprintf("%d s", seconds)
}

func size(bytes int64) string {
	const mega = 1 << 20
	if bytes < mega {
		return fmt.Sprintf("%d KB", (bytes+1023)/1024)
	}
	return fmt.Sprintf("%.1f MB", float64(bytes)/mega)
}
