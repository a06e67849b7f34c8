package catalog_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/storage"

	"github.com/stretchr/testify/require"
)

var goodShop = shop("    price: 1\n    deliver: keys\n")

// shopFile is a catalog on disk that a test changes.
type shopFile struct {
	t    *testing.T
	path string
	age  time.Duration
}

func newShopFile(t *testing.T) *shopFile {
	t.Helper()
	f := &shopFile{t: t, path: filepath.Join(t.TempDir(), "catalog.yaml")}
	f.write(goodShop)
	return f
}

// write gives each version a time of its own, however fast tests write.
func (f *shopFile) write(text string) {
	f.t.Helper()
	require.NoError(f.t, os.WriteFile(f.path, []byte(text), 0o600))
	f.age += time.Second
	at := time.Unix(1_000_000_000, 0).Add(f.age)
	require.NoError(f.t, os.Chtimes(f.path, at, at))
}

// newStore is a real database.
func newStore(t *testing.T) *storage.DB {
	t.Helper()
	db, err := storage.Open(t.Context(), filepath.Join(t.TempDir(), "shop.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// open opens a catalog file for the first time.
func open(t *testing.T, path string) (*catalog.Source, error) {
	t.Helper()
	return catalog.Open(t.Context(), catalog.FileAt(path), newStore(t))
}

func priceOf(t *testing.T, s *catalog.Source) string {
	t.Helper()
	p, ok := s.Current().Product("one")
	require.True(t, ok)
	return p.Price.Decimal()
}

func TestFaultyNewCatalogIsRefusedAndTheOldOneStays(t *testing.T) {
	f := newShopFile(t)
	s, err := open(t, f.path)
	require.NoError(t, err)
	old := s.Current()

	f.write(strings.Replace(goodShop, "price: 1", "price: -1", 1))
	require.ErrorContains(t, s.Reload(t.Context()), `price "-1" is below zero`)
	require.Same(t, old, s.Current())

	require.NoError(t, os.Remove(f.path))
	require.ErrorIs(t, s.Reload(t.Context()), os.ErrNotExist)
	require.Same(t, old, s.Current())

	f.write(strings.Replace(goodShop, "price: 1", "price: 2", 1))
	require.NoError(t, s.Reload(t.Context()))
	require.Equal(t, "2", priceOf(t, s))
	p, _ := old.Product("one")
	require.Equal(t, "1", p.Price.Decimal(), "who still holds the old catalog sees it unchanged")
}

func TestShopDoesNotOpenWithAFaultyCatalog(t *testing.T) {
	f := newShopFile(t)
	f.write("shop: {}\n")
	_, err := open(t, f.path)
	require.ErrorContains(t, err, "a shop without name")
	_, err = catalog.Open(t.Context(), catalog.FileIn(fstest.MapFS{}, "catalog.yaml"), newStore(t))
	require.ErrorIs(t, err, os.ErrNotExist)
}

// watching runs Watch each minute and collects what it reports.
func watching(t *testing.T, s *catalog.Source) (reports func() []string) {
	t.Helper()
	var mu sync.Mutex
	var told []string
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Watch(ctx, time.Minute, func(err error) {
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				told = append(told, "taken up")
				return
			}
			told = append(told, err.Error())
		})
	}()
	t.Cleanup(func() { cancel(); <-done })
	synctest.Wait()
	return func() []string {
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		all := told
		told = nil
		return all
	}
}

func TestChangedCatalogIsTakenUpByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newShopFile(t)
		s, err := open(t, f.path)
		require.NoError(t, err)
		reports := watching(t, s)

		time.Sleep(time.Hour)
		require.Empty(t, reports(), "nothing has changed")

		f.write(strings.Replace(goodShop, "price: 1", "price: 2", 1))
		time.Sleep(time.Minute)
		require.Empty(t, reports(), "it may still be being written")
		require.Equal(t, "1", priceOf(t, s))
		time.Sleep(time.Minute)
		require.Equal(t, []string{"taken up"}, reports())
		require.Equal(t, "2", priceOf(t, s))
	})
}

func TestFaultsOfAChangedCatalogAreReportedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newShopFile(t)
		s, err := open(t, f.path)
		require.NoError(t, err)
		reports := watching(t, s)

		f.write(goodShop + "    photo: new.png\n")
		time.Sleep(time.Hour)
		told := reports()
		require.Len(t, told, 1)
		require.Contains(t, told[0], `photo "new.png" does not exist`)

		photo := filepath.Join(filepath.Dir(f.path), "new.png")
		require.NoError(t, os.WriteFile(photo, picture(t, 8, 4), 0o600))
		time.Sleep(time.Minute)
		require.Equal(t, []string{"taken up"}, reports(), "what was missing has come, though the catalog is the same")
		require.Equal(t, "new.png", s.Current().Products[0].Photo)
	})
}

func TestReaderNeverSeesHalfACatalog(t *testing.T) {
	f := newShopFile(t)
	s, err := open(t, f.path)
	require.NoError(t, err)
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for range 200 {
				if c := s.Current(); len(c.Products) != 1 || c.Shop.Name.In("") == "" {
					t.Error("half a catalog")
				}
			}
		})
	}
	for range 20 {
		require.NoError(t, s.Reload(t.Context()))
	}
	readers.Wait()
}
