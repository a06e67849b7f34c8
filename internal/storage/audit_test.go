package storage

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"shopbot/internal/shop"
)

// sellTwo makes a trail of six entries: stock, an order and its payment, twice.
func sellTwo(t *testing.T) *DB {
	t.Helper()
	db := open(t, inTemp(t))
	for n := range int64(2) {
		require.NoError(t, sell(t.Context(), db, n+1, func(string) {}))
	}
	return db
}

func TestTheTrailTellsOfUnitsCoinsAndDecisions(t *testing.T) {
	db := sellTwo(t)
	require.NoError(t, db.Record(t.Context(), shop.AuditEntry{Act: shop.AuditPaused, By: 7}))
	trail, err := db.AuditTrail(t.Context(), 0, 100)
	require.NoError(t, err)
	var acts []string
	units, reserved := 0, 0
	for i, e := range trail {
		require.EqualValues(t, i+1, e.Number)
		require.WithinDuration(t, time.Now(), e.At, time.Minute)
		acts = append(acts, string(e.Act))
		units, reserved = units+e.Units, reserved+e.Reserved
	}
	require.Equal(t, "stock_added placed paid stock_added placed paid paused", strings.Join(acts, " "))
	require.Zero(t, units, "both units were sold")
	require.Zero(t, reserved)
	require.EqualValues(t, 7, trail[6].By)

	of, err := db.TrailOf(t.Context(), draft(2).ID)
	require.NoError(t, err)
	require.Equal(t, trail[4:6], of)
	require.Equal(t, shop.Fingerprint([]string{"key 2"}), of[1].Keys)
	require.NotContains(t, of[1].Keys, "key")
	_, err = db.TrailOf(t.Context(), draft(9).ID)
	require.ErrorIs(t, err, shop.ErrNotFound)

	next, err := db.AuditTrail(t.Context(), 5, 1)
	require.NoError(t, err)
	require.Equal(t, trail[5:6], next)
	sound(t, db)
}

func TestAStepThatFailsLeavesNoEntry(t *testing.T) {
	db := sellTwo(t)
	no := errors.New("no")
	_, err := db.Change(t.Context(), draft(1).ID, func(*shop.Order, int) error { return no })
	require.ErrorIs(t, err, no)
	_, err = db.AddStock(t.Context(), "vpn", []string{"key 1"}, 7) // known already
	require.NoError(t, err)
	head, err := db.VerifyAudit(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 6, head.Number)
}

func TestWhateverIsChangedInTheTrailIsFound(t *testing.T) {
	at := func(t *tx, n int64) []byte { return append([]byte(nil), t.get(audit, number(n))...) }
	for name, c := range map[string]struct {
		harm func(t *tx)
		says string
	}{
		"a sum": {func(t *tx) {
			r, err := decodeAudit(3, at(t, 3))
			t.check(err)
			r.Amount = r.Amount.Times(2)
			t.put(audit, number(3), append(at(t, 3)[:hashBytes], encodeAudit(nil, &r, nil)[hashBytes:]...))
		}, "entry 3, or the one before it, was changed"},
		"who did it": {func(t *tx) {
			r, err := decodeAudit(1, at(t, 1))
			t.check(err)
			r.By = 8
			t.put(audit, number(1), encodeAudit(nil, &r, make([]byte, hashBytes)))
		}, "entry 2, or the one before it, was changed"},
		"the first is gone":  {func(t *tx) { t.remove(audit, number(1)) }, "entry 1 is missing"},
		"one is gone":        {func(t *tx) { t.remove(audit, number(4)) }, "entry 4 is missing"},
		"the last is gone":   {func(t *tx) { t.remove(audit, number(6)) }, "entries 6 to 6 are missing"},
		"two changed places": {func(t *tx) { a, b := at(t, 2), at(t, 5); t.put(audit, number(2), b); t.put(audit, number(5), a) }, "entry 2"},
		"garbage":            {func(t *tx) { t.put(audit, number(2), []byte("no")) }, "entry 2"},
	} {
		t.Run(name, func(t *testing.T) {
			db := sellTwo(t)
			require.NoError(t, db.write(t.Context(), func(t *tx) error { c.harm(t); return t.failed }))
			_, err := db.VerifyAudit(t.Context())
			require.ErrorIs(t, err, ErrTrailBroken)
			require.ErrorContains(t, err, c.says)
			breaches := ""
			require.NoError(t, db.Check(t.Context(), func(breach string) { breaches += breach + "\n" }))
			require.Contains(t, breaches, "audit")
		})
	}
}

// Who can write the file can write the whole trail anew; whoever noted its head sees it.
func TestATrailThatWasWrittenAnewDiffersFromTheNotedHead(t *testing.T) {
	db := sellTwo(t)
	noted, err := db.VerifyAudit(t.Context())
	require.NoError(t, err)
	require.NoError(t, sell(t.Context(), db, 3, func(string) {}))
	_, err = db.VerifyAudit(t.Context(), noted)
	require.NoError(t, err, "it only grew")

	require.NoError(t, db.write(t.Context(), func(t *tx) error {
		before := make([]byte, hashBytes)
		for n := int64(1); n <= 9; n++ {
			r, err := decodeAudit(n, append([]byte(nil), t.get(audit, number(n))...))
			t.check(err)
			if n == 3 {
				r.Amount = r.Amount.Times(2)
			}
			record := encodeAudit(nil, &r, before)
			t.put(audit, number(n), record)
			before = record[:hashBytes]
		}
		t.head = nil
		return t.failed
	}))
	_, err = db.VerifyAudit(t.Context())
	require.NoError(t, err, "nobody could tell from the trail alone")
	_, err = db.VerifyAudit(t.Context(), noted)
	require.ErrorIs(t, err, ErrTrailBroken)
	require.ErrorContains(t, err, "written anew")
	_, err = db.VerifyAudit(t.Context(), AuditHead{Number: 99, Hash: noted.Hash})
	require.ErrorContains(t, err, "is not there")
}

