package bot

import (
	"context"
	"errors"
	"strings"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
)

func (b *Bot) stockList(ctx context.Context, r *request) error {
	products := r.catalog.Products
	if r.args != "" {
		p, found := r.catalog.Product(r.args)
		if !found {
			return b.say(ctx, r, "stock_unknown", "SKU", clip(r.args, 40))
		}
		products = []catalog.Product{p}
	}
	stock, err := b.shop.Stock(ctx)
	if err != nil {
		return err
	}
	body := []markup{""}
	for _, p := range products {
		if !p.Deliver.FromStock() {
			body = append(body, r.loc.say("stock_unlimited", "SKU", p.SKU))
			continue
		}
		s := stock[p.SKU]
		body = append(body, r.loc.say("stock_line", "SKU", p.SKU, "Free", s.Free, "Reserved", s.Reserved, "Sold", s.Sold))
	}
	return b.reply(ctx, r, longScreens(r.loc.say("stock", "Body", ""), body, nil)...)
}

// formAddStock is the form of an owner who loads units: after /addstock SKU every text and file is
// a list of them, until any command or until it was quiet for loadingFor.
const (
	formAddStock = "addstock"
	loadingFor   = 10 * time.Minute
)

// addStock is "/addstock SKU", with the units below it, attached, or to follow.
func (b *Bot) addStock(ctx context.Context, r *request) error {
	sku, list, _ := strings.Cut(r.args, "\n")
	words := strings.Fields(sku)
	if len(words) == 0 {
		return b.say(ctx, r, "addstock_usage")
	}
	p, found := r.catalog.Product(words[0])
	switch {
	case !found:
		return b.say(ctx, r, "stock_unknown", "SKU", clip(words[0], 40))
	case !p.Deliver.FromStock():
		return b.say(ctx, r, "stock_not_keys", "SKU", p.SKU)
	}
	list = strings.Join(append(words[1:], list), "\n")
	if strings.TrimSpace(list) == "" && r.message.Document == nil {
		if err := b.keepLoading(ctx, r, p.SKU); err != nil {
			return err
		}
		return b.say(ctx, r, "addstock_ask", "SKU", p.SKU)
	}
	return b.load(ctx, r, p.SKU, list)
}

// addStockDone is "/done". Like every command it has ended the form.
func (b *Bot) addStockDone(ctx context.Context, r *request) error {
	return b.say(ctx, r, "addstock_done")
}

func (b *Bot) keepLoading(ctx context.Context, r *request, sku string) error {
	return b.chat.memory.SetForm(ctx, r.user.ID, shop.Form{
		Name: formAddStock, Given: map[string]string{"sku": sku}, Until: time.Now().Add(loadingFor),
	})
}

// takeUnits loads a message of the form.
func (b *Bot) takeUnits(ctx context.Context, r *request, f shop.Form) error {
	return b.load(ctx, r, f.Given["sku"], r.message.Text)
}

// loadLimit is how long loading the longest list may take.
const loadLimit = 10 * time.Minute

// load puts the units of the message's file, or else of a text, on sale, and goes on with the form.
func (b *Bot) load(ctx context.Context, r *request, sku, text string) error {
	if err := b.keepLoading(ctx, r, sku); err != nil {
		return err
	}
	content := []byte(text)
	if d := r.message.Document; d != nil {
		if d.FileSize > shop.MaxListBytes {
			return b.say(ctx, r, "addstock_too_big")
		}
		var err error
		if content, err = b.chat.tg.Download(ctx, d.FileID, shop.MaxListBytes); err != nil {
			return err
		}
	}
	list, err := shop.ParseUnits(content, "")
	switch {
	case errors.Is(err, shop.ErrBadUnits):
		return b.say(ctx, r, "addstock_bad", "Fault", err)
	case err != nil:
		return err
	case list.Len() == 0:
		return b.say(ctx, r, "addstock_empty")
	}
	// A long list on a slow disk may take longer than other answers, and loaded in two tries it
	// would be reported as mostly duplicates.
	loading, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadLimit)
	defer cancel()
	added, err := b.shop.AddStock(loading, sku, list, shop.LoadOptions{By: r.user.ID})
	if err != nil {
		return err
	}
	ctx = loading
	stock, err := b.shop.StockOf(ctx, sku)
	if err != nil {
		return err
	}
	duplicates := markup("")
	if added.Duplicates > 0 {
		duplicates = r.loc.say("addstock_duplicates", "Count", added.Duplicates)
	}
	said := r.loc.say("addstock_added", "Count", added.Added, "SKU", sku, "Duplicates", duplicates, "Free", stock.Free)
	return b.reply(ctx, r, screen{Text: lines(said, r.loc.say("addstock_more"))})
}
