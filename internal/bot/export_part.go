package bot

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"shopbot/internal/telegram"
)

// Limits of the files of an export. Telegram takes 50 MB of a bot
// (core.telegram.org/bots/api#senddocument); parts are smaller, since they are made in memory.
const (
	plainExport = 1 << 20 // bytes; longer files are zipped
	partExport  = 8 << 20 // bytes, zipped; then another part begins
)

// exportPart is one file of an export: plain if it is short, else zipped as it is written.
type exportPart struct {
	name   string // without its ending
	ending string
	plain  bytes.Buffer
	zipped bytes.Buffer
	zip    *zip.Writer // nil while the file is plain
	file   io.Writer   // within zip
}

func newExportPart(job exportJob) *exportPart {
	p := &exportPart{name: job.Name, ending: ".csv"}
	if job.Request.Format.JSON {
		p.ending = ".jsonl"
	}
	return p
}

// Write implements io.Writer.
func (p *exportPart) Write(b []byte) (int, error) {
	if p.zip != nil {
		return p.file.Write(b)
	}
	if p.plain.Len()+len(b) <= plainExport {
		return p.plain.Write(b)
	}
	p.zip = zip.NewWriter(&p.zipped)
	var err error
	if p.file, err = p.zip.Create(p.name + p.ending); err != nil {
		return 0, err
	}
	if _, err := p.plain.WriteTo(p.file); err != nil {
		return 0, err
	}
	p.plain = bytes.Buffer{}
	return p.file.Write(b)
}

// full reports whether another part should begin.
func (p *exportPart) full() bool { return p.zipped.Len() >= partExport }

// document is the file and its name.
func (p *exportPart) document(number int) (name string, content []byte, err error) {
	name = p.name
	if number > 1 {
		name = fmt.Sprintf("%s-%d", name, number)
	}
	if p.zip == nil {
		return name + p.ending, p.plain.Bytes(), nil
	}
	err = p.zip.Close()
	return name + ".zip", p.zipped.Bytes(), err
}

// sendPart sends one file of an export. The error is errOwnerGone if the owner cannot be written to.
func (b *Bot) sendPart(ctx context.Context, l localizer, owner int64, p *exportPart, number int) error {
	name, content, err := p.document(number)
	if err != nil {
		return err
	}
	caption := markup("")
	if number > 1 || p.full() {
		caption = l.Say("export_part", "Number", number)
	}
	err = b.chat.sendFile(ctx, owner, screen{Text: caption}, name, content)
	if errors.Is(err, telegram.ErrBlocked) || errors.Is(err, telegram.ErrChatGone) {
		return errors.Join(errOwnerGone, err)
	}
	return err
}
