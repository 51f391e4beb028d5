package config_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/internal/hopspan"
	"github.com/meshhop/meshhop/proxy/config"
)

// TestServices: which rate a request gets by its name, from one telemeter and from several.
func TestServices(t *testing.T) {
	const (
		first  = "- {kind: io.l5d.zipkin, port: 9411, sampleRate: 0, services: [{prefix: /svc/pay, sampleRate: 1}, {prefix: /svc/pay/test, sampleRate: 0}]}\n"
		second = "- {kind: io.opentelemetry.otlp, sampleRate: 0, services: [{prefix: /svc/pay/test/eu, sampleRate: 1}, {prefix: /svc, sampleRate: 0}]}\n"
		third  = "- {kind: io.zipkin.http, initialSampleRate: 1, services: [{prefix: /svc, sampleRate: 0}]}\n"
		log    = "- {kind: io.l5d.tracelog, sampleRate: 1}\n"
	)
	for _, row := range []struct {
		telemetry, kept, dropped string // names
	}{
		{first, "/svc/pay /svc/pay/x", "/svc/pays /svc/pay/test /svc/pay/test/eu /svc/x /other"},
		{first + second, "/svc/pay /svc/pay/test/eu", "/svc/pay/test /svc/x /other"},
		{first + second + third, "/svc/pay /svc/pay/test/eu /other", "/svc/pay/test /svc/x"},
		{first + log, "/svc/pay", "/svc/x /other"},
		{third, "/other", "/svc /svc/x"},
	} {
		mesh := build(t, "telemetry:\n"+row.telemetry+valid, config.Builtin(), config.BuildOptions{TraceLog: io.Discard})
		for _, want := range []bool{true, false} {
			for name := range strings.FieldsSeq(map[bool]string{true: row.kept, false: row.dropped}[want]) {
				_, span := (*hopspan.Hop)(mesh.Routers[0].Hop()).StartServer(t.Context(), http.Header{}, hopspan.ServerStart{})
				hopspan.Identified(span, hopspan.Request{Dst: name})
				if got := span.SpanContext().IsSampled(); got != want {
					t.Errorf("%s of\n%s: %v, want %v", name, row.telemetry, got, want)
				}
			}
		}
	}
}

// TestMaxTraces: the limit counts if all telemeters that decide have one, and then the
// highest.
func TestMaxTraces(t *testing.T) {
	zipkin := func(keys string) string {
		return "- {kind: io.l5d.zipkin, port: 9411, sampleRate: 1" + keys + "}\n"
	}
	const none, lower = "does not count beside a telemeter that has none", "does not count beside the higher one"
	for _, row := range []struct {
		telemetry string
		kept      int // of 100
		notice    string
	}{
		{zipkin(""), 100, ""},
		{zipkin(", maxTracesPerSecond: 3"), 3, ""},
		{zipkin(", maxTracesPerSecond: 3") + zipkin(", maxTracesPerSecond: 5"), 5, lower},
		{zipkin(", maxTracesPerSecond: 3") + zipkin(""), 100, none},
		{zipkin(", maxTracesPerSecond: 3") + "- {kind: io.l5d.tracelog}\n", 3, ""},
		{zipkin(", maxTracesPerSecond: 3") + "- {kind: io.l5d.prometheus}\n", 3, ""},
	} {
		text := "telemetry:\n" + row.telemetry + valid
		mesh := build(t, text, config.Builtin(), config.BuildOptions{TraceLog: io.Discard})
		kept := 0
		for range 100 {
			_, span := (*hopspan.Hop)(mesh.Routers[0].Hop()).StartServer(t.Context(), http.Header{}, hopspan.ServerStart{})
			if span.SpanContext().IsSampled() {
				kept++
			}
		}
		if kept != row.kept || mesh.Sampling().Limited != uint64(100-row.kept) {
			t.Errorf("%d kept, %d limited, want %d kept of\n%s", kept, mesh.Sampling().Limited, row.kept, row.telemetry)
		}
		file, err := config.Load("f", []byte(text), config.Builtin())
		if err != nil {
			t.Fatal(err)
		}
		said := fmt.Sprint(file.Notices)
		if got := strings.Contains(said, "maxTracesPerSecond"); got != (row.notice != "") || !strings.Contains(said, row.notice) {
			t.Errorf("the notices are %s, want %q", said, row.notice)
		}
	}
}

