package bot

import (
	"testing"
	"time"

	"github.com/go-telegram/bot/models"
	"github.com/stretchr/testify/require"

	"shopbot/internal/broadcast"
	"shopbot/internal/catalog"
	"shopbot/internal/localize"
)

func TestScreensOfABroadcast(t *testing.T) {
	texts, err := localize.Load()
	require.NoError(t, err)
	c := &catalog.Catalog{
		Shop:     catalog.Shop{Languages: spokenLanguages},
		Products: []catalog.Product{{SKU: "vpn", Title: catalog.Plain("VPN <30> days")}},
	}
	inEachLanguage(t, "broadcast", func(_ *testing.T, l localizer, g *golden) {
		d := &draft{Act: "nonce", Asks: asksMessage, To: broadcast.Segment{Kind: broadcast.All}}
		g.add("a message is asked for", askScreen(l, d))
		d.Message = broadcast.Message{Text: "Sale <today> & tomorrow", Photo: "id"}
		for _, asks := range []string{asksLink, asksCoupon} {
			d.Asks = asks
			g.add("asked for: "+asks, askScreen(l, d))
		}
		g.add("draft, counting", draftScreen(l, c, d, broadcast.Audience{}, false, 30))
		d.Message.Buttons = []broadcast.Button{{}, {SKU: "vpn"}, {URL: "https://example.com/", Text: "More"}}
		d.To = broadcast.Segment{Kind: broadcast.Bought, SKU: "vpn", Language: "ru"}
		for _, n := range []int{0, 1, 2, 5000, 200_000} {
			g.add("draft for "+itoa(n), draftScreen(l, c, d, broadcast.Audience{People: n, Skipped: n / 2}, true, 30))
		}
		g.add("the last question", sendScreen(l, d, 5000, 30), sendScreen(l, d, 21, 30))
		g.add("to whom", segmentScreen(l), segmentProductScreen(l, c, 0), segmentLanguageScreen(l, texts, c))
		g.add("a button", addButtonScreen(l), buttonProductScreen(l, c, 0))
		g.add("none yet", broadcastsScreen(l, nil, false))

		b := broadcast.Broadcast{
			ID: 12, By: 1, Message: d.Message, To: broadcast.Segment{Kind: broadcast.Idle, Days: 90}, People: 2600,
			State: broadcast.Running, Started: goldenDay, Counts: broadcast.Counts{Sent: 1234},
		}
		g.add("running", broadcastScreen(l, c, b))
		g.add("stop?", stopScreen(l, b))
		b.State, b.Refusal = broadcast.Paused, "Bad Request: wrong <b>"
		g.add("paused by the shop", broadcastScreen(l, c, b))
		b.State, b.Ended = broadcast.Stopped, goldenDay.Add(time.Hour)
		g.add("stopped", broadcastScreen(l, c, b))
		b.State, b.To = broadcast.Done, broadcast.Segment{Kind: broadcast.Never}
		b.Counts = broadcast.Counts{Sent: 2500, Blocked: 51, Gone: 3, Failed: 2, Unknown: 12, Skipped: 321}
		g.add("done", broadcastScreen(l, c, b))
		g.add("the list", broadcastsScreen(l, []broadcast.Broadcast{b, {ID: 11, State: broadcast.Stopped, Started: goldenDay, Message: broadcast.Message{Photo: "id"}}}, true))
	})
}

func TestTheMessageOfABroadcastIsReadAsItWasWritten(t *testing.T) {
	off := true
	m, problem, _ := readBroadcast(&models.Message{
		Text: "Sale at @shop", LinkPreviewOptions: &models.LinkPreviewOptions{IsDisabled: &off},
		Entities: []models.MessageEntity{
			{Type: "bold", Length: 4},
			{Type: "mention", Offset: 8, Length: 5},
			{Type: "text_link", Length: 4, URL: "https://example.com"},
			{Type: "custom_emoji", Length: 1, CustomEmojiID: "1"},
		},
	})
	require.Empty(t, problem)
	require.Equal(t, broadcast.Message{
		Text: "Sale at @shop", NoPreview: true,
		Entities: []broadcast.Entity{{Type: "bold", Length: 4}, {Type: "text_link", Length: 4, URL: "https://example.com"}},
	}, m)
	photo := []models.PhotoSize{{FileID: "small"}, {FileID: "large"}}
	long := make([]rune, 1025)
	for i := range long {
		long[i] = 'a'
	}
	for problem, sent := range map[string]*models.Message{
		"":                {Photo: photo},
		"broadcast_album": {Photo: photo, MediaGroupID: "7"},
		"broadcast_kind":  {Sticker: &models.Sticker{}},
		"broadcast_long":  {Photo: photo, Caption: string(long)},
	} {
		got, said, _ := readBroadcast(sent)
		require.Equal(t, problem, said)
		if problem == "" {
			require.Equal(t, "large", got.Photo)
		}
	}
}

func TestLinksOfABroadcastAreHTTPS(t *testing.T) {
	for text, want := range map[string]broadcast.Button{
		"Our channel https://t.me/example":          {Text: "Our channel", URL: "https://t.me/example"},
		"Our channel\nhttps://example.com/?a=1&b=2": {Text: "Our channel", URL: "https://example.com/?a=1&b=2"},
		"https://example.com":                       {Text: "example.com", URL: "https://example.com"},
		"":                                          {},
		"Our channel":                               {},
		"Our http://example.com":                    {},
		"Our tg://user?id=1":                        {},
		"Our javascript:alert(1)":                   {},
		"Our https://":                              {},
		"Our https://a:b@example.com":               {},
		"https://example.com is ours":               {},
	} {
		got, problem := readLink(text)
		require.Equal(t, want, got, text)
		require.Equal(t, want == (broadcast.Button{}), problem != "", text)
	}
}
