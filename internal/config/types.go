package config

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// The types below read one variable each. Their errors say what would be right;
// the variable's name is put before them.

// Duration is a span of time such as "90s" or "1h30m".
type Duration time.Duration

// UnmarshalText reads a duration. A bare number, whose unit would be a guess, is refused, but for
// 0.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%s is not a span of time; write a number with its unit, such as 500ms, 90s, 30m or 96h", Quote(text))
	}
	*d = Duration(v)
	return nil
}

// Count is a whole number, not negative, always decimal: 010 is ten.
type Count int

// UnmarshalText reads a count.
func (c *Count) UnmarshalText(text []byte) error {
	v, err := strconv.ParseUint(string(text), 10, 31)
	if err != nil {
		return fmt.Errorf("%s is not a whole number; write one such as 10", Quote(text))
	}
	*c = Count(v)
	return nil
}

// PositiveFloat is a number above zero, such as a rate.
type PositiveFloat float64

// UnmarshalText reads a number above zero.
func (p *PositiveFloat) UnmarshalText(text []byte) error {
	v, err := strconv.ParseFloat(string(text), 64)
	if err != nil || !(v > 0) || math.IsInf(v, 0) {
		return fmt.Errorf("%s is not a number above zero; write one such as 10 or 0.5", Quote(text))
	}
	*p = PositiveFloat(v)
	return nil
}

// Switch is true or false.
type Switch bool

// UnmarshalText reads true or false, in any case.
func (s *Switch) UnmarshalText(text []byte) error {
	word := strings.ToLower(string(text))
	if word != "true" && word != "false" {
		return fmt.Errorf("%s is neither true nor false", Quote(text))
	}
	*s = word == "true"
	return nil
}

// UserIDs is a list of Telegram ids.
type UserIDs []int64

// UnmarshalText reads ids with commas or blanks between them.
func (u *UserIDs) UnmarshalText(text []byte) error {
	ids, err := list(text, func(item string) (int64, error) {
		id, err := strconv.ParseInt(item, 10, 64)
		if err != nil || id <= 0 {
			return 0, fmt.Errorf("%s is not a Telegram user id; write the number, such as 123456789 (@userinfobot tells yours)", Quote(item))
		}
		return id, nil
	})
	*u = ids
	return err
}

// Statuses is a list of HTTP statuses that mean trouble.
type Statuses []int

// UnmarshalText reads statuses with commas or blanks between them.
func (s *Statuses) UnmarshalText(text []byte) error {
	codes, err := list(text, func(item string) (int, error) {
		code, err := strconv.Atoi(item)
		if err != nil || code < 400 || code > 599 {
			return 0, fmt.Errorf("%s is not an HTTP status of an error; write numbers from 400 to 599, such as 429,502", Quote(item))
		}
		return code, nil
	})
	*s = codes
	return err
}

// list reads what stands between commas or blanks, and joins the errors.
func list[T any](text []byte, read func(string) (T, error)) ([]T, error) {
	var values []T
	var errs []error
	for _, item := range strings.FieldsFunc(string(text), func(r rune) bool { return strings.ContainsRune(", ;\t\r\n", r) }) {
		v, err := read(item)
		values, errs = append(values, v), append(errs, err)
	}
	return values, errors.Join(errs...)
}

// TLSMode says where the certificate of the public listener comes from.
type TLSMode string

// The TLS modes.
const (
	TLSOff   TLSMode = "off"   // plain HTTP, for a proxy in front of the shop
	TLSAuto  TLSMode = "auto"  // from a certificate authority, by ACME
	TLSFiles TLSMode = "files" // from files that something else renews
)

// UnmarshalText reads one of three words, in any case.
func (m *TLSMode) UnmarshalText(text []byte) error {
	v := TLSMode(strings.ToLower(string(text)))
	if v != TLSOff && v != TLSAuto && v != TLSFiles {
		return fmt.Errorf("%s is not a way to get certificates; write off, auto or files", Quote(text))
	}
	*m = v
	return nil
}

// Networks is a list of networks.
type Networks []netip.Prefix

// UnmarshalText reads addresses and networks with commas or blanks between them.
func (n *Networks) UnmarshalText(text []byte) error {
	networks, err := list(text, func(item string) (netip.Prefix, error) {
		if network, err := netip.ParsePrefix(item); err == nil {
			return network.Masked(), nil
		}
		address, err := netip.ParseAddr(item)
		if err != nil || address.Zone() != "" {
			return netip.Prefix{}, fmt.Errorf("%s is not an IP address or a network; write such as 127.0.0.1 or 10.0.0.0/8", Quote(item))
		}
		return netip.PrefixFrom(address.Unmap(), address.Unmap().BitLen()), nil
	})
	*n = networks
	return err
}

// LogLevel is the least of what is logged.
type LogLevel slog.Level

var logLevels = map[string]slog.Level{
	"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
}

// UnmarshalText reads one of four words, in any case.
func (l *LogLevel) UnmarshalText(text []byte) error {
	level, known := logLevels[strings.ToLower(string(text))]
	if !known {
		return fmt.Errorf("%s is not a level; write debug, info, warn or error", Quote(text))
	}
	*l = LogLevel(level)
	return nil
}

// LogFormat is "text" or "json".
type LogFormat string

// UnmarshalText reads one of two words, in any case.
func (f *LogFormat) UnmarshalText(text []byte) error {
	v := LogFormat(strings.ToLower(string(text)))
	if v != "text" && v != "json" {
		return fmt.Errorf("%s is not a format; write text or json", Quote(text))
	}
	*f = v
	return nil
}

// Quote shows a value in a message: short, and on one line.
func Quote[T string | []byte](value T) string {
	const most = 40
	if r := []rune(string(value)); len(r) > most {
		return strconv.Quote(string(r[:most]) + "…")
	}
	return strconv.Quote(string(value))
}
