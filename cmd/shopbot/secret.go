package main

import (
	"fmt"
	"io"
	"log/slog"
)

const hidden = "[secret]"

// secret is a string that shows only where it is asked for by name: printed with
// any verb, logged or marshalled it is "[secret]", and "" where it is not set.
type secret string

// String is "[secret]".
func (s secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// Format writes "[secret]" for every verb, %#v and %x included.
func (s secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue is "[secret]".
func (s secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText is "[secret]", for JSON too.
func (s secret) MarshalText() ([]byte, error) { //nolint:unparam // encoding.TextMarshaler
	return []byte(s.String()), nil
}

func (s secret) reveal() string { return string(s) }
