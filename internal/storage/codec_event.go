package storage

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"shopbot/internal/shop"
)

// formatPacked is the first byte of an event. What follows is compressed with words as
// dictionary: the length of the head (8 bytes), the head as JSON, and to the last byte
// what the payment service said.
const formatPacked = 2

// words are the words that events consist of, the most frequent ones last. They belong to
// formatPacked: another list would be another format.
const words = `"comment":"","hidden_message":"","is_confirmed":false,"confirmed_at":"callback","url":"https://` +
	`"surplus":true,"swap_to":"is_swapped":"swapped_":"usd_rate":"fee_in_usd":"paid_fiat_rate":"` +
	`"currency_type":"fiat","fiat":"EUR","RUB","USD","accepted_assets":["USDT","TON","BTC","ETH","LTC","BNB","TRX","USDC"],` +
	`"source":"sync","source":"webhook","received":"2026-01-01T00:00:00.000000000Z","payment":{"invoice":` +
	`"amount":"USDT","fee":"price":"at":"2026-01-01T00:00:00.000Z"` +
	`{"update_id":,"update_type":"invoice_paid","request_date":"T00:00:00.000Z","payload":{"invoice_id":` +
	`,"hash":"IV","currency_type":"crypto","asset":"USDT","amount":"","paid_asset":"USDT","paid_amount":"","paid_usd_rate":"1.` +
	`","fee_asset":"USDT","fee_amount":"0.","fee":"0.","pay_url":"https://t.me/CryptoBot?start=IV` +
	`","bot_invoice_url":"https://t.me/CryptoBot?start=IV` +
	`","mini_app_invoice_url":"https://t.me/CryptoBot/app?startapp=invoice-IV&mode=compact` +
	`","web_app_invoice_url":"https://app.send.tg/invoices/IV","description":"","status":"paid","created_at":"2026-` +
	`T00:00:00.000Z","allow_comments":false,"allow_anonymous":false,"expiration_date":"2026-` +
	`T00:00:00.000Z","paid_at":"2026-T00:00:00.000Z","paid_anonymously":false,"paid_btn_name":"openBot","paid_btn_url":"https://t.me/` +
	`","payload":"`

// maxEvent is more than any event is long, so that a damaged one does not fill the memory.
const maxEvent = 4 << 20

type eventHead struct {
	Source   shop.Source  `json:"source"`
	Received time.Time    `json:"received"`
	Payment  shop.Payment `json:"payment"`
}

// packer keeps compressors, which are costly to make, for the next event.
type packer struct{ idle sync.Pool }

func (p *packer) encode(e shop.Event) ([]byte, error) {
	head, err := encode(eventHead{Source: e.Source, Received: e.Received, Payment: e.Payment})
	if err != nil {
		return nil, err
	}
	return p.pack(join(number(int64(len(head))), head, e.Raw))
}

func (p *packer) pack(text []byte) (packed []byte, err error) {
	out := bytes.NewBuffer([]byte{formatPacked})
	w, found := p.idle.Get().(*flate.Writer)
	if found {
		w.Reset(out)
	} else if w, err = flate.NewWriterDict(out, flate.DefaultCompression, []byte(words)); err != nil {
		return nil, err
	}
	defer p.idle.Put(w)
	_, err = w.Write(text)
	if err = errors.Join(err, w.Close()); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func decodeEvent(id shop.OrderID, record []byte) (shop.Event, error) {
	e := shop.Event{Order: id}
	if len(record) == 0 || record[0] != formatPacked {
		return e, fmt.Errorf("%w: event of an unknown format", ErrDamaged)
	}
	r := flate.NewReaderDict(bytes.NewReader(record[1:]), []byte(words))
	text, err := io.ReadAll(io.LimitReader(r, maxEvent+1))
	if err != nil || len(text) < 8 || len(text) > maxEvent {
		return e, fmt.Errorf("%w: event of %d bytes: %w", ErrDamaged, len(text), errors.Join(err, r.Close()))
	}
	length, text := binary.BigEndian.Uint64(text), text[8:]
	if length > uint64(len(text)) {
		return e, fmt.Errorf("%w: event cut off", ErrDamaged)
	}
	var head eventHead
	if err := decode(text[:length], &head); err != nil {
		return e, fmt.Errorf("%w: event: %w", ErrDamaged, err)
	}
	e.Source, e.Received, e.Payment = head.Source, head.Received, head.Payment
	if raw := text[length:]; len(raw) > 0 {
		e.Raw = raw
	}
	return e, nil
}
