package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/examples/kubernetes/e2e/bed"
)

// A caller sends what nobody would type so often.
type caller struct {
	t    *testing.T
	http http.Client
}

// call returns a caller inside the bed. Hosts of its URLs are IP addresses.
func call(t *testing.T, b *bed.Bed) *caller {
	transport := b.Transport()
	t.Cleanup(transport.CloseIdleConnections)
	return &caller{t, http.Client{Transport: transport, Timeout: 15 * time.Second}}
}

// get sends a GET request. A header is "Name: value"; Host is one.
func (c *caller) get(ctx context.Context, url string, headers ...string) (status int, body string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, "", err
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		if name == "Host" {
			req.Host = value
			continue
		}
		req.Header.Set(name, value)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(data), err
}

// answer returns the body of a response that must be 200.
func (c *caller) answer(url string, headers ...string) string {
	c.t.Helper()
	status, body, err := c.get(c.t.Context(), url, headers...)
	if err != nil || status != http.StatusOK {
		c.t.Fatalf("GET %s %q: %d %v %s", url, headers, status, err, body)
	}
	return body
}

// A stream is requests that are sent one after the other, all the time.
type stream struct {
	cancel context.CancelFunc
	done   chan struct{}
	sent   int
	failed []string
}

// stream begins one. It ends with the test, if not before.
func (c *caller) stream(url string, headers ...string) *stream {
	ctx, cancel := context.WithCancel(c.t.Context())
	s := &stream{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(s.done)
		for {
			status, body, err := c.get(ctx, url, headers...)
			if ctx.Err() != nil {
				return
			}
			s.sent++
			if err != nil || status != http.StatusOK {
				s.failed = append(s.failed, fmt.Sprintf("%s %s: %d %v %s", time.Now().Format("15:04:05.000"), url, status, err, body))
			}
			select {
			case <-ctx.Done():
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	c.t.Cleanup(func() { s.cancel(); <-s.done })
	return s
}

// none ends the stream, of which no request may have failed.
func (s *stream) none(t *testing.T) {
	t.Helper()
	s.cancel()
	<-s.done
	if len(s.failed) > 0 {
		t.Errorf("%d of %d requests failed:\n%s", len(s.failed), s.sent, strings.Join(s.failed[:min(len(s.failed), 10)], "\n"))
	}
	if s.sent == 0 {
		t.Error("no request was answered")
	}
	t.Logf("%d requests, none of which failed", s.sent)
}
