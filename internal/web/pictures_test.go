package web

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
)

// picturesOn lists the addresses of pictures on a page.
func (w *window) picturesOn(path string) (found []string) {
	w.t.Helper()
	for _, address := range regexp.MustCompile(`"(/i/[^" ]+)`).FindAllStringSubmatch(w.page(path), -1) {
		found = append(found, address[1])
	}
	return found
}

func TestPicturesHaveTheirSizeAndAnAddressThatNeverChanges(t *testing.T) {
	w := newWindow(t, "https://shop.example")
	addresses := w.picturesOn("/en/p/steam-10")
	require.NotEmpty(t, addresses)
	require.Contains(t, w.page("/en/p/steam-10"), `width="960" height="480" alt="Steam card"`)
	require.Contains(t, w.page("/en/"), ` 480w, `)
	answer := w.get(addresses[0])
	require.Equal(t, http.StatusOK, answer.Code)
	require.Equal(t, "public, max-age=31536000, immutable", answer.Header().Get("Cache-Control"))
	config, format, err := image.DecodeConfig(answer.Body)
	require.NoError(t, err)
	require.Equal(t, "image/"+format, answer.Header().Get("Content-Type"))
	require.Equal(t, 960, config.Width)
	require.Equal(t, 480, config.Height)
	require.LessOrEqual(t, answer.Body.Len(), len(pictures["steam.png"].Data))
	small, _, err := image.DecodeConfig(w.get(strings.Replace(addresses[0], "/960/", "/480/", 1)).Body)
	require.NoError(t, err)
	require.Equal(t, 480, small.Width)

	// Another picture has another address, to which the old one leads.
	w.change(strings.Replace(sample, "photo: steam.png", "photo: other.png", 1))
	now := w.picturesOn("/en/p/steam-10")[0]
	require.NotEqual(t, addresses[0], now)
	moved := w.get(addresses[0])
	require.Equal(t, http.StatusFound, moved.Code)
	require.Equal(t, now, moved.Header().Get("Location"))
	require.Equal(t, "no-cache", moved.Header().Get("Cache-Control"))
	config, _, err = image.DecodeConfig(w.get(now).Body)
	require.NoError(t, err)
	require.Equal(t, 300, config.Width, "a small picture stays as it is")
	require.Contains(t, w.page("/en/p/steam-10"), `width="300" height="200"`)
}

func TestAProductsPictureIsServedAtItsAddress(t *testing.T) {
	w := newWindow(t, "https://shop.example")
	address, found := strings.CutPrefix(w.site.Picture("steam-10"), "https://shop.example")
	require.True(t, found)
	require.Equal(t, http.StatusOK, w.get(address).Code, address)
	for _, sku := range []string{"draft", "within", "nothing"} {
		require.Empty(t, w.site.Picture(sku), sku)
	}
}

func TestOnlyPicturesThatBuyersSeeAreServed(t *testing.T) {
	w := newWindow(t, "https://shop.example")
	shown := w.picturesOn("/en/p/steam-10")[0]
	for _, address := range []string{
		strings.Replace(shown, "p/steam-10", "p/draft", 1), strings.Replace(shown, "p/steam-10", "p/within", 1), // the same picture
		strings.Replace(shown, "p/steam-10", "c/games", 1), strings.Replace(shown, "p/steam-10", "steam.png", 1),
		strings.Replace(shown, "/960/", "/9600/", 1), strings.Replace(shown, "/960/", "/x/", 1), shown + "/", "/i/", "/i/1/2", "/i/../../etc/passwd",
	} {
		require.Equal(t, http.StatusNotFound, w.get(address).Code, address)
	}
	require.LessOrEqual(t, len(w.site.pictures.made), 1)
}

func TestAPictureThatIsGoneLeavesThePage(t *testing.T) {
	w := newWindow(t, "https://shop.example")
	files := fstest.MapFS{"shop.png": pictures["shop.png"], "steam.png": pictures["steam.png"]}
	c, err := catalog.Parse("catalog.yaml", []byte(sample), files)
	require.NoError(t, err)
	w.catalog.Store(c)
	delete(files, "steam.png")
	require.Empty(t, w.picturesOn("/en/p/steam-10"))
	require.Contains(t, w.page("/en/p/steam-10"), `class="letter"`)

	address := w.picturesOn("/en/")[0]
	files["shop.png"] = &fstest.MapFile{Data: []byte("no picture any more")}
	require.Equal(t, http.StatusNotFound, w.get(address).Code)
}

