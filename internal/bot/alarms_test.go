package bot

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
	"shopbot/internal/shop"
)

// alarms are one of each kind and cause that the owners are told of.
func alarms() []shop.Alarm {
	all := []string{"USDT", "GRAM", "BTC"}
	return []shop.Alarm{
		{ID: shop.AlarmCryptoPay, Cause: shop.CauseUnauthorized, Detail: "crypto pay getMe: UNAUTHORIZED (401)"},
		{ID: shop.AlarmCryptoPay, Cause: shop.CauseBlocked, Detail: "crypto pay getMe: APP_BLOCKED (403)"},
		{ID: shop.AlarmCryptoPay, Cause: shop.CauseNoAnswer, Detail: `crypto pay getMe: status 200: not an answer of the API "<Sign in>"`},
		{ID: shop.AlarmInvoices, Cause: shop.CauseRefused, Detail: "APP_BLOCKED"},
		{ID: shop.AlarmInvoices, Cause: shop.CauseBadLink, Detail: shop.RefusedBadLink},
		{ID: shop.AlarmPrices, Cause: shop.CauseRefused, Detail: "AMOUNT_TOO_SMALL", Items: []string{"guide", "vpn"}},
		{ID: shop.AlarmStars, Cause: shop.CauseRefused, Detail: "STARS_INVOICE_INVALID", Items: []string{"guide"}},
		{ID: shop.AlarmAssets, Cause: shop.CauseAssetGone, Items: []string{"TON"}, Left: []string{"USDT"}, Offered: all},
		{ID: shop.AlarmAssets, Cause: shop.CauseAssetsGone, Items: []string{"TON", "NOT"}, Offered: all},
		{ID: shop.AlarmAssets, Cause: shop.CauseCurrencyGone, Items: []string{"TON"}, Offered: all},
		{ID: shop.AlarmStars, Cause: shop.CauseRefused, Detail: "STARS_INVOICE_INVALID", Items: []string{"club"}},
		{ID: shop.AlarmCatalog, Cause: shop.CauseFaulty, Items: []string{`catalog.yaml:12:5: unknown field "prise"; did you mean price?`}},
		{ID: shop.AlarmCatalog, Cause: shop.CauseStale, Items: []string{"3f2a11bc"}, Revision: 12, Changes: catalogChanges()},
		{ID: shop.AlarmTexts, Cause: shop.CauseFaulty, Items: []string{`texts/en.yaml:3:1: unknown text "start_hi"`}},
		{ID: shop.AlarmBackup, Cause: shop.CauseFailed, Detail: "write /backup/shop-20261130T101500Z.db: no space left on device"},
	}
}

// catalogChanges are one of each kind.
func catalogChanges() []catalog.Change {
	steam := catalog.Change{Of: catalog.OfProducts, Act: catalog.Changed, ID: "steam-10", Title: catalog.Text{"en": "Steam <card>", "ru": "Карта Steam"}}
	with := func(field, language, before, after string) catalog.Change {
		c := steam
		c.Field, c.Language, c.Before, c.After = field, language, before, after
		return c
	}
	act := func(of catalog.Section, act catalog.Act, after string) catalog.Change {
		c := steam
		c.Of, c.Act, c.After = of, act, after
		return c
	}
	return []catalog.Change{
		with("price", "", "10.50", "11.00"), with("title", "ru", "Карта", "Карта Steam"), with("limit", "", "", "3"),
		with("photo", "", "images/steam.png", ""), with("hidden", "", "false", "true"), with("hidden", "", "true", "false"),
		act(catalog.OfProducts, catalog.Added, ""), act(catalog.OfProducts, catalog.Removed, ""), act(catalog.OfCategories, catalog.Added, ""),
		act(catalog.OfCategories, catalog.Removed, ""), act(catalog.OfProducts, catalog.Moved, "vpn"), act(catalog.OfProducts, catalog.Moved, ""),
	}
}

func TestAlarmScreens(t *testing.T) {
	inEachLanguage(t, "alarms", func(t *testing.T, l localizer, g *golden) {
		for _, a := range alarms() {
			a.Since = goldenDay
			g.add(fmt.Sprint(a.ID, " ", a.Cause), alarmScreen(l, a))
		}
		for _, id := range shop.AlarmIDs() {
			if id != shop.AlarmPrices {
				over := shop.Alarm{ID: id, Detail: "sendMessage: the bot's account is frozen", Since: goldenDay, Ended: goldenDay.Add(time.Hour)}
				g.add(fmt.Sprint(id, " over"), alarmScreen(l, over))
			}
		}
		for _, n := range []int{1, 3, 21} {
			g.add("missed", missedScreen(l, missed{
				Since: goldenDay, Sold: n, Turnover: []money.Amount{usd(t, "7.5"), usdt(t, "1")}, Waiting: n, Refunds: n, Warnings: n,
			}))
		}
	})
}

func TestAnAlarmFitsIntoAMessageWhateverTheServiceSays(t *testing.T) {
	for _, language := range spokenLanguages {
		for _, a := range alarms() {
			a.Detail = strings.Repeat("<&>", 1000)
			for i := range 500 {
				code := fmt.Sprintf("<%d>%s", i, strings.Repeat("x", 20))
				a.Items, a.Left, a.Offered = append(a.Items, code), append(a.Left, code), append(a.Offered, code)
			}
			text := alarmScreen(testLocalizer(t, language), a).Text
			require.LessOrEqual(t, visible(text), maxText, "%s %s", a.ID, a.Cause)
			require.NotContains(t, text, "<&>")
		}
	}
}

// Ten thousand sales are one message and a note of a few bytes.
func TestWhatIsMissedIsCounted(t *testing.T) {
	var m missed
	o := orderOf(t, guide())
	for range 10_000 {
		m.count(&o, shop.Notice{What: shop.WhatSold, To: shop.ToOwners})
	}
	for _, what := range []shop.What{shop.WhatHeld, shop.WhatRefundSent, shop.WhatStuck} {
		m.count(&o, shop.Notice{What: what, To: shop.ToOwners})
	}
	require.Equal(t, 10_000, m.Sold)
	require.Equal(t, []money.Amount{o.Total.Times(10_000)}, m.Turnover)
	require.Equal(t, []int{1, 1, 1}, []int{m.Waiting, m.Refunds, m.Warnings})
	value, err := json.Marshal(m)
	require.NoError(t, err)
	require.Less(t, len(value), 300)
}

func TestAnInterruptionIsToldWithWhatWasCaughtUp(t *testing.T) {
	inEachLanguage(t, "interruption", func(_ *testing.T, l localizer, g *golden) {
		i := Interruption{Last: goldenDay, Since: goldenDay.Add(5 * time.Minute), Times: 1}
		g.add("nothing", interruptionScreen(l, i))
		for _, n := range []int{1, 3, 21} {
			i.Times, i.Deliveries, i.Payments, i.Messages = n, n, n, n
			g.add(fmt.Sprint(n), interruptionScreen(l, i))
		}
	})
}
