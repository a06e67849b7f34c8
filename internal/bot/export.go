package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"shopbot/internal/export"
	"shopbot/internal/shop"
	"shopbot/internal/telegram"
)

// exportJob is an export that an owner asked for. It is kept until it is done, so it survives a
// restart; then it begins anew.
type exportJob struct {
	Request export.Request  `json:"request"`
	At      shop.MessageRef `json:"at"` // shows how far it is
	Name    string          `json:"name"`
}

func exportNote(owner int64) string { return shop.PersonalNote(shop.NoteExport, owner) }

// exportChoice is what the screen of /export has chosen so far.
type exportChoice struct {
	what   export.What
	period string
	format string
}

func exportPeriods() []string { return []string{"month", "before", "year", "all"} }

// exportFormats maps: word of callback data => format.
func exportFormats() map[string]export.Format {
	return map[string]export.Format{
		"semicolon": {BOM: true, Separator: ";", Decimal: ","},
		"comma":     {BOM: true, Separator: ",", Decimal: "."},
		"json":      {JSON: true},
	}
}

func exportFormatNames() []string { return []string{"semicolon", "comma", "json"} }

// span is the period in a zone; zero times are without bound.
func (c exportChoice) span(now time.Time) (since, until time.Time) {
	y, m, _ := now.Date()
	month := func(m time.Month) time.Time { return time.Date(y, m, 1, 0, 0, 0, 0, now.Location()) }
	switch {
	case !c.what.HasPeriod():
		return since, until
	case c.period == "month":
		return month(m), until
	case c.period == "before":
		return month(m - 1), month(m)
	case c.period == "year":
		return month(time.January), until
	}
	return since, until
}

// exportButton is /export and its buttons: "WHAT:PERIOD:FORMAT" chooses, with "go" before it the
// file is made.
func (b *Bot) exportButton(ctx context.Context, r *request) error {
	c := exportChoice{export.Orders, "month", "comma"}
	if export.CSVFor(r.loc.Language).Separator == ";" {
		c.format = "semicolon"
	}
	arguments := strings.Split(r.args, ":")
	start := arguments[0] == "go"
	if start {
		arguments = arguments[1:]
	}
	if r.query != nil && r.args != "" {
		if len(arguments) != 3 {
			return errStale
		}
		c = exportChoice{export.What(arguments[0]), arguments[1], arguments[2]}
		if _, known := exportFormats()[c.format]; !known || !slices.Contains(export.All(), c.what) || !slices.Contains(exportPeriods(), c.period) {
			return errStale
		}
	}
	if !start || r.query == nil {
		return b.show(ctx, r, exportScreen(r.loc, c))
	}
	return b.startExport(ctx, r, c)
}

func exportScreen(l localizer, c exportChoice) screen {
	s := screen{Text: l.Say("export")}
	choose := func(label string, to exportChoice) button {
		return button{Text: label, Data: data(actExport, string(to.what), to.period, to.format)}.chosen(to == c)
	}
	var whats, periods, formats []button
	for _, what := range export.All() {
		whats = append(whats, choose(l.Plain("export_"+string(what)), exportChoice{what, c.period, c.format}))
	}
	s.Rows = append(s.Rows, whats[:2], whats[2:4], whats[4:])
	if c.what.HasPeriod() {
		for _, period := range exportPeriods() {
			periods = append(periods, choose(l.Plain("export_period_"+period), exportChoice{c.what, period, c.format}))
		}
		s.Rows = append(s.Rows, periods[:2], periods[2:])
	}
	for _, format := range exportFormatNames() {
		formats = append(formats, choose(l.Plain("export_format_"+format), exportChoice{c.what, c.period, format}))
	}
	run := l.button("export_go", actExport, "go", string(c.what), c.period, c.format)
	s.Rows = append(s.Rows, formats, row(run), row(l.button("staff_home", actAdmin)))
	if c.what.HasGoods() {
		s.Text += "\n\n" + l.Say("export_goods")
	}
	return s
}

// startExport notes what is to be exported; watchExports does it.
func (b *Bot) startExport(ctx context.Context, r *request, c exportChoice) error {
	now := time.Now().In(r.catalog.Shop.Zone())
	job := exportJob{Request: export.Request{What: c.what, Format: exportFormats()[c.format]}, Name: string(c.what) + "-" + now.Format(time.DateOnly)}
	job.Request.Since, job.Request.Until = c.span(now)
	var err error
	if job.At, err = b.draw(ctx, r, exportProgress(r.loc, job, 0)); err != nil {
		return err
	}
	if err := shop.KeepNote(ctx, b.chat.memory, exportNote(r.user.ID), job); err != nil {
		return err
	}
	select {
	case b.exports <- struct{}{}:
	default: // is awake
	}
	return nil
}

