package bot

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/export"
	"shopbot/internal/money"
	"shopbot/internal/shop"
)

// moments goes through a stretch of time, and returns when messages came.
func (w *world) mornings(from, to time.Time) (at []string) {
	w.Helper()
	for now := from; now.Before(to); now = now.Add(10 * time.Minute) {
		_, before := w.since(0)
		w.bot.sendMornings(w.Context(), now)
		calls, _ := w.since(before)
		for _, c := range calls {
			if c.method == "sendMessage" {
				at = append(at, now.In(w.bot.shop.Catalog().Shop.Zone()).Format("01-02 15:04 -07"))
			}
		}
	}
	return at
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	require.NoError(t, err)
	return z
}

func TestThereIsOneMorningADayAlsoWhenClocksAreChanged(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	for name, at := range map[string]struct {
		from time.Time
		want []string
	}{
		"an hour is left out":    {time.Date(2026, 3, 28, 0, 0, 0, 0, berlin), []string{"03-28 02:30 +01", "03-29 03:00 +02", "03-30 02:30 +02"}},
		"an hour is there twice": {time.Date(2026, 10, 24, 0, 0, 0, 0, berlin), []string{"10-24 02:30 +02", "10-25 02:30 +02", "10-26 02:30 +01"}},
	} {
		inWorld(t, func(t *testing.T, w *world) {
			w.bot.shop.Catalog().Shop.Timezone, w.bot.shop.Catalog().Shop.Morning = berlin, "02:30"
			require.Equal(t, at.want, w.mornings(at.from, at.from.AddDate(0, 0, 3)), name)
		})
	}
}

func TestAClockThatWasWrongBringsNoSecondMorning(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		day := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
		require.Len(t, w.mornings(day, day.Add(12*time.Hour)), 1)
		ahead := day.AddDate(3, 0, 0)
		require.Len(t, w.mornings(ahead, ahead.Add(12*time.Hour)), 1, "for the shop it is that day")
		require.Empty(t, w.mornings(day.Add(6*time.Hour), day.Add(24*time.Hour)), "the clock was set right")
		require.Len(t, w.mornings(day.Add(24*time.Hour), day.Add(48*time.Hour)), 1)
		require.Empty(t, w.mornings(day.Add(24*time.Hour), day.Add(48*time.Hour)), "it was set back by a day")
	})
}

func TestWhoJoinsLaterInTheDayBeginsWithTheNextMorning(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
		require.Equal(t, []string{"11-24 09:00 +00"}, w.mornings(noon, noon.Add(24*time.Hour)))
	})
}

func TestEverybodyChoosesTheirOwnMorning(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.hire()
		day := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
		require.Contains(t, said(w.say(mia, "/morning")), "at <b>09:00</b> (UTC)")
		require.Contains(t, said(w.press(mia, 5, "morning:off")), "I do not tell you")
		require.Contains(t, said(w.press(olga, 5, "morning:11.00")), "at <b>11:00</b>")
		_, err := w.tryPress(olga, 5, "morning:25.00")
		require.NoError(t, err, "a stale button is answered")
		require.Equal(t, []string{"11-23 11:00 +00"}, w.mornings(day, day.Add(24*time.Hour)), "support gets none")
		w.bot.shop.Catalog().Shop.Morning = catalog.MorningOff
		require.Len(t, w.mornings(day.Add(24*time.Hour), day.Add(48*time.Hour)), 1, "her own choice wins")
	})
}

func TestAnHourTriedAndTakenBackCostsNoMorning(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		day := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 1)
		w.mornings(day.Add(-time.Hour), day) // they are known
		time.Sleep(time.Until(day.Add(7*time.Hour + 30*time.Minute)))
		w.press(olga, 5, "morning:06.00")
		require.Empty(t, w.mornings(time.Now(), day.Add(8*time.Hour)), "it begins tomorrow")
		w.press(olga, 5, "morning:09.00")
		require.Equal(t, []string{day.Format("01-02") + " 09:00 +00"}, w.mornings(time.Now(), day.Add(23*time.Hour)))
		w.press(olga, 5, "morning:12.00")
		require.Empty(t, w.mornings(day.Add(11*time.Hour), day.Add(23*time.Hour)), "there was one today")
	})
}

