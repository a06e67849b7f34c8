//go:build unix

package catalog_test

import (
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"shopbot/internal/catalog"
)

var fileShop = shop("    price: 1\n    deliver: file\n    file: goods\n")

// mustMakeDatabase makes an empty bbolt database.
func mustMakeDatabase(t *testing.T, path string) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Close())
}

func TestGoodsAreNeverTheShopItself(t *testing.T) {
	const refusal = `file "goods" is a database, a file that the shop itself runs on, or has one of its tokens in it; name a file that is meant for buyers`
	elsewhere := func(t *testing.T, content string) string {
		t.Helper()
		path := filepath.Join(t.TempDir(), "precious")
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	for name, put := range map[string]func(t *testing.T, file, goods string) (private catalog.Private){
		"the env file by a hard link": func(t *testing.T, _, goods string) catalog.Private {
			t.Helper()
			env := elsewhere(t, "SHOPBOT_TELEGRAM_TOKEN=…")
			require.NoError(t, os.Link(env, goods))
			return catalog.OneOf("no/such/file", env)
		},
		"the env file by a link in the directory": func(t *testing.T, file, goods string) catalog.Private {
			t.Helper()
			env := filepath.Join(filepath.Dir(file), "shopbot.env")
			require.NoError(t, os.WriteFile(env, []byte("SHOPBOT_TELEGRAM_TOKEN=…"), 0o600))
			require.NoError(t, os.Symlink("shopbot.env", goods))
			return catalog.OneOf(env)
		},
		"the env file that is known by a link": func(t *testing.T, _, goods string) catalog.Private {
			t.Helper()
			env := elsewhere(t, "SHOPBOT_TELEGRAM_TOKEN=…")
			require.NoError(t, os.Link(env, goods))
			link := filepath.Join(t.TempDir(), "link")
			require.NoError(t, os.Symlink(env, link))
			return catalog.OneOf(link)
		},
		"a copy of the env file": func(t *testing.T, _, goods string) catalog.Private {
			t.Helper()
			require.NoError(t, os.WriteFile(goods, []byte("SHOPBOT_TELEGRAM_TOKEN=12345:secret\n"), 0o600))
			return catalog.Containing("", "12345:secret")
		},
		"the catalog": func(t *testing.T, file, goods string) catalog.Private {
			t.Helper()
			require.NoError(t, os.Link(file, goods))
			return catalog.OneOf()
		},
		"a database": func(t *testing.T, _, goods string) catalog.Private {
			t.Helper()
			mustMakeDatabase(t, goods)
			return catalog.OneOf()
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "catalog.yaml")
			require.NoError(t, os.WriteFile(path, []byte(fileShop), 0o600))
			goods := filepath.Join(filepath.Dir(path), "goods")
			private := put(t, path, goods)
			_, err := catalog.Load(path, private)
			require.ErrorContains(t, err, refusal)

			require.NoError(t, os.Rename(goods, goods+".later"))
			require.NoError(t, os.WriteFile(goods, []byte("for buyers"), 0o600))
			c, err := catalog.Load(path, private)
			require.NoError(t, err)
			content, err := c.ReadFile("goods")
			require.NoError(t, err)
			require.Equal(t, "for buyers", string(content))
			require.NoError(t, os.Rename(goods+".later", goods))
			_, err = c.ReadFile("goods")
			require.ErrorContains(t, err, "a file of the shop itself", "also at the time of the delivery")
		})
	}
}

func TestWhatIsNoRegularFileIsRefusedWithoutOpeningIt(t *testing.T) {
	for name, put := range map[string]func(t *testing.T, path string){
		"FIFO": func(t *testing.T, path string) {
			t.Helper()
			require.NoError(t, syscall.Mkfifo(path, 0o600))
		},
		"link to a FIFO": func(t *testing.T, path string) {
			t.Helper()
			require.NoError(t, syscall.Mkfifo(path+".fifo", 0o600))
			require.NoError(t, os.Symlink(filepath.Base(path)+".fifo", path))
		},
		"directory": func(t *testing.T, path string) {
			t.Helper()
			require.NoError(t, os.Mkdir(path, 0o700))
		},
		"socket": func(t *testing.T, path string) {
			t.Helper()
			t.Chdir(filepath.Dir(path))
			l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", filepath.Base(path))
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, l.Close()) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "catalog.yaml")
			require.NoError(t, os.WriteFile(path, []byte(fileShop), 0o600))
			goods := filepath.Join(filepath.Dir(path), "goods")
			require.NoError(t, os.WriteFile(goods, []byte("for buyers"), 0o600))
			c, err := catalog.Load(path)
			require.NoError(t, err)
			require.NoError(t, os.Remove(goods))

			put(t, goods)
			_, err = catalog.Load(path)
			require.ErrorContains(t, err, `file "goods" is not a file; name a file`)
			_, err = c.ReadFile("goods")
			require.ErrorContains(t, err, "not a regular file")

			require.NoError(t, os.Remove(path))
			put(t, path)
			_, err = catalog.Load(path)
			require.ErrorContains(t, err, "not a regular file", "as the catalog itself")
		})
	}
}

func TestAReplacedPictureOrFileIsTakenOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newShopFile(t)
		dir := filepath.Dir(f.path)
		at := time.Unix(1_000_000_000, 0)
		replace := func(name string, content []byte) {
			at = at.Add(time.Second)
			path := filepath.Join(dir, name)
			require.NoError(t, os.WriteFile(path, content, 0o600))
			require.NoError(t, os.Chtimes(path, at, at))
		}
		replace("one.png", picture(t, 8, 4))
		replace("goods", []byte("goods"))
		f.write(fileShop + "    photo: one.png\n")
		s, err := open(t, f.path)
		require.NoError(t, err)
		reports := watching(t, s)
		time.Sleep(time.Hour)
		require.Empty(t, reports())

		old := s.Current()
		replace("one.png", picture(t, 8, 4))
		time.Sleep(time.Hour)
		require.Equal(t, []string{"taken up"}, reports())
		require.NotSame(t, old, s.Current(), "so that what was kept of the old picture is forgotten")
		replace("goods", []byte("other"))
		time.Sleep(time.Hour)
		require.Equal(t, []string{"taken up"}, reports())

		replace("one.png", []byte("no picture"))
		time.Sleep(time.Hour)
		told := reports()
		require.Len(t, told, 1)
		require.Contains(t, told[0], "neither a PNG nor a JPEG")
		require.NoError(t, os.Remove(filepath.Join(dir, "one.png")))
		time.Sleep(time.Hour)
		told = reports()
		require.Len(t, told, 1)
		require.Contains(t, told[0], "does not exist")
		replace("one.png", picture(t, 8, 4))
		time.Sleep(time.Hour)
		require.Equal(t, []string{"taken up"}, reports())
	})
}
