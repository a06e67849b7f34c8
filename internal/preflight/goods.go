package preflight

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"shopbot/internal/catalog"
	"shopbot/internal/goodsserver"
)

// checkGoodsServers examines the servers that products come from. Unless the check is offline, each
// is asked with an event that means nothing, so a wrong secret or address shows before a sale.
func (c *check) checkGoodsServers(ctx context.Context) {
	if c.catalog == nil {
		return
	}
	var addresses []string
	for _, p := range c.catalog.Products {
		if p.Delivers(catalog.FromServer) && !slices.Contains(addresses, p.Server.URL) {
			addresses = append(addresses, p.Server.URL)
		}
	}
	const subject = "goods server"
	switch err := c.cfg.CheckGoods(c.catalog); {
	case len(addresses) == 0:
		return
	case err != nil:
		c.fail(subject, err)
		return
	case c.Offline:
		c.ok(subject, "%d addresses and the secret are well-formed", len(addresses))
		return
	}
	client := goodsserver.New(c.cfg.Goods(c.Transport))
	for _, address := range addresses {
		u, err := url.Parse(address)
		if err == nil {
			err = client.Test(ctx, address)
		}
		if err != nil {
			c.fail(subject, serverHint(err))
			continue
		}
		c.ok(subject, "%s takes signed requests", u.Host)
	}
}

// serverHint adds what an operator can do.
func serverHint(err error) error {
	switch goodsserver.Status(err) {
	case http.StatusUnauthorized, http.StatusForbidden:
		return withHint(err, "it does not accept the signature: give it the secret of SHOPBOT_GOODS_SECRET, and see that its clock is right")
	case http.StatusNotFound:
		return withHint(err, "look at server: url: in the catalog")
	case 0:
		return withHint(err, "see that the server runs and can be reached from here")
	}
	return withHint(err, fmt.Sprintf("the server has to answer event: test with a success; its log says more (%s)", "docs/server.md"))
}
