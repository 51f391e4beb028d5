// Package post sends bodies of spans to a collector by HTTP: the connection, compression,
// what counts as success, and errors that say whether to try again.
package post

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/meshhop/meshhop/internal/wire"
	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/internal/drops"
)

// StatusError is a response of the collector that is not a success. It is the
// cause of a *trace.ExportError.
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

// Config configures a Sender. A zero field means its default, which is that of
// zipkin.Config and otlp.Config.
type Config struct {
	// Protocol is required.
	Protocol    Protocol
	Endpoint    string
	HostHeader  string
	Header      http.Header // is sent with each post; it is not changed
	Compression Compression
	Client      *http.Client
	TLS         *tls.Config // without a Client
	Timeout     time.Duration
	// Posts is how many there are at a time. Default: 1.
	Posts int
}

// Sender posts bodies.
type Sender struct {
	protocol    Protocol
	header      http.Header
	client      *http.Client
	own         *http.Transport // nil: the client is the user's
	endpoint    string
	host        string
	timeout     time.Duration
	gzip        bool
	compressors sync.Pool // of *gzip.Writer
}

// New returns a sender. An endpoint that is not an http or https URL, a negative
// Timeout and an unknown Compression are errors. No connection is made yet.
func New(c Config) (*Sender, error) {
	if c.Endpoint == "" {
		c.Endpoint = c.Protocol.Endpoint
	}
	host, err := checkEndpoint(c.Endpoint)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Protocol.Name, err)
	}
	zip, err := c.Compression.compresses(host)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Protocol.Name, err)
	}
	if c.Timeout < 0 {
		return nil, fmt.Errorf("%s: negative Timeout: %v", c.Protocol.Name, c.Timeout)
	}
	if c.Timeout == 0 {
		c.Timeout = 10 * time.Second
	}
	s := &Sender{protocol: c.Protocol, header: c.Header, client: c.Client, endpoint: c.Endpoint, host: c.HostHeader, timeout: c.Timeout, gzip: zip}
	if s.client == nil {
		s.own = &http.Transport{
			MaxIdleConnsPerHost: max(c.Posts, 1),
			IdleConnTimeout:     90 * time.Second,
			DisableCompression:  true,
			TLSClientConfig:     c.TLS,
		}
		s.client = &http.Client{
			Transport:     s.own,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	return s, nil
}

// checkEndpoint returns the host of an endpoint.
func checkEndpoint(endpoint string) (host string, err error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return "", fmt.Errorf("endpoint: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return "", fmt.Errorf("endpoint %q is not an http or https URL with a host", endpoint)
	}
	return u.Hostname(), nil
}

// Endpoint is where it posts to.
func (s *Sender) Endpoint() string { return s.endpoint }

// Compressed returns the form of p in which it is to be posted.
func (s *Sender) Compressed(p Payload) Payload {
	if !s.gzip || p.gzip {
		return p
	}
	z, ok := s.compressors.Get().(*gzip.Writer)
	if !ok {
		// It costs a third of the default level, and makes a tenth of spans
		// all the same.
		z, _ = gzip.NewWriterLevel(nil, gzip.BestSpeed)
	}
	defer s.compressors.Put(z)
	return p.compress(z)
}

// Post sends one body, and does not touch it after it has returned. The reply is the
// beginning of the body of a response that is a success.
func (s *Sender) Post(ctx context.Context, p Payload) (reply []byte, _ *trace.ExportError) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	p = s.Compressed(p)
	body := p.readers()
	defer body.close()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.endpoint, body.next())
	if err != nil {
		return nil, s.failed(drops.Refused, err)
	}
	maps.Copy(req.Header, s.header)
	req.ContentLength = p.length
	req.GetBody = func() (io.ReadCloser, error) { return body.next(), nil }
	req.Header.Set("Content-Type", s.protocol.ContentType)
	if p.gzip {
		req.Header.Set("Content-Encoding", "gzip")
	}
	if s.host != "" {
		req.Host = s.host
	}
	// Should the post go through a traced hop, it is not to be traced.
	req.Header[wire.Lower(wire.SampleName)] = []string{"0"}
	req.Header[wire.Lower(wire.B3Name)] = []string{"0"}
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, s.failed(reason(ctx, err), err)
	}
	defer resp.Body.Close()
	return s.judge(resp)
}

// judge reads the beginning of the response's body, and the status.
func (s *Sender) judge(resp *http.Response) (reply []byte, _ *trace.ExportError) {
	head, _ := io.ReadAll(io.LimitReader(resp.Body, max(s.protocol.ReplyBytes, quoteBody)))
	_, _ = io.CopyN(io.Discard, resp.Body, drainBody)
	code := resp.StatusCode
	if code >= 200 && code < 300 {
		return head, nil
	}
	e := s.failed(drops.Status, &StatusError{Code: code, Text: s.text(head)})
	e.Permanent = !s.protocol.Retryable(code)
	e.RetryAfter = retryAfter(resp.Header.Get("Retry-After"))
	return nil, e
}

// text is what an error quotes of a response's body.
func (s *Sender) text(body []byte) string {
	text := string(body)
	if s.protocol.Text != nil {
		text = s.protocol.Text(body)
	}
	return strings.ToValidUTF8(text[:min(len(text), quoteBody)], "\ufffd")
}

// retryAfter reads the header of that name (RFC 9110 section 10.2.3).
func retryAfter(text string) time.Duration {
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}

func (s *Sender) failed(why string, err error) *trace.ExportError {
	return &trace.ExportError{Reason: why, Err: fmt.Errorf("%s: post to %s: %w", s.protocol.Name, s.endpoint, err)}
}

func reason(ctx context.Context, err error) string {
	var network net.Error
	if ctx.Err() != nil || errors.As(err, &network) && network.Timeout() {
		return drops.Timeout
	}
	return drops.Refused
}

// Close lets go of idle connections.
func (s *Sender) Close() {
	if s.own != nil {
		s.own.CloseIdleConnections()
	}
}
