package app

import (
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"shopbot/internal/payments"
	"shopbot/internal/telegram"
)

// metrics counts what the parts report. Its methods are quick and safe for concurrent use, as the
// parts' hooks require. Labels have few values, none of which comes from outside.
type metrics struct {
	registry *prometheus.Registry

	webhooks         *prometheus.CounterVec // by HTTP status
	webhookSeconds   prometheus.Histogram
	cryptoPayCalls   *prometheus.CounterVec // by method and outcome
	cryptoPaySeconds *prometheus.HistogramVec
	telegramCalls    *prometheus.CounterVec // by method and outcome
	telegramSeconds  *prometheus.HistogramVec
	telegramWaited   prometheus.Histogram
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		webhooks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "shopbot_cryptopay_webhooks_total", Help: "Requests to the payment webhook by the status they were answered with.",
		}, []string{"status"}),
		webhookSeconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "shopbot_cryptopay_webhook_seconds", Help: "Time from a payment webhook's arrival to its answer, in seconds.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5},
		}),
		cryptoPayCalls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "shopbot_cryptopay_calls_total", Help: "Calls of Crypto Pay, repeats counted as one, by method and outcome.",
		}, []string{"method", "outcome"}),
		cryptoPaySeconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "shopbot_cryptopay_call_seconds", Help: "Time of a call of Crypto Pay with all its repeats and waits, in seconds.",
			Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
		}, []string{"method"}),
		telegramCalls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "shopbot_telegram_calls_total", Help: "Calls of the Bot API by method and outcome.",
		}, []string{"method", "outcome"}),
		telegramSeconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "shopbot_telegram_call_seconds", Help: "Time from a request to the Bot API to its answer, in seconds.",
			Buckets: []float64{.025, .05, .1, .25, .5, 1, 2.5, 5, 10, 60},
		}, []string{"method"}),
		telegramWaited: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "shopbot_telegram_wait_seconds", Help: "Time that a call waited for its turn within Telegram's limits, in seconds.",
			Buckets: []float64{.01, .1, .5, 1, 5, 15, 60, 300},
		}),
	}
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collectors.NewBuildInfoCollector(), m.webhooks, m.webhookSeconds, m.cryptoPayCalls, m.cryptoPaySeconds,
		m.telegramCalls, m.telegramSeconds, m.telegramWaited)
	return m
}

// webhook counts an answered webhook.
func (m *metrics) webhook(r payments.WebhookRequest) {
	m.webhooks.WithLabelValues(strconv.Itoa(r.Status)).Inc()
	m.webhookSeconds.Observe(r.Duration.Seconds())
}

// cryptoPayCall counts a call of Crypto Pay.
func (m *metrics) cryptoPayCall(c payments.Call) {
	m.cryptoPayCalls.WithLabelValues(c.Method, c.Outcome()).Inc()
	m.cryptoPaySeconds.WithLabelValues(c.Method).Observe(c.Duration.Seconds())
}

// telegramCall counts a call of the Bot API.
func (m *metrics) telegramCall(c telegram.Call) {
	m.telegramCalls.WithLabelValues(c.Method, c.Outcome).Inc()
	m.telegramSeconds.WithLabelValues(c.Method).Observe(c.Took.Seconds())
	m.telegramWaited.Observe(c.Waited.Seconds())
}

// watchIntake adds the figures of the intake of updates.
func (m *metrics) watchIntake(in *telegram.Intake) {
	figure := func(name, help string, of func() int64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, func() float64 { return float64(of()) })
	}
	m.registry.MustRegister(
		figure("shopbot_updates_handled_total", "Telegram updates that were handled.", in.Handled),
		figure("shopbot_updates_dead_letters_total", "Telegram updates that could not be decoded or handled, and were kept for a person to look at.", in.DeadLetters),
		figure("shopbot_updates_dropped_total", "Telegram updates that were dropped, since they were too many of one chat.", in.Dropped),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "shopbot_updates_waiting", Help: "Telegram updates in memory that wait for their turn.",
		}, func() float64 { return float64(in.Waiting()) }),
	)
}

// watchDatabase adds whether the last commit worked.
func (m *metrics) watchDatabase(db Database) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "shopbot_database_writable", Help: "1 where the last commit worked, 0 where the disk did not take it.",
	}, func() float64 {
		if db.Trouble() != nil {
			return 0
		}
		return 1
	}))
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
