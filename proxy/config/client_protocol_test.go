package config_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// TestClientProtocol: what a client speaks, by the keys of its block; those of HTTP/2 are of
// vector 430.
func TestClientProtocol(t *testing.T) {
	for _, row := range []struct {
		keys   string
		want   router.TransportConfig
		notice string
	}{
		{"", router.TransportConfig{}, ""},
		{"protocol: h1", router.TransportConfig{Protocol: router.HTTP1}, ""},
		{"protocol: h2", router.TransportConfig{Protocol: router.HTTP2}, ""},
		{"protocol: auto", router.TransportConfig{Protocol: router.AutoHTTP1}, ""},
		{"protocol: h2, hostConnectionPool: {maxSize: 2}", router.TransportConfig{Protocol: router.HTTP2, MaxConns: 2}, ""},
		{"headerTableBytes: 1024, initialStreamWindowBytes: 131072, maxFrameBytes: 32768, maxHeaderListBytes: 1000",
			router.TransportConfig{H2: router.H2Config{HeaderTableBytes: 1024, StreamWindowBytes: 131072, FrameBytes: 32768, HeaderListBytes: 1000}}, ""},
		{"initialStreamWindowBytes: 1024", router.TransportConfig{H2: router.H2Config{StreamWindowBytes: 65535}}, "client.initialStreamWindowBytes: is taken for 65535"},
		{"windowUpdateRatio: 0.5", router.TransportConfig{}, "client.windowUpdateRatio: has no effect"},
		{"kind: io.l5d.static, configs: [{prefix: /, protocol: h2, maxFrameBytes: 20000}, {prefix: /$/inet/*/1, protocol: h1, maxHeaderListBytes: 7}, {prefix: /#/x, protocol: auto}]",
			router.TransportConfig{Protocol: router.HTTP1, H2: router.H2Config{FrameBytes: 20000, HeaderListBytes: 7}}, ""},
	} {
		t.Run(row.keys, func(t *testing.T) {
			text := valid + "  dtab: /svc/web => /$/inet/127.0.0.1/1\n  client: {" + row.keys + "}\n"
			var got router.TransportConfig
			mesh := build(t, text, config.Builtin(), config.BuildOptions{
				NewTransport: func(_ resolve.Address, c router.TransportConfig) http.RoundTripper {
					got = c
					return named("")
				},
			})
			r, err := http.NewRequestWithContext(within(t, 10*time.Second), http.MethodGet, "http://web/", nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := mesh.Routers[0].RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			file, err := config.Load("f", []byte(text), config.Builtin())
			if err != nil {
				t.Fatal(err)
			}
			var notices []string
			for _, n := range file.Notices {
				notices = append(notices, n.String())
			}
			if all := strings.Join(notices, "\n"); !strings.Contains(all, row.notice) || row.notice == "" && all != "" {
				t.Errorf("notices: %q, want %q", all, row.notice)
			}
		})
	}
}

// TestClientProtocolErrors: what is wrong with them, and where.
func TestClientProtocolErrors(t *testing.T) {
	for _, row := range []struct{ keys, want string }{
		{"protocol: http2", `routers[0].client.protocol: must be h1, h2 or auto, not "http2"`},
		{"windowUpdateRatio: 0", "routers[0].client.windowUpdateRatio: must be above 0 and below 1"},
		{"windowUpdateRatio: 1", "routers[0].client.windowUpdateRatio: must be above 0 and below 1"},
		{"windowUpdateRatio: 2", "routers[0].client.windowUpdateRatio: "},
		{"maxFrameBytes: 8192", "routers[0].client.maxFrameBytes: must be from 16384 to 16777215, not 8192"},
		{"maxFrameBytes: 16777216", "routers[0].client.maxFrameBytes: "},
		{"headerTableBytes: 4194304", "routers[0].client.headerTableBytes: "},
		{"initialStreamWindowBytes: 4194304", "routers[0].client.initialStreamWindowBytes: "},
		{"maxHeaderListBytes: 0", "routers[0].client.maxHeaderListBytes: "},
	} {
		_, err := config.Load("f", []byte(valid+"  client: {"+row.keys+"}\n"), config.Builtin())
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %s", row.keys, err, row.want)
		}
	}
}

// TestClientProtocolThatCannot: a hop whose client cannot speak it says so where it is asked
// for.
func TestClientProtocolThatCannot(t *testing.T) {
	for keys, wrong := range map[string]bool{"protocol: h2": true, "protocol: auto": false, "protocol: h1": false} {
		file, err := config.Load("f", []byte(valid+"  client:\n    "+keys+"\n"), config.Builtin())
		if err != nil {
			t.Fatal(err)
		}
		mesh, err := file.Build(config.BuildOptions{NewTransport: router.HTTPTransport, CheckTransport: router.CheckHTTPTransport})
		if err == nil {
			if err := mesh.Close(within(t, 5*time.Second)); err != nil {
				t.Error(err)
			}
		}
		all := config.Errors{}
		if wrong != (errors.As(err, &all) && strings.Contains(err.Error(), "routers[0].client.protocol: router: HTTPTransport does not support HTTP/2; EndpointTransport does")) {
			t.Errorf("%s: %v", keys, err)
		}
	}
}
