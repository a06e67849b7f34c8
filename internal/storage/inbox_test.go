package storage

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

func raws(ids ...int64) map[int64][]byte {
	updates := map[int64][]byte{}
	for _, id := range ids {
		updates[id] = fmt.Appendf(nil, `{"update_id":%d}`, id)
	}
	return updates
}

func keep(t *testing.T, db *DB, ids ...int64) (fresh []int64) {
	t.Helper()
	fresh, err := db.KeepUpdates(t.Context(), raws(ids...), nil)
	require.NoError(t, err)
	return fresh
}

func end(t *testing.T, db *DB, ids ...int64) {
	t.Helper()
	_, err := db.KeepUpdates(t.Context(), nil, ids)
	require.NoError(t, err)
}

func pending(t *testing.T, db *DB, after int64, limit int) []int64 {
	t.Helper()
	ids, texts, err := db.PendingUpdates(t.Context(), after, limit)
	require.NoError(t, err)
	require.Len(t, texts, len(ids))
	for i, id := range ids {
		require.Equal(t, string(raws(id)[id]), string(texts[i]))
	}
	return ids
}

// entriesOf counts what is in a bucket.
func entriesOf(t *testing.T, db *DB, b *Bucket) (n int) {
	t.Helper()
	require.NoError(t, db.read(t.Context(), func(t *tx) error {
		t.scan(b, nil, nil, func(_, _ []byte) bool { n++; return true })
		return t.failed
	}))
	return n
}

func TestUpdatesWaitUntilTheyAreDone(t *testing.T) {
	path := inTemp(t)
	db, err := Open(t.Context(), path)
	require.NoError(t, err)
	require.Equal(t, []int64{3, 5, 260, 70_000}, keep(t, db, 260, 5, 3, 70_000))
	fresh, err := db.KeepUpdates(t.Context(), raws(5, 6), []int64{5, 9})
	require.NoError(t, err)
	require.Equal(t, []int64{6}, fresh, "ended and kept in one step")
	require.NoError(t, db.Close())

	db = open(t, path)
	require.Equal(t, []int64{3, 6, 260, 70_000}, pending(t, db, 0, 10))
	require.Equal(t, []int64{3, 6}, pending(t, db, 0, 2))
	require.Equal(t, []int64{70_000}, pending(t, db, 260, 2))
	require.Empty(t, pending(t, db, 70_000, 2))
	require.Equal(t, []int64{4}, keep(t, db, 3, 4, 5, 9, 260), "known ones are left out, done ones as well")
	require.Empty(t, keep(t, db, 3, 4))
	sound(t, db)
}

func TestDoneUpdatesAreKnownForTwoDaysAndThenForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := open(t, inTemp(t))
		for id := range int64(100) {
			keep(t, db, 1000+id)
			end(t, db, 1000+id)
		}
		time.Sleep(rememberDone - time.Second)
		require.Empty(t, keep(t, db, 1000, 1099))
		require.Equal(t, 100, entriesOf(t, db, bucketDone))
		time.Sleep(time.Second)
		require.Equal(t, []int64{1000}, keep(t, db, 1000))
		require.Equal(t, 100, entriesOf(t, db, bucketDone), "forgotten only when others are done")
		for id := range int64(60) { // ids that are lower than the old ones, as after a quiet week
			keep(t, db, id+1)
			end(t, db, id+1)
		}
		require.Equal(t, 60, entriesOf(t, db, bucketDone), "the old ones went little by little")
		end(t, db, 1000)
		sound(t, db)
	})
}

func TestDeadLettersAreBoundedAndCounted(t *testing.T) {
	db := open(t, inTemp(t))
	keep(t, db, 1, 2)
	require.NoError(t, db.AddDeadLetter(t.Context(), 1, []byte(`{"update_id":1,"message":7}`), "message is a number"))
	require.NoError(t, db.AddDeadLetter(t.Context(), 1, []byte(`{"update_id":1,"message":7}`), "it comes again"))
	require.Equal(t, []int64{2}, pending(t, db, 0, 9))
	require.Empty(t, keep(t, db, 1), "it is done")
	errs := make([]error, maxDeadLetters+20)
	crowdOf(len(errs), func(i int) { errs[i] = db.AddDeadLetter(t.Context(), int64(1000+i), []byte("x"), "strange") })
	for _, err := range errs {
		require.NoError(t, err)
	}
	require.Equal(t, maxDeadLetters, entriesOf(t, db, bucketDeadLetters))
	ever, err := db.DeadLetters(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, len(errs)+1, ever)
	sound(t, db)
}

