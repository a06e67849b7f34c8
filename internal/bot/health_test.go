package bot

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/health"
	"shopbot/internal/shop"
)

// troubledReport is an examination that found a thing of each kind.
func troubledReport(t *testing.T) health.Report {
	t.Helper()
	english := testTexts(t).Localizer("en", catalog.Shop{})
	r := health.Report{Running: true}
	for _, f := range []health.Finding{
		{Level: health.OK, Subject: "configuration", Text: "all settings are well-formed"},
		{Level: health.OK, Subject: "crypto pay", Text: "the token is that of the app Shop"},
		{Level: health.OK, Subject: "telegram", Text: "the token is that of @shop"},
		{Level: health.Fail, Subject: "catalog", Text: "catalog.yaml:3: <no> such field"},
		health.New(english, health.Warn, "transfers", "health_transfers_off"),
		health.New(english, health.Warn, "webhook", "health_webhook_silent", "Last", goldenDay, "Seconds", 30.0),
		{Level: health.OK, Subject: "webhook", Text: "Crypto Pay calls it"},
		health.New(english, health.Fail, "disk", "health_disk_full", "Free", 42, "Directory", "/var/lib/shop"),
		health.New(english, health.Fail, "alarm", "health_alarm", "Alarm", "backup: failed", "Since", goldenDay),
	} {
		r.Add(f)
	}
	return r
}

func TestScreensOfHealth(t *testing.T) {
	inEachLanguage(t, "health", func(t *testing.T, l localizer, g *golden) {
		g.add("looking", screen{Text: l.Say("health_looking")})
		fine := health.Report{}
		fine.Add(health.Finding{Level: health.OK, Subject: "database"})
		fine.Add(health.Finding{Level: health.OK, Subject: "inline mode"})
		g.add("all is well", healthScreen(l, fine, nil, goldenDay))
		alarm := shop.Alarm{ID: shop.AlarmBackup, Cause: shop.CauseFailed, Detail: "no room", Since: goldenDay}
		g.add("trouble", healthScreen(l, troubledReport(t), []shop.Alarm{alarm}, goldenDay))
	})
}

func TestAsMuchTroubleAsThereIsFitsIntoAMessage(t *testing.T) {
	r := troubledReport(t)
	for range 100 {
		r.Add(health.Finding{Level: health.Fail, Subject: "database", Text: strings.Repeat("all <is> wrong ", 100)})
	}
	s := healthScreen(testLocalizer(t, "ru"), r, nil, goldenDay)
	require.LessOrEqual(t, visible(s.Text), maxText)
	require.Contains(t, s.Text, "…и ещё:")
}

func TestAnOwnerAloneHasTheShopExamined(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.hire()
		w.bot.health = func(context.Context) health.Report { return troubledReport(t) }
		calls := w.say(olga, "/health")
		require.GreaterOrEqual(t, len(calls), 2)
		require.Contains(t, calls[0].params["text"], "I look at Telegram")
		require.Equal(t, "editMessageText", calls[1].method)
		require.Contains(t, calls[1].params["text"], "Something needs you")
		require.Contains(t, w.say(mia, "/health")[0].params["text"], "do not know")
	})
}
