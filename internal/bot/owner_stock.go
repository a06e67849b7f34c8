package bot

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/go-telegram/bot/models"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
)

func (b *Bot) stockList(ctx context.Context, v *visit) error {
	products := v.catalog.Products
	if v.args != "" {
		p, found := v.catalog.Product(v.args)
		if !found {
			return b.say(ctx, v, "stock_unknown", "SKU", clip(v.args, 40))
		}
		products = []catalog.Product{p}
	}
	stock, err := b.shop.Stock(ctx)
	if err != nil {
		return err
	}
	var body []markup
	for _, p := range products {
		if !limited(p) {
			body = append(body, v.voice.say("stock_unlimited", "SKU", p.SKU))
			continue
		}
		s := stock[p.SKU]
		body = append(body, v.voice.say("stock_line", "SKU", p.SKU, "Free", s.Free, "Reserved", s.Reserved, "Sold", s.Sold))
	}
	return b.sendLong(ctx, v, v.voice.say("stock", "Body", ""), body)
}

// sendLong sends a heading and lines, in as many messages as it takes.
func (b *Bot) sendLong(ctx context.Context, v *visit, heading markup, body []markup) error {
	text := markup(strings.TrimRight(string(heading), "\n")) + "\n\n"
	for _, line := range body {
		if visible(text)+visible(line)+1 > maxText {
			if _, err := b.chat.send(ctx, v.user.ID, screen{Text: text}); err != nil {
				return err
			}
			text = ""
		}
		text += line + "\n"
	}
	_, err := b.chat.send(ctx, v.user.ID, screen{Text: text})
	return err
}

// Loading keys is a mode of one owner's chat: after /addstock SKU every text and
// file is a list of keys, until /done or until it was quiet for a while.
const loadingFor = 10 * time.Minute

func loadingNote(user int64) string { return "loading " + strconv.FormatInt(user, 10) }

func (b *Bot) setLoading(ctx context.Context, user int64, sku string) error {
	note := []byte(nil)
	if sku != "" {
		note = []byte(time.Now().Add(loadingFor).UTC().Format(time.RFC3339) + " " + sku)
	}
	return b.chat.memory.SetNote(ctx, loadingNote(user), note)
}

// loading is the product whose keys an owner is sending; "" for none.
func (b *Bot) loading(ctx context.Context, user int64) (string, error) {
	note, err := b.chat.memory.Note(ctx, loadingNote(user))
	if err != nil {
		return "", err
	}
	until, sku, _ := strings.Cut(string(note), " ")
	end, err := time.Parse(time.RFC3339, until)
	if err != nil || time.Now().After(end) {
		return "", nil //nolint:nilerr // no note, or an old one
	}
	return sku, nil
}

// addStock is "/addstock SKU", with the keys below it, attached, or to follow.
func (b *Bot) addStock(ctx context.Context, v *visit) error {
	sku, list, _ := strings.Cut(v.args, "\n")
	words := strings.Fields(sku)
	if len(words) == 0 {
		return b.say(ctx, v, "addstock_usage")
	}
	p, found := v.catalog.Product(words[0])
	switch {
	case !found:
		return b.say(ctx, v, "stock_unknown", "SKU", clip(words[0], 40))
	case !limited(p):
		return b.say(ctx, v, "stock_not_keys", "SKU", p.SKU)
	}
	if err := b.setLoading(ctx, v.user.ID, p.SKU); err != nil {
		return err
	}
	list = strings.Join(append(words[1:], list), "\n")
	if v.message.Document != nil {
		return b.loadDocument(ctx, v, p.SKU, v.message.Document)
	}
	if strings.TrimSpace(list) == "" {
		return b.say(ctx, v, "addstock_ask", "SKU", p.SKU)
	}
	return b.load(ctx, v, p.SKU, []byte(list))
}

func (b *Bot) addStockDone(ctx context.Context, v *visit) error {
	if err := b.setLoading(ctx, v.user.ID, ""); err != nil {
		return err
	}
	return b.say(ctx, v, "addstock_done")
}

// takeKeys loads a message as keys if its owner is loading; done says whether it did.
func (b *Bot) takeKeys(ctx context.Context, v *visit) (done bool, err error) {
	sku, err := b.loading(ctx, v.user.ID)
	if err != nil || sku == "" {
		return false, err
	}
	if v.message.Document != nil {
		return true, b.loadDocument(ctx, v, sku, v.message.Document)
	}
	return true, b.load(ctx, v, sku, []byte(v.message.Text))
}

func (b *Bot) loadDocument(ctx context.Context, v *visit, sku string, d *models.Document) error {
	if d.FileSize > shop.MaxListBytes {
		return b.say(ctx, v, "addstock_too_big")
	}
	list, err := b.chat.tg.Download(ctx, d.FileID, shop.MaxListBytes)
	if err != nil {
		return err
	}
	return b.load(ctx, v, sku, list)
}

func (b *Bot) load(ctx context.Context, v *visit, sku string, list []byte) error {
	keys, err := shop.ParseKeys(list)
	switch {
	case errors.Is(err, shop.ErrBadKeys):
		return b.say(ctx, v, "addstock_bad", "Fault", err)
	case err != nil:
		return err
	case len(keys) == 0:
		return b.say(ctx, v, "addstock_empty")
	}
	added, err := b.shop.AddStock(ctx, sku, keys, v.user.ID)
	if err != nil {
		return err
	}
	if err := b.setLoading(ctx, v.user.ID, sku); err != nil {
		return err
	}
	stock, err := b.shop.StockOf(ctx, sku)
	if err != nil {
		return err
	}
	duplicates := markup("")
	if added.Duplicates > 0 {
		duplicates = v.voice.say("addstock_duplicates", "Count", added.Duplicates)
	}
	text := v.voice.say("addstock_added", "Count", added.Added, "SKU", sku, "Duplicates", duplicates, "Free", stock.Free)
	_, err = b.chat.send(ctx, v.user.ID, screen{Text: lines(text, v.voice.say("addstock_more"))})
	return err
}
