package config_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/proxy/serve"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// TestTransportKeys: what the client of an endpoint is told, by the keys of a
// client block.
func TestTransportKeys(t *testing.T) {
	const ms = time.Millisecond
	for _, row := range []struct {
		keys string
		want router.TransportConfig
	}{
		{"", router.TransportConfig{}},
		{"hostConnectionPool: {}, clientSession: {}", router.TransportConfig{}},
		{"hostConnectionPool: {minSize: 1, maxSize: 1000, idleTimeMs: 10000, maxWaiters: 5000}",
			router.TransportConfig{MinIdle: 1, MaxConns: 1000, IdleTimeout: 10 * time.Second, MaxWaiters: 5000}},
		{"hostConnectionPool: {maxSize: '10'}", router.TransportConfig{MaxConns: 10}},
		{"hostConnectionPool: {maxSize: 10, maxWaiters: 0}", router.TransportConfig{MaxConns: 10, MaxWaiters: -1}},
		{"hostConnectionPool: {minSize: 9, maxSize: 3}", router.TransportConfig{MinIdle: 9, MaxConns: 3}},
		{"hostConnectionPool: {minSize: 0, maxSize: 2147483647, idleTimeMs: 2147483647, maxWaiters: 2147483647}",
			router.TransportConfig{IdleTimeout: 2147483647 * ms}},
		{"hostConnectionPool: {idleTimeMs: 0}", router.TransportConfig{MaxIdle: -1}},
		{"hostConnectionPool: {idleTimeMs: 0, minSize: 2}", router.TransportConfig{MinIdle: 2, MaxIdle: 2}},
		{"clientSession: {idleTimeMs: 1500, lifeTimeMs: 3000}", router.TransportConfig{SessionIdleTimeout: 1500 * ms, MaxLifetime: 3000 * ms}},
		{"hostConnectionPool: {idleTimeMs: 7}, clientSession: {idleTimeMs: 8}", router.TransportConfig{IdleTimeout: 7 * ms, SessionIdleTimeout: 8 * ms}},
		{"socketOptions: {noDelay: true, reuseAddr: true, reusePort: false, keepAlive: true}", router.TransportConfig{}},
		{"socketOptions: {readTimeoutMs: 8, writeTimeoutMs: 9}", router.TransportConfig{ReadTimeout: 8 * time.Millisecond, WriteTimeout: 9 * time.Millisecond}},
		{"socketOptions: {noDelay: false, keepAlive: false}", router.TransportConfig{Delay: true, NoKeepAlive: true}},
		// Of a group that is there twice the later one counts, with all of its keys.
		{"kind: io.l5d.static, configs: [" +
			"{prefix: /, hostConnectionPool: {minSize: 1, maxSize: 5}, clientSession: {idleTimeMs: 8}}, " +
			"{prefix: /$/inet/*/1, hostConnectionPool: {maxSize: 10}}, {prefix: /#/x, hostConnectionPool: {maxSize: 11}}]",
			router.TransportConfig{MaxConns: 10, SessionIdleTimeout: 8 * ms}},
	} {
		t.Run(row.keys, func(t *testing.T) {
			var got router.TransportConfig
			mesh := build(t, valid+"  dtab: /svc/web => /$/inet/127.0.0.1/1\n  client: {"+row.keys+"}\n", config.Builtin(), config.BuildOptions{
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
		})
	}
}

// TestTransportThatCannot: what a client cannot do stands where it was asked for.
func TestTransportThatCannot(t *testing.T) {
	file, err := config.Load("f", []byte(valid+`  client:
    hostConnectionPool:
      minSize: 1
      maxSize: 10
      maxWaiters: 10
    clientSession:
      idleTimeMs: 1000
      lifeTimeMs: 1000
`), config.Builtin())
	if err != nil {
		t.Fatal(err)
	}
	if mesh, err := file.Build(config.BuildOptions{}); err != nil {
		t.Error(err)
	} else if err := mesh.Close(within(t, 5*time.Second)); err != nil {
		t.Error(err)
	}
	_, err = file.Build(config.BuildOptions{NewTransport: router.HTTPTransport, CheckTransport: router.CheckHTTPTransport})
	var all config.Errors
	if !errors.As(err, &all) {
		t.Fatalf("%v", err)
	}
	var got []string
	for _, e := range all {
		got = append(got, e.Error())
	}
	want := []string{
		"f:6:5: routers[0].client.hostConnectionPool: router: HTTPTransport does not support MaxWaiters, MinIdle; H1Transport does",
		"f:10:5: routers[0].client.clientSession: router: HTTPTransport does not support MaxLifetime; H1Transport does",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestServerSession: the limits are for the server.
func TestServerSession(t *testing.T) {
	mesh := build(t, valid+"    serverSession: {idleTimeMs: 1500}\n  - {port: 4141, serverSession: {}}\n  - {port: 4142}\n"+
		"  - {port: 4143, serverSession: {headTimeMs: 1, idleTimeMs: 2147483647, bodyTimeMs: 2, responseTimeMs: 3, maxConnections: 4}}\n"+
		"  - {port: 4144, serverSession: {headTimeMs: 2147483647, maxConnections: 2147483647, lifeTimeMs: 2147483647}}\n"+
		"  - {port: 4145, serverSession: {lifeTimeMs: 5}, socketOptions: {noDelay: false, reusePort: true, keepAlive: false, backlog: 7, readTimeoutMs: 8, writeTimeoutMs: 9}}\n"+
		"  - {port: 4146, socketOptions: {noDelay: true, reuseAddr: true, reusePort: false, keepAlive: true}}\n", config.Builtin(), config.BuildOptions{})
	const ms = time.Millisecond
	want := []serve.Config{
		{IdleTimeout: 1500 * ms}, {}, {},
		{ReadHeaderTimeout: ms, IdleTimeout: -1, BodyTimeout: 2 * ms, ResponseTimeout: 3 * ms, MaxConnections: 4},
		{ReadHeaderTimeout: -1, MaxConnections: -1},
		{MaxLifetime: 5 * ms, Socket: serve.SocketOptions{Delay: true, ReusePort: true, NoKeepAlive: true, Backlog: 7, ReadTimeout: 8 * ms, WriteTimeout: 9 * ms}},
		{},
	}
	for i, s := range mesh.Servers {
		got := s.Config
		got.MaxHeadBytes = 0
		if diff := cmp.Diff(want[i], got); diff != "" {
			t.Errorf("server %d (-want +got):\n%s", i, diff)
		}
	}
}