func TestAMorningWaitsForTelegramAndAnUnclearOneIsNotSentAgain(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		day := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
		w.bot.sendMornings(t.Context(), day)
		w.refuse["getMe"] = `{"ok":false,"error_code":502,"description":"Bad Gateway"}`
		require.Empty(t, w.mornings(day, day.Add(10*time.Hour)), "it is not even tried")
		delete(w.refuse, "getMe")
		w.refuse["sendMessage"] = `{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":60}}`
		w.bot.sendMornings(t.Context(), day.Add(10*time.Hour))
		w.refuse["sendMessage"] = `{"ok":false,"error_code":502,"description":"Bad Gateway"}`
		time.Sleep(2 * time.Minute)
		require.Equal(t, []string{"11-23 11:00 +00"}, w.mornings(day.Add(11*time.Hour), day.Add(24*time.Hour)), "it may have arrived")
	})
}

func morningOf(t *testing.T) report {
	t.Helper()
	var m report
	m.day = "2026-11-22"
	m.figures.now = shop.Statistics{
		Total: shop.Counters{
			Ordered: 4, Paid: 3, Units: 5, Delivered: 2, Held: 1, Revenue: shop.Sums{usd(t, "25")},
			Received: shop.Sums{usdt(t, "25.01")}, Fees: shop.Sums{usdt(t, "0.75")}, Refunded: shop.Sums{usdt(t, "5")},
		},
		Products: map[string]shop.Counters{"vpn": {Units: 5, Revenue: shop.Sums{usd(t, "25")}}},
	}
	m.figures.before.Revenue = shop.Sums{usd(t, "20")}
	m.desk = desk{
		waiting:  shop.Waiting{Held: 2, Stock: map[string]shop.Stock{"vpn": {Free: 12}, "steam-10": {Free: 2}}},
		products: stockProducts(),
	}
	m.webhooks.Last = goldenDay
	m.balance = map[shop.RailID]shop.RailBalance{shop.CryptoPay: {Amounts: []money.Amount{usdt(t, "102.5")}}}
	return m
}

func TestScreensOfTheMorningAndOfExport(t *testing.T) {
	inEachLanguage(t, "day", func(t *testing.T, l localizer, g *golden) {
		c := &catalog.Catalog{Shop: catalog.Shop{Currency: "USD", Languages: []string{"en", "ru"}}, Products: stockProducts()}
		m := morningOf(t)
		g.add("morning", morningScreen(l, c, shop.RoleOwner, m, noRates{}))
		g.add("morning of a manager", morningScreen(l, c, shop.RoleManager, m, noRates{}))
		m = report{day: "2026-11-22", balance: map[shop.RailID]shop.RailBalance{shop.CryptoPay: {Err: errors.New("no answer")}}, desk: desk{paused: true}, webhooks: shop.Webhooks{Last: goldenDay, Silent: goldenDay}}
		g.add("a quiet day with trouble", morningScreen(l, c, shop.RoleOwner, m, noRates{}))
		m.webhooks = shop.Webhooks{Astray: goldenDay}
		m.balance = map[shop.RailID]shop.RailBalance{shop.CryptoPay: {}}
		g.add("webhooks astray, no coins", morningScreen(l, c, shop.RoleOwner, m, noRates{}))
		g.add("when", morningTimeScreen(l, c.Shop, mornings{}))
		g.add("not at all", morningTimeScreen(l, c.Shop, mornings{At: catalog.MorningOff}))
		for _, choice := range []exportChoice{{"orders", "month", "comma"}, {"stock", "all", "json"}} {
			g.add("export of "+string(choice.what), exportScreen(l, choice))
		}
		g.add("export runs", exportProgress(l, exportJob{Request: export.Request{What: export.Orders}}, 12000))
	})
}
