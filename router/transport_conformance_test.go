package router_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/router/h1"
)

// TestTransports: what every transport does alike, whatever it speaks.
func TestTransports(t *testing.T) {
	eachKind(t, func(t *testing.T, k transportKind) {
		for _, behaviour := range []struct {
			name string
			test func(t *testing.T, k transportKind)
		}{
			{"message", passesMessages}, {"statuses", readsStatuses}, {"trailers", passesTrailers}, {"interim", passesInterim},
			{"duplex", streamsBothWays}, {"large", passesMuch}, {"early", respondsEarly}, {"leaving", letsGo}, {"breaking", tellsOfBreaks},
			{"retired", retires}, {"idle", closesIdle}, {"counted", counts},
		} {
			t.Run(behaviour.name, func(t *testing.T) { behaviour.test(t, k) })
		}
	})
}

// passesMessages: method, target, Host, header and body come as they are sent, and so does the
// response.
func passesMessages(t *testing.T, k transportKind) {
	type seen struct{ method, target, host, header, body, length, te string }
	got := make(chan seen, 1)
	p := k.serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- seen{r.Method, r.RequestURI, r.Host, strings.Join(r.Header["X-Many"], "|"), string(body), fmt.Sprint(r.ContentLength), r.Header.Get("Te")}
		w.Header()["X-Many"] = []string{"a", "b"}
		w.WriteHeader(http.StatusCreated)
		fmt.Fprint(w, "made")
	})
	rt := p.transport(t)
	for _, row := range []struct {
		method, path, body string
		length             int64
		want               seen
	}{
		{"GET", "/a%2Fb?x=%20", "", 0, seen{"GET", "/a%2Fb?x=%20", "other", "1|2", "", "0", ""}},
		{"POST", "/", "hello", 5, seen{"POST", "/", "other", "1|2", "hello", "5", ""}},
		{"PUT", "/", "hello", -1, seen{"PUT", "/", "other", "1|2", "hello", "-1", ""}},
		{"ODD", "/?", "", 0, seen{"ODD", "/?", "other", "1|2", "", "0", ""}},
	} {
		r, err := http.NewRequestWithContext(t.Context(), row.method, "http://web"+row.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "other"
		r.Header["X-Many"] = []string{"1", "2"}
		if row.body != "" {
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(row.body)), row.length
		}
		resp, err := rt.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != http.StatusCreated || string(body) != "made" || err != nil || !slices.Equal(resp.Header["X-Many"], []string{"a", "b"}) || resp.ProtoMajor != k.major {
			t.Errorf("%s: %d %q %v %v HTTP/%d", row.method, resp.StatusCode, body, err, resp.Header, resp.ProtoMajor)
		}
		if s := <-got; s != row.want {
			t.Errorf("%s: %+v, want %+v", row.method, s, row.want)
		}
	}
}

// readsStatuses: responses without a body, whatever they say of its length.
func readsStatuses(t *testing.T, k transportKind) {
	p := k.serve(t, func(w http.ResponseWriter, r *http.Request) {
		status := http.StatusOK
		fmt.Sscan(r.URL.Query().Get("status"), &status)
		if status == http.StatusNotModified || r.Method == http.MethodHead {
			w.Header().Set("Content-Length", "1234")
		}
		w.WriteHeader(status)
	})
	rt := p.transport(t)
	for _, row := range []struct {
		method string
		status int
	}{{"HEAD", 200}, {"GET", 200}, {"GET", 204}, {"GET", 304}, {"GET", 404}, {"GET", 503}} {
		r := request(t, "web")
		r.Method, r.URL.RawQuery = row.method, fmt.Sprintf("status=%d", row.status)
		resp, err := rt.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || len(body) > 0 || resp.StatusCode != row.status {
			t.Errorf("%v: %d, %q, %v", row, resp.StatusCode, body, err)
		}
	}
}

// passesTrailers: those of the request and of the response; over HTTP/2 also such as nobody
// announced, as gRPC's.
func passesTrailers(t *testing.T, k transportKind) {
	p := k.serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Trailer", "Sum")
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s", body, r.Trailer.Get("Sum"))
		w.Header().Set("Sum", "response")
		w.Header().Set(http.TrailerPrefix+"Late", "late")
	})
	rt := p.transport(t)
	r := request(t, "web")
	r.Method, r.ContentLength, r.Trailer = "POST", -1, http.Header{"Sum": nil}
	r.Body = io.NopCloser(&ending{Reader: strings.NewReader("body"), end: func() { r.Trailer.Set("Sum", "request") }})
	resp, err := rt.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, ok := resp.Trailer["Sum"]; !ok {
		t.Errorf("announced: %v", resp.Trailer)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil || string(body) != "body request" || resp.Trailer.Get("Sum") != "response" || resp.Trailer.Get("Late") != "late" {
		t.Errorf("%q, %v, %v", body, resp.Trailer, err)
	}
}

