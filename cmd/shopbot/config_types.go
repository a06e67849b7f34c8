package main

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// The types below read one variable each. Their errors say what would be right;
// the variable's name is put before them.

// duration is a span of time such as "90s" or "1h30m".
type duration time.Duration

// UnmarshalText reads a duration. A bare number, whose unit would be a guess, is refused, but for 0.
func (d *duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%s is not a span of time; write a number with its unit, such as 500ms, 90s, 30m or 96h", quote(text))
	}
	*d = duration(v)
	return nil
}

// count is a whole number, not negative, always decimal: 010 is ten.
type count int

// UnmarshalText reads a count.
func (c *count) UnmarshalText(text []byte) error {
	v, err := strconv.ParseUint(string(text), 10, 31)
	if err != nil {
		return fmt.Errorf("%s is not a whole number; write one such as 10", quote(text))
	}
	*c = count(v)
	return nil
}

// positiveFloat is a number above zero, such as a rate.
type positiveFloat float64

// UnmarshalText reads a number above zero.
func (p *positiveFloat) UnmarshalText(text []byte) error {
	v, err := strconv.ParseFloat(string(text), 64)
	if err != nil || !(v > 0) || math.IsInf(v, 0) {
		return fmt.Errorf("%s is not a number above zero; write one such as 10 or 0.5", quote(text))
	}
	*p = positiveFloat(v)
	return nil
}

// userIDs is a list of Telegram ids.
type userIDs []int64

// UnmarshalText reads ids with commas or blanks between them.
func (u *userIDs) UnmarshalText(text []byte) error {
	ids, err := list(text, func(item string) (int64, error) {
		id, err := strconv.ParseInt(item, 10, 64)
		if err != nil || id <= 0 {
			return 0, fmt.Errorf("%s is not a Telegram user id; write the number, such as 123456789 (@userinfobot tells yours)", quote(item))
		}
		return id, nil
	})
	*u = ids
	return err
}

// statuses is a list of HTTP statuses that mean trouble.
type statuses []int

// UnmarshalText reads statuses with commas or blanks between them.
func (s *statuses) UnmarshalText(text []byte) error {
	codes, err := list(text, func(item string) (int, error) {
		code, err := strconv.Atoi(item)
		if err != nil || code < 400 || code > 599 {
			return 0, fmt.Errorf("%s is not an HTTP status of an error; write numbers from 400 to 599, such as 429,502", quote(item))
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

// databaseURL says where the database is.
type databaseURL string

// UnmarshalText reads a path; an address with a password is never repeated.
func (d *databaseURL) UnmarshalText(text []byte) error {
	u, err := url.Parse(string(text))
	switch {
	case strings.HasPrefix(string(text), "postgres:"), strings.HasPrefix(string(text), "postgresql:"):
		return errors.New("PostgreSQL is not yet available; write the path of a file, such as shopbot.db")
	case err == nil && len(u.Scheme) > 1 && u.Host != "":
		return fmt.Errorf("databases of the kind %s:// are not known; write the path of a file, such as shopbot.db", u.Scheme)
	}
	*d = databaseURL(text)
	return nil
}

// path is the database's file.
func (d databaseURL) path() string { return string(d) }

// logLevel is the least of what is logged.
type logLevel slog.Level

// UnmarshalText reads one of four words, in any case.
func (l *logLevel) UnmarshalText(text []byte) error {
	switch strings.ToLower(string(text)) {
	case "debug":
		*l = logLevel(slog.LevelDebug)
	case "info":
		*l = logLevel(slog.LevelInfo)
	case "warn":
		*l = logLevel(slog.LevelWarn)
	case "error":
		*l = logLevel(slog.LevelError)
	default:
		return fmt.Errorf("%s is no level; write debug, info, warn or error", quote(text))
	}
	return nil
}

// logFormat is "text" or "json".
type logFormat string

// UnmarshalText reads one of two words, in any case.
func (f *logFormat) UnmarshalText(text []byte) error {
	v := logFormat(strings.ToLower(string(text)))
	if v != "text" && v != "json" {
		return fmt.Errorf("%s is no format; write text or json", quote(text))
	}
	*f = v
	return nil
}

// quote shows a value in a message: short, and on one line.
func quote[T string | []byte](value T) string {
	const most = 40
	if r := []rune(string(value)); len(r) > most {
		return strconv.Quote(string(r[:most]) + "…")
	}
	return strconv.Quote(string(value))
}
