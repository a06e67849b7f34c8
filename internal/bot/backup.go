package bot

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/go-telegram/bot/models"

	"shopbot/internal/shop"
)

// SendBackup sends a part of a backup, size bytes, to all owners as a file. It is uploaded once. One
// owner who gets all of it is enough.
func (c *Courier) SendBackup(ctx context.Context, name string, part, parts int, content io.ReadSeeker, size int64) error {
	owners := c.staff.With(shop.RoleOwner)
	if len(owners) == 0 {
		return shop.ErrNoOwners
	}
	var file models.InputFile = &models.InputFileUpload{Filename: name, Data: content}
	var failed error
	sent := false
	for _, owner := range owners {
		if _, uploads := file.(*models.InputFileUpload); uploads {
			if _, err := content.Seek(0, io.SeekStart); err != nil {
				return err
			}
		}
		l, which := c.chat.localizer(ctx, owner, ""), markup("")
		if parts > 1 {
			which = l.Say("backup_file_part", "Part", part, "Parts", parts)
		}
		m, err := c.chat.sendDocument(ctx, owner, screen{Text: l.Say("backup_file", "Name", name, "Part", which), Quiet: true}, file)
		if c.owners.isAway(ctx, c.log, owner, err); err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		sent = true
		if m.Document == nil { // an answer that the library does not know
			continue
		}
		if m.Document.FileSize != size {
			return fmt.Errorf("telegram has %d of %d bytes of %s", m.Document.FileSize, size, name)
		}
		file = &models.InputFileString{Data: m.Document.FileID}
	}
	if sent {
		return nil
	}
	return failed
}
