package bot

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"

	tgbot "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"shopbot/internal/shop"
)

// removable tells which units of a list can be removed. A list that is too long has none.
func (b *Bot) removable(ctx context.Context, l *stockList, units shop.UnitList) (shop.Removable, error) {
	if units.Len() > shop.MaxRemoved {
		return shop.Removable{}, nil
	}
	return b.shop.RemovableUnits(ctx, l.SKU, slices.Collect(units.All()))
}

// removalScreen says what removing a list would do. state is a fingerprint of it.
func removalScreen(l localizer, list *stockList, heading markup, found shop.Removable, got reading) (drawn screen, state string) {
	state = shop.Fingerprint(append(slices.Clone(found.Units), itoa(found.Reserved)))[:8]
	n := len(found.Units)
	text := func(shown int) markup {
		parts := []markup{heading}
		switch {
		case got.units.Len() > shop.MaxRemoved:
			parts = append(parts, l.Say("removestock_too_many", "Most", itoa(shop.MaxRemoved)))
		case n > 0:
			parts = append(parts, l.Say("removestock_can", "Count", n))
		default:
			parts = append(parts, l.Say("removestock_none"))
		}
		if found.Reserved > 0 {
			parts = append(parts, l.Say("stock_reserved_stay", "Count", found.Reserved))
		}
		parts = append(parts, foundUnits(l, "removestock_not_there", shown, len(found.Elsewhere), found.Elsewhere, list,
			func(shop.UnitPlace) bool { return true }))
		parts = append(parts, leftOut(l, shown, got)...)
		if n > 1 {
			parts = append(parts, l.Say("preview_ends", "First", shownUnit(found.Units[0]), "Last", shownUnit(found.Units[n-1])))
		}
		return sections(parts...)
	}
	var rows [][]button
	if n > 0 {
		rows = append(rows, row(button{
			Text: l.Plain("button_stock_remove", "Units", n), Data: data(actStock, "remove", list.ID, state),
		}))
	}
	return screen{Text: fitting(text), Rows: append(rows, row(l.button("stock_cancel", actStock, "no", list.ID)))}, state
}

// removeList removes the units of a list, if the owner has seen which.
func (b *Bot) removeList(ctx context.Context, r *request, s *stockForm, l *stockList, seen string) error {
	ctx, cancel := longer(ctx)
	defer cancel()
	_, state, err := b.stockScreen(ctx, r, l)
	switch {
	case err != nil:
		return err
	case state != seen:
		return b.showStockList(ctx, r, s, l, "stock_changed")
	}
	got, err := b.read(ctx, r, l)
	if err != nil {
		return err
	}
	done, err := b.removeUnits(ctx, r, shop.StockRemoval{SKU: l.SKU, By: r.user.ID}, 1, func() (shop.Removable, error) {
		return b.removable(ctx, l, got.units)
	})
	if err != nil {
		return err
	}
	if err := b.show(ctx, r, removedScreen(r.loc, l.SKU, done)); err != nil {
		return err
	}
	b.downloads.forget(l)
	s.remove(l)
	return b.keepStockForm(ctx, r.user.ID, s)
}

// filesAtOnce is how many files of shop.MaxRemoved units one press sends at most.
const filesAtOnce = 5

// removeBatch removes the rest of a batch.
func (b *Bot) removeBatch(ctx context.Context, r *request, batch shop.Batch) error {
	b.answer(ctx, r)
	ctx, cancel := longer(ctx)
	defer cancel()
	rest := func() (shop.Removable, error) { return b.shop.RemovableOfBatch(ctx, batch.SKU, batch.ID) }
	done, err := b.removeUnits(ctx, r, shop.StockRemoval{SKU: batch.SKU, Batch: batch.ID, By: r.user.ID}, filesAtOnce, rest)
	if err != nil {
		return err
	}
	drawn := removedScreen(r.loc, batch.SKU, done)
	if done.more {
		more := r.loc.button("stock_remove_more", actStock, "removebatch", batch.SKU, itoa(batch.ID))
		drawn.Rows = slices.Insert(drawn.Rows, 0, row(more))
	}
	return b.show(ctx, r, drawn)
}

