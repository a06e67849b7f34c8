package bot

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"shopbot/internal/shop"
	"shopbot/internal/telegram"
)

// reading is what the pieces of a list hold.
type reading struct {
	units  shop.UnitList
	files  []string // names
	faults []markup // what cannot be taken, and why
	cut    []string // lines beside cuts of the client, left out
}

// read reads the pieces of a list, with the files that they refer to.
func (b *Bot) read(ctx context.Context, r *request, l *stockList) (reading, error) {
	var got reading
	product, _ := r.catalog.Product(l.SKU)
	for _, p := range l.Pieces {
		if p.Refused != "" {
			got.faults = append(got.faults, r.loc.Say("stock_piece_"+p.Refused, "Part", p.Text, "Name", clip(p.Name, maxShown)))
		}
	}
	severalLines := product.Separator != "" || slices.ContainsFunc(l.Pieces, func(p piece) bool {
		return slices.Contains(strings.Split(p.Text, "\n"), shop.DefaultSeparator)
	})
	var lists []shop.UnitList
	for _, s := range sources(l.Pieces, severalLines) {
		content, name := []byte(s.Text), r.loc.Plain("stock_your_text")
		if s.File.File != "" {
			name = clip(s.File.Name, maxShown)
			got.files = append(got.files, s.File.Name)
			var err error
			if content, err = b.downloads.get(ctx, b.chat.tg, s.File.File); err != nil {
				fault, known := downloadFault(err)
				if !known {
					return got, err
				}
				got.faults = append(got.faults, r.loc.Say("stock_file_fault", "Name", name, "Fault", r.loc.Say(fault)))
				continue
			}
		}
		for _, line := range s.Cut {
			got.cut = append(got.cut, clip(line, maxShown))
		}
		list, err := shop.ReadStock(product, s.File.Name, content)
		if err != nil {
			got.faults = append(got.faults, r.loc.Say("stock_file_fault", "Name", name, "Fault", withoutPrefix(err)))
			continue
		}
		if list.Len() > 0 {
			lists = append(lists, list)
		}
	}
	var err error
	got.units, err = shop.JoinUnits(lists)
	if errors.Is(err, shop.ErrBadUnits) { // together they are too many
		got.faults, err = append(got.faults, r.loc.Say("addstock_bad", "Fault", withoutPrefix(err))), nil
	}
	return got, err
}

// withoutPrefix is what an error of a list says beyond that it cannot be loaded.
func withoutPrefix(err error) string {
	return strings.TrimPrefix(err.Error(), shop.ErrBadUnits.Error()+": ")
}

func downloadFault(err error) (text string, known bool) {
	switch {
	case errors.Is(err, telegram.ErrTooBig):
		return "stock_file_too_big", true
	case errors.Is(err, telegram.ErrNoFile):
		return "file_refused", true
	case errors.Is(err, telegram.ErrLocalFile):
		return "file_local", true
	case errors.Is(err, telegram.ErrBadRequest):
		return "stock_file_gone", true
	}
	return "", false
}

// downloads keeps files that owners sent for as long as their lists are looked at, since each
// further piece of a list has all of them read again.
type downloads struct {
	mu    sync.Mutex
	files map[string][]byte // Telegram's id => content
	size  int
}

// get is a copy of a file.
func (d *downloads) get(ctx context.Context, tg *telegram.Client, id string) ([]byte, error) {
	d.mu.Lock()
	content, found := d.files[id]
	d.mu.Unlock()
	if found {
		return bytes.Clone(content), nil
	}
	content, err := tg.Download(ctx, id, shop.MaxListBytes)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.files == nil || d.size+len(content) > shop.MaxListBytes {
		d.files, d.size = map[string][]byte{}, 0
	}
	d.files[id] = content
	d.size += len(content)
	return bytes.Clone(content), nil
}

// forget drops the files of a list.
func (d *downloads) forget(l *stockList) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range l.Pieces {
		d.size -= len(d.files[p.File])
		delete(d.files, p.File)
	}
}
