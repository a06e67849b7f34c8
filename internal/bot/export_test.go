package bot

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/export"
)

func TestAPeriodOfAnExportIsOneOfTheShopsZone(t *testing.T) {
	tashkent := zone(t, "Asia/Tashkent")
	now := time.Date(2026, 1, 1, 3, 0, 0, 0, tashkent) // still the year before in UTC
	for period, want := range map[string][2]string{
		"month": {"2026-01-01T00:00:00+05:00", ""}, "before": {"2025-12-01T00:00:00+05:00", "2026-01-01T00:00:00+05:00"},
		"year": {"2026-01-01T00:00:00+05:00", ""}, "all": {"", ""},
	} {
		since, until := exportChoice{export.Orders, period, "json"}.span(now)
		said := func(at time.Time) string {
			if at.IsZero() {
				return ""
			}
			return at.Format(time.RFC3339)
		}
		require.Equal(t, want, [2]string{said(since), said(until)}, period)
	}
	since, until := exportChoice{export.Stock, "month", "json"}.span(now)
	require.True(t, since.IsZero() && until.IsZero(), "what is for sale is of no time")
}

func TestAShortFileIsSentAsItIsAndALongOneZipped(t *testing.T) {
	p := newExportPart(exportJob{Name: "orders"})
	_, err := io.WriteString(p, "a;b\r\n")
	require.NoError(t, err)
	name, content, err := p.document(1)
	require.NoError(t, err)
	require.Equal(t, "orders.csv", name)
	require.Equal(t, "a;b\r\n", string(content))

	p = newExportPart(exportJob{Name: "orders", Request: export.Request{Format: export.Format{JSON: true}}})
	line := strings.Repeat("x", 1023) + "\n"
	for range 3000 {
		_, err := io.WriteString(p, line)
		require.NoError(t, err)
	}
	require.False(t, p.full())
	name, content, err = p.document(2)
	require.NoError(t, err)
	require.Equal(t, "orders-2.zip", name)
	files, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	require.NoError(t, err)
	require.Len(t, files.File, 1)
	require.Equal(t, "orders.jsonl", files.File[0].Name)
	file, err := files.File[0].Open()
	require.NoError(t, err)
	unzipped, err := io.ReadAll(file)
	require.NoError(t, err)
	require.Equal(t, strings.Repeat(line, 3000), string(unzipped))
}

// The buttons of every choice fit, and lead to a screen; those that nobody drew do not.
func TestEveryChoiceOfAnExportHasItsScreen(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		for _, what := range export.All() {
			for _, period := range exportPeriods() {
				for _, format := range exportFormatNames() {
					for _, drawn := range w.press(olga, 5, data(actExport, string(what), period, format))[1].keyboard(t) {
						require.LessOrEqual(t, len(drawn), maxData)
					}
				}
			}
		}
		for _, bad := range []string{"export:orders", "export:summary:month:json", "export:orders:week:json", "export:go:orders:month:xml", "export:go"} {
			require.Contains(t, w.press(olga, 5, bad)[0].params["text"], "out of date", bad)
		}
	})
}

func TestAnExportThatFailsIsToldAndOneThatTelegramDoesNotTakeIsKept(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.press(olga, 5, "export:go:orders:all:json")
		require.NotEmpty(t, w.store.notes[exportNote(olga)])
		rows := 0
		var fails error
		w.bot.exporter = func(_ context.Context, _ export.Request, out io.Writer, after func(int) (io.Writer, error)) error {
			_, _ = io.WriteString(out, "{}\n")
			_, err := after(rows)
			return errors.Join(fails, err)
		}
		w.refuse["sendDocument"] = `{"ok":false,"error_code":502,"description":"Bad Gateway"}`
		rows = 1
		require.Error(t, w.bot.export(t.Context(), olga))
		require.NotEmpty(t, w.store.notes[exportNote(olga)], "it is tried again")
		delete(w.refuse, "sendDocument")
		_, before := w.since(0)
		require.NoError(t, w.bot.export(t.Context(), olga))
		calls, _ := w.since(before)
		require.Equal(t, "{}\n", calls[0].params["document"])
		require.Contains(t, said(calls), "1 row")
		require.Empty(t, w.store.notes[exportNote(olga)])

		for _, how := range []struct {
			rows  int
			fails error
			said  string
		}{{0, nil, "nothing of that time"}, {0, errors.New("disk"), "could not be made"}} {
			w.press(olga, 5, "export:go:orders:all:json")
			rows, fails = how.rows, how.fails
			_, before = w.since(0)
			require.NoError(t, w.bot.export(t.Context(), olga))
			calls, _ = w.since(before)
			require.Contains(t, said(calls), how.said)
			require.Empty(t, w.store.notes[exportNote(olga)])
		}
	})
}
