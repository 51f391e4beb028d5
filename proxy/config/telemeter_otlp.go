package config

import (
	"net/url"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/meshhop/meshhop/internal/httpx"
	"github.com/meshhop/meshhop/trace/otlp"
)

const (
	otlpEndpoint = "http://localhost:4318/v1/traces"
	otlpService  = "meshhop"
)

// otlpTelemeter is io.opentelemetry.otlp, which Linkerd does not have.
func otlpTelemeter(d *Decoder) (Telemeter, error) {
	config := otlp.Config{
		Endpoint:    d.Text("endpoint", otlpEndpoint),
		Service:     d.Text("serviceName", otlpService),
		Timeout:     d.Duration("timeoutMs", 10*time.Second, time.Millisecond),
		Compression: compression(d),
	}
	u, err := url.Parse(config.Endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		// It is not quoted: it may have a password.
		d.Errorf("endpoint", "must be an http or https URL with a host, such as %s", otlpEndpoint)
		u = new(url.URL)
	}
	if u.User != nil {
		d.Errorf("endpoint", "must have no user or password: they go into headers, as Authorization")
	}
	if config.Service == "" {
		d.Errorf("serviceName", "must not be empty")
	}
	for _, h := range d.pairs("headers", true) {
		if err := httpx.CheckAdded(h.key, h.text); err != nil {
			d.Errorf("headers", "%s %v", quoted(h.key), err)
			continue
		}
		if config.Headers == nil {
			config.Headers = map[string]string{}
		}
		config.Headers[h.key] = h.text
	}
	for _, a := range d.pairs("resource", false) {
		switch a.key {
		case "", "service.name", "service.version", "telemetry.sdk.name", "telemetry.sdk.language":
			d.Errorf("resource", "must not have the attribute %s, which is set already", quoted(a.key))
		default:
			config.Resource = append(config.Resource, attribute.String(a.key, a.text))
		}
	}
	secure := readTelemeterTLS(d, u.Hostname())
	if secure != nil && u.Scheme == "http" {
		d.Errorf("endpoint", "must be an https URL for tls to have an effect")
	}
	target := u.String()
	t := Telemeter{
		Target: target,
		NewSink: func(o BuildOptions) (SpanSink, error) {
			var err error
			if config.TLS, err = o.secure(secure); err != nil {
				return nil, err
			}
			config.Version, config.FlushEvery, config.ErrorLog = o.Version, o.SpanFlushEvery, o.ErrorLog
			return otlp.New(config)
		},
	}
	readSampling(d, "sampleRate", &t)
	return t, nil
}

func compression(d *Decoder) string {
	name := d.Text("compression", "auto")
	switch name {
	case "auto", "gzip", "none":
	default:
		d.Errorf("compression", "must be auto, gzip or none, not %s", quoted(name))
	}
	return name
}
