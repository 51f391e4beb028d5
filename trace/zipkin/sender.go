package zipkin

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/meshhop/meshhop/trace"
)

// StatusError is an answer of the collector that is no success. A pipeline
// finds it inside a *trace.ExportError.
type StatusError struct {
	Code int
	// Text is the beginning of the answer's body.
	Text string
}

// Error names the status and quotes the body.
func (e *StatusError) Error() string {
	if e.Text == "" {
		return fmt.Sprintf("status %d", e.Code)
	}
	return fmt.Sprintf("status %d: %q", e.Code, e.Text)
}

const (
	quoteBody = 256       // of an error's body
	drainBody = 256 << 10 // of any body, to keep the connection
)

// sender posts bodies.
type sender struct {
	client   *http.Client
	own      *http.Transport // nil: the client is the user's
	endpoint string
	host     string
	gzip     bool
	timeout  time.Duration
}

func newSender(c Config) *sender {
	s := &sender{client: c.Client, endpoint: c.Endpoint, host: c.HostHeader, gzip: c.Gzip, timeout: c.Timeout}
	if s.client == nil {
		s.own = &http.Transport{
			MaxIdleConnsPerHost: 2,
			IdleConnTimeout:     90 * time.Second,
			DisableCompression:  true,
		}
		s.client = &http.Client{
			Transport:     s.own,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	return s
}

// post sends one body. Its errors are of type *trace.ExportError.
func (s *sender) post(ctx context.Context, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	if s.gzip {
		var small bytes.Buffer
		w := gzip.NewWriter(&small)
		_, err := w.Write(body)
		if err = errors.Join(err, w.Close()); err != nil {
			return s.failed(trace.Refused, err)
		}
		body = small.Bytes()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.endpoint, bytes.NewReader(body))
	if err != nil {
		return s.failed(trace.Refused, err)
	}
	req.Header.Set("Content-Type", "application/json")
	if s.gzip {
		req.Header.Set("Content-Encoding", "gzip")
	}
	if s.host != "" {
		req.Host = s.host
	}
	// Should the post go through a traced hop, it is not to be traced.
	req.Header["l5d-sample"] = []string{"0"}
	req.Header["b3"] = []string{"0"}
	resp, err := s.client.Do(req)
	if err != nil {
		return s.failed(reason(ctx, err), err)
	}
	defer resp.Body.Close()
	return s.judge(resp)
}

// judge reads the answer's body, within bounds, and the status.
func (s *sender) judge(resp *http.Response) error {
	head, _ := io.ReadAll(io.LimitReader(resp.Body, quoteBody))
	_, _ = io.CopyN(io.Discard, resp.Body, drainBody)
	code := resp.StatusCode
	if code >= 200 && code < 300 {
		return nil
	}
	e := s.failed(trace.Status, &StatusError{Code: code, Text: strings.ToValidUTF8(string(head), "\ufffd")})
	e.Permanent = code < 500 && code != http.StatusRequestTimeout && code != http.StatusTooManyRequests
	if seconds, err := strconv.ParseUint(resp.Header.Get("Retry-After"), 10, 16); err == nil {
		e.RetryAfter = time.Duration(seconds) * time.Second
	}
	return e
}

func (s *sender) failed(why trace.Reason, err error) *trace.ExportError {
	return &trace.ExportError{Reason: why, Err: fmt.Errorf("zipkin: post to %s: %w", s.endpoint, err)}
}

func reason(ctx context.Context, err error) trace.Reason {
	var network net.Error
	if ctx.Err() != nil || errors.As(err, &network) && network.Timeout() {
		return trace.Timeout
	}
	return trace.Refused
}

func (s *sender) close() {
	if s.own != nil {
		s.own.CloseIdleConnections()
	}
}
