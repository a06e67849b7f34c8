package catalog_test

import (
	"bytes"
	"image"
	_ "image/png" // the sample's pictures
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"

	"shopbot/configs"
	"shopbot/internal/catalog"

	"github.com/stretchr/testify/require"
)

func sample(t *testing.T) *catalog.Catalog {
	t.Helper()
	c, err := catalog.FileIn(configs.FS, configs.Catalog).Load()
	require.NoError(t, err)
	return c
}

func TestSampleShopShowsEveryKindOfGoods(t *testing.T) {
	c := sample(t)
	require.Len(t, c.Categories, 4)
	require.Len(t, c.Products, 12)
	kinds := map[catalog.Kind]int{}
	for _, p := range c.Products {
		for _, kind := range p.Ways() {
			kinds[kind]++
		}
		require.Equal(t, []string{"de", "en", "es", "ru", "uk"}, slices.Sorted(maps.Keys(p.Title)), p.SKU)
		require.Equal(t, []string{"de", "en", "es", "ru", "uk"}, slices.Sorted(maps.Keys(p.Description)), p.SKU)
	}
	require.Equal(t, map[catalog.Kind]int{catalog.Keys: 8, catalog.Content: 1, catalog.File: 3, catalog.ByHand: 1}, kinds)
	for _, category := range c.Categories {
		require.NotEmpty(t, c.InCategory(category.ID), category.ID)
	}
}

func TestSampleShopIsTheSameFromDirectoryAndBinary(t *testing.T) {
	embedded := sample(t)
	loaded, err := catalog.Load("../../configs/catalog.yaml")
	require.NoError(t, err)
	require.Equal(t, embedded.Shop, loaded.Shop)
	require.Equal(t, embedded.Categories, loaded.Categories)
	require.Equal(t, embedded.Products, loaded.Products)
	for _, p := range loaded.Products {
		one, err := loaded.ReadFile(p.Photo)
		require.NoError(t, err)
		other, err := embedded.ReadFile(p.Photo)
		require.NoError(t, err)
		require.Equal(t, one, other, p.SKU)
	}
}

func TestSamplePicturesAreOneSizeAndSmall(t *testing.T) {
	c := sample(t)
	photos := []string{c.Shop.Photo}
	for _, category := range c.Categories {
		photos = append(photos, category.Photo)
	}
	for _, p := range c.Products {
		photos = append(photos, p.Photo)
	}
	for _, name := range photos {
		data, err := c.ReadFile(name)
		require.NoError(t, err, name)
		require.Less(t, len(data), 40_000, name)
		picture, _, err := image.Decode(bytes.NewReader(data))
		require.NoError(t, err, name)
		require.Equal(t, image.Pt(800, 450), picture.Bounds().Size(), name)
	}
}

func TestSampleStockHasLowAndSoldOutProducts(t *testing.T) {
	c := sample(t)
	left := map[string]int{}
	seen := map[string]bool{}
	files, err := fs.Glob(configs.FS, "stock/*.txt")
	require.NoError(t, err)
	for _, name := range files {
		p, ok := c.Product(strings.TrimSuffix(strings.TrimPrefix(name, "stock/"), ".txt"))
		require.True(t, ok, name)
		require.Equal(t, catalog.Keys, p.Deliver, name)
		data, err := fs.ReadFile(configs.FS, name)
		require.NoError(t, err)
		for key := range strings.Lines(string(data)) {
			key = strings.TrimSpace(key)
			require.True(t, strings.HasPrefix(key, "PIXEL-"), "a key must be plainly a sample")
			require.False(t, seen[key], "%s is there twice", key)
			seen[key] = true
			left[p.SKU]++
		}
	}
	require.Equal(t, 3, left["steam-20"], "a product that runs low")
	require.Zero(t, left["pixel-quest"], "a product that is sold out")
	require.Greater(t, left["steam-10"], 5)
}
