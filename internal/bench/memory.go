package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// memory measures the most memory, in MB, that it takes to put many keys on sale in an empty shop.
func (b *bench) memory(ctx context.Context, column int, program string) error {
	file := filepath.Join(b.dir, "keys.txt")
	if err := os.WriteFile(file, keyList(b.keys), 0o600); err != nil {
		return err
	}
	add := func(shop build) (peak float64, err error) {
		_, peak, err = shop.run(ctx, "stock", "add", sku, file)
		return peak, err
	}
	peak, err := add(b.newBuild(program))
	if err != nil {
		return err
	}
	b.put(fmt.Sprintf("%d keys by command, shop closed: peak memory of the command, MB", b.keys), column, peak/1e6)
	return errors.Join(
		b.peakOf(ctx, column, "the same, shop running: peak memory of the shop, MB", b.newBuild(program), func(shop build) error {
			_, err := add(shop)
			return err
		}),
		b.peakOf(ctx, column, "the same list by an owner in the chat: peak memory of the shop, MB", b.newBuild(program), func(shop build) error {
			return shop.sendList(ctx, b.keys)
		}))
}

// peakOf measures the most memory of a shop while it does something.
func (b *bench) peakOf(ctx context.Context, column int, name string, shop build, do func(build) error) error {
	return shop.serve(ctx, telegramPace, func(p process) error {
		if err := do(shop); err != nil {
			return err
		}
		peak, err := p.peak()
		b.put(name, column, peak/1e6)
		return err
	})
}

// sendList has the owner send a list of n keys as a file, and waits until they are on sale.
func (b build) sendList(ctx context.Context, n int) error {
	list := keyList(n)
	b.document.Store(list)
	c := b.open(owner)
	defer b.chats.Delete(int64(owner))
	b.command(owner, "/addstock "+sku)
	if _, err := c.await(""); err != nil {
		return err
	}
	b.say(owner, fmt.Sprintf(`"document":{"file_id":"list","file_unique_id":"list","file_name":"keys.txt","mime_type":"text/plain","file_size":%d}`, len(list)))
	for began := time.Now(); time.Since(began) < patience; time.Sleep(200 * time.Millisecond) {
		select {
		case preview := <-c:
			if add := preview.button("stock:add"); add != "" {
				b.press(owner, preview.id, add)
			}
		default:
		}
		out, _, err := b.run(ctx, "stock", "list", sku)
		if err == nil && strings.Contains(out, fmt.Sprint(n)) {
			return nil
		}
	}
	return fmt.Errorf("put %d keys on sale in the chat: %w", n, errTimeout)
}
