package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/tracetest"
)

func TestMain(m *testing.M) {
	if os.Getenv(asMain) != "" {
		main()
		return
	}
	goleak.VerifyTestMain(m)
}

// newHop samples every trace.
func newHop(t *testing.T, spans trace.Sink) *trace.Hop {
	t.Helper()
	all, err := trace.NewSampler(1)
	if err != nil {
		t.Fatal(err)
	}
	provider, err := trace.NewProvider(trace.ProviderConfig{Sink: spans, Sampler: all})
	if err != nil {
		t.Fatal(err)
	}
	hop := trace.NewHop(trace.HopConfig{TracerProvider: provider})
	return hop
}

// startMesh starts a hop, with a fake namer, that leads /svc/x to /#/fake/x.
func startMesh(t *testing.T, spans trace.Sink) (names *resolvetest.Namer, through *http.Transport) {
	t.Helper()
	names = new(resolvetest.Namer)
	interpreter, err := resolve.New(resolve.Config{
		Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/fake"), Namer: names}},
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := router.New(router.Config{
		Label: "mesh", Dtab: resolve.MustDtab("/svc => /#/fake"), Interpreter: interpreter, Hop: newHop(t, spans),
	})
	if err != nil {
		t.Fatal(err)
	}
	handler, err := proxy.New(proxy.Config{Router: r})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	at, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	through = &http.Transport{Proxy: http.ProxyURL(at), DisableCompression: true}
	t.Cleanup(func() {
		through.CloseIdleConnections()
		server.Close()
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return names, through
}

// serving starts a service and returns its address.
func serving(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// says is a service that asks nobody.
func says(text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, text) })
}

// inetName is the name of an address.
func inetName(addr string) string {
	at := netip.MustParseAddrPort(addr)
	return fmt.Sprintf("/$/inet/%s/%d", at.Addr(), at.Port())
}

// get returns the status and the body at url.
func get(t *testing.T, through *http.Transport, url string, header http.Header) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		r.Header[name] = values
	}
	resp, err := through.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// wait returns the spans once there are n.
func wait(t *testing.T, rec *tracetest.Recorder, n int) []*trace.Record {
	t.Helper()
	spans, err := rec.Wait(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	return spans
}
