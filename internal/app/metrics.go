package app

import (
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"shopbot/internal/payments"
	"shopbot/internal/telegram"
)

// metrics counts what the parts report. Its methods are quick and safe for concurrent use, as the
// parts' hooks require. Labels have few values, none of which comes from outside.
type metrics struct {
	registry *prometheus.Registry
	list     []metric // for docs/metrics.md

	webhooks         *prometheus.CounterVec // by HTTP status
	refused          *prometheus.CounterVec // by path and reason
	webhookSeconds   prometheus.Observer
	cryptoPayCalls   *prometheus.CounterVec // by method and outcome
	cryptoPaySeconds *prometheus.HistogramVec
	telegramCalls    *prometheus.CounterVec // by method and outcome
	telegramSeconds  *prometheus.HistogramVec
	telegramWaited   prometheus.Observer
	backupsFailed    prometheus.Counter
}

// metric is a line of docs/metrics.md.
type metric struct {
	name, kind, help string
	labels           []string
}

func newMetrics() *metrics {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewBuildInfoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	var list []metric
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		list = append(list, metric{name, "counter", help, labels})
		return promauto.With(registry).NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	seconds := func(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		list = append(list, metric{name, "histogram", help, labels})
		return promauto.With(registry).NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
	}
	m := &metrics{
		registry: registry,
		webhooks: counter("shopbot_cryptopay_webhooks_total", "Requests to the payment webhook by the status they were answered with.", "status"),
		refused:  counter("shopbot_requests_refused_total", "Requests and connections that the public listener refused, by path and reason.", "path", "reason"),
		webhookSeconds: seconds("shopbot_cryptopay_webhook_seconds", "Time from a payment webhook's arrival to its answer, in seconds.",
			[]float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5}).WithLabelValues(),
		cryptoPayCalls: counter("shopbot_cryptopay_calls_total", "Calls of Crypto Pay, repeats counted as one, by method and outcome.", "method", "outcome"),
		cryptoPaySeconds: seconds("shopbot_cryptopay_call_seconds", "Time of a call of Crypto Pay with all its repeats and waits, in seconds.",
			[]float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}, "method"),
		telegramCalls: counter("shopbot_telegram_calls_total", "Calls of the Bot API by method and outcome.", "method", "outcome"),
		telegramSeconds: seconds("shopbot_telegram_call_seconds", "Time from a request to the Bot API to its answer, in seconds.",
			[]float64{.025, .05, .1, .25, .5, 1, 2.5, 5, 10, 60}, "method"),
		telegramWaited: seconds("shopbot_telegram_wait_seconds", "Time that a call waited for its turn within Telegram's limits, in seconds.",
			[]float64{.01, .1, .5, 1, 5, 15, 60, 300}).WithLabelValues(),
		backupsFailed: counter("shopbot_backup_failures_total", "Scheduled backups that could not be made.").WithLabelValues(),
	}
	m.list = list
	return m
}

// webhook counts an answered webhook.
func (m *metrics) webhook(r payments.WebhookRequest) {
	m.webhooks.WithLabelValues(strconv.Itoa(r.Status)).Inc()
	m.webhookSeconds.Observe(r.Duration.Seconds())
}

// refusal counts a refused request.
func (m *metrics) refusal(r refusal) { m.refused.WithLabelValues(r.path, r.reason).Inc() }

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

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
