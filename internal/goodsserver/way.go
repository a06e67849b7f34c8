package goodsserver

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
)

const (
	// garbageTries is how often a server is asked again after an answer that nobody can read.
	garbageTries = 5
	// lateAfter is how long after the payment an order is held if the server has not given its goods.
	lateAfter = 72 * time.Hour
	// busyWait is after how long a request is made that had no place among those of its host, and up
	// to as much more.
	busyWait = 3 * time.Second
)

// Make asks the server of a line for its goods: see shop.Way. A server that gives them a second time
// must give the same, since a crash may repeat the request.
func (c *Client) Make(ctx context.Context, o shop.Order, line int) ([]string, error) {
	part := o.Lines[line].PartOf(catalog.FromServer)
	if part == nil {
		return nil, fmt.Errorf("line %d of order %s comes from no server", line+1, o.ID)
	}
	leave, err := c.enter("goods "+hostOf(part.Server.URL), goodsAtOnce)
	if err != nil {
		return nil, c.rule(&o, &shop.NotReadyError{Wait: busyWait + rand.N(busyWait), Err: err}) //nolint:gosec // spreads load
	}
	defer leave()
	goods, err := c.makeGoods(ctx, part.Server.URL, &o, line)
	if err != nil {
		return nil, c.rule(&o, err)
	}
	return goods, nil
}

func (c *Client) makeGoods(ctx context.Context, address string, o *shop.Order, line int) (goods []string, err error) {
	m := c.messageOf(eventDeliver, o.Buyer.ID, o, line)
	asking, cancel := context.WithTimeout(ctx, goodsTimeout)
	defer cancel()
	body, err := c.ask(asking, address, m.id(), m)
	if err != nil {
		return nil, err
	}
	a, err := parseAnswer(body, m.Quantity)
	if f, is := errors.AsType[*RequestError](err); is {
		f.Host = hostOf(address)
	}
	switch {
	case err != nil:
		return nil, err
	case !a.goods():
		return nil, &shop.NotReadyError{Wait: a.wait(), Err: errors.New("the server asks to wait")}
	}
	goods = a.Keys
	if a.Text != "" {
		goods = append(goods, shop.TextUnit(a.Text))
	}
	if a.File != nil {
		content, err := c.fetch(ctx, a.File)
		if err != nil {
			return nil, err
		}
		f := shop.NewFileUnit(a.File.Name, content)
		if err := c.cfg.Files.KeepFile(ctx, f.Blob(), content); err != nil {
			return nil, fmt.Errorf("keep the file of the server: %w", err)
		}
		goods = append(goods, f.Unit())
	}
	return goods, nil
}

// rule turns a request that brought no goods into what the shop does about it.
func (c *Client) rule(o *shop.Order, err error) error {
	held := func(why shop.HoldReason) error {
		return &shop.UndeliverableError{Reason: why, Note: clip(err.Error()), Err: err}
	}
	// The first try after an owner released the order counts none before.
	late := len(o.Payments) > 0 && time.Since(o.Payments[0].At) > lateAfter && o.Attempts(shop.TaskMake) > 0
	f, fault := errors.AsType[*RequestError](err)
	switch {
	case fault && f.kind == faultRefused:
		return held(shop.HoldServerRefused)
	case fault && f.kind == faultUnusable, fault && f.kind == faultGarbage && o.Attempts(shop.TaskMake) >= garbageTries:
		return held(shop.HoldServerAnswer)
	case late:
		return held(shop.HoldServerLate)
	case fault && f.Wait > 0:
		return &shop.RetryAfterError{Wait: f.Wait, Err: err}
	}
	return err
}

// clip cuts a text for an owner's screen.
func clip(s string) string {
	const most = 200
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

// Withdraw tells the server of a line that its goods were paid back, or that their time is over. It
// may be repeated until it returns nil: the server hears of it under the same id. An
// *shop.UndeliverableError says that the server refuses.
func (c *Client) Withdraw(ctx context.Context, user int64, o shop.Order, line int, refunded bool) error {
	part := o.Lines[line].PartOf(catalog.FromServer)
	if part == nil {
		return nil
	}
	leave, err := c.enter("events "+hostOf(part.Server.URL), eventsAtOnce)
	if err != nil {
		return &shop.RetryAfterError{Wait: busyWait + rand.N(busyWait), Err: err} //nolint:gosec // spreads load
	}
	defer leave()
	ctx, cancel := context.WithTimeout(ctx, eventTimeout)
	defer cancel()
	event := eventEnded
	if refunded {
		event = eventRefunded
	}
	m := c.messageOf(event, cmp.Or(user, o.Buyer.ID), &o, line)
	_, err = c.ask(ctx, part.Server.URL, m.id(), m)
	f, fault := errors.AsType[*RequestError](err)
	switch {
	case fault && f.kind == faultRefused:
		return &shop.UndeliverableError{Reason: shop.HoldServerRefused, Note: clip(err.Error()), Err: err}
	case fault && f.Wait > 0:
		return &shop.RetryAfterError{Wait: f.Wait, Err: err}
	}
	return err
}

// Test asks a server whether it takes the shop's requests, by an event that means nothing. Its
// errors say what is wrong, for the operator.
func (c *Client) Test(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, eventTimeout)
	defer cancel()
	m := message{Event: eventTest}
	body, err := c.ask(ctx, address, "test-"+time.Now().UTC().Format("20060102T150405.000"), m)
	if err != nil {
		return err
	}
	if text := strings.TrimSpace(string(body)); text != "" && !json.Valid(body) {
		return &RequestError{Host: hostOf(address), kind: faultGarbage, Err: errors.New("the answer is no JSON; is something else at this address?")}
	}
	return nil
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}
