package bot

import (
	"context"
	"errors"
	"strings"

	"shopbot/internal/deeplink"
	"shopbot/internal/localize"
	"shopbot/internal/shop"
)

// qrCommand is /qr: the QR code of a product, a category or a coupon; without a word that of the
// shop.
func (b *Bot) qrCommand(ctx context.Context, r *request) error {
	if r.args == "" {
		return b.sendQR(ctx, r, deeplink.Home, "")
	}
	if p, found := r.catalog.Product(r.args); found {
		return b.sendQR(ctx, r, deeplink.Product, p.SKU)
	}
	category := subject{editsCategory, strings.ToLower(r.args)}
	if _, found := category.look(r.catalog); found {
		return b.sendQR(ctx, r, deeplink.Category, category.Key)
	}
	if code, err := shop.ParseCouponCode(r.args); err == nil {
		return b.sendQR(ctx, r, deeplink.Coupon, code)
	}
	return b.qrUnknown(ctx, r, r.args)
}

// qrButton is a button for the QR code of what its link opens.
func (b *Bot) qrButton(ctx context.Context, r *request) error {
	kind, id := deeplink.Parse(r.args)
	return b.sendQR(ctx, r, kind, id)
}

// sendQR sends the QR code of a link as a picture with the link below it.
func (b *Bot) sendQR(ctx context.Context, r *request, kind deeplink.Kind, id string) error {
	opens, problem, err := b.qrOpens(ctx, r, kind, id)
	switch {
	case errors.Is(err, shop.ErrNoCoupon):
		return b.qrUnknown(ctx, r, id)
	case err != nil:
		return err
	case problem != "":
		return b.reply(ctx, r, screen{Text: problem})
	}
	link := b.link(kind, id)
	if link == "" {
		return b.say(ctx, r, "qr_no_name")
	}
	b.answer(ctx, r)
	picture, err := deeplink.PNG(link, deeplink.PrintSize)
	if err != nil {
		return err
	}
	return b.reply(ctx, r, screen{Drawn: picture, Text: r.loc.Say("qr", "Opens", opens, "Link", link)})
}

// qrOpens says what a link opens, or why it would open nothing.
func (b *Bot) qrOpens(ctx context.Context, r *request, kind deeplink.Kind, id string) (opens, problem markup, err error) {
	switch kind {
	case deeplink.Home:
		return r.loc.Say("qr_shop", "Shop", r.catalog.Shop.Name), "", nil
	case deeplink.Product:
		p, found := r.catalog.Product(id)
		switch {
		case !found:
			return "", "", errStale
		case !r.catalog.Offers(&p):
			return "", r.loc.Say("qr_hidden", "Title", p.Title), nil
		}
		return localize.Escape(r.loc.Text(p.Title)), "", nil
	case deeplink.Category:
		e, found := (subject{editsCategory, id}).look(r.catalog)
		switch {
		case !found:
			return "", "", errStale
		case e.category.Hidden:
			return "", r.loc.Say("qr_hidden", "Title", e.category.Title), nil
		}
		return localize.Escape(r.loc.Text(e.category.Title)), "", nil
	case deeplink.Coupon:
		c, err := b.shop.Coupon(ctx, id)
		switch {
		case err != nil:
			return "", "", err
		case c.Stopped, c.Codes > 0:
			return "", r.loc.Say("qr_coupon_unfit", "Code", c.Code), nil
		}
		return r.loc.Say("qr_coupon", "Code", c.Code), "", nil
	case deeplink.Order, deeplink.Invitation, deeplink.Joining, deeplink.Ownership: // for one person alone
	}
	return "", "", errStale
}

// qrUnknown says that nothing has a name, and which SKU is close.
func (b *Bot) qrUnknown(ctx context.Context, r *request, name string) error {
	meant := r.catalog.NearestSKU(name)
	if meant == "" {
		return b.say(ctx, r, "qr_unknown", "Name", clip(name, 40))
	}
	return b.say(ctx, r, "qr_unknown_near", "Name", clip(name, 40), "Meant", meant)
}
