package config

import (
	"net"
	"strconv"
	"strings"

	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/zipkin"
)

const (
	scribePort = 9410 // Zipkin's first way in, Thrift in Scribe
	zipkinPort = 9411 // its HTTP port
)

// zipkinTelemeter is io.l5d.zipkin.
func zipkinTelemeter(d *Decoder) (Telemeter, error) {
	host := d.Text("host", "localhost")
	if host == "" || strings.ContainsAny(host, "/ @?#") || strings.Contains(host, ":") && net.ParseIP(host) == nil {
		d.Errorf("host", "must be a host name or an IP address alone, not %s", quoted(host))
	}
	named := d.Has("port")
	port := int(d.Port("port", scribePort, 1))
	rate := sampleRate(d, "sampleRate", defaultSampleRate)
	key := ""
	if named {
		key = "port"
	}
	target := net.JoinHostPort(host, strconv.Itoa(zipkinPort))
	switch port {
	case zipkinPort:
	case scribePort:
		d.Noticef(key, "port %d is Zipkin's old Scribe port: spans go by HTTP to %s instead", scribePort, target)
	default:
		target = net.JoinHostPort(host, strconv.Itoa(port))
		d.Noticef(key, "spans go to %s by HTTP (POST /api/v2/spans), not by Scribe", target)
	}
	return toZipkin(zipkin.SinkConfig{Endpoint: "http://" + target + "/api/v2/spans"}, engine(d), rate), nil
}

// zipkinHTTPTelemeter is io.zipkin.http, which was a plugin of Linkerd.
func zipkinHTTPTelemeter(d *Decoder) (Telemeter, error) {
	host := d.Text("host", "localhost:9411")
	name, port, err := net.SplitHostPort(host)
	if number, e := strconv.ParseUint(port, 10, 16); err != nil || e != nil || number == 0 || name == "" || strings.ContainsAny(name, "/ @?#") {
		d.Errorf("host", "must be host:port such as localhost:9411, not %s", quoted(host))
	}
	config := zipkin.SinkConfig{
		Endpoint:   "http://" + host + "/api/v2/spans",
		HostHeader: d.Text("hostHeader", "zipkin"),
	}
	if d.Has("compressionEnabled") {
		config.Compression = zipkin.Uncompressed
		if d.Bool("compressionEnabled", true) {
			config.Compression = zipkin.Compressed
		}
	}
	if !headerText(config.HostHeader) {
		d.Errorf("hostHeader", "must be a host, not %s", quoted(config.HostHeader))
	}
	return toZipkin(config, engine(d), sampleRate(d, "initialSampleRate", defaultSampleRate)), nil
}

// engine reads which engine encodes the spans, a key of ours that Linkerd does
// not have.
func engine(d *Decoder) zipkin.Engine {
	switch name := d.Text("engine", "native"); name {
	case "native":
	case "stock":
		return zipkin.Stock
	default:
		d.Errorf("engine", "must be native or stock, not %s", quoted(name))
	}
	return zipkin.Native
}

func toZipkin(config zipkin.SinkConfig, engine zipkin.Engine, rate float64) Telemeter {
	t := Telemeter{Target: config.Endpoint, SampleRate: rate}
	if engine == zipkin.Native {
		t.NewSink = func(o BuildOptions) (SpanSink, error) {
			config.FlushEvery, config.ErrorLog = o.SpanFlushEvery, o.ErrorLog
			return zipkin.NewSink(config)
		}
		return t
	}
	t.New = func(BuildOptions) (trace.Exporter, error) {
		return zipkin.New(zipkin.Config{
			Endpoint:    config.Endpoint,
			HostHeader:  config.HostHeader,
			Compression: config.Compression,
			Engine:      engine,
		})
	}
	return t
}

// headerText says whether text can be the value of a Host header.
func headerText(text string) bool {
	for _, c := range text {
		if c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return text != ""
}