// interims notes 1xx responses.
type interims struct {
	mu  sync.Mutex
	got []string
}

func (i *interims) Interim(code int, h textproto.MIMEHeader) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.got = append(i.got, fmt.Sprint(code, h["Link"]))
	return nil
}

// passesInterim: 103 and 100 are passed on, and a body that waits for 100 is sent then (vector
// 467).
func passesInterim(t *testing.T, k transportKind) {
	p := k.serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength == 0 {
			w.Header().Set("Link", "</style.css>")
			w.WriteHeader(http.StatusEarlyHints)
			w.Header().Del("Link")
		}
		_, _ = io.Copy(w, r.Body)
	})
	rt := p.transport(t)
	for _, row := range []struct{ body, want string }{{"", "103 [</style.css>]"}, {"body", "100 []"}} {
		var seen interims
		x := &relay.Exchange{Interim: &seen}
		r := request(t, "web").WithContext(x.Within(t.Context()))
		if row.body != "" {
			r.Method, r.ContentLength = "POST", int64(len(row.body))
			r.Header.Set("Expect", "100-continue")
			r.Body = io.NopCloser(strings.NewReader(row.body))
		}
		resp, err := rt.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		seen.mu.Lock()
		if err != nil || string(body) != row.body || !slices.Equal(seen.got, []string{row.want}) {
			t.Errorf("%q, %v; 1xx: %q, want %q", body, err, seen.got, row.want)
		}
		seen.mu.Unlock()
	}
}

// streamsBothWays: the response begins while the request's body is still coming, and each
// part arrives before the next one is sent.
func streamsBothWays(t *testing.T, k transportKind) {
	p := k.serve(t, func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		_ = control.EnableFullDuplex()
		_ = control.Flush()
		part := make([]byte, 1)
		for {
			if n, err := r.Body.Read(part); n == 0 && err != nil {
				return
			}
			_, _ = w.Write(bytes.ToUpper(part))
			_ = control.Flush()
		}
	})
	rt := p.transport(t)
	from, to := io.Pipe()
	r := request(t, "web")
	r.Method, r.ContentLength, r.Body = "POST", -1, from
	resp, err := rt.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got := make([]byte, 1)
	for _, c := range "duplex" {
		if _, err := to.Write([]byte{byte(c)}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(resp.Body, got); err != nil || string(got) != strings.ToUpper(string(c)) {
			t.Fatalf("%q, %v", got, err)
		}
	}
	to.Close()
	if rest, err := io.ReadAll(resp.Body); err != nil || len(rest) > 0 {
		t.Errorf("%q, %v", rest, err)
	}
}

// passesMuch: bodies larger than any window or buffer, both ways.
func passesMuch(t *testing.T, k transportKind) {
	const size = 8 << 20
	p := k.serve(t, func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		if n != size || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		_, _ = io.CopyN(w, zeroes{}, size)
	})
	r := request(t, "web")
	r.Method, r.ContentLength, r.Body = "POST", size, io.NopCloser(io.LimitReader(zeroes{}, size))
	resp, err := p.transport(t).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if n, err := io.Copy(io.Discard, resp.Body); n != size || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

// respondsEarly: a response that comes before the request's body has been read is read to its
// end, although the caller sends nothing more.
func respondsEarly(t *testing.T, k transportKind) {
	p := k.serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, "no")
	})
	rt := p.transport(t)
	from, to := io.Pipe()
	defer to.Close()
	r := request(t, "web")
	r.Method, r.ContentLength, r.Body = "POST", 1<<20, from
	go func() { _, _ = to.Write([]byte("begun")) }()
	resp, err := rt.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil || string(body) != "no" || resp.StatusCode != http.StatusForbidden {
		t.Errorf("%d %q, %v", resp.StatusCode, body, err)
	}
}

// letsGo: a caller that leaves is let go, and the endpoint learns of it.
func letsGo(t *testing.T, k transportKind) {
	for _, during := range []bool{false, true} {
		arrived, gone := make(chan bool), make(chan bool)
		p := k.serve(t, func(w http.ResponseWriter, r *http.Request) {
			if during {
				_ = http.NewResponseController(w).Flush()
			}
			arrived <- true
			<-r.Context().Done()
			close(gone)
		})
		rt := p.transport(t)
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-arrived
			cancel()
		}()
		resp, err := rt.RoundTrip(request(t, "web").WithContext(ctx))
		if err == nil {
			_, err = io.ReadAll(resp.Body)
			resp.Body.Close()
		}
		// That of net/http reads on until the connection is closed, and may get a response.
		if !errors.Is(err, context.Canceled) && (err != nil || k.counts) {
			t.Errorf("during %t: %v", during, err)
		}
		<-gone
		cancel()
	}
}

