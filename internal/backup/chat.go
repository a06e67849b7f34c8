package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// Sender sends one part of a copy to the owners' chat as a file of size bytes, and makes sure that
// all of it is there. parts is 1 for a copy that is not divided.
type Sender func(ctx context.Context, name string, part, parts int, content io.ReadSeeker, size int64) error

// Limits of the chat. Telegram takes files of 50 MB from a bot
// (core.telegram.org/bots/api#senddocument); smaller ones arrive over slow lines too.
const (
	partSize = 20 << 20
	maxParts = 20
)

// chat is the owners' chat. What is there stays: a bot cannot see what it sent.
type chat struct{ send Sender }

func (chat) String() string { return Chat }

func (c chat) put(ctx context.Context, name string, f copied) error {
	return c.putParts(ctx, name, f, partSize)
}

func (c chat) putParts(ctx context.Context, name string, f copied, most int64) error {
	parts := int((f.size + most - 1) / most)
	if parts > maxParts {
		return fmt.Errorf("the copy has %d MB, which is too much for a chat: set SHOPBOT_BACKUP_TO to a directory or a bucket", f.size>>20)
	}
	for i := range parts {
		from := int64(i) * most
		size := min(most, f.size-from)
		as := name
		if parts > 1 {
			as = partName(name, i+1)
		}
		if err := c.send(ctx, as, i+1, parts, io.NewSectionReader(f.file, from, size), size); err != nil {
			return fmt.Errorf("send %s: %w", as, err)
		}
	}
	return nil
}

// partName is the name of a part of a copy, from 1. Parts in a row are the copy.
func partName(name string, part int) string { return fmt.Sprintf("%s.%03d", name, part) }

func (chat) list(context.Context) ([]string, error) { return nil, nil }

func (chat) remove(context.Context, string) error { return nil }

func (chat) open(context.Context, string) (io.ReadCloser, error) {
	return nil, errors.New("a bot cannot read its own chat: save the file there, and name it")
}
