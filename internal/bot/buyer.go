package bot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	tgbot "github.com/go-telegram/bot"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
)

func (b *Bot) commandTable() map[string]command {
	return map[string]command{
		"start":    {do: b.start},
		"catalog":  {do: b.categories},
		"buy":      {do: b.buyCommand},
		"orders":   {do: b.orders},
		"cancel":   {do: b.cancelCommand},
		"language": {do: b.language},
		"help":     {do: b.help},
		"support":  {do: b.support},

		"stats":    {do: b.stats, owner: true},
		"order":    {do: b.orderDetails, owner: true},
		"audit":    {do: b.auditOrder, owner: true},
		"pause":    {do: b.pause, owner: true},
		"resume":   {do: b.resume, owner: true},
		"balance":  {do: b.balance, owner: true},
		"held":     {do: b.held, owner: true},
		"refund":   {do: b.askRefund, owner: true},
		"stock":    {do: b.stockList, owner: true},
		"addstock": {do: b.addStock, owner: true},
		"done":     {do: b.addStockDone, owner: true},
	}
}

func (b *Bot) buttonTable() map[string]press {
	return map[string]press{
		actHome:      {do: b.home},
		actCatalog:   {do: b.categories},
		actCategory:  {do: b.category},
		actProduct:   {do: b.product},
		actBuy:       {do: b.buyButton},
		actCheck:     {do: b.checkPayment},
		actCancel:    {do: b.cancelButton},
		actOrder:     {do: b.order},
		actGoods:     {do: b.goods},
		actCollect:   {do: b.collect},
		actOrders:    {do: b.orders},
		actHelp:      {do: b.help},
		actLanguage:  {do: b.language},
		actWait:      {do: b.wait},
		actMoneyBack: {do: b.moneyBack},
		actReturn:    {do: b.returnSurplus}, // of the buyer's own orders, or an owner's of any
		actNothing:   {do: func(context.Context, *visit) error { return nil }},

		actRefund:    {do: b.refund, owner: true},
		actRefundNo:  {do: b.refundDropped, owner: true},
		actAskRefund: {do: b.askRefund, owner: true},
		actRelease:   {do: b.release, owner: true},
		actDetails:   {do: b.orderDetails, owner: true},
		actHeld:      {do: b.held, owner: true},
	}
}

func (b *Bot) start(ctx context.Context, v *visit) error {
	if sku, found := strings.CutPrefix(v.args, "p_"); found {
		return b.showProduct(ctx, v, sku, 1)
	}
	if id, found := strings.CutPrefix(v.args, "o_"); found {
		return b.showOrder(ctx, v, id)
	}
	return b.home(ctx, v)
}

func (b *Bot) home(ctx context.Context, v *visit) error {
	_, err := b.show(ctx, v, homeScreen(v.voice, v.catalog))
	return err
}

func (b *Bot) help(ctx context.Context, v *visit) error {
	_, err := b.show(ctx, v, helpScreen(v.voice, v.owner))
	return err
}

func (b *Bot) support(ctx context.Context, v *visit) error {
	_, err := b.show(ctx, v, supportScreen(v.voice, v.catalog))
	return err
}

func (b *Bot) unknownCommand(ctx context.Context, v *visit) error {
	_, err := b.show(ctx, v, screen{Text: v.voice.say("unknown_command"), Rows: mainMenu(v.voice)})
	return err
}

// plainMessage is anything but a command: keys from an owner who is loading them, or a word we do not understand.
func (b *Bot) plainMessage(ctx context.Context, v *visit) error {
	if v.owner {
		if done, err := b.takeKeys(ctx, v); done || err != nil {
			return err
		}
	}
	_, err := b.show(ctx, v, screen{Text: v.voice.say("not_understood"), Rows: mainMenu(v.voice)})
	return err
}

func (b *Bot) language(ctx context.Context, v *visit) error {
	if !slices.Contains(v.catalog.Shop.Languages, v.args) {
		_, err := b.show(ctx, v, languageScreen(v.voice, b.chat.texts, v.catalog))
		return err
	}
	if err := b.chat.memory.SetLanguage(ctx, v.user.ID, v.args); err != nil {
		return err
	}
	v.voice = b.chat.texts.voice(v.args, v.catalog.Shop)
	if err := b.setUserCommands(ctx, v); err != nil {
		b.log.WarnContext(ctx, "command menu not set", "user", v.user.ID, "error", err)
	}
	v.toast = v.voice.plain("language_set")
	return b.home(ctx, v)
}

func (b *Bot) categories(ctx context.Context, v *visit) error {
	_, err := b.show(ctx, v, categoriesScreen(v.voice, v.catalog))
	return err
}

func (b *Bot) category(ctx context.Context, v *visit) error {
	id, from, _ := strings.Cut(v.args, ":")
	page, _ := quantity(from)
	i := slices.IndexFunc(v.catalog.Categories, func(c catalog.Category) bool { return c.ID == id })
	if i < 0 {
		v.toast = v.voice.plain("stale_button")
		return b.categories(ctx, v)
	}
	stock, err := b.shop.Stock(ctx)
	if err != nil {
		return err
	}
	left := func(p catalog.Product) (int, bool) { return stock[p.SKU].Free, limited(p) }
	_, err = b.show(ctx, v, categoryScreen(v.voice, v.catalog, v.catalog.Categories[i], page, left))
	return err
}

