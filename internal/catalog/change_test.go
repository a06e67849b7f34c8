package catalog_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/storage"
)

const olga = 42

// testSource is a catalog file, a database, and the source of both, which can be opened again.
type testSource struct {
	*catalog.Source
	*shopFile

	t     *testing.T
	store *storage.DB
}

func newSource(t *testing.T) *testSource {
	t.Helper()
	s := &testSource{t: t, shopFile: newShopFile(t), store: newStore(t)}
	s.open()
	return s
}

// open opens the source as a start of the shop does.
func (s *testSource) open() {
	s.t.Helper()
	var err error
	s.Source, err = catalog.Open(s.t.Context(), catalog.FileAt(s.path), s.store)
	require.NoError(s.t, err)
}

// price sets the price of the only product, from the chat.
func (s *testSource) price(base int64, price string) (catalog.Revision, error) {
	return s.ChangeCatalog(s.t.Context(), olga, base, func(d *catalog.Draft) error {
		d.Product("one").Price = drawAmount(s.t, price, "USD")
		return nil
	})
}

func (s *testSource) mustPrice(price string) catalog.Revision {
	s.t.Helper()
	r, err := s.price(s.Current().Revision, price)
	require.NoError(s.t, err)
	return r
}

// withPrice is the catalog file with another price.
func withPrice(price string) string { return strings.Replace(goodShop, "price: 1", "price: "+price, 1) }

func (s *testSource) is(price string, revision int64) {
	s.t.Helper()
	require.Equal(s.t, price, priceOf(s.t, s.Source))
	require.Equal(s.t, revision, s.Current().Revision)
}

