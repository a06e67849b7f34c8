package ops

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/config"
	"shopbot/internal/export"
	"shopbot/internal/shop"
	"shopbot/internal/storage/dbtest"
)

func TestAnOldCatalogFileOnAnotherMachineComesIntoForceOnlyWhenAskedTo(t *testing.T) {
	const text = `
shop: {name: Shop, currency: USD}
categories: [{id: a, title: A}]
products: [{sku: a, category: a, title: A, price: `
	db, file := mustOpen(t, filepath.Join(t.TempDir(), "shop.db")), filepath.Join(t.TempDir(), "catalog.yaml")
	write := func(price string) []byte {
		t.Helper()
		content := []byte(text + price + ", deliver: text, text: A}]\n")
		require.NoError(t, os.WriteFile(file, content, 0o600))
		return content
	}
	shared := ClosedShop{DB: db, Catalog: catalog.FileAt(file), Shared: true}
	write("1")
	first, err := shared.CatalogRevision(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, first.Number, "a new shop begins with the file")

	other := write("2")
	same, err := shared.CatalogRevision(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, same.Number)
	made, err := shared.ApplyFile(t.Context(), ByCommandLine, 1, file, other)
	require.NoError(t, err)
	require.EqualValues(t, 2, made.Number)
	_, err = shared.UndoCatalog(t.Context(), ByCommandLine, 2)
	require.NoError(t, err)
}

func TestCommandsOnASharedDatabaseNeedNoFilesOfTheCatalog(t *testing.T) {
	db, dir := dbtest.Open(t, filepath.Join(t.TempDir(), "shop.db")), t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "guide.txt"), []byte("goods"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "catalog.yaml"), []byte(`
shop: {name: Shop, currency: USD}
categories: [{id: a, title: A}]
products:
  - {sku: guide, category: a, title: Guide, price: 1, deliver: file, file: guide.txt}
  - {sku: key, category: a, title: Key, price: 1, deliver: keys}
`), 0o600))
	_, err := ClosedShop{DB: db, Catalog: catalog.FileAt(filepath.Join(dir, "catalog.yaml")), Shared: true}.CatalogRevision(t.Context())
	require.NoError(t, err)

	elsewhere := ClosedShop{
		DB: db, Catalog: catalog.FileAt(filepath.Join(t.TempDir(), "catalog.yaml")), Log: slog.New(slog.DiscardHandler), Shared: true,
	}
	r, err := elsewhere.CatalogRevision(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, r.Number)
	keys, err := shop.ParseUnits([]byte("AAAA-1111"), "")
	require.NoError(t, err)
	added, err := elsewhere.AddStock(t.Context(), "key", keys, shop.LoadOptions{})
	require.NoError(t, err)
	require.Equal(t, 1, added.Added)
	require.NoError(t, elsewhere.Export(t.Context(), export.Request{What: export.Stock, Format: export.Format{JSON: true}}, io.Discard))
}

func TestTheSocketIsWhereTheConfigurationSays(t *testing.T) {
	dir := t.TempDir()
	require.Equal(t, filepath.Join(dir, "shop.db.sock"), Socket(config.Config{Database: config.Database(filepath.Join(dir, "shop.db"))}))
	require.Equal(t, "shopbot.sock", Socket(config.Config{Database: "postgres://shop:private@db/shop"}))
	require.Equal(t, "/run/a.sock", Socket(config.Config{Database: "postgres://shop:private@db/shop", Socket: "/run/a.sock"}))
}
