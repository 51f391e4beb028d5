package dashboard

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/internal/record"
)

// TestRequestIsKept: what is listed of a request is what its record said, in whatever place
// of others before.
func TestRequestIsKept(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	full := record.Record{
		Router: "out", Server: "0.0.0.0/4140", Remote: netip.MustParseAddrPort("10.0.0.1:1"), Method: "GET", Authority: "web", Target: "/a?b",
		UserAgent: "curl", Start: start, BytesIn: 1, Trace: oteltrace.TraceID{1, 15: 2}, Span: oteltrace.SpanID{3}, Sampled: true,
		Service: "/svc/web", Dtab: "/a=>/b", Client: "/#/fs/web", Endpoint: netip.MustParseAddrPort("[2001:db8::1]:80"), Attempts: 2, Again: "status 503",
		Bound: 1, Sent: 2, Head: 3, Status: 502, End: 4, BytesOut: 5, Left: true, Kind: "connect", Err: "refused",
		TLS: &tls.ConnectionState{Version: tls.VersionTLS13, PeerCertificates: []*x509.Certificate{{Subject: pkix.Name{CommonName: "me"}}}},
	}
	want := request{
		seq: 1, router: "out", server: "0.0.0.0/4140", remote: full.Remote, method: "GET", authority: "web", target: "/a?b",
		userAgent: "curl", start: start, bytesIn: 1, bytesOut: 5, trace: full.Trace, span: full.Span, sampled: true,
		service: "/svc/web", client: "/#/fs/web", endpoint: full.Endpoint, attempts: 2, again: "status 503",
		bound: 1, sent: 2, head: 3, end: 4, status: 502, left: true, kind: "connect", err: "refused", dtab: "/a=>/b",
		tls: tls.VersionTLS13, peer: "CN=me",
	}
	var q requests
	for i, one := range []struct {
		record record.Record
		want   request
	}{
		{full, want},
		{record.Record{Start: start}, request{start: start}},
		{record.Record{Start: start, Target: strings.Repeat("t", maxSent+1), Authority: strings.Repeat("a", maxText+1), Err: strings.Repeat("e", maxText)},
			request{start: start, target: strings.Repeat("t", maxSent) + "…", authority: strings.Repeat("a", maxText) + "…", err: strings.Repeat("e", maxText), cut: true}},
		{record.Record{Start: start, Method: "PUT"}, request{start: start, method: "PUT"}},
	} {
		q.next.Store(uint64(i) * recentRequests) // all in the same place
		q.take(&one.record)
		one.want.seq = uint64(i)*recentRequests + 1
		got := q.list()[0]
		if got.start = got.start.UTC(); got != one.want {
			t.Errorf("request %d:\n%+v\nwant\n%+v", i, got, one.want)
		}
	}
}

// TestThinnedRequests: of more in a second than there is room for, those are kept that
// somebody will ask for, and some of the others.
func TestThinnedRequests(t *testing.T) {
	var q requests
	var last uint64
	second := func(n int, r record.Record) {
		for range n {
			q.take(&r)
		}
		q.thin(&last, time.Second, 10*time.Millisecond)
	}
	plain := record.Record{Status: 200, Attempts: 1, End: 10*time.Millisecond - 1}
	second(2*recentRequests-1, plain)
	if n := q.next.Load(); n != 2*recentRequests-1 {
		t.Errorf("%d were taken of a second in which nobody knew yet", n)
	}
	before := q.next.Load()
	second(10*recentRequests, plain)
	if n := q.next.Load() - before; n != 10*recentRequests {
		t.Errorf("%d were taken, want all: the second before was quiet", n)
	}
	before = q.next.Load()
	second(10*recentRequests, plain)
	if n := q.next.Load() - before; n != recentRequests {
		t.Errorf("%d were taken of ten times as many as there is room for", n)
	}
	for _, asked := range []record.Record{{Status: 500, Attempts: 1}, {Status: 200, Kind: "reset"}, {Status: 499, Left: true}, {Status: 200, Attempts: 2}, {Status: 200, Dtab: "/a=>/b"}, {Status: 200, End: 10 * time.Millisecond}} {
		before = q.next.Load()
		for range 30 {
			q.take(&asked)
		}
		if n := q.next.Load() - before; n != 30 {
			t.Errorf("%d of 30 were taken: %+v", n, asked)
		}
	}
	second(0, plain)
	q.thin(&last, time.Second, 10*time.Millisecond)
	before = q.next.Load()
	second(10, plain)
	if n := q.next.Load() - before; n != 10 {
		t.Errorf("%d of 10 were taken after it was quiet again", n)
	}
}

// TestRequestsAtOnce: who reads the list while requests end finds each whole.
func TestRequestsAtOnce(t *testing.T) {
	var q requests
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for i := range 2000 {
				name := fmt.Sprint(w, "/", i)
				q.take(&record.Record{Service: name, Target: name, Status: 500})
			}
		})
	}
	for range 20 {
		for _, r := range q.list() {
			if r.service != r.target {
				t.Fatalf("%q, %q", r.service, r.target)
			}
		}
	}
	writers.Wait()
	// One that was lost in its place left an older one there, which may be listed.
	if n, lost := len(q.list()), int(q.lost.Load()); n > recentRequests+recentFailures || n < recentRequests-lost {
		t.Errorf("%d are listed, %d were lost", n, lost)
	}
}

// BenchmarkTake is a request that is kept.
func BenchmarkTake(b *testing.B) {
	r := record.Record{
		Router: "outgoing", Server: "0.0.0.0/4140", Remote: netip.MustParseAddrPort("10.0.0.1:99"), Method: "GET", Authority: "web", Target: "/a/path?with=query",
		UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", Start: time.Now(), Service: "/svc/web", Client: "/#/io.l5d.fs/web",
		Endpoint: netip.MustParseAddrPort("10.0.0.2:80"), Attempts: 1, Status: 200,
	}
	var q requests
	b.ReportAllocs()
	for b.Loop() {
		q.take(&r)
	}
}
