package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/tracetest"
)

const ms = time.Millisecond

// direct is a connection without a network: it calls the handler on the other
// side with a request that shares nothing with the one sent but its bytes.
type direct struct {
	to    http.Handler
	out   time.Duration // for the request to arrive
	write time.Duration // for the other side to write its answer
	back  time.Duration // for the answer to arrive
}

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(d.out)
	in := httptest.NewRequest(r.Method, r.URL.String(), r.Body)
	in.Header = r.Header.Clone()
	w := slowWriter{httptest.NewRecorder(), d.write}
	d.to.ServeHTTP(w, in)
	time.Sleep(d.back)
	resp := w.Result()
	// The end of the body arrives together with its last bytes, as it does for
	// a short answer on a real connection.
	resp.Body = io.NopCloser(iotest.DataErrReader(resp.Body))
	return resp, nil
}

type slowWriter struct {
	*httptest.ResponseRecorder
	takes time.Duration
}

func (w slowWriter) Write(p []byte) (int, error) {
	time.Sleep(w.takes)
	return w.ResponseRecorder.Write(p)
}

// network is where the replicas are.
type network map[netip.AddrPort]direct

func (n network) connect(a resolve.Address, _ router.TransportConfig) http.RoundTripper {
	return n[a.AddrPort]
}

// slowNames takes its time over each name.
type slowNames map[string]time.Duration

func (s slowNames) Identify(r *http.Request) (resolve.Path, error) {
	time.Sleep(s[r.Host])
	return router.HeaderToken("Host").Identify(r)
}

// busy is a service that works before it answers.
func busy(takes time.Duration, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(takes)
		h.ServeHTTP(w, r)
	})
}

func fakeAddr(port uint16) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, 1}), port)
}

// The times of the six spans in the appendix of "Distributed tracing made
// easy", to the millisecond, on a clock that stands still while anybody works.
func TestTimesOfTheArticle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var rec tracetest.Recorder
		replicas := network{
			fakeAddr(2): {to: busy(4*ms, says("b"))},
			fakeAddr(3): {to: busy(5*ms, says("c"))},
		}
		mesh, err := newMesh(directory{"web": fakeAddr(1), "b": fakeAddr(2), "c": fakeAddr(3)}, &rec, router.Config{
			Identifier:   slowNames{"web": 1 * ms, "b": 1 * ms, "c": 2 * ms},
			NewTransport: replicas.connect,
		})
		if err != nil {
			t.Fatal(err)
		}
		defer mesh.Router().Close()
		web := newWeb(direct{to: mesh, out: 1 * ms, write: 1 * ms}, true)
		replicas[fakeAddr(1)] = direct{to: web, out: 1 * ms, back: 1 * ms}

		began := time.Now()
		r := httptest.NewRequest(http.MethodGet, "http://web/", nil)
		resp, err := direct{to: mesh, write: 1 * ms}.RoundTrip(r)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatal(resp, err)
		}
		if total := time.Since(began); total != 20*ms {
			t.Errorf("the request took %v, want 20ms", total)
		}

		spans := rec.Records()
		tracetest.AssertTree(t, spans, oneTree)
		var got []string
		slices.SortFunc(spans, func(a, b *trace.Record) int { return a.Start.Compare(b.Start) })
		for i, s := range spans {
			got = append(got, fmt.Sprintf("%c %s %s %v-%v", 'A'+i, s.Kind, s.Service, s.Start.Sub(began), s.End.Sub(began)))
		}
		want := []string{
			"A server mesh 0s-20ms",
			"B client #/here/web 1ms-19ms",
			"C server mesh 3ms-9ms",
			"D client #/here/b 4ms-8ms",
			"E server mesh 10ms-18ms",
			"F client #/here/c 12ms-17ms",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("spans (-want +got):\n%s", diff)
		}
	})
}
