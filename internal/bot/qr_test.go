package bot

import (
	"bytes"
	"image/png"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"github.com/stretchr/testify/require"

	"shopbot/internal/deeplink"
	"shopbot/internal/shop"
)

// scanned reads the QR code of the only picture among calls.
func scanned(t *testing.T, calls []call) string {
	t.Helper()
	var pictures []string
	for _, c := range calls {
		for _, value := range c.params {
			if c.method == "sendPhoto" && strings.HasPrefix(value, "\x89PNG") {
				pictures = append(pictures, value)
			}
		}
	}
	require.Len(t, pictures, 1, "%s", said(calls))
	picture, err := png.Decode(bytes.NewReader([]byte(pictures[0])))
	require.NoError(t, err)
	bitmap, err := gozxing.NewBinaryBitmapFromImage(picture)
	require.NoError(t, err)
	found, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
	require.NoError(t, err)
	return found.GetText()
}

func TestAManagerGetsTheCodeOfWhateverALinkOpens(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		require.NoError(t, w.bot.shop.AddCoupon(t.Context(), olga, shop.Coupon{Code: "SUMMER-25", Percent: 25}))
		for words, link := range map[string]string{
			"/qr":           "https://t.me/the_bot",
			"/qr VPN":       "https://t.me/the_bot?start=p_vpn",
			"/qr Games":     "https://t.me/the_bot?start=k_games",
			"/qr summer-25": "https://t.me/the_bot?start=c_SUMMER-25",
		} {
			calls := w.say(olga, words)
			require.Equal(t, link, scanned(t, calls), words)
			require.Contains(t, said(calls), link, "the address is below the picture")
		}
		for prefix, link := range map[string]string{
			"edit:p:vpn":            "https://t.me/the_bot?start=p_vpn",
			"edit:c:games":          "https://t.me/the_bot?start=k_games",
			"coupons:one:SUMMER-25": "https://t.me/the_bot?start=c_SUMMER-25",
		} {
			button := findButton(t, w.press(olga, 50, prefix), actQR+":")
			require.NotEmpty(t, button, prefix)
			require.Equal(t, link, scanned(t, w.press(olga, 50, button)))
		}
	})
}

func TestACodeThatWouldLeadNowhereIsNotMade(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		require.NoError(t, w.bot.shop.AddCoupon(t.Context(), olga, shop.Coupon{Code: "STOPPED", Percent: 25}))
		_, err := w.bot.shop.StopCoupon(t.Context(), olga, "STOPPED")
		require.NoError(t, err)
		w.bot.shop.Catalog().Products[0].Hidden = true
		for words, answer := range map[string]string{
			"/qr vpn":     "Buyers do not see <b>VPN</b>",
			"/qr stopped": "Buyers cannot use <code>STOPPED</code>",
			"/qr guid":    "Do you mean <code>guide</code>?",
			"/qr <b>":     "no product, category or coupon <code>&lt;b&gt;</code>",
			"/qr NOBODY":  "no product, category or coupon <code>NOBODY</code>",
		} {
			calls := w.say(olga, words)
			require.Equal(t, "sendMessage", calls[0].method, words)
			require.Contains(t, said(calls), answer, words)
		}
		w.bot.link = func(deeplink.Kind, string) string { return "" }
		require.Contains(t, said(w.say(olga, "/qr")), "has not told the bot's own name")
	})
}

func TestALinkOfACategoryOpensIt(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		require.NotEmpty(t, findButton(t, w.say(7, "/start k_games"), "p:vpn"))
		require.Contains(t, said(w.say(7, "/start k_gone")), "What are you looking for?")
	})
}
