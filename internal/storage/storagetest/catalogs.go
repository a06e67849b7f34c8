package storagetest

import (
	"bytes"
	"errors"
	"io/fs"
	"sync"
	"sync/atomic"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
)

// revision is a revision of a small catalog.
func revision(n int64) catalog.Revision {
	return catalog.Revision{Number: n, At: start(), By: 7, Origin: catalog.FromChat, YAML: []byte(`
shop: {name: S, currency: USD}
categories: [{id: a, title: A}]
products: [{sku: one, category: a, title: One, price: "1", deliver: keys}]
`)}
}

func catalogs() []scenario {
	return []scenario{
		{"a revision of the catalog follows the newest one, or is refused", func(b *bench) {
			_, err := b.CatalogRevision(b.ctx, 0)
			require.ErrorIs(b.t, err, catalog.ErrNoRevision)
			for n := range int64(3) {
				require.NoError(b.t, b.AddCatalogRevision(b.ctx, revision(n+1)))
			}
			require.ErrorIs(b.t, b.AddCatalogRevision(b.ctx, revision(3)), catalog.ErrRevisionTaken)
			require.ErrorIs(b.t, b.AddCatalogRevision(b.ctx, revision(5)), catalog.ErrRevisionTaken)
			b.reopen()
			newest, err := b.CatalogRevision(b.ctx, 0)
			require.NoError(b.t, err)
			same(b.t, revision(3), newest)
			list, err := b.CatalogRevisions(b.ctx, 3, 1)
			require.NoError(b.t, err)
			want := revision(2)
			want.YAML = nil
			same(b.t, []catalog.Revision{want}, list)
			_, err = b.CatalogRevision(b.ctx, 9)
			require.ErrorIs(b.t, err, catalog.ErrNoRevision)
		}},
		{"of two next revisions one is stored", func(b *bench) {
			require.NoError(b.t, b.AddCatalogRevision(b.ctx, revision(1)))
			var stored, refused atomic.Int32
			var all sync.WaitGroup
			for range 20 {
				all.Go(func() {
					switch err := b.AddCatalogRevision(b.ctx, revision(2)); {
					case err == nil:
						stored.Add(1)
					case errors.Is(err, catalog.ErrRevisionTaken):
						refused.Add(1)
					}
				})
			}
			all.Wait()
			require.EqualValues(b.t, 1, stored.Load())
			require.EqualValues(b.t, 19, refused.Load())
		}},
		{"the latest revisions of the catalog are kept", func(b *bench) {
			const most = catalog.KeptRevisions + 3
			for n := range int64(most) {
				require.NoError(b.t, b.AddCatalogRevision(b.ctx, revision(n+1)))
			}
			list, err := b.CatalogRevisions(b.ctx, 0, 2*most)
			require.NoError(b.t, err)
			require.Len(b.t, list, catalog.KeptRevisions)
			require.EqualValues(b.t, most, list[0].Number)
			_, err = b.CatalogRevision(b.ctx, 3)
			require.ErrorIs(b.t, err, catalog.ErrNoRevision)
		}},
		{"a file is kept whole", func(b *bench) {
			content := bytes.Repeat([]byte("0123456789"), 250_000)
			require.NoError(b.t, b.KeepFile(b.ctx, "chat/a.zip", content))
			require.NoError(b.t, b.KeepFile(b.ctx, "chat/a.zip", content), "again")
			require.NoError(b.t, b.KeepFile(b.ctx, "chat/a.zi", []byte("another")))
			b.reopen()
			kept, err := b.KeptFile(b.ctx, "chat/a.zip")
			require.NoError(b.t, err)
			require.True(b.t, bytes.Equal(content, kept))
			size, err := b.KeptFileSize(b.ctx, "chat/a.zi")
			require.NoError(b.t, err)
			require.EqualValues(b.t, len("another"), size)
			_, err = b.KeptFile(b.ctx, "chat/b.zip")
			require.ErrorIs(b.t, err, fs.ErrNotExist)
			_, err = b.KeptFileSize(b.ctx, "chat")
			require.ErrorIs(b.t, err, fs.ErrNotExist)
		}},
	}
}
