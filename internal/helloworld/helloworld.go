// Package helloworld is the service of the helloworld example: it answers with a
// text and the address it was asked at, and may ask another service first.
package helloworld

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/meshhop/meshhop/ctxhdr"
)

const (
	callTimeout = 10 * time.Second
	maxAnswer   = 64 << 10
)

// Config says what an App answers and whom it asks.
type Config struct {
	// Text begins the answer; "" means "Hello".
	Text string
	// Target is the host, with a port if that is not 80, of the service whose
	// answer becomes part of this one's. "" means that there is none.
	Target string
	// Proxy is where requests to Target are sent, as http_proxy would say; see
	// ParseProxy. nil means that they go to Target itself. Unlike
	// [http.ProxyFromEnvironment] it applies to targets on this machine too.
	Proxy *url.URL
	// Forward sends the l5d-ctx-* headers of a request on to Target, as every
	// service in a mesh should. Without it the mesh cannot see that the two
	// requests belong together.
	Forward bool
	// IP stands behind Text in the answer. The zero value means the local
	// address of the connection.
	IP netip.Addr
	// From is the address of this machine that requests to Target come from. The
	// zero value means the one that the system chooses.
	From netip.Addr
	// JSON makes the answer an object, {"api_result":"Hello (<ip>)"}, in place
	// of the text.
	JSON bool
	// Latency is how long every answer waits, at most [MaxLatency].
	Latency time.Duration
}

// An App is the service: a handler that answers "Hello (<ip>)!", or, if it has
// a target, "Hello (<ip>) <the target's answer>!". It answers a request
// POST /setLatency?latency=600ms with "ok", and waits that long from then on.
type App struct {
	text    string
	ip      netip.Addr // invalid if it is the connection's
	json    bool
	latency latency
	target  string // URL, or ""
	base    *http.Transport
	client  *http.Client
	handler http.Handler
}

// New returns an App. It fails if Target is no host, and if Latency is none. Close it after the server
// that it handles requests for.
func New(cfg Config) (*App, error) {
	a := &App{
		text: cfg.Text,
		ip:   cfg.IP,
		json: cfg.JSON,
		base: &http.Transport{
			Proxy:               http.ProxyURL(cfg.Proxy),
			MaxIdleConnsPerHost: 64,
			IdleConnTimeout:     90 * time.Second,
		},
	}
	if cfg.From.IsValid() {
		dialer := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(cfg.From, 0))}
		a.base.DialContext = dialer.DialContext
	}
	if a.text == "" {
		a.text = "Hello"
	}
	if err := a.latency.set(cfg.Latency); err != nil {
		return nil, err
	}
	if cfg.Target != "" {
		u, err := url.Parse("http://" + cfg.Target)
		if err != nil {
			return nil, fmt.Errorf("target %q: %w", cfg.Target, err)
		}
		if u.Hostname() == "" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
			return nil, fmt.Errorf("target %q: want host or host:port", cfg.Target)
		}
		a.target = u.String() + "/"
	}
	a.client = &http.Client{Transport: a.base, Timeout: callTimeout}
	a.handler = http.HandlerFunc(a.answer)
	if cfg.Forward {
		// All that a service has to do for the mesh.
		a.client.Transport = ctxhdr.Transport(a.base)
		a.handler = ctxhdr.Middleware(a.handler)
	}
	return a, nil
}

// ServeHTTP answers a request of any method for any path but /setLatency.
func (a *App) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/setLatency" {
		a.latency.ServeHTTP(w, r)
		return
	}
	a.handler.ServeHTTP(w, r)
}

// Close closes idle connections to the target.
func (a *App) Close() error {
	a.base.CloseIdleConnections()
	return nil
}

func (a *App) answer(w http.ResponseWriter, r *http.Request) {
	if err := a.latency.wait(r.Context()); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	text := a.text
	if ip := a.address(r); ip != "" {
		text += " (" + ip + ")"
	}
	if a.target != "" {
		more, err := a.ask(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		text += " " + more
	}
	if a.json {
		a.writeJSON(w, text)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	io.WriteString(w, text+"!")
}

// writeJSON writes what buoyantio/helloworld does: no exclamation mark of its
// own, and no line end.
func (a *App) writeJSON(w http.ResponseWriter, text string) {
	body, err := json.Marshal(map[string]string{"api_result": text})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(body)
}

// ask returns the target's answer. It is asked in the context of r, which is
// how its request gets the headers to be forwarded.
func (a *App) ask(r *http.Request) (string, error) {
	req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, a.target, nil)
	if err != nil {
		return "", err
	}
	resp, err := a.client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		if why, err := ctxhdr.DecodeErr(resp.Header.Get(ctxhdr.ErrName)); err == nil && why != "" {
			return "", fmt.Errorf("%s answered %s: %s", a.target, resp.Status, why)
		}
		return "", fmt.Errorf("%s answered %s", a.target, resp.Status)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return "", fmt.Errorf("reading the answer of %s: %w", a.target, err)
	}
	if len(body) > maxAnswer {
		return "", errors.New("the answer of " + a.target + " is too long")
	}
	return string(body), nil
}

// address returns the one to be answered, "" if there is none.
func (a *App) address(r *http.Request) string {
	if a.ip.IsValid() {
		return a.ip.String()
	}
	return localIP(r)
}

// localIP returns the address at which r was received, "" if it did not come
// over TCP.
func localIP(r *http.Request) string {
	addr, _ := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	if addr == nil {
		return ""
	}
	return addr.IP.String()
}
