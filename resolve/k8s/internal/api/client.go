package api

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Config of a [Client].
type Config struct {
	Access Access
	// Transport brings requests to the server in place of the network.
	Transport http.RoundTripper
	// Version is the program's own, for the header User-Agent. Default "dev".
	Version string
	// ErrorLog is told of trouble with the server. Default: nobody.
	ErrorLog *slog.Logger
}

// Client asks one API server. Close it after use.
type Client struct {
	server    *url.URL
	transport http.RoundTripper
	close     func() // of idle connections
	agent     string
	token     *token // nil: none
	log       *log

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu     sync.Mutex
	closed bool
	shared map[any]*share
	// What is counted: by resource, and the watches that there are.
	tallies map[string]*tally
	reports map[*Report]struct{}
}

// New makes a Client. It asks nothing yet, so the server need not be there.
func New(c Config) (*Client, error) {
	access, err := c.Access.resolved()
	if err != nil {
		return nil, fmt.Errorf("k8s: %w", err)
	}
	server, err := access.server()
	if err != nil {
		return nil, fmt.Errorf("k8s: %w", err)
	}
	client := &Client{
		server: server, transport: c.Transport, close: func() {}, agent: "meshhop/dev",
		log: newLog(c.ErrorLog), shared: make(map[any]*share),
		tallies: make(map[string]*tally), reports: make(map[*Report]struct{}),
	}
	if c.Version != "" {
		client.agent = "meshhop/" + c.Version
	}
	if access.TokenFile != "" {
		client.token = &token{file: access.TokenFile}
	}
	if client.transport == nil {
		transport, err := newTransport(access, server)
		if err != nil {
			return nil, fmt.Errorf("k8s: %w", err)
		}
		client.transport, client.close = transport, transport.CloseIdleConnections
	}
	client.ctx, client.cancel = context.WithCancel(context.Background())
	return client, nil
}

// newTransport is for one server. It asks no proxy: http_proxy names the hop
// itself in the pods of a mesh.
func newTransport(a Access, server *url.URL) (*http.Transport, error) {
	const (
		dialTimeout = 10 * time.Second
		idle        = 90 * time.Second
		buffer      = 2 << 10 // of each connection, of which each watch has one
	)
	t := &http.Transport{
		DialContext:         (&net.Dialer{Timeout: dialTimeout, KeepAlive: 15 * time.Second}).DialContext,
		TLSHandshakeTimeout: dialTimeout,
		IdleConnTimeout:     idle,
		MaxIdleConnsPerHost: 32,
		ReadBufferSize:      buffer,
		WriteBufferSize:     buffer,
	}
	if server.Scheme != "https" {
		return t, nil
	}
	var err error
	if t.TLSClientConfig, err = tlsConfig(a, server.Hostname()); err != nil {
		return nil, err
	}
	t.ForceAttemptHTTP2 = true
	t.HTTP2 = &http.HTTP2Config{SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second}
	return t, nil
}

// Server is where the client asks, for people: "localhost:8001".
func (c *Client) Server() string { return c.server.Host }

// Close ends all watches and waits for them. What is observed keeps its last
// state. It must not be called by an observer.
func (c *Client) Close() error {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.cancel()
	c.work.Wait()
	c.close()
	return nil
}

// get asks for a path, and gives an answer with status 200, whose body the caller
// closes. A token that is refused is read again, once.
func (c *Client) get(ctx context.Context, path string) (*http.Response, error) {
	return c.ask(ctx, http.MethodGet, path, "")
}

// ask is get with another method, and a body in JSON, if it is not "".
func (c *Client) ask(ctx context.Context, method, path, body string) (*http.Response, error) {
	for again := false; ; again = true {
		resp, err := c.once(ctx, method, path, body)
		if err != nil {
			return nil, err
		}
		if resp.StatusCode == http.StatusOK || resp.StatusCode == http.StatusCreated {
			return resp, nil
		}
		status := statusOf(resp)
		_ = resp.Body.Close()
		if status.Code != http.StatusUnauthorized || c.token == nil || again {
			return nil, status
		}
		c.token.refused()
	}
}

func (c *Client) once(ctx context.Context, method, path, body string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.server.String()+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.agent)
	if c.token != nil {
		text, err := c.token.get()
		if err != nil {
			c.log.trouble(errToken{err}, time.Minute)
		}
		if text == "" {
			return nil, errToken{err}
		}
		req.Header.Set("Authorization", "Bearer "+text)
	}
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return nil, cause
		}
		return nil, reasonOf(err)
	}
	return resp, nil
}