// tellsOfBreaks: an endpoint that breaks off, before the response or in it, is an error, and
// counted as such by a router; the next request is answered.
func tellsOfBreaks(t *testing.T, k transportKind) {
	var breaks atomic.Bool
	breaks.Store(true)
	p := k.serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !breaks.Load():
		case r.URL.Path == "/during":
			fmt.Fprint(w, "begun")
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		default:
			panic(http.ErrAbortHandler)
		}
		fmt.Fprint(w, "whole")
	})
	f := p.routed(t)
	r := request(t, "web")
	r.Method = "POST"
	if e := f.failure(t, r); e.Kind != router.RequestFailed || e.Unsent {
		t.Errorf("before: %v %v", e.Kind, e)
	}
	r = request(t, "web")
	r.URL.Path = "/during"
	if body, err := f.ask(r); err == nil || body != "begun" || k.major == 2 && !strings.Contains(err.Error(), "INTERNAL_ERROR") {
		t.Errorf("during: %q, %v", body, err)
	}
	breaks.Store(false)
	if body := f.mustAsk(t, request(t, "web")); body != "whole" {
		t.Errorf("%q", body)
	}
}

// retires: nothing connects to what is not there, and what is configured closes connections.
func retires(t *testing.T, k transportKind) {
	p := k.serve(t, func(http.ResponseWriter, *http.Request) {})
	f := p.routed(t)
	f.names.Bind("/web", "127.0.0.1:1")
	if e := f.failure(t, request(t, "web")); e.Kind != router.ConnectFailed || !e.Unsent {
		t.Errorf("%v: %v", e.Kind, e)
	}
	var version atomic.Uint64
	rt := p.transport(t, func(c *router.TransportConfig) { c.TLSVersion = &version })
	made := func() uint64 {
		if !k.counts {
			return 0
		}
		return rt.(interface{ Stats() h1.Stats }).Stats().Connects
	}
	ask(t, rt)
	ask(t, rt)
	version.Add(1)
	ask(t, rt)
	if n := made(); k.counts && n != 2 {
		t.Errorf("%d connections were made, want 2", n)
	}
}

// closesIdle: whichever limit is the shorter one, no connection outlasts it (vector 446).
func closesIdle(t *testing.T, k transportKind) {
	if !k.counts {
		t.Skip("it does not tell; see TestIdleTimes")
	}
	const short, long = 10 * time.Millisecond, time.Hour
	p := k.serve(t, func(http.ResponseWriter, *http.Request) {})
	for _, limits := range []router.TransportConfig{
		{IdleTimeout: short}, {SessionIdleTimeout: short}, {IdleTimeout: short, SessionIdleTimeout: long}, {IdleTimeout: long, SessionIdleTimeout: short},
		{IdleTimeout: -1, SessionIdleTimeout: short}, {IdleTimeout: -1, MaxIdle: -1}, {MaxLifetime: short}, {MinIdle: 1, SessionIdleTimeout: short, IdleTimeout: long},
	} {
		rt := p.transport(t, func(c *router.TransportConfig) {
			limits.TLS = c.TLS
			*c = limits
		})
		ask(t, rt)
		stats := rt.(interface{ Stats() h1.Stats }).Stats
		for deadline := time.Now().Add(10 * time.Second); stats().Open > 0; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%+v: %+v", limits, stats())
			}
		}
	}
}

// counts: what a router tells of connections.
func counts(t *testing.T, k transportKind) {
	if !k.counts {
		t.Skip("it does not tell")
	}
	const size = 100_000
	p := k.serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.CopyN(w, zeroes{}, size) })
	f := p.routed(t, func(c *router.Config) { c.Transport.MaxIdle = -1 })
	f.mustAsk(t, request(t, "web"))
	f.mustAsk(t, request(t, "web"))
	id := f.ClientStats()[0].ID
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		s := f.ClientStats()[0].Connections
		totals := f.View().Traffic()[id]
		if s.Connects == 2 && s.Open == 0 && totals.Opened == 2 && totals.Closed == 2 && totals.Received > 2*size && totals.Sent > 0 &&
			totals.Handshakes.Done == map[bool]uint64{true: 2}[k.secure]+map[bool]uint64{true: 1}[k.name == "auto TLS h1"] {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%+v, %+v", s, totals)
		}
	}
}