func TestTheTrailOfManyWritersHasNoGaps(t *testing.T) {
	db := open(t, inTemp(t))
	crowdOf(300, func(i int) {
		if err := db.Record(t.Context(), shop.AuditEntry{Act: shop.AuditExported, By: int64(i)}); err != nil {
			t.Error(err)
		}
	})
	head, err := db.VerifyAudit(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 300, head.Number)
	require.Len(t, head.Hash, 2*hashBytes)
}

func TestAShopOfSchemaOneGoesOnWithATrail(t *testing.T) {
	path := inTemp(t)
	const id, given = "1P8M2QX-7KD93HWA", "1P8M2QX-8MD93HWB" // one waits, the other was given up
	bolt, err := bbolt.Open(path, 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, bolt.Update(func(b *bbolt.Tx) error {
		old := &tx{batch: newBatch(b, newLayer(), nil, &termsCache{})}
		old.arena = &arena{}
		names := append(firstBuckets(), []byte("events"))
		require.NoError(t, old.makeBuckets(names...))
		record := append([]byte{formatJSON}, `{"id":"1P8M2QX-7KD93HWA","state":"awaiting","buyer":{"id":7,"name":"Ann"},"item":{"sku":"vpn",`+
			`"title":{"en":"VPN"},"quantity":2,"price":"2.6 USDT","deliver":"keys"},"total":"5.2 USDT","created":"2026-01-02T03:04:05.678901234Z",`+
			`"expires":"2026-01-02T04:04:05Z","invoice":{"id":9,"mini_app_url":"https://t.me/pay","bot_url":"https://t.me/other"}}`...)
		old.put(delivered, []byte(id), record)
		o, err := decodeJSONOrder(record)
		require.NoError(t, err)
		ended := bytes.Replace(record, []byte(`"state":"awaiting"`), []byte(`"state":"cancelled","cancelled":"buyer","invoice_closed":true`), 1)
		ended = bytes.ReplaceAll(ended, []byte(id), []byte(given))
		old.put(delivered, []byte(given), ended)
		old.put(byBuyer, buyerKey(7, given), nil)
		old.put(byState, stateKey(shop.StateCancelled, given), nil)
		due := moment(o.Expires.Add(5 * time.Second))
		old.put(byBuyer, buyerKey(7, id), nil)
		old.check(b.Bucket(openOf).Put(buyerKey(7, id), nil))
		old.put(byState, stateKey(shop.StateAwaiting, id), nil)
		old.check(b.Bucket(work).Put(join(under(string(shop.TaskExpire)), due, []byte(id)), nil))
		for n, key := range []string{"a", "b", "c"} {
			old.put(units, join(under("vpn"), number(int64(n+1))), []byte(key))
			sum := sha256.Sum256([]byte(key))
			old.put(known, join(under("vpn"), sum[:16]), nil)
		}
		old.check(b.Bucket(units.name).SetSequence(3))
		old.put(stocks, []byte("vpn"), encodeStock(shop.Stock{Free: 1, Reserved: 2}))
		for _, day := range []string{"2026-01-02", allTime} {
			for _, sku := range []string{"", "vpn"} {
				old.put(statistics, statisticsKey(day, sku), append([]byte{formatJSON}, `{"ordered":2,"cancelled":1}`...))
			}
		}
		old.put(meta, schemaName(), []byte{0, 0, 0, 1})
		return errors.Join(old.failed, old.over.moveInto(b))
	}))
	require.NoError(t, bolt.Close())

	db := open(t, path)
	sound(t, db)
	due, _, err := db.NextDue(t.Context(), shop.TaskExpire)
	require.NoError(t, err)
	require.Equal(t, time.Date(2026, 1, 2, 4, 4, 10, 0, time.UTC), due.UTC(), "found in the order")
	require.NoError(t, db.read(t.Context(), func(t *tx) error {
		if t.file.Bucket(work) != nil || t.file.Bucket(openOf) != nil {
			return errors.New("an index of before is kept")
		}
		return nil
	}))
	o, err := db.Order(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, "https://t.me/pay", o.Invoice.URL)
	require.Equal(t, "VPN", o.Item.Title.In("en"))
	require.Equal(t, 678901234, o.Created.Nanosecond())
	cancelled, err := db.Orders(t.Context(), shop.Filter{State: shop.StateCancelled})
	require.NoError(t, err)
	require.Len(t, cancelled, 1)
	require.EqualValues(t, given, cancelled[0].ID)
	trail, err := db.AuditTrail(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Len(t, trail, 1)
	require.Equal(t, shop.AuditOpening, trail[0].Act)
	require.Equal(t, []int{3, 2}, []int{trail[0].Units, trail[0].Reserved})

	again, err := db.AddStock(t.Context(), "vpn", []string{"a", "b", "d"}, 7)
	require.NoError(t, err)
	require.Equal(t, shop.StockAdded{Added: 1, Duplicates: 2}, again)

	e := eventOf(o, 9)
	e.Payment.Price, e.Payment.Amount, e.Payment.At = o.Total, o.Total, time.Now()
	_, err = db.Receive(t.Context(), e, receive(e))
	require.NoError(t, err)
	sound(t, db)
}
