package preflight

import (
	"context"
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
		c.failErr(subject, err)
		return
	case c.Offline:
		c.ok(subject, "%d addresses and the secret are well-formed", len(addresses))
		return
	}
	client := goodsserver.New(c.cfg.Goods(c.Goods))
	for _, address := range addresses {
		u, err := url.Parse(address)
		if err == nil {
			err = client.Test(ctx, address)
		}
		if err != nil {
			c.fail(subject, serverFault(err), "Detail", err)
			continue
		}
		c.ok(subject, "%s takes signed requests", u.Host)
	}
}

// serverFault is the text about what an owner's server answered.
func serverFault(err error) string {
	switch goodsserver.Status(err) {
	case http.StatusUnauthorized, http.StatusForbidden:
		return "health_server_signature"
	case http.StatusNotFound:
		return "health_server_address"
	case 0:
		return "health_server_unreachable"
	}
	return "health_server_refuses"
}
