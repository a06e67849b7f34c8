package storage

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/money"
	"shopbot/internal/shop"
)

// fill gives every field of a value something of its own, so that none is forgotten.
func fill(v reflect.Value, n *int) {
	*n++
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.UnixMilli(1_790_000_000_001 + int64(*n)).UTC()))
		return
	case money.Amount:
		amount, _ := money.Parse(fmt.Sprint(*n, ".000000000000000001"), "USDT")
		v.Set(reflect.ValueOf(amount))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprint("ю<", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n) << 33)
	case reflect.Struct:
		for _, field := range v.Fields() {
			fill(field, n)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(v.Index(i), n)
		}
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, n)
		fill(value, n)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Uint8:
		v.SetUint(uint64(*n % 256))
	default:
		panic("a kind that no record has had: " + v.Kind().String())
	}
}

func roundTrip[V any](t *testing.T, want V) V {
	t.Helper()
	record, err := encode(want)
	require.NoError(t, err)
	got, err := decode[V](record)
	require.NoError(t, err)
	clear(record) // nothing of it is kept
	return got
}

func filled[V any](t *testing.T) {
	t.Helper()
	var want V
	n := 0
	fill(reflect.ValueOf(&want).Elem(), &n)
	require.Equal(t, want, roundTrip(t, want))
	var zero V
	require.Equal(t, zero, roundTrip(t, zero), "and the zero value, with its nils")
}

func TestEveryFieldOfEveryRecordSurvives(t *testing.T) {
	filled[orderRecord](t)
	filled[auditRecord](t)
	filled[shop.Counters](t)
	filled[shop.Stock](t)
	filled[shop.Form](t)
	filled[deadLetter](t)
}

func TestTimesAreStoredInUTCToTheNanosecond(t *testing.T) {
	at := time.Date(2026, 3, 4, 5, 6, 7, 123_456_789, time.FixedZone("there", 3*60*60))
	got := roundTrip(t, shop.Order{Created: at}).Created
	require.True(t, at.Equal(got))
	require.Equal(t, time.UTC, got.Location())
}

func TestARecordOfALaterVersionIsReadAsFarAsItIsKnown(t *testing.T) {
	type later struct {
		shop.Order

		Gift map[string]any `json:"gift"`
	}
	record, err := encode(later{Order: shop.Order{ID: "x", State: "lent", Rail: "stars"}, Gift: map[string]any{"to": []int{1}}})
	require.NoError(t, err)
	o, err := decodeOrder("x", record)
	require.NoError(t, err)
	require.Equal(t, shop.State("lent"), o.State)
	require.Equal(t, shop.RailID("stars"), o.Rail)
}

func TestWhatIsNoRecordIsDamage(t *testing.T) {
	record, err := encode(orderRecord{Order: draft(1)})
	require.NoError(t, err)
	for cut := range len(record) {
		_, err := decodeOrder(draft(1).ID, record[:cut])
		require.ErrorIs(t, err, ErrDamaged)
		require.ErrorContains(t, err, string(draft(1).ID))
	}
	_, err = decodeOrder("another", record)
	require.ErrorIs(t, err, ErrDamaged)
}