func exportProgress(l localizer, job exportJob, rows int) screen {
	return screen{Text: l.Say("export_runs", "What", l.Plain("export_"+string(job.Request.What)), "Count", rows)}
}

// exportRetry is when an export that Telegram did not take is tried again.
const exportRetry = time.Minute

// watchExports makes the files that owners asked for, one after the other, beside everything else.
func (b *Bot) watchExports(ctx context.Context) {
	for {
		wait := time.NewTimer(24 * time.Hour)
		for _, owner := range b.staff.With(shop.RoleOwner) {
			if err := b.export(ctx, owner); err != nil {
				if ctx.Err() != nil {
					return
				}
				b.log.WarnContext(ctx, "export failed, it is tried again", "user", owner, "error", err)
				wait.Reset(exportRetry)
			}
		}
		select {
		case <-ctx.Done():
			wait.Stop()
			return
		case <-b.exports:
		case <-wait.C:
		}
		wait.Stop()
	}
}

// errOwnerGone says that an owner cannot be sent a file.
var errOwnerGone = errors.New("owner cannot be written to")

// export makes the file that an owner asked for, if there is one. An error means that it should be
// tried again.
func (b *Bot) export(ctx context.Context, owner int64) error {
	asked, err := b.chat.memory.Note(ctx, exportNote(owner))
	if err != nil || asked == nil {
		return err
	}
	var job exportJob
	if err := json.Unmarshal(asked, &job); err != nil {
		return fmt.Errorf("read export of %d: %w", owner, err)
	}
	l := b.chat.localizer(ctx, owner, "")
	rows, err := b.sendExport(ctx, l, owner, job)
	var unsent *telegram.Error
	switch {
	case errors.Is(err, errOwnerGone):
		b.log.InfoContext(ctx, "export dropped", "user", owner, "error", err)
	case errors.As(err, &unsent) && !errors.Is(err, telegram.ErrBadRequest), ctx.Err() != nil:
		return err
	case err != nil:
		b.log.ErrorContext(ctx, "export failed", "user", owner, "what", job.Request.What, "error", err)
		b.showExport(ctx, job, screen{Text: l.Say("export_failed")})
	case rows == 0:
		b.showExport(ctx, job, screen{Text: l.Say("export_empty"), Rows: [][]button{row(l.button("export_again", actExport))}})
	default:
		b.showExport(ctx, job, screen{
			Text: l.Say("export_done", "What", l.Plain("export_"+string(job.Request.What)), "Count", rows),
			Rows: [][]button{row(l.button("export_again", actExport))},
		})
	}
	now, err := b.chat.memory.Note(ctx, exportNote(owner))
	if err != nil || string(now) != string(asked) { // another one was asked for meanwhile
		return err
	}
	return b.chat.memory.SetNote(context.WithoutCancel(ctx), exportNote(owner), nil)
}

// showExport redraws the message of an export. It is no more than a picture of the state.
func (b *Bot) showExport(ctx context.Context, job exportJob, s screen) {
	if _, err := b.chat.editInPlace(ctx, job.At, s); err != nil {
		b.log.DebugContext(ctx, "show export failed", "error", err)
	}
}

// exportShown is how often the message of an export is redrawn.
const exportShown = 5 * time.Second

// sendExport writes and sends the file, in parts if it is long, and returns how many rows there were.
func (b *Bot) sendExport(ctx context.Context, l localizer, owner int64, job exportJob) (rows int, err error) {
	part, number, shown := newExportPart(job), 1, time.Now()
	send := func() error {
		if !b.staff.Role(owner).May(shop.RoleOwner) {
			return errOwnerGone
		}
		return b.sendPart(ctx, l, owner, part, number)
	}
	err = b.exporter(ctx, job.Request, part, func(n int) (io.Writer, error) {
		rows = n
		if time.Since(shown) >= exportShown {
			shown = time.Now()
			b.showExport(ctx, job, exportProgress(l, job, n))
		}
		if !part.full() {
			return nil, nil //nolint:nilnil // goes on in the same part
		}
		if err := send(); err != nil {
			return nil, err
		}
		part, number = newExportPart(job), number+1
		return part, nil
	})
	if err != nil || rows == 0 {
		return rows, err
	}
	return rows, send()
}
