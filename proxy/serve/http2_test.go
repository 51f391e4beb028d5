package serve_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"testing"

	"golang.org/x/net/http2"

	"github.com/meshhop/meshhop/internal/certtest"
	"github.com/meshhop/meshhop/internal/traffic"
	"github.com/meshhop/meshhop/proxy/internal/servetest"
	"github.com/meshhop/meshhop/proxy/serve"
)

// speaking is a set of protocols.
func speaking(names string) (p http.Protocols) {
	for name := range strings.FieldsSeq(names) {
		switch name {
		case "http/1.1":
			p.SetHTTP1(true)
		case "h2":
			p.SetHTTP2(true)
		case "h2c":
			p.SetUnencryptedHTTP2(true)
		}
	}
	return p
}

// clientOf is a client that speaks one of them.
func clientOf(t *testing.T, name string, ca *certtest.Cert) *http.Client {
	p := speaking(name)
	transport := &http.Transport{Protocols: &p, TLSClientConfig: &tls.Config{RootCAs: ca.Pool(), ServerName: "a"}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// TestHTTP2 sends requests of all protocols to one port: bodies and trailers pass both ways,
// and interim responses to the client.
func TestHTTP2(t *testing.T) {
	ca := certtest.CA(t, "root")
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", "early")
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Del("Link")
		w.Header().Set("Trailer", "After")
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		fmt.Fprintf(w, "%s %s %s %v %s", r.Method, r.Proto, body, r.TLS != nil && r.TLS.HandshakeComplete, r.Host)
		w.Header().Set("After", "the body, as "+r.Trailer.Get("Since"))
	})
	for _, row := range []struct {
		secure        bool
		served, asked string
		want          string
	}{
		{false, "http/1.1 h2c", "h2c", "POST HTTP/2.0 hello false web"},
		{false, "h2c", "h2c", "POST HTTP/2.0 hello false web"},
		{false, "http/1.1 h2 h2c", "http/1.1", "POST HTTP/1.1 hello false web"},
		{true, "http/1.1 h2", "h2", "POST HTTP/2.0 hello true web"},
		{true, "h2", "h2", "POST HTTP/2.0 hello true web"},
		{true, "http/1.1 h2", "http/1.1", "POST HTTP/1.1 hello true web"},
		{true, "http/1.1", "h2 http/1.1", "POST HTTP/1.1 hello true web"}, // ALPN is not offered
	} {
		t.Run(fmt.Sprintf("secure=%v %s %s", row.secure, row.served, row.asked), func(t *testing.T) {
			config, scheme := serve.Config{Protocols: speaking(row.served)}, "http"
			if row.secure {
				config.TLS, scheme = &tls.Config{Certificates: []tls.Certificate{ca.Issue([]string{"a"}).Pair()}}, "https"
			}
			s, addr, _ := startSecure(t, handler, config)
			client := clientOf(t, row.asked, ca)
			for range 3 {
				r, err := http.NewRequest("POST", scheme+"://"+addr+"/", io.NopCloser(strings.NewReader("hello")))
				if err != nil {
					t.Fatal(err)
				}
				r.Host, r.Trailer = "web", http.Header{"Since": {"yesterday"}}
				early := ""
				r = r.WithContext(httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
					early = fmt.Sprint(code, " ", h.Get("Link"))
					return nil
				}}))
				resp, err := client.Do(r)
				if err != nil {
					t.Fatal(err)
				}
				body, err := io.ReadAll(resp.Body)
				resp.Body.Close()
				if string(body) != row.want || err != nil {
					t.Errorf("%q, %v", body, err)
				}
				if after := resp.Trailer.Get("After"); after != "the body, as yesterday" || early != "103 early" || resp.Header["Link"] != nil {
					t.Errorf("trailer %q, interim %q, %v", after, early, resp.Header)
				}
			}
			waitFor(t, func() bool {
				client.CloseIdleConnections() // it may not be idle yet
				got := s.Traffic()
				return got.Closed == got.Opened // a client may make more than it needs
			})
			if got := s.Traffic(); got.Served != 3 || got.Refused != [traffic.Reasons]uint64{} || got.Received < 100 || got.Sent < 100 {
				t.Errorf("%+v", got)
			}
		})
	}
}

