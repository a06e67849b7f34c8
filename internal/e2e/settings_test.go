package e2e

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

// recordsWith lists the records of the stopped shop's database that have any of the words.
func (env *testEnv) recordsWith(words ...string) (found []string) {
	env.T.Helper()
	db, err := bolt.Open(env.DatabasePath(), 0o600, &bolt.Options{ReadOnly: true})
	require.NoError(env.T, err)
	defer func() { require.NoError(env.T, db.Close()) }()
	var walk func(path string, b *bolt.Bucket) error
	walk = func(path string, b *bolt.Bucket) error {
		return b.ForEach(func(k, v []byte) error {
			if v == nil {
				return walk(path+"/"+string(k), b.Bucket(k))
			}
			for _, word := range words {
				if bytes.Contains(k, []byte(word)) || bytes.Contains(v, []byte(word)) {
					found = append(found, fmt.Sprintf("%s: %q", path, k))
				}
			}
			return nil
		})
	}
	require.NoError(env.T, db.View(func(tx *bolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bolt.Bucket) error { return walk(string(name), b) })
	}))
	return found
}

func TestABuyerDeletesTheirData(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		order := env.sold()
		env.Say(olga, "/find "+order)
		env.Press(alice, "ask:")
		env.Say(alice, "Alice Reed wants to know how long it lasts")
		env.Say(alice, "/buy guide")

		env.Say(alice, "/settings")
		env.Tap(alice, "Delete my data")
		require.Contains(t, env.Last(alice).Text, "Not yet")
		require.Contains(t, env.Last(alice).Text, "not paid yet")
		env.Say(alice, "/cancel")
		env.Settle()

		env.Stop()
		require.NotEmpty(t, env.recordsWith("Alice", "alice_reads"))
		env.Start()
		env.Say(alice, "/settings")
		env.Tap(alice, "Delete my data")
		require.Contains(t, env.Last(alice).Text, "Delete your data?")
		env.Tap(alice, "No, keep it")
		env.Tap(alice, "Delete my data")
		env.Tap(alice, "Yes, delete it for good")
		require.Contains(t, env.Last(alice).Text, "Your data is deleted")
		require.Equal(t, 1, env.CountSent(alice, "Your data is deleted"))
		env.Settle()
		env.Stop()

		require.Empty(t, env.recordsWith("Alice", "alice_reads"))
		breaches := 0
		_, err := storage.Examine(t.Context(), env.DatabasePath(), func(string) { breaches++ })
		require.NoError(t, err)
		require.Zero(t, breaches)
		for _, o := range env.StoredOrders() {
			require.Equal(t, shop.Buyer{}, o.Buyer, "neither the one that was paid nor the cancelled one")
		}

		env.Start()
		env.Say(olga, "/order "+order)
		require.Contains(t, env.Last(olga).Text, "data deleted")
		env.Say(alice, "/orders")
		require.Contains(t, env.Last(alice).Text, "no orders yet", "who writes again begins anew")
		env.sold()
	})
}

func TestNobodyDeletesTheirDataToHaveMoreHeld(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/buy vpn")
		time.Sleep(time.Hour)
		env.Say(alice, "/settings")
		env.Tap(alice, "Delete my data")
		require.Contains(t, env.Last(alice).Text, "ended unpaid within the last 24 hours")
		time.Sleep(25 * time.Hour)
		env.Say(alice, "/settings")
		env.Tap(alice, "Delete my data")
		require.Contains(t, env.Last(alice).Text, "Delete your data?")
	})
}

func TestTheStaffLeavesTheTeamBeforeItsDataGoes(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(olga, "/morning")
		env.Press(olga, "morning:07.00")
		env.Say(olga, "/settings")
		env.Tap(olga, "Delete my data")
		require.NotContains(t, env.Last(olga).Text, "Delete your data?")
		env.Stop()
		about := fmt.Sprint(olga)
		require.NotEmpty(t, env.notesWith(about))
		env.WithDatabase(func(db *storage.DB) {
			_, err := shop.New(db, nil, nil, shop.Config{}).Forget(t.Context(), olga)
			require.NoError(t, err)
		})
		require.Empty(t, env.notesWith(about), "the operator's forget takes notes about the staff too")
	})
}

// notesWith lists the notes whose names have a word.
func (env *testEnv) notesWith(word string) (found []string) {
	for _, at := range env.recordsWith(word) {
		if bytes.Contains([]byte(at), []byte(" of "+word)) || bytes.Contains([]byte(at), []byte(" by "+word)) {
			found = append(found, at)
		}
	}
	return found
}

func TestAnOwnersTextsAreSaidInThePlaceOfTheBuiltInOnes(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Stop()
		dir := filepath.Join(env.Dir, "texts")
		require.NoError(t, os.Mkdir(dir, 0o700))
		write := func(name, text string) {
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
		}
		write("en.yaml", "home: \"Welcome, traveller, to {{.Shop}}! Pay {{.Means}}.\"\n")
		env.Setenv("TEXTS", dir)
		env.Start()
		env.Say(alice, "/start")
		require.Contains(t, env.Last(alice).Text, "Welcome, traveller, to Test Shop!")
		env.Stop()

		write("ru.yaml", "home: \"Привет\"\nhomme: \"Привет\"\n")
		env.Start()
		err := env.Abort()
		require.ErrorContains(t, err, filepath.Join(dir, "ru.yaml")+":1:7: home: the value {{.Shop}} is missing")
		require.ErrorContains(t, err, filepath.Join(dir, "ru.yaml")+":2:")
	})
}