func TestAChangeInTheChatIsTheNextRevision(t *testing.T) {
	s := newSource(t)
	s.is("1", 1)
	r := s.mustPrice("2")
	require.EqualValues(t, 2, r.Number)
	require.EqualValues(t, olga, r.By)
	require.Equal(t, "product one: price 1.00 → 2.00", r.Changes[0].String())
	s.is("2", 2)

	s.open()
	s.is("2", 2)
	require.NoError(t, s.Trouble(), "the file has not changed")

	history, err := s.CatalogHistory(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Len(t, history, 2)
	require.EqualValues(t, 2, history[0].Number)
	require.Nil(t, history[0].YAML)
	older, err := s.CatalogHistory(t.Context(), 2, 10)
	require.NoError(t, err)
	require.EqualValues(t, 1, older[0].Number)
}

func TestAFaultyChangeIsRefused(t *testing.T) {
	s := newSource(t)
	_, err := s.price(1, "0.001")
	var fault catalog.Fault
	require.ErrorAs(t, err, &fault)
	require.Contains(t, fault.What, "more exact than USD can be paid")
	refusal := errors.New("not now")
	_, err = s.ChangeCatalog(t.Context(), olga, 1, func(*catalog.Draft) error { return refusal })
	require.ErrorIs(t, err, refusal)
	s.is("1", 1)
}

func TestAChangeThatChangesNothingMakesNoRevision(t *testing.T) {
	s := newSource(t)
	r, err := s.price(1, "1.00")
	require.NoError(t, err)
	require.EqualValues(t, 1, r.Number)
	s.is("1", 1)
}

func TestTheSameChangeAgainIsMadeOnce(t *testing.T) {
	s := newSource(t)
	s.mustPrice("2")
	r, err := s.price(1, "2") // the handler runs again after a crash
	require.NoError(t, err)
	require.EqualValues(t, 2, r.Number)

	added := func(d *catalog.Draft) error {
		p := *d.Product("one")
		p.SKU = "two"
		d.Products = append(d.Products, p)
		return nil
	}
	_, err = s.ChangeCatalog(t.Context(), olga, 2, added)
	require.NoError(t, err)
	r, err = s.ChangeCatalog(t.Context(), olga, 2, added)
	require.NoError(t, err)
	require.EqualValues(t, 3, r.Number)
	require.Len(t, s.Current().Products, 2)
}

func TestTwoOwnersAtOnce(t *testing.T) {
	s := newSource(t)
	s.mustPrice("2")
	_, err := s.price(1, "3")
	var conflict *catalog.ConflictError
	require.ErrorAs(t, err, &conflict, "the price was another one when the form was drawn")
	require.EqualValues(t, 2, conflict.Newest.Number)
	require.Equal(t, "product one: price 1.00 → 2.00", conflict.Changes[0].String())
	s.is("2", 2)

	r, err := s.ChangeCatalog(t.Context(), olga, 1, func(d *catalog.Draft) error {
		d.Product("one").Limit = 7
		return nil
	})
	require.NoError(t, err, "something else")
	require.EqualValues(t, 3, r.Number)
	s.is("2", 3)
	require.Equal(t, 7, s.Current().Products[0].Limit)

	_, err = s.ChangeCatalog(t.Context(), olga, 1, func(d *catalog.Draft) error {
		p := *d.Product("one")
		p.SKU = "two"
		d.Products = []catalog.Product{p}
		return nil
	})
	require.ErrorAs(t, err, &conflict, "a product that was changed is not removed")
}

func TestUndoIsARevisionOfItsOwn(t *testing.T) {
	s := newSource(t)
	_, err := s.UndoCatalog(t.Context(), olga, 1)
	require.ErrorIs(t, err, catalog.ErrNothingToUndo)
	s.mustPrice("2")
	r, err := s.UndoCatalog(t.Context(), olga, 2)
	require.NoError(t, err)
	require.EqualValues(t, 3, r.Number)
	s.is("1", 3)
	again, err := s.UndoCatalog(t.Context(), olga, 2)
	require.NoError(t, err)
	require.EqualValues(t, 3, again.Number, "pressed twice")
	_, err = s.UndoCatalog(t.Context(), olga, 3)
	require.NoError(t, err)
	s.is("2", 4)
	_, err = s.UndoCatalog(t.Context(), olga, 2)
	require.ErrorAs(t, err, new(*catalog.ConflictError))
}

func TestAFileThatDoesNotKnowOfChangesIsRefused(t *testing.T) {
	s := newSource(t)
	s.write(withPrice("2"))
	require.NoError(t, s.Reload(t.Context()))
	s.is("2", 2)
	s.mustPrice("3")

	s.write(withPrice("4"))
	for _, again := range []func() error{
		func() error { return s.Reload(t.Context()) },
		func() error { s.open(); return s.Trouble() }, // also if the shop was down
	} {
		var stale *catalog.StaleFileError
		require.ErrorAs(t, again(), &stale)
		require.EqualValues(t, 3, stale.Newest)
		require.Len(t, stale.Changes, 1)
		require.Contains(t, stale.Error(), "product one: price 3.00 → 4.00")
		require.Contains(t, stale.Error(), "shopbot catalog export")
		s.is("3", 3)
	}

	s.write(withPrice("2"))
	require.NoError(t, s.Reload(t.Context()), "the file is as it was taken in")
	s.is("3", 3)
	s.write(withPrice("3"))
	require.NoError(t, s.Reload(t.Context()), "the same change was made in the file")
	s.is("3", 4)
}

func TestAnExportedFileIsTakenIn(t *testing.T) {
	s := newSource(t)
	s.mustPrice("2")
	newest, err := s.CatalogRevision(t.Context())
	require.NoError(t, err)
	exported := string(newest.Export())
	edit := func(price string) string { return strings.Replace(exported, `"2.00"`, `"`+price+`"`, 1) }

	s.write(edit("3"))
	require.NoError(t, s.Reload(t.Context()))
	s.is("3", 3)
	s.write(edit("4"))
	require.NoError(t, s.Reload(t.Context()), "and again, while nothing else changes the catalog")
	s.is("4", 4)
	s.mustPrice("5")
	s.write(edit("6"))
	require.ErrorAs(t, s.Reload(t.Context()), new(*catalog.StaleFileError))
	s.is("5", 5)
	s.write(strings.Replace(edit("6"), "revision: 2", "revision: 5", 1))
	require.NoError(t, s.Reload(t.Context()))
	s.is("6", 6)

	s.write(strings.Replace(edit("7"), "revision: 2", "revision: 70", 1))
	require.ErrorContains(t, s.Reload(t.Context()), "the newest of this database is 6")
	s.is("6", 6)
}

func TestAMissingFileLeavesTheCatalogInForce(t *testing.T) {
	s := newSource(t)
	s.mustPrice("2")
	require.NoError(t, os.Remove(s.path))
	s.open()
	require.ErrorIs(t, s.Trouble(), fs.ErrNotExist)
	s.is("2", 2)
	s.mustPrice("3")
	s.is("3", 3)
}

func TestAFileWithFaultsDoesNotOpenTheShop(t *testing.T) {
	s := newSource(t)
	s.mustPrice("2")
	s.write(withPrice("-1"))
	_, err := catalog.Open(t.Context(), catalog.FileAt(s.path), s.store)
	require.ErrorContains(t, err, "below zero")
}

func TestAPictureOfTheChatIsShownAndKept(t *testing.T) {
	s := newSource(t)
	name, err := s.KeepFile(t.Context(), picture(t, 8, 4), "a.PNG")
	require.NoError(t, err)
	require.Regexp(t, `^chat/[0-9a-f]{16}/a\.PNG$`, name)
	again, err := s.KeepFile(t.Context(), picture(t, 8, 4), "a.PNG")
	require.NoError(t, err)
	require.Equal(t, name, again)

	show := func(name string) error {
		_, err := s.ChangeCatalog(t.Context(), olga, s.Current().Revision, func(d *catalog.Draft) error {
			d.Product("one").Photo = name
			return nil
		})
		return err
	}
	require.NoError(t, show(name))
	content, err := s.Current().ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, picture(t, 8, 4), content)
	require.Equal(t, []string{name}, s.Current().Uploads())
	require.ErrorContains(t, show("chat/0123456789abcdef.png"), "does not exist")
	require.ErrorContains(t, show("../shop.db"), "write a path")

	text, err := s.KeepFile(t.Context(), []byte("no picture"), "no.png")
	require.NoError(t, err)
	require.ErrorContains(t, show(text), "neither a PNG nor a JPEG")

	require.NoError(t, show(""))
	s.open()
	_, err = s.Current().ReadFile(name)
	require.NoError(t, err, "an order may still need it")
}