func TestNamesOfNotesAndProductsAreChecked(t *testing.T) {
	db := open(t, inTemp(t))
	require.ErrorIs(t, db.SetNote(t.Context(), "", []byte("x")), ErrNoName)
	require.ErrorIs(t, load(t.Context(), db, "", "x"), ErrNoName)
	require.ErrorIs(t, load(t.Context(), db, "a\x00b", "x"), ErrNoName)
}

func TestAPersonIsWrittenDownOnceADay(t *testing.T) {
	db := open(t, inTemp(t))
	id := func() (id int) {
		require.NoError(t, db.read(t.Context(), func(t *tx) error { id = t.in.(*boltTx).ID(); return nil }))
		return id
	}
	meet := func(day shop.Day) {
		_, err := db.ChangePerson(t.Context(), 7, func(p *shop.Person) bool {
			return p.Meet(shop.Person{ID: 7, Name: "Ann", Username: "Ann_1"}, day)
		})
		require.NoError(t, err)
	}
	meet("2026-11-23")
	before := id()
	meet("2026-11-23")
	meet("2026-11-22") // comes late
	require.Equal(t, before, id())
	meet("2026-11-25")
	require.Greater(t, id(), before)
	p, err := db.Person(t.Context(), 7)
	require.NoError(t, err)
	require.Equal(t, shop.Person{ID: 7, Name: "Ann", Username: "Ann_1", First: "2026-11-23", Last: "2026-11-25"}, p)
}

func TestAPersonIsFoundByTheNameOfToday(t *testing.T) {
	db := open(t, inTemp(t))
	name := func(user int64, username string) {
		_, err := db.ChangePerson(t.Context(), user, func(p *shop.Person) bool {
			return p.Meet(shop.Person{Username: username}, "2026-11-23")
		})
		require.NoError(t, err)
	}
	named := func(username string) (ids []int64) {
		found, err := db.PeopleNamed(t.Context(), username, 10)
		require.NoError(t, err)
		for _, p := range found {
			ids = append(ids, p.ID)
		}
		return ids
	}
	name(7, "Ann_1")
	name(8, "ann_12")
	require.Equal(t, []int64{7}, named("ANN_1"))
	name(7, "Anna")
	name(8, "ann_1") // the name was free again
	require.Equal(t, []int64{8}, named("Ann_1"))
	require.Equal(t, []int64{7}, named("anna"))
	name(7, "")
	require.Empty(t, named("anna"))

	all, err := db.People(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Len(t, all, 2)
	all, err = db.People(t.Context(), 7, 1)
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.EqualValues(t, 8, all[0].ID)
	sound(t, db)
}

func TestFormsThatHaveEndedGoLittleByLittle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := open(t, inTemp(t))
		for user := range int64(60) {
			require.NoError(t, db.SetForm(t.Context(), user, shop.Form{Name: "email", Until: time.Now().Add(time.Hour)}))
		}
		time.Sleep(time.Hour)
		for user := range int64(60) {
			require.NoError(t, db.SetForm(t.Context(), 1000+user%20, shop.Form{Name: "email", Until: time.Now().Add(time.Hour)}))
		}
		require.Equal(t, 20, entriesOf(t, db, bucketForms))
		require.Equal(t, 20, entriesOf(t, db, bucketFormsByEnd))
		sound(t, db)
	})
}

// A million units must not be held in memory, so a list is gone through as it is loaded.
func TestALongListOfUnitsIsLoadedAsItIsRead(t *testing.T) {
	db := open(t, inTemp(t))
	_, err := db.AddStock(t.Context(), shop.StockLoad{SKU: "vpn", Units: func(yield func(string) bool) {
		for n := range 4*stockPart + 1 {
			if n%stockPart == 0 {
				s, err := db.StockOf(t.Context(), "vpn")
				require.NoError(t, err)
				require.Equal(t, max(n-stockPart, 0), s.Free, "what was read before the last part is loaded")
			}
			if !yield(fmt.Sprint(n)) {
				return
			}
		}
	}})
	require.NoError(t, err)
	sound(t, db)
}
