package status

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// sample is a shop with a bit of everything, and strings that look like markup.
func sample() Status {
	return Status{
		At: noon, Shop: `<b>"Shop"`, Bot: "shop_bot", Version: "v1", Started: noon.Add(-26 * time.Hour), Network: "mainnet", Updates: "webhook",
		Reasons: []string{"database: <full>"}, Alarms: []Alarm{{ID: "cryptopay", Cause: "no_answer", Detail: "<html>\n502", Since: noon.Add(-time.Hour)}},
		Webhook:     Webhook{Last: noon.Add(-5 * time.Minute)},
		Certificate: &Certificate{Host: "shop.example.com", Expires: noon.Add(50 * time.Hour)},
		Queues:      []Queue{{Name: "deliveries", Seconds: 150}, {Name: "refunds"}, {Name: "updates of chats", Waiting: new(3)}},
		Held:        []Held{{Order: "A1", Reason: "sold_out", Total: "5.00 USD", Paid: noon}}, HeldCount: 7, Questions: 2, SoldOut: []string{"vpn", "a<b"},
		Currency: "USD", Days: []Day{{"2026-11-29", 4, "10.50", 10.5}, {"2026-11-30", 1, "2.25", 2.25}}, DatabaseBytes: 3 << 20,
		Log: []Line{{At: noon, Level: "ERROR", Text: `alarm cause="<script>"`}},
	}
}

func TestTheTextTellsAllThatAPersonNeeds(t *testing.T) {
	var out bytes.Buffer
	s := sample()
	require.NoError(t, s.WriteText(&out))
	for _, part := range []string{
		"not ready\n  database: <full>\n", "trouble since 2026-11-30 11:00:00 UTC: cryptopay: no answer: <html> 502", "(1 d 2 h)", "(5 min 0 s ago)",
		"shop.example.com, until 2026-12-02 14:00:00 UTC (2 d 2 h left)", "3.0 MB", "1 paid, 2.25 USD", "5 paid, 12.75 USD", "2 min 30 s late",
		"held: A1  5.00 USD  sold_out", "vpn, a<b",
	} {
		require.Contains(t, out.String(), part)
	}
	for want, change := range map[string]func(*Status){
		"open":                func(s *Status) { s.Ready, s.Alarms = true, nil },
		"open, with trouble":  func(s *Status) { s.Ready = true },
		"sales are paused":    func(s *Status) { s.Ready, s.Alarms, s.Paused = true, nil, true },
		"not ready":           func(s *Status) { s.Paused = true },
		"silence since":       func(s *Status) { s.Webhook.Silent = noon },
		"to a wrong path":     func(s *Status) { s.Webhook.Astray = noon },
		"none so far":         func(s *Status) { s.Webhook = Webhook{} },
		"none yet for shop.e": func(s *Status) { s.Certificate.Expires = time.Time{} },
		"has not answered":    func(s *Status) { s.Bot = "" },
	} {
		s, out := sample(), bytes.Buffer{}
		change(&s)
		require.NoError(t, s.WriteText(&out))
		require.Contains(t, out.String(), want)
	}
}

func TestTheJSONIsReadBackAsItWas(t *testing.T) {
	s := sample()
	text, err := json.Marshal(s)
	require.NoError(t, err)
	var read Status
	require.NoError(t, json.Unmarshal(text, &read))
	for i := range s.Days {
		s.Days[i].Height = 0 // is for drawing
	}
	require.Equal(t, s, read)
}

func TestTheTallestBarIsTheBestDay(t *testing.T) {
	s := sample()
	charts := s.charts()
	require.Len(t, charts, 2)
	require.InDelta(t, chartHeight, charts[0].Bars[0].H, 0.01)
	require.InDelta(t, chartHeight/4, charts[0].Bars[1].H, 0.01)
	require.Equal(t, "most: 10.50 USD on 2026-11-29", charts[1].Most)
	empty := Status{Days: make([]Day, 3)}
	for _, bar := range empty.charts()[0].Bars {
		require.InDelta(t, 1, bar.H, 0.01, "a line shows a day without sales")
	}
	none := Status{}
	require.Empty(t, none.charts()[0].Bars)
}

// visitor is a browser at a page.
type visitor struct {
	t       *testing.T
	page    *Page
	cookies []*http.Cookie
}

func (v *visitor) get(path string) int {
	v.t.Helper()
	status, _ := v.read(path)
	return status
}

func (v *visitor) read(path string) (status int, body string) {
	v.t.Helper()
	r := httptest.NewRequestWithContext(v.t.Context(), http.MethodGet, path, nil)
	for _, c := range v.cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	v.page.ServeHTTP(w, r)
	resp := w.Result()
	defer resp.Body.Close()
	v.cookies = append(v.cookies, resp.Cookies()...)
	return resp.StatusCode, w.Body.String()
}

func newPage() *Page {
	return NewPage(func(context.Context) Status { return sample() }, "shopbot_9090", slog.New(slog.DiscardHandler))
}

func TestALinkIsGoodOnceWithinTwoMinutesAndASessionForEightHours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &visitor{t: t, page: newPage()}
		late := v.page.OneTimeLink()
		time.Sleep(linkLife)
		require.Equal(t, http.StatusForbidden, v.get(late))
		require.Empty(t, v.cookies)

		link := v.page.OneTimeLink()
		time.Sleep(linkLife - time.Second)
		require.Equal(t, http.StatusSeeOther, v.get(link))
		require.Equal(t, http.StatusForbidden, (&visitor{t: t, page: v.page}).get(link), "used")
		time.Sleep(sessionLife - time.Second)
		require.Equal(t, http.StatusOK, v.get("/"))
		time.Sleep(time.Second)
		require.Equal(t, http.StatusForbidden, v.get("/"))

		other := &visitor{t: t, page: newPage(), cookies: v.cookies}
		require.Equal(t, http.StatusForbidden, other.get(v.page.OneTimeLink()), "a link of another shop, or of the run before")
		require.Equal(t, http.StatusForbidden, other.get("/"))
	})
}

func TestManyLinksPushTheOldestOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &visitor{t: t, page: newPage()}
		first := v.page.OneTimeLink()
		var last string
		for range mostSecrets {
			time.Sleep(time.Second)
			last = v.page.OneTimeLink()
		}
		require.Equal(t, http.StatusForbidden, v.get(first))
		require.Equal(t, http.StatusSeeOther, v.get(last))
		require.Len(t, v.page.entry.links.ends, mostSecrets-1)
	})
}

func TestNothingOnThePageIsTakenForMarkup(t *testing.T) {
	v := &visitor{t: t, page: newPage()}
	v.get(v.page.OneTimeLink())
	_, page := v.read("/")
	for _, raw := range []string{"<b>", "<full>", "<script", "a<b", "style=", "onclick"} {
		require.NotContains(t, page, raw)
	}
	require.Contains(t, page, "&lt;script&gt;")
	require.Equal(t, 4, strings.Count(page, "<rect"))
}