func TestALongFileOfGoodsIsKeptWhole(t *testing.T) {
	s := newSource(t)
	content := []byte(strings.Repeat("0123456789abcdef", 200_000)) // 3.2 MB: several parts
	name, err := s.KeepFile(t.Context(), content, "walls.zip")
	require.NoError(t, err)
	kept, err := s.KeptFile(t.Context(), name)
	require.NoError(t, err)
	require.Equal(t, content, kept)
	_, err = s.KeepFile(t.Context(), nil, "zip")
	require.Error(t, err)
	outside, err := s.KeepFile(t.Context(), content, "../x")
	require.NoError(t, err)
	require.Regexp(t, `^chat/[0-9a-f]{16}/x$`, outside)
	_, err = s.KeptFile(t.Context(), "catalog.yaml")
	require.ErrorIs(t, err, fs.ErrNotExist, "what is beside the catalog was not sent in the chat")
}

func TestApplyingAFile(t *testing.T) {
	s := newSource(t)
	other := []byte(withPrice("2"))
	proposal, err := s.PreviewFile(t.Context(), "other.yaml", other)
	require.NoError(t, err)
	require.EqualValues(t, 1, proposal.Base)
	require.Len(t, proposal.Changes, 1)
	s.is("1", 1)
	r, err := s.ApplyFile(t.Context(), 0, proposal.Base, "other.yaml", other)
	require.NoError(t, err)
	require.Equal(t, catalog.FromCommand, r.Origin)
	s.is("2", 2)

	_, err = s.PreviewFile(t.Context(), "other.yaml", []byte(withPrice("3")))
	require.ErrorAs(t, err, new(*catalog.StaleFileError), "it does not say what it was made from")
	newest, err := s.CatalogRevision(t.Context())
	require.NoError(t, err)
	exported := []byte(strings.Replace(string(newest.Export()), `"2.00"`, `"3.00"`, 1))
	s.mustPrice("4")
	_, err = s.PreviewFile(t.Context(), "exported.yaml", exported)
	require.ErrorAs(t, err, new(*catalog.StaleFileError))
	_, err = s.ApplyFile(t.Context(), 0, 2, "exported.yaml", exported)
	require.ErrorAs(t, err, new(*catalog.StaleFileError))
	_, err = s.PreviewFile(t.Context(), "faulty.yaml", []byte(withPrice("-1")))
	require.Len(t, catalog.Faults(err), 1)
	s.is("4", 3)
}

func TestApplyingTheCatalogFileItselfIsTakingItIn(t *testing.T) {
	s := newSource(t)
	s.write(withPrice("2"))
	r, err := s.ApplyFile(t.Context(), 0, 1, s.path, []byte(withPrice("2")))
	require.NoError(t, err)
	require.Equal(t, catalog.FromFile, r.Origin)
	require.NoError(t, s.Reload(t.Context()))
	s.is("2", 2)
	s.write(withPrice("3"))
	require.NoError(t, s.Reload(t.Context()), "nothing but the file has changed the catalog")
	s.is("3", 3)
}

func TestOldRevisionsAreForgotten(t *testing.T) {
	s := newSource(t)
	for i := range catalog.KeptRevisions + 5 {
		s.mustPrice([]string{"2", "3"}[i%2])
	}
	list, err := s.CatalogHistory(t.Context(), 0, 1000)
	require.NoError(t, err)
	require.Len(t, list, catalog.KeptRevisions)
	_, err = s.price(1, "9")
	require.ErrorAs(t, err, new(*catalog.ConflictError), "nobody knows what has changed since")
}

func TestAPhotoThatIsGoneCanBeTakenOutInTheFile(t *testing.T) {
	s := newSource(t)
	photo := filepath.Join(filepath.Dir(s.path), "one.png")
	require.NoError(t, os.WriteFile(photo, picture(t, 8, 4), 0o600))
	s.write(goodShop + "    photo: one.png\n")
	require.NoError(t, s.Reload(t.Context()))
	require.NoError(t, os.Remove(photo))
	s.write(goodShop)
	s.open()
	require.NoError(t, s.Trouble())
	s.is("1", 3)
}
