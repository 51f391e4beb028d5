package router

import (
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"sync/atomic"

	"github.com/meshhop/meshhop/internal/h2client"
	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/internal/traffic"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router/h1"
)

// autoTransport speaks what the endpoint chose in the last handshake. All connections offer
// both protocols: a handshake that ends with the other one is how it learns that the endpoint
// has changed, and nothing was sent on that connection.
type autoTransport struct {
	h1    *h1.Transport
	h2    *h2client.Transport
	http1 atomic.Bool // the endpoint chose HTTP/1.1 last
}

// errHTTP2 is the cause of an error of a connection that was to be one of HTTP/1.1.
var errHTTP2 = errors.New("the endpoint chose HTTP/2")

func newAutoTransport(address resolve.Address, config TransportConfig) http.RoundTripper {
	both := config.h2(address)
	both.OrHTTP1 = true
	one := config
	one.Protocol = HTTP1
	one.TLS = config.TLS.Clone()
	one.TLS.NextProtos = []string{"h2", "http/1.1"}
	verify := one.TLS.VerifyConnection
	one.TLS.VerifyConnection = func(s tls.ConnectionState) error {
		if verify != nil {
			if err := verify(s); err != nil {
				return err
			}
		}
		if s.NegotiatedProtocol == "h2" {
			return errHTTP2
		}
		return nil
	}
	switch t := H1Transport(address, one).(type) {
	case *h1.Transport:
		return &autoTransport{h1: t, h2: h2client.New(both)}
	default:
		return t
	}
}

// RoundTrip implements [http.RoundTripper].
func (t *autoTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	return t.try(r, t.h1.RoundTrip, t.h2.RoundTrip)
}

// Send implements sender.
func (t *autoTransport) Send(r *http.Request, x *relay.Exchange) (*http.Response, error) {
	by := func(send func(*http.Request, *relay.Exchange) (*http.Response, error)) func(*http.Request) (*http.Response, error) {
		return func(r *http.Request) (*http.Response, error) { return send(r, x) }
	}
	return t.try(r, by(t.h1.Send), by(t.h2.Send))
}

type exchangeFunc func(*http.Request) (*http.Response, error)

// try sends the request by the protocol of last time, and if the endpoint chooses the other
// one now, by that.
func (t *autoTransport) try(r *http.Request, one, two exchangeFunc) (*http.Response, error) {
	first, second, other := two, one, h2client.ErrHTTP1
	if t.http1.Load() {
		first, second, other = one, two, errHTTP2
	}
	sent := r
	var guard *keptBody
	if r.Body != nil && r.Body != http.NoBody {
		guard = &keptBody{ReadCloser: r.Body}
		sent = r.WithContext(r.Context())
		sent.Body = guard
	}
	resp, err := first(sent)
	if err == nil || !errors.Is(err, other) {
		guard.letGo()
		return resp, err
	}
	t.http1.Store(other == h2client.ErrHTTP1)
	return second(r)
}

// keptBody is a body that a transport closes in vain: if it has sent nothing, another one may
// need it.
type keptBody struct {
	io.ReadCloser
	state atomic.Int32
}

const (
	bodyClosed = 1 << iota // by the transport
	bodyLetGo              // nobody else needs it
)

// Close closes the body once nobody else needs it.
func (b *keptBody) Close() error {
	if b.state.Or(bodyClosed)&^bodyClosed == bodyLetGo {
		return b.ReadCloser.Close()
	}
	return nil
}

func (b *keptBody) letGo() {
	if b != nil && b.state.Or(bodyLetGo)&bodyClosed != 0 {
		b.ReadCloser.Close()
	}
}

// CloseIdleConnections closes those of both protocols.
func (t *autoTransport) CloseIdleConnections() {
	t.h1.CloseIdleConnections()
	t.h2.CloseIdleConnections()
}

// Observe has both tell of their connections.
func (t *autoTransport) Observe(by traffic.Client) {
	t.h1.Observe(by)
	t.h2.Observe(by)
}

// Stats are those of both together.
func (t *autoTransport) Stats() h1.Stats {
	s := t.h1.Stats()
	addConnections(&s, t.h2.Stats())
	return s
}
