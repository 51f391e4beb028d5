package proxy_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/proxy/internal/servetest"
)

// TestDrainResponsesAreTheLast: those of requests that were in flight when the
// drain began, and those that came after it on connections that were there.
func TestDrainResponsesAreTheLast(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	backend := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			arrived <- struct{}{}
			select {
			case <-release:
			case <-r.Context().Done(): // the test has failed
			}
		}
	})
	for _, row := range []struct {
		name, request string
		status        int
	}{
		{"response", servetest.Get, 200},
		{"refusal", "GET / HTTP/1.1\r\nHost: nobody\r\n\r\n", 502},
		{"refusal of a bad dtab", "GET / HTTP/1.1\r\nHost: web\r\nl5d-dtab: nope\r\n\r\n", 400},
		{"HEAD", "HEAD / HTTP/1.1\r\nHost: web\r\n\r\n", 200},
		{"HTTP/1.0 that would stay", "GET / HTTP/1.0\r\nHost: web\r\nConnection: keep-alive\r\n\r\n", 200},
	} {
		t.Run(row.name, func(t *testing.T) {
			h := startHop(t, startBackend(t, backend))
			s := servetest.Start(t, h.server)
			before, idle, fresh := s.Dial(t), s.Dial(t), s.Dial(t)
			idle.Send(t, servetest.Get)
			if status, last := idle.Response(t); status != 200 || last {
				t.Fatalf("status %d, last %v before the drain", status, last)
			}
			before.Send(t, "GET /slow HTTP/1.1\r\nHost: web\r\n\r\n")
			<-arrived
			over := s.Drain(t)
			s.WaitClosed(t)
			for _, c := range []*servetest.Client{idle, fresh} {
				c.Send(t, row.request)
				if strings.HasPrefix(row.request, "HEAD") {
					resp, err := http.ReadResponse(c.In, &http.Request{Method: "HEAD"})
					if err != nil || !resp.Close {
						t.Errorf("%v %v", resp, err)
					}
				} else if status, last := c.Response(t); status != row.status || !last {
					t.Errorf("status %d, last %v; want %d, last", status, last, row.status)
				}
				if n, err := c.In.Read(make([]byte, 1)); n != 0 || err != io.EOF {
					t.Errorf("after the last response: %d bytes, %v", n, err)
				}
			}
			release <- struct{}{}
			if status, last := before.Response(t); status != 200 || !last {
				t.Errorf("in flight when the drain began: status %d, last %v", status, last)
			}
			<-over
		})
	}
}
