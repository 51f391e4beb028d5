package config_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/zipkin"
)

// TestZipkinEngine: a file names the engines that the program has, and those
// only.
func TestZipkinEngine(t *testing.T) {
	file := func(engine string) []byte {
		return []byte("routers: [{protocol: http, servers: [{port: 0}]}]\ntelemetry:\n- kind: io.zipkin.http\n  host: localhost:1\n  hostHeader: h\n  engine: " + engine + "\n")
	}
	if _, err := config.Load("f", file("native"), config.Builtin()); err != nil {
		t.Error(err)
	}
	_, err := config.Load("f", file("stock"), config.Builtin())
	if err == nil || !strings.Contains(err.Error(), "f:6:11: telemetry[0].engine: must be one of those that this program has (native), not \"stock\"") {
		t.Errorf("%v", err)
	}
	kinds := config.Builtin()
	var got zipkin.Config
	stop := errors.New("stop")
	kinds.ZipkinEngines["own"] = func(c zipkin.Config) (trace.Exporter, error) { got = c; return nil, stop }
	f, err := config.Load("f", file("own"), kinds)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Build(config.BuildOptions{}); !errors.Is(err, stop) || got.Endpoint != "http://localhost:1/api/v2/spans" || got.HostHeader != "h" {
		t.Errorf("%v, %+v", err, got)
	}
	if _, err := config.Load("f", file("stock"), kinds); err == nil || !strings.Contains(err.Error(), "(native, own)") {
		t.Errorf("%v", err)
	}
}
