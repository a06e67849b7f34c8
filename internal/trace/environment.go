package trace

import (
	"cmp"
	"net/url"
	"strings"

	"shopbot/internal/config"
)

// wanted reports whether the environment asks for traces. The exporter reads the same variables
// (opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables) and passes over what it
// does not know, so what is faulty is refused here.
func wanted(getenv func(string) string) (bool, error) {
	const endpoint, tracesEndpoint = "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
	exporter := getenv("OTEL_TRACES_EXPORTER")
	if strings.EqualFold(getenv("OTEL_SDK_DISABLED"), "true") || exporter == "none" || exporter == "" && getenv(endpoint) == "" && getenv(tracesEndpoint) == "" {
		return false, nil
	}
	if exporter != "" && exporter != "otlp" {
		return false, config.Error{Where: "OTEL_TRACES_EXPORTER", What: config.Quote(exporter) + " is not available; write otlp or none"}
	}
	for _, name := range []string{endpoint, tracesEndpoint} {
		address := getenv(name)
		u, err := url.Parse(address)
		if address != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
			return false, config.Error{Where: name, What: "want an address such as http://localhost:4318"}
		}
	}
	const protocol, tracesProtocol = "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"
	if is := cmp.Or(getenv(tracesProtocol), getenv(protocol)); is != "" && is != "http/protobuf" {
		where := protocol
		if getenv(tracesProtocol) != "" {
			where = tracesProtocol
		}
		return false, config.Error{Where: where, What: config.Quote(is) + " is not available; write http/protobuf, which collectors take at port 4318"}
	}
	return true, nil
}
