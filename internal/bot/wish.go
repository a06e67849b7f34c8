package bot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
	"shopbot/internal/telegram"
	"shopbot/internal/wish"
)

// wishes is /wishes: what the person waits for.
func (b *Bot) wishes(ctx context.Context, r *request) error { return b.wishPage(ctx, r, 0) }

// wishButton are the buttons of the list: "+:sku" and "-:sku" under a product, "x:sku[:page]" and
// "l[:page]" in the list, "q:sku" under the message that a product is back.
func (b *Bot) wishButton(ctx context.Context, r *request) error {
	verb, sku, _ := strings.Cut(r.args, ":")
	switch verb {
	case "+":
		return b.addWish(ctx, r, sku)
	case "-", "q", "x":
	case "l":
		page, _ := quantity(sku)
		return b.wishPage(ctx, r, page)
	default:
		return errStale
	}
	sku, from, _ := strings.Cut(sku, ":")
	if err := b.chat.memory.RemoveWish(ctx, r.user.ID, sku); err != nil {
		return err
	}
	r.toast = r.loc.Plain("wish_removed")
	switch verb {
	case "-":
		return b.showProduct(ctx, r, sku, 1)
	case "q":
		b.answer(ctx, r)
		b.retire(ctx, r.at, shop.MessageRef{})
		return nil
	}
	page, _ := quantity(from)
	return b.wishPage(ctx, r, page)
}

// addWish puts a product on the person's list.
func (b *Bot) addWish(ctx context.Context, r *request, sku string) error {
	p, found := r.catalog.Offered(sku)
	if !found {
		return errStale
	}
	_, err := b.chat.memory.AddWish(ctx, r.user.ID, p.SKU)
	switch {
	case errors.Is(err, wish.ErrTooMany):
		r.warn("wish_too_many", "Count", wish.Max)
		return nil
	case err != nil:
		return err
	}
	r.toast = r.loc.Plain("wish_added")
	return b.showProduct(ctx, r, p.SKU, 1)
}

func (b *Bot) wishPage(ctx context.Context, r *request, page int) error {
	list, err := b.chat.memory.WishesOf(ctx, r.user.ID)
	if err != nil {
		return err
	}
	stock, err := b.shop.Stock(ctx)
	if err != nil {
		return err
	}
	left := func(p catalog.Product) (int, bool) { return stock[p.SKU].Free, p.Deliver.FromStock() }
	return b.show(ctx, r, wishesScreen(r.loc, r.catalog, list, page, left))
}

// wishesScreen lists one page of what a person waits for.
func wishesScreen(l localizer, c *catalog.Catalog, list []wish.Wish, page int, left stock) screen {
	back := row(l.button("catalog", actCatalog), l.button("home", actHome))
	if len(list) == 0 {
		return screen{Text: l.Say("wishes_none"), Rows: [][]button{back}}
	}
	s := screen{Text: l.Say("wishes")}
	shown, paging := pageOf(list, page, func(page int) string { return data(actWish, "l", itoa(page)) })
	for _, w := range shown {
		open := button{Text: w.SKU, Data: data(actProduct, w.SKU, "1")}
		p, offered := c.Offered(w.SKU)
		free, limited := left(p)
		switch {
		case !offered:
		case limited && free == 0 && w.Waits():
			open.Text = l.Plain("wish_waits", "Title", p.Title)
		case limited && free == 0:
			open.Text = l.Plain("product_line_soldout", "Title", p.Title)
		default:
			open.Text = l.Text(p.Title) // half a row has no room for the price
		}
		s.Rows = append(s.Rows, row(open, button{Text: l.Plain("button_wish_drop"), Data: pageData(page, actWish, "x", w.SKU)}))
	}
	s.Rows = append(s.Rows, paging, back)
	return s
}

// wishButtonOf is what a product's page offers about the list: to be told when it is back, or to keep
// it in mind.
func wishButtonOf(l localizer, o offer) button {
	out := o.most() == 0
	switch {
	case out && o.Wish.Waits():
		return l.button("wish_tell_not", actWish, "-", o.Product.SKU)
	case out:
		return l.button("wish_tell", actWish, "+", o.Product.SKU)
	case o.Wish.SKU != "":
		return l.button("wish_on", actWish, "-", o.Product.SKU)
	}
	return l.button("wish_off", actWish, "+", o.Product.SKU)
}

// wishFor is a person's wish for a product; the zero Wish if it is not on their list.
func (b *Bot) wishFor(ctx context.Context, user int64, sku string) (wish.Wish, error) {
	list, err := b.chat.memory.WishesOf(ctx, user)
	i := slices.IndexFunc(list, func(w wish.Wish) bool { return w.SKU == sku })
	if err != nil || i < 0 {
		return wish.Wish{}, err
	}
	return list[i], nil
}

// TellBack tells a person that a product which they wait for is back. It implements wish.Sender.
func (c *Courier) TellBack(ctx context.Context, user int64, p catalog.Product, free int) error {
	l := c.chat.localizer(ctx, user, "")
	of := &c.chat.catalog().Shop
	_, err := c.chat.send(telegram.Background(ctx), user, backScreen(l, of, p, free, of.DateOf(time.Now())))
	return toShopError(err)
}

func backScreen(l localizer, of *catalog.Shop, p catalog.Product, free int, on catalog.Date) screen {
	return screen{
		Text: l.Say("wish_back", "Title", p.Title, "Count", free, "Price", of.Prices(&p, p.UnitPrice(1, on))),
		Rows: [][]button{row(anew(l.button("wish_open", actProduct, p.SKU, "1")), l.button("wish_forget", actWish, "q", p.SKU))},
	}
}