func (b *Bot) product(ctx context.Context, v *visit) error {
	sku, count, _ := strings.Cut(v.args, ":")
	n, ok := quantity(count)
	if !ok {
		n = 1
	}
	return b.showProduct(ctx, v, sku, n)
}

func (b *Bot) showProduct(ctx context.Context, v *visit, sku string, n int) error {
	p, found := v.catalog.Product(sku)
	if !found {
		s := categoriesScreen(v.voice, v.catalog)
		s.Text = v.voice.say("product_unknown")
		_, err := b.show(ctx, v, s)
		return err
	}
	o := offer{Product: p, Quantity: n, Limited: limited(p), Approx: approximate(p, v.catalog, b.rates)}
	var err error
	if o.Limited {
		stock, err := b.shop.StockOf(ctx, p.SKU)
		if err != nil {
			return err
		}
		o.Free = stock.Free
	}
	if o.Nonce, err = newNonce(time.Now(), b.rand); err != nil {
		return err
	}
	_, err = b.show(ctx, v, productScreen(v.voice, v.catalog, o))
	return err
}

func (b *Bot) orders(ctx context.Context, v *visit) error {
	before := shop.OrderID("")
	if v.query != nil && v.args != "" {
		id, err := shop.ParseOrderID(v.args)
		if err != nil {
			return errStale
		}
		before = id
	}
	orders, err := b.shop.OrdersOf(ctx, v.user.ID, before, ordersPage+1)
	if err != nil {
		return err
	}
	_, err = b.show(ctx, v, ordersScreen(v.voice, orders, before))
	return err
}

func (b *Bot) order(ctx context.Context, v *visit) error { return b.showOrder(ctx, v, v.args) }

// showOrder draws a buyer's own order, and from then on keeps that message up to date.
func (b *Bot) showOrder(ctx context.Context, v *visit, number string) error {
	o, err := b.own(ctx, v, number)
	if err != nil {
		return err
	}
	return b.drawOrder(ctx, v, o)
}

// own reads the visitor's order; anybody else's is as unknown as none.
func (b *Bot) own(ctx context.Context, v *visit, number string) (shop.Order, error) {
	id, err := shop.ParseOrderID(number)
	if err != nil {
		return shop.Order{}, shop.ErrNotFound
	}
	return b.shop.OrderOf(ctx, v.user.ID, id)
}

// drawOrder shows an order, notes where, and draws again if it has moved on meanwhile.
func (b *Bot) drawOrder(ctx context.Context, v *visit, o shop.Order) error {
	for {
		place, err := b.show(ctx, v, orderScreen(v.voice, o, time.Now()))
		if err != nil {
			return err
		}
		v.at = place
		b.retire(ctx, o.Place, place)
		now, err := b.shop.SetPlace(ctx, o.ID, place)
		if err != nil || now.State == o.State {
			return err
		}
		o = now
	}
}

// retire takes the buttons off an order's former message: only one is kept up to date.
func (b *Bot) retire(ctx context.Context, old, now shop.Place) {
	if old == (shop.Place{}) || old.Chat == now.Chat && old.Message == now.Message {
		return
	}
	_, err := b.chat.tg.EditMessageReplyMarkup(ctx, &tgbot.EditMessageReplyMarkupParams{
		ChatID: old.Chat, MessageID: old.Message, ReplyMarkup: screen{}.keyboard(),
	})
	if err != nil {
		b.log.DebugContext(ctx, "old buttons not taken away", "user", old.Chat, "error", err)
	}
}

func (b *Bot) checkPayment(ctx context.Context, v *visit) error {
	id, err := shop.ParseOrderID(v.args)
	if err != nil {
		return errStale
	}
	o, err := b.shop.CheckPayment(ctx, v.user.ID, id)
	switch {
	case errors.Is(err, shop.ErrNotFound):
		return err
	case err != nil:
		b.log.WarnContext(ctx, "payment not checked", "order", id, "error", err)
		v.toast, v.alert = v.voice.plain("check_failed"), true
		return nil
	case o.State == shop.StateNew || o.State == shop.StateAwaiting:
		v.toast, v.alert = v.voice.plain("not_paid_yet"), true
		return nil
	}
	return b.drawOrder(ctx, v, o)
}

func (b *Bot) goods(ctx context.Context, v *visit) error {
	o, err := b.own(ctx, v, v.args)
	if err != nil {
		return err
	}
	if !o.Has() {
		v.toast, v.alert = v.voice.plain("goods_not_yet"), true
		return nil
	}
	parcels, err := pack(v.voice, o, v.catalog.ReadFile)
	if err != nil {
		return err
	}
	for _, p := range parcels {
		if err := b.chat.sendParcel(ctx, v.user.ID, p); err != nil {
			return err
		}
	}
	return nil
}

func (b *Bot) collect(ctx context.Context, v *visit) error {
	id, err := shop.ParseOrderID(v.args)
	if err != nil {
		return errStale
	}
	o, err := b.shop.Collect(ctx, v.user.ID, id)
	if err != nil {
		return err
	}
	return b.drawOrder(ctx, v, o)
}
