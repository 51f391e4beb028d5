package router_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// closing notes how much of a request's body was read, and that it was closed.
type closing struct {
	onClose func()
	from    io.Reader
	read    int
	closed  bool
}

func (c *closing) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.read += n
	return n, err
}

func (c *closing) Close() error {
	c.closed = true
	if c.onClose != nil {
		c.onClose()
	}
	return nil
}

// TestStatus: a replica that is a status answers without a transport, and what
// it answers counts as any other answer does.
func TestStatus(t *testing.T) {
	for _, row := range []struct {
		status            int
		text, class       string
		success, failures uint64
	}{
		{http.StatusOK, "200 OK", "1.0", 1, 0},
		{http.StatusNoContent, "204 No Content", "1.0", 1, 0},
		{http.StatusUnauthorized, "401 Unauthorized", "1.0", 1, 0},
		{http.StatusServiceUnavailable, "503 Service Unavailable", "0.0", 0, 1},
		{599, "599 ", "0.0", 0, 1},
	} {
		f := start(t, func(c *router.Config) {
			c.NewTransport = func(a resolve.Address, _ router.TransportConfig) http.RoundTripper {
				t.Errorf("a transport was made for %s", a)
				return nil
			}
		})
		f.names.SetReplicas("/web", resolve.State[resolve.Replicas]{Status: resolve.OK, Value: resolve.Replicas{
			Addresses: []resolve.Address{{Status: row.status, Weight: 1}},
		}})
		body := &closing{from: strings.NewReader("question")}
		r := request(t, "web")
		r.Method, r.Body, r.ContentLength = http.MethodPost, body, 8
		resp, err := f.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		if err != nil || len(text) > 0 {
			t.Errorf("the body is %q, %v", text, err)
		}
		resp.Body.Close()
		if resp.StatusCode != row.status || resp.Status != row.text || resp.ContentLength != 0 || resp.Proto != "HTTP/1.1" || resp.Request != r {
			t.Errorf("got %+v", resp)
		}
		if class := resp.Header.Get("L5d-Success-Class"); class != row.class {
			t.Errorf("%d: the success class is %s", row.status, class)
		}
		if length := resp.Header.Get("Content-Length"); (length == "0") != (row.status != http.StatusNoContent) {
			t.Errorf("%d: the length is %q", row.status, length)
		}
		if body.read != 8 || !body.closed {
			t.Errorf("%d bytes of the request's body were read; closed is %v", body.read, body.closed)
		}
		clients := f.ClientStats()
		if len(clients) != 1 || clients[0].Requests != 1 || clients[0].Success != row.success || clients[0].Failures != row.failures || clients[0].Pending != 0 {
			t.Errorf("%d counts as %+v", row.status, clients)
		}
	}
}

// TestStatusDoesNotWait for a body that is long, or that is asked about first.
func TestStatusDoesNotWait(t *testing.T) {
	f := start(t)
	f.names.SetReplicas("/web", resolve.State[resolve.Replicas]{Status: resolve.OK, Value: resolve.Replicas{
		Addresses: []resolve.Address{{Status: http.StatusForbidden, Weight: 1}},
	}})
	for _, row := range []struct {
		length int64
		expect string
	}{{-1, ""}, {64<<10 + 1, ""}, {8, "100-continue"}} {
		body := &closing{from: strings.NewReader("question")}
		r := request(t, "web")
		r.Method, r.Body, r.ContentLength = http.MethodPost, body, row.length
		if row.expect != "" {
			r.Header.Set("Expect", row.expect)
		}
		f.mustAsk(t, r)
		if body.read > 0 || !body.closed {
			t.Errorf("%+v: %d bytes were read; closed is %v", row, body.read, body.closed)
		}
	}
}

// TestStatusChanges: a set may change between statuses and real replicas.
func TestStatusChanges(t *testing.T) {
	f := start(t, sockets)
	answering := func(replicas ...resolve.Address) {
		f.names.SetReplicas("/web", resolve.State[resolve.Replicas]{Status: resolve.OK, Value: resolve.Replicas{Addresses: replicas}})
	}
	// A change that comes while the one before is being applied is applied by another
	// goroutine, so that a request right after it may not know of it yet.
	expect := func(want int) {
		t.Helper()
		for began, got := time.Now(), 0; got != want; {
			resp, err := f.RoundTrip(request(t, "web"))
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if got = resp.StatusCode; got != want && time.Since(began) > 10*time.Second {
				t.Fatalf("the status is %d, want %d", got, want)
			}
		}
	}
	answering(resolve.Address{Status: 404, Weight: 1})
	expect(404)
	f.names.Bind("/web", startReplica(t).addr)
	expect(200)
	answering(resolve.Address{Status: 503, Weight: 1})
	expect(503)
	answering(resolve.Address{Status: 410, Weight: 1}, resolve.Address{Status: 503, Weight: 0})
	expect(410)
}
