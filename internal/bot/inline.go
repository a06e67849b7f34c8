package bot

import (
	"context"
	"strconv"
	"time"

	tgbot "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"shopbot/internal/catalog"
	"shopbot/internal/deeplink"
	"shopbot/internal/localize"
)

// Inline mode: "@bot words" in any chat shows products (core.telegram.org/bots/inline).

const (
	// inlinePage is how many results one answer may have (core.telegram.org/bots/api#answerinlinequery).
	inlinePage = 50
	// inlineCache is for how many seconds Telegram keeps an answer: prices and stock change.
	inlineCache = 60
)

// answerInline shows products to somebody who writes the bot's name in another chat: those that are
// found by the words behind it, or else what sells best. It never fails: the next letter asks again.
func (b *Bot) answerInline(ctx context.Context, q *models.InlineQuery) {
	c := b.shop.Catalog()
	l := b.chat.localizer(ctx, q.From.ID, q.From.LanguageCode)
	products := b.inlineProducts(ctx, c, q.Query)
	from, err := strconv.Atoi(q.Offset)
	if err != nil || from < 0 {
		from = 0
	}
	from = min(from, len(products))
	to := min(from+inlinePage, len(products))
	params := &tgbot.AnswerInlineQueryParams{
		InlineQueryID: q.ID, Results: []models.InlineQueryResult{}, CacheTime: inlineCache,
		IsPersonal: true, // in the person's language
	}
	today := c.Shop.DateOf(time.Now())
	for _, p := range products[from:to] {
		o := offer{Product: *p, Today: today, Approx: approximate(p, today, c, b.rates)}
		params.Results = append(params.Results, b.inlineResult(l, c, o, b.isSoldOut(ctx, p)))
	}
	if len(products) == 0 {
		params.Results = append(params.Results, b.inlineShop(l, c))
	}
	if to < len(products) {
		params.NextOffset = strconv.Itoa(to)
	}
	if err := b.chat.tg.AnswerInlineQuery(ctx, params); err != nil {
		b.log.WarnContext(ctx, "answer inline query failed", "user", q.From.ID, "error", err)
	}
}

func (b *Bot) inlineProducts(ctx context.Context, c *catalog.Catalog, query string) []*catalog.Product {
	if f := b.searcher.Index().Find(query); len(f.Products) > 0 || query != "" {
		return f.Products
	}
	best, _ := b.bestSellers(ctx, c, inlinePage)
	products := make([]*catalog.Product, len(best))
	for i := range best {
		products[i] = &best[i]
	}
	return products
}

// inlineResult is a product in the list, and the message that it becomes when somebody chooses it.
func (b *Bot) inlineResult(l localizer, c *catalog.Catalog, o offer, soldOut bool) models.InlineQueryResult {
	p := o.Product
	price := pricesOf(l, &c.Shop, &p, o.Today)[0] + approxOf(l, o)
	if soldOut {
		price = l.Say("inline_soldout", "Price", price)
	}
	text := l.Text(p.Description)
	result := &models.InlineQueryResultArticle{
		ID: p.SKU, Title: l.Text(p.Title), Description: clip(localize.PlainText(price)+"\n"+text, 120),
	}
	said := sections("<b>"+localize.Escape(l.Text(p.Title))+"</b>", localize.Escape(text), "<b>"+price+"</b>")
	preview := noPreview()
	if p.Photo != "" && b.pictureURL(p.SKU) != "" {
		result.ThumbnailURL = b.pictureURL(p.SKU)
		preview = &models.LinkPreviewOptions{URL: &result.ThumbnailURL}
	}
	return complete(result, said, preview, b.inlineButton(l, c, deeplink.Product, p.SKU))
}

// inlineShop is the shop itself, for those who find no product.
func (b *Bot) inlineShop(l localizer, c *catalog.Catalog) models.InlineQueryResult {
	result := &models.InlineQueryResultArticle{
		ID: "shop", Title: l.Plain("inline_none"), Description: l.Plain("inline_none_hint", "Shop", c.Shop.Name),
	}
	said := "<b>" + localize.Escape(l.Text(c.Shop.Name)) + "</b>"
	return complete(result, said, noPreview(), b.inlineButton(l, c, deeplink.Home, ""))
}

// inlineButton opens the bot; nil until the bot's name is known.
func (b *Bot) inlineButton(l localizer, c *catalog.Catalog, kind deeplink.Kind, id string) []button {
	link := b.link(kind, id)
	if link == "" {
		return nil
	}
	return row(button{Text: clip(l.Plain("button_inline_open", "Shop", c.Shop.Name), seenLabel), URL: link})
}

// complete adds to a result the message that it becomes.
func complete(
	a *models.InlineQueryResultArticle, said markup, preview *models.LinkPreviewOptions, buttons []button,
) models.InlineQueryResult {
	a.InputMessageContent = &models.InputTextMessageContent{
		MessageText: string(said), ParseMode: models.ParseModeHTML, LinkPreviewOptions: preview,
	}
	if len(buttons) > 0 {
		a.ReplyMarkup = screen{Rows: [][]button{buttons}}.keyboard()
	}
	return a
}
