package config

import (
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/zipkin"
)

const (
	scribePort = 9410 // Zipkin's Scribe port
	zipkinPort = 9411 // its HTTP port
)

// zipkinTelemeter is io.l5d.zipkin.
func zipkinTelemeter(d *Decoder) (Telemeter, error) {
	host := d.Text("host", "localhost")
	if host == "" || strings.ContainsAny(host, "/ @?#") || strings.Contains(host, ":") && net.ParseIP(host) == nil {
		d.Errorf("host", "must be a host name or an IP address alone, not %s", quoted(host))
	}
	key := ""
	if d.Has("port") {
		key = "port"
	}
	port := int(d.Port("port", scribePort, 1))
	engine := engine(d)
	config := zipkin.Config{
		Transport:  transport(d, port, engine),
		ScribeAddr: net.JoinHostPort(host, strconv.Itoa(port)),
	}
	web := port
	if port == scribePort {
		web = zipkinPort // the HTTP port
	}
	target := net.JoinHostPort(host, strconv.Itoa(web))
	config.Endpoint = "http://" + target + "/api/v2/spans"
	secure := readTelemeterTLS(d, host)
	if secure != nil {
		if config.Transport == "scribe" {
			d.Errorf("transport", "scribe has no TLS; with tls it is http")
		}
		config.Transport, config.Endpoint = "http", "https://"+target+"/api/v2/spans"
	}
	switch {
	case config.Transport == "auto":
		d.Noticef(key, "spans go by Scribe if there is one at %s, else by HTTP to %s; set transport to scribe or http to choose", config.ScribeAddr, target)
	case config.Transport == "http" && port == scribePort:
		d.Noticef(key, "port %d is Zipkin's old Scribe port: spans go by HTTP to %s instead", scribePort, target)
	case config.Transport == "http" && port != zipkinPort && !d.Has("transport"):
		d.Noticef(key, "spans go to %s by HTTP (POST /api/v2/spans), not by Scribe", target)
	}
	t := toZipkin(config, engine, secure)
	readSampling(d, "sampleRate", &t)
	return t, nil
}

// transport reads the key transport, which Linkerd does not have: it has only Scribe.
func transport(d *Decoder, port int, engine zipkinEngine) string {
	own := engine == nil // other engines have only HTTP
	automatic := "http"
	if port == scribePort && own {
		automatic = "auto"
	}
	switch name := d.Text("transport", "auto"); name {
	case "auto":
	case "http":
		return "http"
	case "scribe":
		if own {
			return "scribe"
		}
		d.Errorf("transport", "scribe needs the engine %s", nativeEngine)
	default:
		d.Errorf("transport", "must be auto, scribe or http, not %s", quoted(name))
	}
	return automatic
}

// zipkinHTTPTelemeter is io.zipkin.http, which was a plugin of Linkerd.
func zipkinHTTPTelemeter(d *Decoder) (Telemeter, error) {
	host := d.Text("host", "localhost:9411")
	name, port, err := net.SplitHostPort(host)
	if number, e := strconv.ParseUint(port, 10, 16); err != nil || e != nil || number == 0 || name == "" || strings.ContainsAny(name, "/ @?#") {
		d.Errorf("host", "must be host:port such as localhost:9411, not %s", quoted(host))
	}
	config := zipkin.Config{
		Transport:  "http",
		Endpoint:   "http://" + host + "/api/v2/spans",
		HostHeader: d.Text("hostHeader", "zipkin"),
	}
	secure := readTelemeterTLS(d, name)
	if secure != nil {
		config.Endpoint = "https://" + host + "/api/v2/spans"
	}
	if d.Has("compressionEnabled") {
		config.Compression = "none"
		if d.Bool("compressionEnabled", true) {
			config.Compression = "gzip"
		}
	}
	if !headerText(config.HostHeader) {
		d.Errorf("hostHeader", "must be a host, not %s", quoted(config.HostHeader))
	}
	t := toZipkin(config, engine(d), secure)
	readSampling(d, "initialSampleRate", &t)
	return t, nil
}

// zipkinEngine makes an exporter to Zipkin that takes the place of zipkin.New. It is
// given the Endpoint, the HostHeader and the Compression.
type zipkinEngine = func(zipkin.Config) (trace.Exporter, error)

// nativeEngine is this module's own engine, which is always there.
const nativeEngine = "native"

// engine reads the key engine, which Linkerd does not have. It returns nil for the native
// engine.
func engine(d *Decoder) zipkinEngine {
	name := d.Text("engine", nativeEngine)
	if name == nativeEngine {
		return nil
	}
	e := d.doc.engines[name]
	if e == nil {
		names := append([]string{nativeEngine}, slices.Sorted(maps.Keys(d.doc.engines))...)
		d.Errorf("engine", "must be one of those that this program has (%s), not %s", strings.Join(names, ", "), quoted(name))
	}
	return e
}

func toZipkin(config zipkin.Config, engine zipkinEngine, secure *clientTLS) Telemeter {
	t := Telemeter{Target: config.Endpoint}
	if config.Transport != "http" {
		t.Target = config.Transport + "://" + config.ScribeAddr
	}
	if engine == nil {
		t.NewSink = func(o BuildOptions) (SpanSink, error) {
			var err error
			if config.TLS, err = o.secure(secure); err != nil {
				return nil, err
			}
			config.FlushEvery, config.ErrorLog = o.SpanFlushEvery, o.ErrorLog
			return zipkin.New(config)
		}
		return t
	}
	t.New = func(o BuildOptions) (_ trace.Exporter, err error) {
		if config.TLS, err = o.secure(secure); err != nil {
			return nil, err
		}
		return engine(config)
	}
	return t
}

// headerText reports whether text can be the value of a Host header.
func headerText(text string) bool {
	for _, c := range text {
		if c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return text != ""
}
