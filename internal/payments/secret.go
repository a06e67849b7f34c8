package payments

import "log/slog"

const hidden = "[secret]"

// Secret is a string that shows only where it is asked for by name: printed,
// logged or marshalled it is "[secret]".
type Secret string

// String is "[secret]".
func (Secret) String() string { return hidden }

// GoString is "[secret]".
func (Secret) GoString() string { return hidden }

// LogValue is "[secret]".
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText is "[secret]".
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

func (s Secret) reveal() string { return string(s) }
