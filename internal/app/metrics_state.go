package app

import (
	"context"
	"os"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"shopbot/internal/backup"
	"shopbot/internal/shop"
)

// reading adds what one metric is now: its value and those of its labels.
type reading func(add func(value float64, labels ...string))

// state is a metric that is read when it is asked for.
type state struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	read reading
}

// Describe implements prometheus.Collector.
func (s state) Describe(to chan<- *prometheus.Desc) { to <- s.desc }

// Collect implements prometheus.Collector.
func (s state) Collect(to chan<- prometheus.Metric) {
	s.read(func(value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(s.desc, s.kind, value, labels...)
	})
}

func (m *metrics) state(name, kind, help string, labels []string, read reading) {
	of := prometheus.GaugeValue
	if kind == "counter" {
		of = prometheus.CounterValue
	}
	m.list = append(m.list, metric{name, kind, help, labels})
	m.registry.MustRegister(state{prometheus.NewDesc(name, help, labels, nil), of, read})
}

func (m *metrics) gauge(name, help string, of func() float64) {
	m.state(name, "gauge", help, nil, func(add func(float64, ...string)) { add(of()) })
}

// watch adds what is read of the running parts. Nothing of it grows with orders or people.
func (m *metrics) watch(p *program) {
	m.watchIntake(p)
	m.watchShop(p)
	m.watchOrders(p)
	m.watchSales(p)
	m.watchBackups(p)
}

// watchIntake adds the figures of the intake of updates.
func (m *metrics) watchIntake(p *program) {
	counter := func(name, help string, of func() int64) {
		m.state(name, "counter", help, nil, func(add func(float64, ...string)) { add(float64(of())) })
	}
	counter("shopbot_updates_handled_total", "Telegram updates that were handled.", func() int64 { return p.intake.Handled() })
	counter("shopbot_updates_dead_letters_total", "Telegram updates that could not be decoded or handled, and were kept for a person to look at.",
		func() int64 { return p.intake.DeadLetters() })
	counter("shopbot_updates_dropped_total", "Telegram updates that were dropped, since they were too many of one chat.", func() int64 { return p.intake.Dropped() })
	m.gauge("shopbot_updates_waiting", "Telegram updates in memory that wait for their turn.", func() float64 { return float64(p.intake.Waiting()) })
}

// watchShop adds the state of database, certificate, webhooks and alarms.
func (m *metrics) watchShop(p *program) {
	m.gauge("shopbot_leader", "1 if this replica leads, as the only one of a shop always does; 0 if it stands by.", func() float64 { return oneIf(p.leads) })
	m.gauge("shopbot_database_writable", "1 where the last commit worked, 0 where the disk did not take it.", func() float64 {
		return oneIf(p.db.Trouble() == nil)
	})
	m.state("shopbot_database_bytes", "gauge", "Size of the database's file.", nil, func(add func(float64, ...string)) {
		if info, err := os.Stat(p.cfg.Database.Path()); err == nil {
			add(float64(info.Size()))
		}
	})
	m.state("shopbot_alarm", "gauge", "1 while trouble of this kind lasts.", []string{"alarm"}, func(add func(float64, ...string)) {
		lasting := p.shop.Alarms()
		for _, id := range shop.AlarmIDs() {
			add(oneIf(slices.ContainsFunc(lasting, func(a shop.Alarm) bool { return a.ID == id })), string(id))
		}
	})
	m.state("shopbot_cryptopay_last_webhook_timestamp_seconds", "gauge",
		"When the latest payment webhook came, in Unix time; missing if none ever did. Up to an hour old after a restart.", nil,
		func(add func(float64, ...string)) {
			ctx, stop := scrape()
			defer stop()
			if w, err := p.shop.Webhooks(ctx); err == nil && !w.Last.IsZero() {
				add(float64(w.Last.Unix()))
			}
		})
	m.state("shopbot_certificate_expiry_timestamp_seconds", "gauge",
		"When the certificate of the public listener ends, in Unix time; 0 before the first certificate, missing with SHOPBOT_TLS=off.", nil,
		func(add func(float64, ...string)) {
			switch {
			case p.https == nil:
			case p.https.Expires().IsZero():
				add(0)
			default:
				add(float64(p.https.Expires().Unix()))
			}
		})
}

