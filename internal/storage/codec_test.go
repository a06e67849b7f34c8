package storage

import (
	"bytes"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
	"shopbot/internal/shop"
)

// news is what Crypto Pay says of a paid invoice, with most of the fields that it has.
const news = `{"update_id":42,"update_type":"invoice_paid","request_date":"2026-01-02T03:04:05.678Z","payload":{"invoice_id":1001,` +
	`"hash":"IVabcdefghij","currency_type":"fiat","fiat":"USD","amount":"21","paid_asset":"USDT","paid_amount":"21.0042",` +
	`"paid_usd_rate":"0.99987","paid_fiat_rate":"0.99987","accepted_assets":["USDT","TON","BTC"],"fee_asset":"USDT","fee_amount":"0.63","fee":"0.63",` +
	`"pay_url":"https://t.me/CryptoBot?start=IVabcdefghij","bot_invoice_url":"https://t.me/CryptoBot?start=IVabcdefghij",` +
	`"mini_app_invoice_url":"https://t.me/CryptoBot/app?startapp=invoice-IVabcdefghij&mode=compact",` +
	`"web_app_invoice_url":"https://app.send.tg/invoices/IVabcdefghij","description":"VPN for 30 days × 2","status":"paid",` +
	`"created_at":"2026-01-02T03:00:00.000Z","allow_comments":false,"allow_anonymous":false,"expiration_date":"2026-01-02T03:30:00.000Z",` +
	`"paid_at":"2026-01-02T03:03:55.000Z","paid_anonymously":false,"paid_btn_name":"openBot","paid_btn_url":"https://t.me/pixel_bot",` +
	`"payload":"1P8M2QX-7KD93HWA"}}`

func TestAnOrderAndItsEventStaySmall(t *testing.T) {
	o := draft(1)
	o.Buyer.Name = "Anna Petrova"
	o.Item.Title = catalog.Text{"en": "VPN for 30 days", "ru": "VPN на 30 дней"}
	require.NoError(t, o.MarkInvoiced(shop.Invoice{
		ID: 1001, URL: "https://t.me/CryptoBot/app?startapp=invoice-IVabcdefghij&mode=compact",
	}, o.Expires))
	e := eventOf(o, 1001)
	e.Raw = []byte(news)
	require.NoError(t, o.Receive(e.Payment, 1))
	o.Keys = []string{"AAAA-BBBB-CCCC-DDDD"}
	require.NoError(t, o.MarkDelivered(o.Created))
	o.Told(slices.Repeat([]bool{true}, 9))
	o.Place = shop.Place{Chat: 1_234_567_890, Message: 4711}

	saved := savedOrder{Order: o, trail: 4711, terms: termsID{1}}
	order := encodeOrder(nil, &saved)
	var p packer
	event := p.pack(e).packed
	t.Logf("order %d bytes, event %d bytes of %d", len(order), len(event), len(e.Raw))
	require.Less(t, len(event), 300)
	require.Less(t, len(order), 300)
}

func TestEventsComeBackToTheByte(t *testing.T) {
	db := open(t, inTemp(t))
	require.NoError(t, sell(t.Context(), db, 1, func(string) {}))
	o, err := db.Order(t.Context(), draft(1).ID)
	require.NoError(t, err)
	for i, raw := range []string{
		news, "", "no JSON \x00\xff", strings.Repeat("long ", 20_000), "{\n  \"a\" : \"<&>\"\n}",
	} {
		e := eventOf(o, int64(100+i))
		e.Raw, e.Source = []byte(raw), shop.FromSync
		_, err := db.Receive(t.Context(), e, receive(e))
		require.NoError(t, err)
		list, err := db.Events(t.Context(), o.ID)
		require.NoError(t, err)
		require.Len(t, list, i+2)
		got := list[i+1]
		require.Equal(t, raw, string(got.Raw))
		require.Equal(t, e.Source, got.Source)
		require.Equal(t, e.Payment.Invoice, got.Payment.Invoice)
		require.Equal(t, e.Payment.Amount.String(), got.Payment.Amount.String())
	}
	none, err := db.Events(t.Context(), draft(2).ID)
	require.NoError(t, err)
	require.Empty(t, none)
	sound(t, db)
}

func TestAnEventThatIsKnownIsKeptAsItWas(t *testing.T) {
	db := open(t, inTemp(t))
	require.NoError(t, sell(t.Context(), db, 1, func(string) {}))
	again := eventOf(draft(1), 2)
	again.Raw = []byte("something else")
	_, err := db.Receive(t.Context(), again, receive(again))
	require.NoError(t, err)
	list, err := db.Events(t.Context(), again.Order)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.JSONEq(t, `{"invoice_id":2}`, string(list[0].Raw))
}

