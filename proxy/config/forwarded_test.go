package config_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/proxy/config"
)

// TestForwardedKeys: what a file says about Forwarded and the time of arrival
// reaches the request.
func TestForwardedKeys(t *testing.T) {
	var got http.Header
	backend := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header }))
	defer backend.Close()
	for server, want := range map[string]string{
		"{port: 0}":                         "^$",
		"{port: 0, addForwardedHeader: {}}": `^by=_\w{6};for=_\w{6};host=web$`,
		"{port: 0, addForwardedHeader: {by: {kind: router}, for: {kind: static, label: edge}}}":     `^by=_out;for=_edge;host=web$`,
		"{port: 0, addForwardedHeader: {by: {kind: ip:port}, for: {kind: ip}}}":                     `^by=unknown;for=192.0.2.1;host=web$`,
		"{port: 0, addForwardedHeader: {by: {kind: connectionRandom}, for: {kind: requestRandom}}}": `^by=_\w{6};for=_\w{6};host=web$`,
		"{port: 0, timestampHeader: X-Request-Start}":                                               `^$`,
	} {
		got = nil
		mesh := build(t, "routers: [{protocol: http, label: out, dtab: '/svc => /$/inet/"+strings.Replace(backend.Listener.Addr().String(), ":", "/", 1)+
			"', servers: ["+server+"]}]", config.Builtin(), config.BuildOptions{})
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = "web"
		mesh.Servers[0].Handler.ServeHTTP(httptest.NewRecorder(), r)
		if f := got.Get("Forwarded"); !regexp.MustCompile(want).MatchString(f) {
			t.Errorf("%s: Forwarded is %q, want %s", server, f, want)
		}
		if start := got.Get("X-Request-Start"); (start != "") != strings.Contains(server, "timestampHeader") {
			t.Errorf("%s: X-Request-Start is %q", server, start)
		}
	}
	_, err := config.Load("f", []byte("routers: [{protocol: http, servers: [{port: 0, timestampHeader: 'a b', addForwardedHeader: {by: {kind: mac}, for: {kind: static}, too: 1}}]}]"), config.Builtin())
	want := []string{
		`1:65: routers[0].servers[0].timestampHeader: must be the name of an HTTP/1.1 header, not "a b"`,
		`1:104: routers[0].servers[0].addForwardedHeader.by.kind: must be one of connectionRandom, ip, ip:port, requestRandom, router, static, not "mac"`,
		`1:115: routers[0].servers[0].addForwardedHeader.for.label: is required`,
		`1:131: routers[0].servers[0].addForwardedHeader.too: unknown key (did you mean "for"?)`,
	}
	if diff := cmp.Diff(want, lines(err)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
