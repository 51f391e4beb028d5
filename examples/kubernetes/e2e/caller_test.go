package e2e

import (
	"context"
	"errors"
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

// answer returns the body of a response that must be 200.
func (c *caller) answer(url string, headers ...string) string {
	c.t.Helper()
	body, err := get(&c.http, url, headers...)
	if err != nil {
		c.t.Fatalf("GET %s %q: %v", url, headers, err)
	}
	return body
}

// get returns the body of a response that is 200. A header is "Name: value"; Host is
// one. An error has all that the hop said.
func get(client *http.Client, url string, headers ...string) (body string, err error) {
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		if name == "Host" {
			r.Host = value
			continue
		}
		r.Header.Set(name, value)
	}
	resp, err := client.Do(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode == http.StatusOK {
		return string(data), nil
	}
	said := fmt.Sprintf("%s, l5d-err %q: %q", resp.Status, resp.Header.Get("l5d-err"), data)
	if err != nil {
		return "", fmt.Errorf("%s, which broke off: %w", said, err)
	}
	return "", errors.New(said)
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
			_, err := get(&c.http, url, headers...)
			if ctx.Err() != nil {
				return
			}
			s.sent++
			if err != nil {
				s.failed = append(s.failed, fmt.Sprintf("%s %s: %v", time.Now().Format("15:04:05.000"), url, err))
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