// photo is a JPEG file of 60 × 40 pixels whose upper left corner is red, as its Exif data wants it
// turned.
func photo(t *testing.T, turned int, order binary.ByteOrder) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 60, 40))
	for y := range 40 {
		for x := range 60 {
			m.Set(x, y, color.White)
			if x < 20 && y < 20 {
				m.Set(x, y, color.RGBA{255, 0, 0, 255})
			}
		}
	}
	var file bytes.Buffer
	require.NoError(t, jpeg.Encode(&file, m, &jpeg.Options{Quality: 95}))
	exif := []byte("Exif\x00\x00")
	mark := "MM"
	if order == binary.ByteOrder(binary.LittleEndian) {
		mark = "II"
	}
	tiff := append([]byte(mark), make([]byte, 6+2+2*12+4)...)
	order.PutUint16(tiff[2:], 42)
	order.PutUint32(tiff[4:], 8)
	order.PutUint16(tiff[8:], 2)
	order.PutUint16(tiff[10:], 0x010F) // the maker of the camera
	order.PutUint16(tiff[22:], orientationTag)
	order.PutUint16(tiff[30:], uint16(turned))
	exif = append(append(exif, tiff...), "GPS 52.5200 N 13.4050 E"...)
	segment := binary.BigEndian.AppendUint16([]byte{0xFF, 0xE1}, uint16(2+len(exif)))
	return append(append(append([]byte{0xFF, 0xD8}, segment...), exif...), file.Bytes()[2:]...)
}

func TestAPhotoIsShownUprightAndWithoutThePlaceWhereItWasTaken(t *testing.T) {
	// Where the corner that is red in the file belongs, by orientation.
	corners := map[int][2]string{
		0: {"left", "top"}, 1: {"left", "top"}, 2: {"right", "top"}, 3: {"right", "bottom"}, 4: {"left", "bottom"},
		5: {"left", "top"}, 6: {"right", "top"}, 7: {"right", "bottom"}, 8: {"left", "bottom"}, 9: {"left", "top"},
	}
	for turned, corner := range corners {
		for _, order := range []binary.ByteOrder{binary.BigEndian, binary.LittleEndian} {
			data := photo(t, turned, order)
			info := examine(data)
			d, err := shrink(data, info, smallPicture)
			require.NoError(t, err)
			require.NotContains(t, string(d.body), "GPS")
			m, _, err := image.Decode(bytes.NewReader(d.body))
			require.NoError(t, err)
			w, h := m.Bounds().Dx(), m.Bounds().Dy()
			require.Equal(t, []int{info.width, info.height}, []int{w, h}, "orientation %d", turned)
			require.Equal(t, turned >= 5 && turned <= 8, h > w, "orientation %d", turned)
			x, y := 5, 5
			if corner[0] == "right" {
				x = w - 6
			}
			if corner[1] == "bottom" {
				y = h - 6
			}
			red, green, _, _ := m.At(x, y).RGBA()
			require.Greater(t, red, uint32(0xC000), "orientation %d", turned)
			require.Less(t, green, uint32(0x4000), "orientation %d", turned)
		}
	}
}

func TestAnEnormousPictureIsShrunk(t *testing.T) {
	m := image.NewGray(image.Rect(0, 0, 6000, 4000))
	for x := range 6000 {
		for y := range 2000 {
			m.SetGray(x, y, color.Gray{255})
		}
	}
	var file bytes.Buffer
	require.NoError(t, png.Encode(&file, m))
	d, err := shrink(file.Bytes(), examine(file.Bytes()), largePicture)
	require.NoError(t, err)
	made, _, err := image.Decode(bytes.NewReader(d.body))
	require.NoError(t, err)
	require.Equal(t, image.Pt(960, 640), made.Bounds().Size())
	above, _, _, _ := made.At(480, 100).RGBA()
	below, _, _, _ := made.At(480, 500).RGBA()
	require.Greater(t, above, uint32(0xF000))
	require.Less(t, below, uint32(0x1000))
}

func TestAPictureOfFewColoursDoesNotGrow(t *testing.T) {
	m := image.NewPaletted(image.Rect(0, 0, 800, 450), color.Palette{color.White, color.Black})
	for x := range 800 {
		for y := range 450 {
			m.SetColorIndex(x, y, uint8((x/10+y/10)%2))
		}
	}
	var file bytes.Buffer
	require.NoError(t, png.Encode(&file, m))
	d, err := shrink(file.Bytes(), examine(file.Bytes()), smallPicture)
	require.NoError(t, err)
	require.LessOrEqual(t, len(d.body), file.Len())
}

func TestMemoryForPicturesIsBoundedAndAFaultIsNotKept(t *testing.T) {
	store := &pictureStore{}
	for side := range 100 {
		_, err := store.get(pictureKey{"hash", side}, func() (*document, error) { return newDocument("image/png", make([]byte, 3<<20)), nil })
		require.NoError(t, err)
		require.LessOrEqual(t, store.bytes, maxPictureBytes)
	}
	require.NotEmpty(t, store.made)
	_, err := store.get(pictureKey{"faulty", 1}, func() (*document, error) { return nil, errors.New("disk") })
	require.Error(t, err)
	_, err = store.get(pictureKey{"faulty", 1}, func() (*document, error) { return newDocument("image/png", nil), nil })
	require.NoError(t, err)
}

func FuzzOrientation(f *testing.F) {
	f.Add([]byte{0xFF, 0xD8, 0xFF, 0xE1, 0, 40, 'E', 'x', 'i', 'f', 0, 0, 'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0})
	f.Add([]byte{0xFF, 0xD8, 0xFF, 0xE1, 0, 12, 'E', 'x', 'i', 'f', 0, 0, 'M', 'M'})
	f.Fuzz(func(t *testing.T, data []byte) {
		if turned := orientation(data); turned < 1 || turned > 8 {
			t.Errorf("orientation %d", turned)
		}
	})
}
