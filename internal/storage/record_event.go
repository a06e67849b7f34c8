package storage

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strconv"
	"sync"

	"github.com/klauspost/compress/s2"

	"shopbot/internal/shop"
)

// words is what the news of a payment look like, the most frequent ones at the end. What is
// said is stored as its difference from them, so others would be another format.
const words = `"paid_btn_name":"openBot","paid_btn_url":"https://t.me/"allow_comments":false,"allow_anonymous":false,` +
	`"paid_anonymously":false,"comment":"","hidden_message":"","swap_to":"is_swapped":"swapped_uid":"swapped_to":` +
	`"swapped_rate":"swapped_output":"swapped_usd_amount":"swapped_usd_rate":"` +
	`"paid_asset":"BTC","paid_asset":"ETH","paid_asset":"TON","fee_asset":"TON","fiat":"RUB","fiat":"EUR",` +
	`{"update_id":1,"update_type":"invoice_paid","request_date":"2026-12-12T00:00:00.000Z","payload":{"invoice_id":12345,` +
	`"hash":"IV","currency_type":"fiat","fiat":"USD","amount":"1","paid_asset":"USDT","paid_amount":"1",` +
	`"paid_usd_rate":"0.99","paid_fiat_rate":"0.9","accepted_assets":["USDT","TON","BTC","ETH","LTC","BNB","TRX","USDC"],` +
	`"fee_asset":"USDT","fee_amount":"0.3","fee":"0.3",` +
	`{"update_id":1,"update_type":"invoice_paid","request_date":"2026-12-12T00:00:00.000Z","payload":{"invoice_id":12345,` +
	`"hash":"IV","currency_type":"crypto","asset":"USDT","amount":"1","paid_asset":"USDT","paid_amount":"1",` +
	`"fee_asset":"USDT","fee_amount":"0.3","fee":"0.3","fee_in_usd":"0.3","pay_url":"https://t.me/CryptoBot?start=IV",` +
	`"bot_invoice_url":"https://t.me/CryptoBot?start=IV",` +
	`"mini_app_invoice_url":"https://t.me/CryptoBot/app?startapp=invoice-IV&mode=compact",` +
	`"web_app_invoice_url":"https://app.send.tg/invoices/IV","description":" × 1 · ","status":"paid",` +
	`"created_at":"2026-12-12T00:00:00.000Z","allow_comments":true,"allow_anonymous":true,` +
	`"expiration_date":"2026-12-12T00:00:00.000Z","paid_usd_rate":"0.999","usd_rate":"0.999",` +
	`"paid_at":"2026-12-12T00:00:00.000Z","paid_anonymously":true,"payload":"","paid_btn_name":"callback",` +
	`"paid_btn_url":"https://t.me/ _bot?start=o_"}}`

// maxEvent is more than any event is long, so that a damaged one does not fill the memory.
const maxEvent = 4 << 20

// packedEvent is the news of a payment as it lies in the audit trail, in the entry that tells of it.
type packedEvent struct {
	invoice string // whose payment it is
	source  shop.Source
	packed  []byte // what the payment service said
}

// tells reports whether e is the entry that p belongs to.
func (p *packedEvent) tells(e shop.AuditEntry) bool {
	return (e.Act == shop.AuditPaid || e.Act == shop.AuditPaidAgain) && e.Reference == p.invoice
}

// packer packs events. Its zero value is ready for use.
type packer struct{ room sync.Pool }

// dictionary is made once: it takes longer than what it is for.
var dictionary = sync.OnceValue(func() *s2.Dict { return s2.MakeDict([]byte(words), nil) })

func (p *packer) pack(e shop.Event) *packedEvent {
	room, _ := p.room.Get().(*[]byte)
	if room == nil {
		room = new([]byte)
	}
	defer p.room.Put(room)
	if most := s2.MaxEncodedLen(len(e.Raw)); cap(*room) < most {
		*room = make([]byte, most)
	}
	packed := dictionary().Encode((*room)[:cap(*room)], e.Raw)
	return &packedEvent{
		invoice: strconv.FormatInt(e.Payment.Invoice, 10), source: e.Source, packed: bytes.Clone(packed),
	}
}

var errTooLong = errors.New("too long")

// unpack gives back what was packed, to the byte.
func unpack(packed []byte) ([]byte, error) {
	length, size := binary.Uvarint(packed) // s2 begins with it
	switch {
	case size <= 0:
		return nil, errWire
	case length > maxEvent:
		return nil, errTooLong
	case length == 0:
		return nil, nil
	}
	return dictionary().Decode(make([]byte, 0, length), packed)
}
