package app

import (
	"context"
	"net"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"shopbot/internal/shop"
	"shopbot/internal/status"
)

const (
	statusDays = 30 // of sales
	statusHeld = 20 // held orders that are listed
)

// status is how the shop is now. What cannot be read is left out, and the reasons say so.
func (p *program) status(ctx context.Context) status.Status {
	current := p.catalog.Current()
	s := status.Status{
		At: time.Now(), Shop: current.Shop.Name.In("en"), Bot: p.botName(), Version: buildVersion(), Started: p.started,
		Network: string(p.cfg.CryptoPayNetwork), Updates: "polling", Currency: string(current.Shop.Currency), Log: p.recent.latest(),
	}
	s.Role, s.Leader = p.role(ctx)
	if p.cfg.PublicURL != "" {
		s.Updates = "webhook"
	}
	if err := p.ready(ctx); err != nil {
		s.Reasons = strings.Split(err.Error(), "\n")
	}
	failed := func(what string, err error) {
		if err != nil {
			s.Reasons = append(s.Reasons, what+": "+err.Error())
		}
	}
	alarms := p.shop.Alarms()
	if !p.leads {
		told, err := p.shop.ToldAlarms(ctx)
		failed("alarms", err)
		for _, a := range told {
			if !slices.ContainsFunc(alarms, func(own shop.Alarm) bool { return own.ID == a.ID }) {
				alarms = append(alarms, a)
			}
		}
	}
	for _, a := range alarms {
		s.Alarms = append(s.Alarms, status.Alarm{ID: string(a.ID), Cause: string(a.Cause), Detail: a.Detail, Items: a.Items, Since: a.Since})
	}
	s.Sleep = p.sleep(ctx)
	webhooks, err := p.shop.Webhooks(ctx)
	failed("last webhook", err)
	s.Webhook = status.Webhook(webhooks)
	if p.https != nil {
		s.Certificate = &status.Certificate{Host: p.cfg.PublicHost(), Expires: p.https.Expires()}
	}
	if info, err := os.Stat(p.cfg.Database.Path()); err == nil {
		s.DatabaseBytes = info.Size()
	}
	s.Paused, err = p.shop.Paused(ctx)
	failed("pause", err)
	failed("orders", p.waitingStatus(ctx, &s))
	s.Days, err = p.salesByDay(ctx, s.At)
	failed("sales", err)
	s.Ready = len(s.Reasons) == 0
	return s
}

// waitingStatus adds what waits for the shop, and for people.
func (p *program) waitingStatus(ctx context.Context, s *status.Status) error {
	for _, q := range []struct {
		task shop.Task
		name string
	}{
		{shop.TaskInvoice, "invoices"},
		{shop.TaskDeliver, "deliveries"},
		{shop.TaskRefund, "refunds"},
		{shop.TaskNotify, "messages about orders"},
		{shop.TaskExpire, "ends of reservations"},
		{shop.TaskClose, "invoices to close"},
	} {
		s.Queues = append(s.Queues, status.Queue{Name: q.name, Seconds: p.overdue(ctx, q.task).Seconds()})
	}
	age, _ := p.oldest(ctx, shop.StatePaid)
	s.Queues = append(s.Queues,
		status.Queue{Name: "oldest paid order", Seconds: age.Seconds()},
		status.Queue{Name: "updates of chats", Waiting: new(p.intake.Waiting())},
		status.Queue{Name: "failed updates of chats", Waiting: new(int(p.intake.DeadLetters()))},
	)
	waiting, err := p.shop.Waiting(ctx, mostWaiting)
	if err != nil {
		return err
	}
	s.HeldCount, s.Questions, s.SoldOut = waiting.Held, waiting.Questions, p.soldOut(waiting.Stock)
	held, err := p.db.Orders(ctx, shop.Filter{State: shop.StateHeld, Limit: statusHeld})
	for _, o := range held {
		line := status.Held{Order: string(o.ID), Reason: string(o.Hold), Total: o.Total.Fixed(2) + " " + string(o.Total.Currency())}
		if len(o.Payments) > 0 {
			line.Paid = o.Payments[0].At
		}
		s.Held = append(s.Held, line)
	}
	return err
}

// salesByDay is what was sold on each of the latest days.
func (p *program) salesByDay(ctx context.Context, now time.Time) (sales []status.Day, err error) {
	zone, currency := p.catalog.Current().Shop.Zone(), p.catalog.Current().Shop.Currency
	days := make([]shop.Day, statusDays)
	for i := range days {
		days[i] = shop.DayBefore(now, zone, statusDays-1-i)
	}
	totals, err := p.db.Totals(ctx, days)
	for i, c := range totals {
		revenue := c.Revenue.Of(currency)
		sales = append(sales, status.Day{Day: string(days[i]), Orders: c.Paid, Revenue: revenue.Fixed(2), Height: revenue.Float()})
	}
	return sales, err
}

// buildVersion is the version of this program.
func buildVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

// pageAddress is where a browser on this machine reaches the private listener.
func pageAddress(at net.Addr) string {
	host, port, err := net.SplitHostPort(at.String())
	if err != nil {
		return at.String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// pageCookie is the name of the page's cookie. Browsers send cookies to every port of a host, where
// another shop may listen.
func pageCookie(at net.Addr) string {
	_, port, _ := net.SplitHostPort(at.String())
	return "shopbot_" + port
}
