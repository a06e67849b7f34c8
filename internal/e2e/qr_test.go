package e2e

import (
	"bytes"
	"image/png"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"github.com/stretchr/testify/require"
)

// scanned is what a phone reads from the picture in the last message to somebody.
func (env *testEnv) scanned(who int64) string {
	env.T.Helper()
	m := env.Last(who)
	require.NotNil(env.T, m.Photo, m.Text)
	picture, err := png.Decode(bytes.NewReader(m.Photo.Data))
	require.NoError(env.T, err)
	bitmap, err := gozxing.NewBinaryBitmapFromImage(picture)
	require.NoError(env.T, err)
	code, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
	require.NoError(env.T, err)
	require.Contains(env.T, m.Text, code.GetText(), "the link stands below its picture")
	return code.GetText()
}

func TestWhoScansACodeIsAtTheRightPlace(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		scan := func(words, opens string) {
			t.Helper()
			env.Say(olga, words)
			link := env.scanned(olga)
			_, start, _ := strings.Cut(link, "?start=")
			env.Say(alice, strings.TrimSpace("/start "+start))
			require.Contains(t, env.Last(alice).Text, opens, "%s: %s", words, link)
		}
		scan("/qr", "Test Shop")
		scan("/qr vpn", "VPN <30> days")
		scan("/qr games", "Games")
		env.Tap(alice, "VPN")
		env.Tap(alice, "Buy")
		env.Pay(alice)
		require.Equal(t, []string{"KEY-01"}, env.KeysOf(alice))

		env.Say(alice, "/qr vpn")
		require.Nil(t, env.Last(alice).Photo, "not for buyers")
	})
}
