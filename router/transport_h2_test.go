package router_test

import (
	"crypto/tls"
	"errors"
	"io"
	stdlog "log"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/certtest"
	"github.com/meshhop/meshhop/internal/h2peer"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// speaksH2 makes the clients of a router speak HTTP/2.
func speaksH2(c *router.Config) {
	c.NewTransport = nil
	c.Transport.Protocol = router.HTTP2
}

// posting is a request that nobody sends twice without a reason.
func posting(t *testing.T) *http.Request {
	t.Helper()
	r := request(t, "web")
	r.Method, r.Body, r.ContentLength = "POST", io.NopCloser(strings.NewReader("body")), 4
	return r
}

// TestUnprocessedIsRequeued: what an endpoint says that it has not processed is sent again,
// whatever its method, up to MaxRetries; net/http sends nothing again by itself.
func TestUnprocessedIsRequeued(t *testing.T) {
	for _, row := range []struct {
		name     string
		refuse   func(p *h2peer.Peer, id uint32)
		times    int // so often it does so
		want     string
		requeues uint64
	}{
		{"REFUSED_STREAM", func(p *h2peer.Peer, id uint32) { p.Frame(h2peer.Reset, 0, id, h2peer.Number(7)) }, 2, "ok", 2},
		{"GOAWAY", func(p *h2peer.Peer, id uint32) { p.Frame(h2peer.GoAway, 0, 0, h2peer.Number(0, 0)) }, 1, "ok", 1},
		{"for ever", func(p *h2peer.Peer, id uint32) { p.Frame(h2peer.Reset, 0, id, h2peer.Number(7)) }, 100, "REFUSED_STREAM", 3},
		{"CANCEL", func(p *h2peer.Peer, id uint32) { p.Frame(h2peer.Reset, 0, id, h2peer.Number(8)) }, 1, "CANCEL", 0},
		{"a broken connection", func(p *h2peer.Peer, id uint32) { p.Close() }, 1, "h2: read response, ", 0}, // an EOF, or a reset if more had come
	} {
		t.Run(row.name, func(t *testing.T) {
			var got atomic.Int64
			addr := h2peer.Listen(t, func(p *h2peer.Peer, _ int) {
				p.Greet()
				for id, _, err := p.Await(h2peer.Headers); err == nil; id, _, err = p.Await(h2peer.Headers) {
					if got.Add(1) <= int64(row.times) {
						row.refuse(p, id)
					} else {
						p.Say(id, "ok")
					}
				}
			})
			f := start(t, speaksH2, policy(router.ServicePolicy{MaxRetries: 3}), func(c *router.Config) {
				c.Clients = func(resolve.Path) router.ClientPolicy {
					return router.ClientPolicy{RequeueBudget: plenty(t)}
				}
			})
			f.names.Bind("/web", addr)
			body, err := f.ask(posting(t))
			if err != nil {
				body = err.Error()
			}
			s := f.ClientStats()[0]
			if !strings.Contains(body, row.want) || s.Requeues.Total != row.requeues || uint64(got.Load()) != row.requeues+1 {
				t.Errorf("%q after %d requeues; the endpoint had %d requests", body, s.Requeues.Total, got.Load())
			}
			if failed := (*router.Error)(nil); errors.As(err, &failed) && failed.Unsent != (row.requeues > 0) {
				t.Errorf("unsent: %t", failed.Unsent)
			}
		})
	}
}

// TestBrokenUnderASafeRequest: a connection that breaks is no reason not to answer one.
func TestBrokenUnderASafeRequest(t *testing.T) {
	addr := h2peer.Listen(t, func(p *h2peer.Peer, n int) {
		p.Greet()
		for id, _, err := p.Await(h2peer.Headers); err == nil; id, _, err = p.Await(h2peer.Headers) {
			if n == 0 && id > 1 {
				return
			}
			p.Say(id, "ok")
		}
	})
	f := start(t, speaksH2)
	f.names.Bind("/web", addr)
	f.mustAsk(t, request(t, "web"))
	if got := f.mustAsk(t, request(t, "web")); got != "ok" || f.ClientStats()[0].Requeues.Total != 1 {
		t.Errorf("%q, %+v", got, f.ClientStats()[0].Requeues)
	}
}

// TestUpgradeNeedsHTTP1: an upgrade cannot pass, and is not the endpoint's fault.
func TestUpgradeNeedsHTTP1(t *testing.T) {
	f := start(t, speaksH2)
	f.names.Bind("/web", "127.0.0.1:1")
	r := request(t, "web")
	r.Header["Connection"], r.Header["Upgrade"] = []string{"Upgrade"}, []string{"websocket"}
	if e := f.failure(t, r); e.Kind != router.RequestFailed || !strings.Contains(e.Error(), "is not possible over HTTP/2") {
		t.Errorf("%v", e)
	}
}

// TestProtocolOfPolicy: the protocol of a client is its own or that of all, whatever else
// its policy says, and H1Transport refuses another one.
func TestProtocolOfPolicy(t *testing.T) {
	for _, row := range []struct{ all, own, want router.TransportConfig }{
		{router.TransportConfig{Protocol: router.HTTP2}, router.TransportConfig{}, router.TransportConfig{Protocol: router.HTTP2}},
		{router.TransportConfig{Protocol: router.HTTP2}, router.TransportConfig{MaxConns: 1}, router.TransportConfig{Protocol: router.HTTP2, MaxConns: 1}},
		{router.TransportConfig{Protocol: router.HTTP2, MaxConns: 2}, router.TransportConfig{Protocol: router.HTTP1}, router.TransportConfig{Protocol: router.HTTP1, MaxConns: 2}},
		{router.TransportConfig{MaxConns: 2}, router.TransportConfig{H2: router.H2Config{FrameBytes: 1 << 15}}, router.TransportConfig{MaxConns: 2, H2: router.H2Config{FrameBytes: 1 << 15}}},
	} {
		var got router.TransportConfig
		f := start(t, func(c *router.Config) {
			c.Transport = row.all
			c.Clients = func(resolve.Path) router.ClientPolicy { return router.ClientPolicy{Transport: row.own} }
			c.NewTransport = func(_ resolve.Address, config router.TransportConfig) http.RoundTripper {
				got = config
				return canned(func(*http.Request) (*http.Response, error) { return answer(200, ""), nil })
			}
		})
		f.names.Bind("/web", "127.0.0.1:1")
		f.mustAsk(t, request(t, "web"))
		if got != row.want {
			t.Errorf("%+v and %+v make %+v", row.all, row.own, got)
		}
	}
	_, err := router.H1Transport(resolve.Address{}, router.TransportConfig{Protocol: router.HTTP2}).RoundTrip(request(t, "web"))
	if err == nil || err.Error() != "router: H1Transport does not speak HTTP/2; EndpointTransport does" {
		t.Errorf("%v", err)
	}
}

// TestEndpointChanges: an endpoint that chooses another protocol than before costs no
// request, with a body or without, and no connection is used for what it does not speak.
func TestEndpointChanges(t *testing.T) {
	ca := certtest.CA(t, "root")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var protocols atomic.Pointer[[]string]
	pair := ca.Issue([]string{"web"}).Pair()
	secure := tls.NewListener(l, &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		return &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: *protocols.Load()}, nil
	}})
	server := &http.Server{ErrorLog: stdlog.New(io.Discard, "", 0), Protocols: new(http.Protocols), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		io.WriteString(w, r.Proto+" "+string(body))
	})}
	server.Protocols.SetHTTP1(true)
	server.Protocols.SetHTTP2(true)
	done := make(chan bool)
	go func() {
		defer close(done)
		_ = server.Serve(secure)
	}()
	t.Cleanup(func() { server.Close(); <-done })
	address := resolve.Address{AddrPort: netip.MustParseAddrPort(l.Addr().String())}
	rt := router.EndpointTransport(address, router.TransportConfig{
		Protocol: router.AutoHTTP1, TLS: &tls.Config{RootCAs: ca.Pool(), ServerName: "web"},
	})
	idle := rt.(interface{ CloseIdleConnections() })
	t.Cleanup(idle.CloseIdleConnections)
	for _, row := range []struct{ offers, want string }{
		{"h2 http/1.1", "HTTP/2.0 body"}, {"http/1.1", "HTTP/1.1 body"}, {"http/1.1", "HTTP/1.1 body"}, {"h2", "HTTP/2.0 body"}, {"", "HTTP/1.1 body"},
	} {
		offers := strings.Fields(row.offers)
		protocols.Store(&offers)
		idle.CloseIdleConnections()
		resp, err := rt.RoundTrip(posting(t))
		if err != nil {
			t.Fatalf("%s: %v", row.offers, err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || string(body) != row.want {
			t.Errorf("%s: %q, %v", row.offers, body, err)
		}
	}
}

// TestWrongName: of an endpoint with TLS, whatever is spoken below.
func TestWrongName(t *testing.T) {
	eachKind(t, func(t *testing.T, k transportKind) {
		if !k.secure {
			t.Skip("without TLS")
		}
		p := k.serve(t, func(http.ResponseWriter, *http.Request) { t.Error("it got a request") })
		p.config.TLS.ServerName = "other"
		e := p.routed(t).failure(t, request(t, "web"))
		if e.Kind != router.ConnectFailed || !strings.Contains(e.Error(), "certificate is valid for web, not other") {
			t.Errorf("%v: %v", e.Kind, e)
		}
	})
}

// plenty is a budget that is no bound here.
func plenty(t *testing.T) router.Budget {
	t.Helper()
	b, err := router.NewBudget(10*time.Second, 100, 1)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
