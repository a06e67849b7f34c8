package trace

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/config"
)

func TestTracesAreSentOnlyWhenAskedForAndFaultsHaveTheirRemedy(t *testing.T) {
	const endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT"
	for _, c := range []struct {
		env    map[string]string
		wanted bool
		fault  string
	}{
		{nil, false, ""},
		{map[string]string{endpoint: "http://localhost:4318"}, true, ""},
		{map[string]string{"OTEL_TRACES_EXPORTER": "otlp"}, true, ""},
		{map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://collector.example/v1/traces", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, true, ""},
		{map[string]string{endpoint: "http://localhost:4318", "OTEL_SDK_DISABLED": "true"}, false, ""},
		{map[string]string{endpoint: "http://localhost:4318", "OTEL_TRACES_EXPORTER": "none"}, false, ""},
		{map[string]string{"OTEL_TRACES_EXPORTER": "zipkin"}, false, "OTEL_TRACES_EXPORTER: "},
		{map[string]string{endpoint: "localhost:4318"}, false, endpoint + ": want an address"},
		{map[string]string{endpoint: "http://localhost:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, false, "write http/protobuf"},
	} {
		is, err := wanted(func(name string) string { return c.env[name] })
		require.Equal(t, c.wanted, is, c.env)
		if c.fault == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, c.fault)
		require.ErrorAs(t, err, new(config.Error), "the exit code is that of a wrong configuration")
	}
}

func TestWithoutTheVariablesNothingIsStarted(t *testing.T) {
	tracer, err := New(t.Context(), func(string) string { return "" }, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	require.Nil(t, tracer)
	tracer.Order(t.Context(), "A", time.Now())
	ctx, end := tracer.Start(t.Context(), "A", "step")
	require.Equal(t, t.Context(), ctx)
	tracer.Call(ctx, "call", time.Second, "ok", true)
	end("")
	require.NoError(t, tracer.Close(t.Context()))
}

func TestAnOrderHasOneTraceWhateverProcessTellsOfIt(t *testing.T) {
	first, span := ids{}.NewIDs(context.WithValue(t.Context(), orderKey{}, "A"))
	again, sameSpan := ids{}.NewIDs(context.WithValue(t.Context(), orderKey{}, "A"))
	require.Equal(t, first, again)
	require.Equal(t, span, sameSpan)
	require.Equal(t, first, traceID("A"))
	require.NotEqual(t, first, traceID("B"))
	require.True(t, first.IsValid() && span.IsValid())
}