func TestMomentsSortLikeTimes(t *testing.T) {
	times := []time.Time{
		{}, time.Unix(1, 0), time.Unix(1, 1), time.Unix(1_790_000_000, 0), time.Date(2262, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	for i := range len(times) - 1 {
		require.Negative(t, bytes.Compare(moment(times[i]), moment(times[i+1])), "%s", times[i])
	}
	require.Equal(t, moment(time.Time{}), moment(time.Unix(-5, 0)), "before 1970 is at once")
}

// Whatever is in the file, unpacking ends, with what was packed or an error.
func FuzzPackedNews(f *testing.F) {
	var p packer
	f.Add(p.pack(shop.Event{Raw: []byte(news)}).packed)
	f.Add(p.pack(shop.Event{}).packed)
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0x7f, 0x00})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, packed []byte) {
		raw, err := unpack(packed)
		if err != nil {
			return
		}
		back, err := unpack(p.pack(shop.Event{Raw: raw}).packed)
		require.NoError(t, err)
		require.Equal(t, string(raw), string(back))
	})
}

// Whatever is in the file, reading it ends, with an order or an error.
func FuzzOrderRecord(f *testing.F) {
	f.Add(encodeOrder(nil, &savedOrder{Order: draft(1)}))
	f.Add(encodeOrder(nil, &savedOrder{Order: populated[shop.Order](f), trail: 1 << 40, terms: termsID{9}}))
	f.Add([]byte{formatOrder})
	f.Add([]byte{formatOrder, 0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Fuzz(func(t *testing.T, record []byte) {
		o, err := decodeOrder("A", record)
		if err != nil {
			require.ErrorIs(t, err, ErrDamaged)
			return
		}
		again, err := decodeOrder("A", encodeOrder(nil, o))
		require.NoError(t, err)
		require.Equal(t, o, again)
	})
}

func FuzzAuditRecord(f *testing.F) {
	r := auditRecord{AuditEntry: populated[shop.AuditEntry](f), previous: 5}
	r.Keys = "0123456789abcdef"
	f.Add(encodeAudit(nil, &r, make([]byte, hashBytes)))
	f.Fuzz(func(t *testing.T, record []byte) {
		r, err := decodeAudit(7, record)
		if err != nil {
			require.ErrorIs(t, err, ErrDamaged)
			return
		}
		again, err := decodeAudit(7, encodeAudit(nil, &r, make([]byte, hashBytes)))
		require.NoError(t, err)
		require.Equal(t, r, again)
	})
}

// Nothing of an order is forgotten: whoever adds a field to it has to describe it.
func TestEveryFieldOfAnOrderIsStored(t *testing.T) {
	o := populated[shop.Order](t)
	db := open(t, inTemp(t))
	require.NoError(t, db.write(t.Context(), func(tx *tx) error {
		tx.putRecord(&savedOrder{}, &savedOrder{Order: o, trail: 99, terms: tx.putTerms(&o)})
		back, err := tx.saved(o.ID)
		require.NoError(t, err)
		require.EqualValues(t, 99, back.trail)
		require.Equal(t, o, back.Order)
		return tx.failed
	}))

	r := auditRecord{AuditEntry: populated[shop.AuditEntry](t), previous: 5}
	r.Keys = "0123456789abcdef"
	r.source, r.packed = shop.FromSync, []byte("packed")
	read, err := decodeAudit(r.Number, encodeAudit(nil, &r, make([]byte, hashBytes)))
	require.NoError(t, err)
	require.Equal(t, r, read)
}

// populated is a T in which no field is empty.
func populated[T any](tb testing.TB) (v T) {
	tb.Helper()
	n := 0
	populate(tb, reflect.ValueOf(&v).Elem(), &n)
	return v
}

func populate(tb testing.TB, v reflect.Value, n *int) {
	tb.Helper()
	*n++
	switch at := v.Addr().Interface().(type) {
	case *time.Time:
		*at = time.UnixMilli(1_790_000_000_000 + int64(*n)).UTC()
		return
	case *money.Amount:
		a, err := money.Parse(strconv.Itoa(*n)+".5", "USDT")
		require.NoError(tb, err)
		*at = a
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("text " + strconv.Itoa(*n))
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(-*n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Struct:
		for _, field := range v.Fields() {
			populate(tb, field, n)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		populate(tb, v.Index(0), n)
		populate(tb, v.Index(1), n)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 2 {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			populate(tb, key, n)
			populate(tb, value, n)
			v.SetMapIndex(key, value)
		}
	default:
		require.Failf(tb, "no idea how to fill it", "%s", v.Type())
	}
}
