package app

import (
	"context"
	"net/url"
)

// otlp tests whether a collector takes spans by OTLP/HTTP.
func (d *doctor) otlp(ctx context.Context) {
	const what = "OTLP"
	if d.flags.otlp == "" {
		return
	}
	u, err := url.Parse(d.flags.otlp)
	if err != nil || u.Host == "" {
		d.bad(what, "give -otlp a URL, such as http://otel-collector:4318", "%q is no URL with a host", d.flags.otlp)
		return
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = "/v1/traces"
	}
	// An ExportTraceServiceRequest without spans has no bytes.
	if err := d.takesSpans(ctx, u.String(), "application/x-protobuf", ""); err != nil {
		todo := "start a collector that has OTLP over HTTP (4318, /v1/traces), or name yours with -otlp and in the telemeter io.opentelemetry.otlp"
		if u.Port() == "4317" {
			todo = "4317 is the port of OTLP over gRPC, which is not supported; HTTP has 4318"
		}
		d.bad(what, todo, "takes no spans: %v", err)
		return
	}
	d.well(what, "%s takes spans: io.opentelemetry.otlp with endpoint: %s", u.Host, u)
}
