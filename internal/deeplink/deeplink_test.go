package deeplink

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"github.com/stretchr/testify/require"
)

func TestEveryKindOfLinkIsReadAsItWasMade(t *testing.T) {
	for kind, id := range map[Kind]string{
		Product: "steam-10", Category: "vpn_and-more", Coupon: "SUMMER-25", Order: "0K3M5P7-9QRSTVWX",
		Invitation: "aZ09_-", Joining: "c_looks-like-a-coupon", Ownership: "r_and-this-like-an-invitation",
	} {
		link := To("shop_bot", kind, id)
		require.Equal(t, "https://t.me/shop_bot?start="+string(kind)+id, link)
		_, start, _ := strings.Cut(link, "?start=")
		gotKind, gotID := Parse(start)
		require.Equal(t, kind, gotKind)
		require.Equal(t, id, gotID)
	}
	require.Len(t, kinds, 7, "add the new kind to the table above")
}

func TestTheLongestNameOfACatalogFitsIntoALink(t *testing.T) {
	name := strings.Repeat("n", 32)
	require.NotEmpty(t, Start(Product, name))
	require.NotEmpty(t, Start(Category, name))
	require.NotEmpty(t, Start(Coupon, name))
}

func TestWhatTelegramWouldNotLetThroughHasNoLink(t *testing.T) {
	for _, id := range []string{"", "a b", "ключ", "a&b", "a.b", "a=", "a\n", strings.Repeat("x", maxStart-1)} {
		require.Empty(t, Start(Product, id), id)
		require.Empty(t, To("shop_bot", Product, id), id)
	}
	require.NotEmpty(t, Start(Product, strings.Repeat("x", maxStart-2)))
	require.Empty(t, To("", Product, "steam-10"), "the bot's name is not known yet")
	require.Empty(t, To("", Home, ""))
	require.Equal(t, "https://t.me/shop_bot", To("shop_bot", Home, ""))
}

func TestATextThatNoLinkHasOpensHome(t *testing.T) {
	for _, start := range []string{"", "p_", "own_", "x_1", "P_steam-10", "hello", "p"} {
		kind, id := Parse(start)
		require.Equal(t, Home, kind, start)
		require.Empty(t, id, start)
	}
}

// scan reads the QR code in a picture.
func scan(t *testing.T, picture image.Image) string {
	t.Helper()
	bitmap, err := gozxing.NewBinaryBitmapFromImage(picture)
	require.NoError(t, err)
	found, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
	require.NoError(t, err)
	return found.GetText()
}

// links are the shortest and the longest.
var links = []string{
	To("bot", Home, ""),
	To("pixel_goods_bot", Product, "steam-10"),
	To(strings.Repeat("b", 32), Joining, strings.Repeat("x", maxStart-2)),
}

func TestAPrintedCodeIsReadByAScanner(t *testing.T) {
	for _, link := range links {
		data, err := PNG(link, PrintSize)
		require.NoError(t, err)
		picture, err := png.Decode(bytes.NewReader(data))
		require.NoError(t, err)
		size := picture.Bounds().Dx()
		require.Equal(t, size, picture.Bounds().Dy())
		require.GreaterOrEqual(t, size, PrintSize)
		require.Less(t, size, 1280, "Telegram scales down what is larger")
		require.Equal(t, link, scan(t, picture))

		margin := 0
		for isWhite(picture, margin, size/2) && isWhite(picture, size/2, margin) {
			margin++
		}
		c, err := code(link)
		require.NoError(t, err)
		module := size / (c.Bounds().Dx() + 2*quietZone)
		require.GreaterOrEqual(t, margin, quietZone*module, "the margin is kept")
		require.Zero(t, size%module, "modules are whole pixels")

		// A thumb's print on it: a twelfth of the code, in its middle.
		torn := image.NewRGBA(picture.Bounds())
		draw.Draw(torn, torn.Rect, picture, image.Point{}, draw.Src)
		side := (size - 2*quietZone*module) / 6
		draw.Draw(torn, image.Rect(size/2, size/2, size/2+side, size/2+side), image.White, image.Point{}, draw.Src)
		require.Equal(t, link, scan(t, torn), "level M mends what is missing")
	}
}

func isWhite(picture image.Image, x, y int) bool {
	return color.GrayModel.Convert(picture.At(x, y)) == color.Gray{Y: 255}
}

func TestTheCodeOfAPageIsReadByAScanner(t *testing.T) {
	for _, link := range links {
		path, modules, err := Path(link)
		require.NoError(t, err)
		const scale = 8
		picture := image.NewGray(image.Rect(0, 0, scale*modules, scale*modules))
		draw.Draw(picture, picture.Rect, image.White, image.Point{}, draw.Src)
		runs := regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-\d+z`).FindAllStringSubmatch(path, -1)
		require.NotEmpty(t, runs)
		length := 0
		for _, run := range runs {
			x, y, width := number(t, run[1]), number(t, run[2]), number(t, run[3])
			draw.Draw(picture, image.Rect(scale*x, scale*y, scale*(x+width), scale*(y+1)), image.Black, image.Point{}, draw.Src)
			length += len(run[0])
		}
		require.Len(t, path, length, "nothing else is in the path")
		require.Equal(t, link, scan(t, picture))
	}
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	require.NoError(t, err)
	return n
}

func TestWhatIsTooLongForACodeIsAnError(t *testing.T) {
	_, err := PNG(strings.Repeat("x", 5000), PrintSize)
	require.ErrorContains(t, err, "draw the QR code")
	_, _, err = Path(strings.Repeat("x", 5000))
	require.Error(t, err)
}
