package shop

import (
	"context"
	"encoding/json"
	"fmt"
)

// Notes keeps small values under names.
type Notes interface {
	// Note returns the value under a name, or nil.
	Note(ctx context.Context, name string) ([]byte, error)
	// SetNote keeps a value under a name; nil forgets it.
	SetNote(ctx context.Context, name string, value []byte) error
}

// KeepNote keeps v under a name, as JSON.
func KeepNote(ctx context.Context, notes Notes, name string, v any) error {
	value, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("keep note %q: %w", name, err)
	}
	return notes.SetNote(ctx, name, value)
}

// ReadNote reads into v what KeepNote keeps under a name. If there is no such note, found is false and
// v is unchanged.
func ReadNote(ctx context.Context, notes Notes, name string, v any) (found bool, err error) {
	value, err := notes.Note(ctx, name)
	if err == nil && value != nil {
		err = json.Unmarshal(value, v)
	}
	if err != nil {
		return false, fmt.Errorf("read note %q: %w", name, err)
	}
	return value != nil, nil
}