// watchOrders adds the work that waits.
func (m *metrics) watchOrders(p *program) {
	m.state("shopbot_work_overdue_seconds", "gauge",
		"How long the order that waits longest for this kind of work has been due; 0 if none is.", []string{"task"},
		func(add func(float64, ...string)) {
			ctx, stop := scrape()
			defer stop()
			for _, task := range shop.Tasks() {
				add(p.overdue(ctx, task).Seconds(), string(task))
			}
		})
	m.state("shopbot_oldest_order_seconds", "gauge",
		"Age of the oldest order that waits for its invoice (new), since it was made, or for its delivery (paid), since it was paid; 0 if none does.", []string{"state"},
		func(add func(float64, ...string)) {
			ctx, stop := scrape()
			defer stop()
			for _, state := range []shop.State{shop.StateNew, shop.StatePaid} {
				if age, known := p.oldest(ctx, state); known {
					add(age.Seconds(), string(state))
				}
			}
		})
	waiting := func(name, help string, count func(shop.Waiting) int) {
		m.state(name, "gauge", help, nil, func(add func(float64, ...string)) {
			if w, err := p.waiting(); err == nil {
				add(float64(count(w)))
			}
		})
	}
	waiting("shopbot_orders_held", "Paid orders that wait for a person, at most 1000.", func(w shop.Waiting) int { return w.Held })
	waiting("shopbot_questions_open", "Questions of buyers that wait for an answer.", func(w shop.Waiting) int { return w.Questions })
	waiting("shopbot_products_sold_out", "Products of the catalog that are sold from stock and have none left.",
		func(w shop.Waiting) int { return len(p.soldOut(w.Stock)) })
}

// watchSales adds the counters of all time.
func (m *metrics) watchSales(p *program) {
	total := func() (shop.Counters, bool) {
		ctx, stop := scrape()
		defer stop()
		list, err := p.db.Totals(ctx, []shop.Day{""})
		if err != nil {
			return shop.Counters{}, false
		}
		return list[0], true
	}
	m.state("shopbot_orders_total", "counter", "What became of orders, each counted once for each event, since the shop was opened.", []string{"event"},
		func(add func(float64, ...string)) {
			c, known := total()
			if !known {
				return
			}
			for _, e := range []struct {
				event string
				count int
			}{{"ordered", c.Ordered}, {"paid", c.Paid}, {"delivered", c.Delivered}, {"held", c.Held}, {"cancelled", c.Cancelled}} {
				add(float64(e.count), e.event)
			}
		})
	m.state("shopbot_money_total", "counter",
		"Sums since the shop was opened: revenue (prices paid, in the shop's currency), received, fees and refunded (in coins). Rounded; for accounts use the export.",
		[]string{"sum", "currency"}, func(add func(float64, ...string)) {
			c, known := total()
			if !known {
				return
			}
			for _, s := range []struct {
				name string
				of   shop.Sums
			}{{"revenue", c.Revenue}, {"received", c.Received}, {"fees", c.Fees}, {"refunded", c.Refunded}} {
				for _, amount := range s.of {
					add(amount.Float(), s.name, string(amount.Currency()))
				}
			}
		})
}

// watchBackups adds when the last scheduled backup was made, and its size.
func (m *metrics) watchBackups(p *program) {
	last := func(of func(backup.Made) float64) func() float64 {
		return func() float64 {
			if p.backups == nil {
				return 0
			}
			made, _ := p.backups.Last()
			return of(made)
		}
	}
	m.gauge("shopbot_backup_last_success_timestamp_seconds", "When the last scheduled backup was made, in seconds since 1970; 0 if none was.",
		last(func(made backup.Made) float64 { return float64(max(made.At.Unix(), 0)) }))
	m.gauge("shopbot_backup_last_size_bytes", "The size of the last scheduled backup, in bytes.",
		last(func(made backup.Made) float64 { return float64(made.Bytes) }))
}

// scrape limits what a scrape waits for the database.
func scrape() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), 5*time.Second)
}

func oneIf(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// overdue is how long the order that waits longest for a kind of work has been due; 0 if none is.
func (p *program) overdue(ctx context.Context, task shop.Task) time.Duration {
	due, some, err := p.db.NextDue(ctx, task)
	if err != nil || !some {
		return 0
	}
	return max(0, time.Since(due))
}

// oldest returns the age of the oldest order in a state, or 0 without orders.
func (p *program) oldest(ctx context.Context, state shop.State) (age time.Duration, known bool) {
	orders, err := p.db.Orders(ctx, shop.Filter{State: state, Limit: 1})
	if err != nil || len(orders) == 0 {
		return 0, err == nil
	}
	since := orders[0].Created
	if payments := orders[0].Payments; len(payments) > 0 {
		since = payments[0].At
	}
	return max(0, time.Since(since)), true
}

// mostWaiting bounds what waiting counts of a kind.
const mostWaiting = 1000

func (p *program) waiting() (shop.Waiting, error) {
	ctx, stop := scrape()
	defer stop()
	return p.shop.Waiting(ctx, mostWaiting)
}

// soldOut lists the products of the catalog that are sold from stock and have none left.
func (p *program) soldOut(stock map[string]shop.Stock) (skus []string) {
	for _, product := range p.catalog.Current().Products {
		if product.Deliver.FromStock() && stock[product.SKU].Free == 0 {
			skus = append(skus, product.SKU)
		}
	}
	return skus
}