// TestHTTP2Only: a request of HTTP/1 gets 505, which is counted, and the connection closes.
func TestHTTP2Only(t *testing.T) {
	ca := certtest.CA(t, "root")
	for _, row := range []struct {
		name   string
		served string
		secure bool
		sent   string
	}{
		{"HTTP/1 where only HTTP/2 is spoken", "h2c", false, "GET / HTTP/1.1\r\nHost: web\r\n\r\n"},
		{"the same with TLS", "h2", true, "GET / HTTP/1.1\r\nHost: web\r\n\r\n"},
		{"HTTP/2 where only HTTP/1 is spoken", "http/1.1", false, http2.ClientPreface},
		{"the same with TLS", "http/1.1", true, http2.ClientPreface},
		{"HTTP/2 in the clear where it is spoken by TLS", "http/1.1 h2", false, http2.ClientPreface},
	} {
		t.Run(row.name, func(t *testing.T) {
			config := serve.Config{Protocols: speaking(row.served)}
			if row.secure {
				config.TLS = &tls.Config{Certificates: []tls.Certificate{ca.Issue([]string{"a"}).Pair()}}
			}
			s, addr, _ := startSecure(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("served") }), config)
			var status int
			var last error
			if row.secure {
				c, err := dialSecure(t, addr, &tls.Config{RootCAs: ca.Pool(), ServerName: "a"})
				if err != nil {
					t.Fatal(err)
				}
				status, _ = c.ask(t, row.sent)
				_, last = c.r.ReadByte()
			} else {
				c := (&servetest.Server{Addr: addr}).Dial(t)
				c.Send(t, row.sent)
				status, _ = c.Response(t)
				_, last = c.In.ReadByte()
			}
			if status != 505 || last == nil {
				t.Errorf("status %d, then %v", status, last)
			}
			waitFor(t, func() bool { return s.Traffic().Closed == 1 })
			if got := s.Stats(); got.RefusedHeads != 1 {
				t.Errorf("%+v", got)
			}
		})
	}
}

// TestHTTP2Fields: vectors 440 and 442. What the handler gets of the fields of a request.
func TestHTTP2Fields(t *testing.T) {
	got := make(chan string, 1)
	_, addr, _ := startSecure(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got <- fmt.Sprintf("%s %s %s %q %q", r.Method, r.RequestURI, r.Host, r.Header["Cookie"], r.Header["Te"])
	}), serve.Config{Protocols: speaking("h2c")})
	for _, row := range []struct {
		vector int
		fields []string
		want   string // of the handler; else a status
		status string
	}{
		{442, []string{"cookie: a=1", "cookie: b=2"}, `GET /x web ["a=1; b=2"] []`, "200"},
		{440, []string{"te: trailers"}, `GET /x web [] ["trailers"]`, "200"},
		// Linkerd resets the stream; net/http's server answers, and the handler does not get it.
		{440, []string{"connection: x"}, "", "400"},
		{440, []string{"te: chunked, trailers"}, "", "400"},
		{440, []string{"transfer-encoding: chunked"}, "", "400"},
		{440, []string{"upgrade: x"}, "", "400"},
	} {
		c := dialRaw(t, addr)
		c.open(1, true, "/x", row.fields...)
		if status := c.status(1); status != row.status {
			t.Errorf("vector %d: %q: status %s, want %s", row.vector, row.fields, status, row.status)
		}
		text := ""
		select {
		case text = <-got:
		default:
		}
		if text != row.want {
			t.Errorf("vector %d: %q: the handler got %s", row.vector, row.fields, text)
		}
	}
}

// TestHTTP2Bounds: what a client may do on a connection.
func TestHTTP2Bounds(t *testing.T) {
	release := make(chan struct{})
	begun := make(chan struct{}, 8)
	_, addr, _ := startSecure(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			begun <- struct{}{}
			<-release
		}
	}), serve.Config{Protocols: speaking("h2c"), HTTP2: serve.HTTP2{MaxConcurrentStreams: 1, MaxHeaderListBytes: 2000, HeaderTableBytes: 1024, StreamWindowBytes: 100_000, MaxFrameBytes: 20_000}})

	// Vector 439: one stream at a time. A client that has not acknowledged the settings may
	// not know; one that has made a mistake.
	c := dialRaw(t, addr)
	settings := map[http2.SettingID]uint32{}
	c.until(func(f http2.Frame) bool {
		s, ok := f.(*http2.SettingsFrame)
		if ok && !s.IsAck() {
			_ = s.ForeachSetting(func(s http2.Setting) error { settings[s.ID] = s.Val; return nil })
		}
		return ok && !s.IsAck()
	})
	for id, want := range map[http2.SettingID]uint32{
		http2.SettingMaxConcurrentStreams: 1, http2.SettingMaxHeaderListSize: 2000, http2.SettingHeaderTableSize: 1024,
		http2.SettingInitialWindowSize: 100_000, http2.SettingMaxFrameSize: 20_000,
	} {
		if settings[id] != want {
			t.Errorf("%v: %d, want %d", id, settings[id], want)
		}
	}
	c.open(1, true, "/slow")
	<-begun
	c.open(3, true, "/")
	if code := c.reset(3); code != http2.ErrCodeProtocol {
		t.Errorf("above the limit: %v", code)
	}
	hasty := dialRaw(t, addr)
	hasty.open(1, true, "/slow")
	<-begun
	hasty.open(3, true, "/")
	// Its first frame acknowledges the settings only when it is read.
	if code := hasty.reset(3); code != http2.ErrCodeRefusedStream {
		t.Errorf("above the limit, before it is known: %v", code)
	}
	close(release)
	if status := c.status(1); status != "200" {
		t.Error(status)
	}
	c.open(5, true, "/")
	if status := c.status(5); status != "200" {
		t.Error(status)
	}
	c.open(7, true, "/", "long: "+strings.Repeat("x", 2000))
	if status := c.status(7); status != "431" {
		t.Error(status)
	}
}