// removed is what became of units that were to be removed.
type removed struct {
	units, reserved int
	moved           bool // buyers were quicker each time
	more            bool // there may be more to remove
}

// removeUnits sends units to the owner as files and then removes them, all of a file or none. So a
// unit that is out of the stock is always in a file, and a file whose units were not removed is
// deleted. After a crash in between, the same units are sent once more.
func (b *Bot) removeUnits(ctx context.Context, r *request, removal shop.StockRemoval, files int, next func() (shop.Removable, error)) (done removed, err error) {
	const tries = 3
	for failed := 0; failed < tries; {
		found, err := next()
		if err != nil {
			return done, err
		}
		done.reserved = found.Reserved
		if len(found.Units) == 0 {
			return done, nil
		}
		if files == 0 {
			done.more = true
			return done, nil
		}
		sent, err := b.sendRemoved(ctx, r, removal.SKU, found.Units)
		if err != nil {
			return done, err
		}
		removal.Units = found.Units
		err = b.shop.RemoveUnits(ctx, removal)
		switch {
		case errors.Is(err, shop.ErrStockMoved):
			failed++
			if err := b.chat.tg.DeleteMessage(ctx, &tgbot.DeleteMessageParams{ChatID: r.user.ID, MessageID: sent}); err != nil {
				return done, err
			}
			continue
		case err != nil:
			return done, err
		}
		done.units += len(found.Units)
		files--
		_, err = b.chat.tg.EditMessageCaption(ctx, &tgbot.EditMessageCaptionParams{
			ChatID: r.user.ID, MessageID: sent, ParseMode: models.ParseModeHTML,
			Caption: string(r.loc.Say("removestock_file_done", "Count", len(found.Units), "SKU", removal.SKU)),
		})
		if err != nil {
			b.log.WarnContext(ctx, "mark removed units failed", "user", r.user.ID, "error", err)
		}
	}
	done.moved = true
	return done, nil
}

// removedText is the file of units that were taken out, which can be loaded again: as in the file of
// the command, a separator follows each unit where the catalog names one, or one has several lines.
func removedText(separator string, units []string) []byte {
	if separator == "" && slices.ContainsFunc(units, func(u string) bool { return strings.Contains(u, "\n") }) {
		separator = shop.DefaultSeparator
	}
	end := "\n"
	if separator != "" {
		end += separator + "\n"
	}
	var text strings.Builder
	for _, unit := range units {
		text.WriteString(shop.PlainUnit(unit) + end)
	}
	return []byte(text.String())
}

// sendRemoved sends units as a file, and returns the id of its message.
func (b *Bot) sendRemoved(ctx context.Context, r *request, sku string, units []string) (int, error) {
	p, _ := r.catalog.Product(sku)
	m, err := b.chat.sendDocument(ctx, r.user.ID, screen{Text: r.loc.Say("removestock_file", "Count", len(units), "SKU", sku)},
		&models.InputFileUpload{Filename: "removed-" + sku + ".txt", Data: bytes.NewReader(removedText(p.Separator, units))})
	if err != nil {
		return 0, err
	}
	return m.ID, nil
}

func removedScreen(l localizer, sku string, done removed) screen {
	var parts []markup
	if done.units > 0 {
		parts = append(parts, l.Say("removestock_done", "Count", done.units, "SKU", sku))
	}
	if done.moved {
		parts = append(parts, l.Say("removestock_moved"))
	}
	if len(parts) == 0 {
		parts = append(parts, l.Say("removestock_none"))
	}
	if done.reserved > 0 {
		parts = append(parts, l.Say("stock_reserved_stay", "Count", done.reserved))
	}
	return screen{Text: sections(parts...), Rows: [][]button{row(l.button("stock_batches", actStock, "l", sku))}}
}