// TestKeepOfTelemeters: what one telemeter keeps all get, and one without any is not asked.
func TestKeepOfTelemeters(t *testing.T) {
	const zipkin, otlp = "- {kind: io.l5d.zipkin, port: 9411, sampleRate: 0", "- {kind: io.opentelemetry.otlp, sampleRate: 0"
	for _, row := range []struct {
		telemetry                 string
		keeps                     bool
		errors, overrides, slowed bool
	}{
		{zipkin + "}\n", false, false, false, false},
		{zipkin + ", keep: {}}\n", true, false, false, false},
		{zipkin + ", keep: {errors: true}}\n", true, true, false, false},
		{otlp + ", keep: {overrides: true, bufferMs: 100, bufferBytes: 100000}}\n", true, false, true, false},
		{otlp + ", keep: {slowest: 1}}\n", true, false, false, true},
		{zipkin + ", keep: {errors: true}}\n" + otlp + ", keep: {slowest: 3, overrides: true}}\n" + zipkin + "}\n", true, true, true, true},
	} {
		mesh := build(t, "telemetry:\n"+row.telemetry+valid, config.Builtin(), config.BuildOptions{})
		hop := (*hopspan.Hop)(mesh.Routers[0].Hop())
		if hop.Keeps() != row.keeps {
			t.Errorf("keeps: %v\n%s", hop.Keeps(), row.telemetry)
		}
		ask := func(dst, dtab string, status int) bool {
			_, span := hop.StartServer(t.Context(), http.Header{}, hopspan.ServerStart{})
			if dst != "" {
				hopspan.Identified(span, hopspan.Request{Dst: dst, LocalDtab: dtab})
			}
			kept, _ := hopspan.Responding(span, status)
			return kept
		}
		// The first request of a service is its slowest.
		if got := [3]bool{ask("", "", 500), ask("/svc/x", "", 200), ask("/svc/y", "/a=>/b", 200)}; got != [3]bool{row.errors, row.slowed, row.overrides || row.slowed} {
			t.Errorf("%v for an error, a slow request and an override\n%s", got, row.telemetry)
		}
	}
}

// TestKeepLimitOfTelemeters: the highest limit counts, and without the key there is one.
func TestKeepLimitOfTelemeters(t *testing.T) {
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }))
	t.Cleanup(collector.Close)
	host, port, _ := strings.Cut(collector.Listener.Addr().String(), ":")
	zipkin := "- {kind: io.l5d.zipkin, host: " + host + ", port: " + port + ", sampleRate: 0, keep: {errors: true"
	for telemetry, want := range map[string]uint64{
		zipkin + "}}\n":                        100,
		zipkin + ", maxTracesPerSecond: 3}}\n": 3,
		zipkin + ", maxTracesPerSecond: 3}}\n" + zipkin + ", maxTracesPerSecond: 5}}\n": 5,
		zipkin + ", maxTracesPerSecond: 3}}\n" + zipkin + "}}\n":                        100,
	} {
		mesh := build(t, "telemetry:\n"+telemetry+valid, config.Builtin(), config.BuildOptions{})
		hop := (*hopspan.Hop)(mesh.Routers[0].Hop())
		const failed = 150 // within less than a second
		for range failed {
			_, span := hop.StartServer(t.Context(), http.Header{}, hopspan.ServerStart{})
			hopspan.Responding(span, 500)
			hopspan.EndServer(span, 500)
		}
		if s := mesh.Sampling().Keep; s.Errors < want || s.Errors+s.Limited != failed || s.Errors > 2*want {
			t.Errorf("%d kept, %d limited, want %d kept\n%s", s.Errors, s.Limited, want, telemetry)
		}
	}
}

func TestSamplingKeysThatAreWrong(t *testing.T) {
	for _, row := range []struct{ keys, path, want string }{
		{"services: [{prefix: /svc/a}]", "telemetry[0].services[0].sampleRate", "is required"},
		{"services: [{sampleRate: 1}]", "telemetry[0].services[0].prefix", "is required"},
		{"services: [{prefix: svc, sampleRate: 1}]", "telemetry[0].services[0].prefix", ""},
		{"services: [{prefix: /, sampleRate: 1}]", "telemetry[0].services[0].prefix", "at least one segment"},
		{"services: [{prefix: /svc/a, sampleRate: 2}]", "telemetry[0].services[0].sampleRate", "from 0 to 1"},
		{"services: [{prefix: /svc/a, sampleRate: 1}, {prefix: /svc/a, sampleRate: 0}]", "telemetry[0].services[1].prefix", "occurs twice"},
		{"services: [{prefix: /svc/a, sampleRate: 1, rate: 0}]", "telemetry[0].services[0].rate", "unknown key"},
		{"services: {prefix: /svc/a}", "telemetry[0].services", "must be a list"},
		{"maxTracesPerSecond: 0", "telemetry[0].maxTracesPerSecond", "from 1 to 100000"},
		{"keep: true", "telemetry[0].keep", "must be a group of keys"},
		{"keep: {error: true}", "telemetry[0].keep.error", "unknown key"},
		{"keep: {slowest: 101}", "telemetry[0].keep.slowest", "from 0 to 100"},
		{"keep: {maxTracesPerSecond: 0}", "telemetry[0].keep.maxTracesPerSecond", "from 1 to 100000"},
		{"keep: {bufferMs: 0}", "telemetry[0].keep.bufferMs", "from 1"},
		{"keep: {bufferBytes: 1000}", "telemetry[0].keep.bufferBytes", "from 65536"},
	} {
		_, err := config.Load("f", []byte("telemetry:\n- {kind: io.l5d.zipkin, port: 9411, "+row.keys+"}\n"+valid), config.Builtin())
		wrong := config.Errors(nil)
		if !errors.As(err, &wrong) || len(wrong) != 1 || wrong[0].Path != row.path || !strings.Contains(wrong[0].Reason, row.want) {
			t.Errorf("%s: %v, want %s %s", row.keys, err, row.path, row.want)
		}
	}
}
