package catalog_test

import (
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
)

func TestAProcessThatFollowsHasEachRevisionInForceAndLeavesTheFileAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, store := newShopFile(t), newStore(t)
		_, err := catalog.Follow(t.Context(), catalog.FileAt(f.path), store)
		require.ErrorIs(t, err, catalog.ErrNoRevision, "the file is not for it to take in")

		leads := &testSource{t: t, shopFile: f, store: store}
		leads.open()
		s, err := catalog.Follow(t.Context(), catalog.FileAt(f.path), store)
		require.NoError(t, err)
		require.Equal(t, "1", priceOf(t, s))
		reports := watching(t, s)

		f.write(withPrice("7"))
		time.Sleep(time.Hour)
		require.Empty(t, reports())
		require.Equal(t, "1", priceOf(t, s))

		require.NoError(t, leads.Reload(t.Context()))
		time.Sleep(2 * time.Minute)
		require.Equal(t, []string{"taken up"}, reports())
		require.Equal(t, "7", priceOf(t, s))

		require.NoError(t, os.Remove(f.path))
		leads.mustPrice("8")
		require.NoError(t, s.Reload(t.Context()))
		require.Equal(t, "8", priceOf(t, s))
	})
}

func TestARevisionThatAnotherProcessMadeComesIntoForce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSource(t)
		reports := watching(t, s.Source)
		other, err := catalog.Open(t.Context(), catalog.FileAt(s.path), s.store)
		require.NoError(t, err)
		(&testSource{Source: other, t: t}).mustPrice("3")
		time.Sleep(2 * time.Minute)
		require.Equal(t, []string{"taken up"}, reports())
		s.is("3", 2)
	})
}
