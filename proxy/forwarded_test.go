package proxy_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/router"
)

// lastOf returns the last line of a header in a head.
func lastOf(head, name string) string {
	all := lines(head, name)
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1]
}

// TestForwarded: the header is what Linkerd 1.7.4 writes for the same settings, with
// the host quoted if it is not a token.
func TestForwarded(t *testing.T) {
	for _, test := range []struct {
		name    string
		by, of  string
		request string // "" is GET / for web
		want    string // a pattern; HOP is the hop's address
	}{
		{"defaults", "", "", "", `by=_[0-9A-Za-z]{6};for=_[0-9A-Za-z]{6};host=web`},
		{"by ip:port, for ip", "ip:port", "ip", "", `by="HOP";for=127\.0\.0\.1;host=web`},
		{"by router, for static", "router", "_edge", "", `by=_out;for=_edge;host=web`},
		{"a label with its underscore, and what no label has", "_x", "_a b;c=\"d", "", `by=_x;for=_abcd;host=web`},
		{"absolute-form", "router", "router", "GET http://web/ HTTP/1.1\r\nHost: web\r\n", `by=_out;for=_out;host=web;proto=http`},
		{"a host with a port", "router", "router", "GET / HTTP/1.1\r\nHost: web:80\r\n", `by=_out;for=_out;host="web:80"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			var sent string
			backend := rawBackend(t, func(head string) string {
				sent = head
				return "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
			})
			h := startHop(t, backend, withRouter(func(c *router.Config) { c.Label = "out" }),
				withProxy(func(c *proxy.Config) { c.Forwarded = &proxy.Forwarded{By: test.by, For: test.of} }))
			h.names.Bind("/web:80", backend)
			request := test.request
			if request == "" {
				request = "GET / HTTP/1.1\r\nHost: web\r\n"
			}
			h.exchange(t, request+"Forwarded: for=_stranger\r\nConnection: close\r\n\r\n")
			want := "^" + strings.ReplaceAll(test.want, "HOP", regexp.QuoteMeta(h.addr)) + "$"
			if got := lastOf(sent, "Forwarded"); !regexp.MustCompile(want).MatchString(got) {
				t.Errorf("Forwarded is %q, want %s", got, want)
			}
			if all := lines(sent, "Forwarded"); len(all) != 2 || all[0] != "for=_stranger" {
				t.Errorf("all of them: %q", all)
			}
		})
	}
}

// TestForwardedLabels: a random label differs for each request, or for each connection,
// and always between the two ends.
func TestForwardedLabels(t *testing.T) {
	for _, test := range []struct {
		name string
		node string
		same bool // within a connection
	}{{"request", "requestRandom", false}, {"connection", "connectionRandom", true}} {
		t.Run(test.name, func(t *testing.T) {
			var sent []string
			h := startHop(t, rawBackend(t, func(head string) string {
				sent = append(sent, lastOf(head, "Forwarded"))
				return "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
			}), withProxy(func(c *proxy.Config) {
				c.Forwarded = &proxy.Forwarded{By: test.node, For: test.node}
			}))
			for range 2 {
				h.exchange(t, "GET / HTTP/1.1\r\nHost: web\r\n\r\nGET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n")
			}
			if len(sent) != 4 {
				t.Fatalf("%d requests were sent on", len(sent))
			}
			if (sent[0] == sent[1]) != test.same || sent[1] == sent[2] || (sent[2] == sent[3]) != test.same {
				t.Errorf("two connections with two requests each have %q", sent)
			}
			by, of, _ := strings.Cut(strings.TrimSuffix(sent[0], ";host=web"), ";")
			if strings.TrimPrefix(by, "by=") == strings.TrimPrefix(of, "for=") {
				t.Errorf("both ends are %q", by)
			}
		})
	}
}

// TestForwardedNodes: a name of an end that is none is an error.
func TestForwardedNodes(t *testing.T) {
	h := startHop(t, "127.0.0.1:1")
	for _, f := range []proxy.Forwarded{{By: "edge"}, {For: "mac"}} {
		if _, err := proxy.New(proxy.Config{Router: h.router, Forwarded: &f}); err == nil || !strings.Contains(err.Error(), "Forwarded") {
			t.Errorf("%+v: %v", f, err)
		}
	}
}

// TestForwardedAddresses: addresses of all kinds are written as RFC 7239 wants them.
func TestForwardedAddresses(t *testing.T) {
	for _, test := range []struct{ local, remote, want string }{
		{"192.0.2.1:80", "192.0.2.2:1", `by="192.0.2.1:80";for=192.0.2.2;host=web`},
		{"[2001:db8::1]:80", "[2001:db8:0:0::2]:1", `by="[2001:db8::1]:80";for="[2001:db8::2]";host=web`},
		{"[fe80::1%eth0]:80", "[::ffff:192.0.2.2]:1", `by="[fe80::1]:80";for=192.0.2.2;host=web`},
		{"0.0.0.0:80", "[::]:1", `by=unknown;for=unknown;host=web`},
		{"", "pipe", `by=unknown;for=unknown;host=web`},
	} {
		var sent string
		h := startHop(t, rawBackend(t, func(head string) string {
			sent = lastOf(head, "Forwarded")
			return "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
		}), withProxy(func(c *proxy.Config) {
			c.Forwarded = &proxy.Forwarded{By: "ip:port", For: "ip"}
		}))
		r := httptest.NewRequest("GET", "/", nil)
		r.Host, r.RemoteAddr = "web", test.remote
		if test.local != "" {
			local, err := net.ResolveTCPAddr("tcp", test.local)
			if err != nil {
				t.Fatal(err)
			}
			r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, local))
		}
		h.server.ServeHTTP(httptest.NewRecorder(), r)
		if sent != test.want {
			t.Errorf("from %s to %s: %q, want %q", test.remote, test.local, sent, test.want)
		}
	}
}

// TestTimestampHeader: a line with the time in milliseconds is added to those that
// came.
func TestTimestampHeader(t *testing.T) {
	var got []string
	addr := startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Values("X-Request-Start")
		io.Copy(io.Discard, r.Body)
	}))
	h := startHop(t, addr, withProxy(func(c *proxy.Config) { c.TimestampHeader = "x-request-START" }))
	before := time.Now().UnixMilli()
	h.get(t, header("X-Request-Start", "1"))
	after := time.Now().UnixMilli()
	if len(got) != 2 || got[0] != "1" {
		t.Fatalf("the backend got %q", got)
	}
	if ms, err := strconv.ParseInt(got[1], 10, 64); err != nil || ms < before || ms > after {
		t.Errorf("%q is not between %d and %d", got[1], before, after)
	}
	if _, err := proxy.New(proxy.Config{Router: h.router, TimestampHeader: "a b"}); err == nil {
		t.Error("a name that is none was taken")
	}
}
