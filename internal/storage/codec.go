package storage

import (
	"encoding/json"
	"errors"
	"fmt"

	"shopbot/internal/shop"
)

// formatJSON is the first byte of a record that is JSON: of counters, and of orders in schema 1.
const formatJSON = 1

// encode makes a record of v.
func encode(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return append([]byte{formatJSON}, text...), nil
}

// decode reads a record into v.
func decode(record []byte, v any) error {
	if len(record) == 0 || record[0] != formatJSON {
		return errors.New("record of an unknown format")
	}
	return json.Unmarshal(record[1:], v)
}

func decodeCounters(record []byte) (c shop.Counters, err error) {
	if record == nil {
		return c, nil
	}
	if err := decode(record, &c); err != nil {
		return c, fmt.Errorf("%w: counters: %w", ErrDamaged, err)
	}
	return c, nil
}

func encodeStock(s shop.Stock) []byte {
	return join(number(int64(s.Free)), number(int64(s.Reserved)), number(int64(s.Sold)))
}

func decodeStock(record []byte) (shop.Stock, error) {
	switch len(record) {
	case 0:
		return shop.Stock{}, nil
	case 24:
		return shop.Stock{
			Free: int(toNumber(record)), Reserved: int(toNumber(record[8:])), Sold: int(toNumber(record[16:])),
		}, nil
	}
	return shop.Stock{}, fmt.Errorf("%w: stock of %d bytes", ErrDamaged, len(record))
}
