// Package trace tells an OpenTelemetry collector what happens to each order, from checkout to goods.
//
// An order's trace id is derived from its own id. So all that is done for it is one trace, through
// crashes and whoever does it, and nothing about traces is stored.
package trace

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Tracer sends spans. A nil Tracer sends nothing. Names and attributes are constants, ids and counts:
// never a text of a buyer, nor an error, which may hold anything.
type Tracer struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
}

// New returns a Tracer to where the standard OTEL_ variables say; nil if they ask for no traces. It
// makes no request. Its error is a config.Error.
func New(ctx context.Context, getenv func(string) string, log *slog.Logger) (*Tracer, error) {
	wanted, err := wanted(getenv)
	if err != nil || !wanted {
		return nil, err
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, err
	}
	about, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", "shopbot")), resource.WithTelemetrySDK(), resource.WithFromEnv())
	if err != nil {
		log.WarnContext(ctx, "read OTEL_RESOURCE_ATTRIBUTES failed", "error", err)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("send traces failed", "error", err) }))
	provider := sdk.NewTracerProvider(sdk.WithBatcher(exporter), sdk.WithResource(about), sdk.WithIDGenerator(ids{}))
	return &Tracer{provider, provider.Tracer("shopbot")}, nil
}

// Close sends what is left, for as long as ctx lets it.
func (t *Tracer) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}

// Attr is a fact of a span.
type Attr = attribute.KeyValue

// String is a fact in words. They must not come from outside.
func String(key, value string) Attr { return attribute.String("shopbot."+key, value) }

// Int is a fact that is a number.
func Int(key string, value int) Attr { return attribute.Int("shopbot."+key, value) }

// Order adds the first span of an order, which began at a time and ends now. The others of the order
// are below it.
func (t *Tracer) Order(ctx context.Context, order string, began time.Time, facts ...Attr) {
	if t == nil {
		return
	}
	t.root(ctx, order, began, facts...).End()
}

func (t *Tracer) root(ctx context.Context, order string, began time.Time, facts ...Attr) trace.Span {
	ctx = context.WithValue(ctx, orderKey{}, order)
	_, span := t.tracer.Start(ctx, "order", trace.WithNewRoot(), trace.WithTimestamp(began), trace.WithAttributes(String("order", order)), trace.WithAttributes(facts...))
	return span
}

// Start begins a span of an order. It is below that of ctx if that is of the same order, else below
// the order's first. end ends it; outcome is "" if all went well, else one of a few words.
func (t *Tracer) Start(ctx context.Context, order, name string, facts ...Attr) (_ context.Context, end func(outcome string)) {
	if t == nil {
		return ctx, func(string) {}
	}
	within := ctx
	if trace.SpanContextFromContext(ctx).TraceID() != traceID(order) {
		// A span that is not ended is not sent. It knows what the sampler decides for the order.
		first := t.root(ctx, order, time.Now())
		within = trace.ContextWithSpanContext(ctx, first.SpanContext())
	}
	within, span := t.tracer.Start(within, name, trace.WithAttributes(String("order", order)), trace.WithAttributes(facts...))
	return within, func(outcome string) {
		if outcome != "" {
			span.SetStatus(codes.Error, outcome)
		}
		span.End()
	}
}

// Call adds a call of a service that just ended, if ctx is within a span.
func (t *Tracer) Call(ctx context.Context, name string, took time.Duration, outcome string, good bool) {
	if t == nil || !trace.SpanContextFromContext(ctx).IsValid() {
		return
	}
	now := time.Now()
	_, span := t.tracer.Start(ctx, name, trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(now.Add(-took)), trace.WithAttributes(String("outcome", outcome)))
	if !good {
		span.SetStatus(codes.Error, outcome)
	}
	span.End(trace.WithTimestamp(now))
}

type orderKey struct{}

// ids derives the ids of an order's first span from the order, and makes random ones for others.
type ids struct{}

// NewIDs implements sdk.IDGenerator.
func (ids) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	if order, ok := ctx.Value(orderKey{}).(string); ok {
		sum := digest(order)
		return traceID(order), trace.SpanID(sum[16:24])
	}
	var id trace.TraceID
	_, _ = rand.Read(id[:]) // it never fails
	return id, randomSpan()
}

// NewSpanID implements sdk.IDGenerator.
func (ids) NewSpanID(context.Context, trace.TraceID) trace.SpanID { return randomSpan() }

func randomSpan() (id trace.SpanID) {
	_, _ = rand.Read(id[:]) // it never fails
	return id
}

func digest(order string) [sha256.Size]byte { return sha256.Sum256([]byte("shopbot order " + order)) }

func traceID(order string) trace.TraceID {
	sum := digest(order)
	return trace.TraceID(sum[:16])
}
