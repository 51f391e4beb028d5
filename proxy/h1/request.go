package h1

import (
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"

	"github.com/meshhop/meshhop/internal/h1wire"
	"github.com/meshhop/meshhop/internal/httpx"
)

// exchange is a request and its response. It is one allocation. The handler may keep the
// request, so that it is not used again unless the handler says that nobody does: see giveBack.
type exchange struct {
	req      http.Request
	url      url.URL
	ctx      requestContext
	body     body
	w        response
	encoding [1]string
	values   [10]string  // of the header, if it is short
	header   http.Header // of req; empty before there is one
	last     bool        // the request says "Connection: close"
	head     int         // bytes of the head

	unwatched atomic.Bool // nobody must wait for input on its behalf from now on
}

// readRequest reads the head of a request. An error is a *refusal, or one of the connection.
func (c *conn) readRequest() (*exchange, error) {
	h, err := c.readHead()
	if err != nil {
		return nil, c.withHead(err, h, "")
	}
	text := c.takeHead(h)
	x, err := c.newExchange(h, text)
	return x, c.withHead(err, h, text)
}

// newExchange makes the request of a head.
func (c *conn) newExchange(h head, text string) (*exchange, error) {
	if c.server.config.HTTP2Only {
		return nil, c.refuseHTTP1()
	}
	var f h1wire.Framing
	if err := f.Read(c.fields, text, h.minor); err != nil {
		return nil, refuseFraming(err)
	}
	x := c.newMemory()
	x.ctx.c, x.last = c, f.Close
	req := (&http.Request{
		Method:        text[:h.methodEnd],
		URL:           &x.url,
		Proto:         version,
		ProtoMajor:    1,
		ProtoMinor:    h.minor,
		ContentLength: max(f.Length, 0),
		Close:         f.Close || h.minor == 0 && !f.KeepAlive,
		Trailer:       f.Trailer,
		RequestURI:    text[h.target:h.targetEnd],
		RemoteAddr:    c.remote,
		TLS:           c.tls,
		Body:          http.NoBody,
	}).WithContext(&x.ctx)
	if h.minor == 0 {
		req.Proto = "HTTP/1.0"
	}
	x.req = *req
	if err := parseTarget(&x.url, x.req.Method, x.req.RequestURI); err != nil {
		return nil, err
	}
	if err := c.readHost(x, text, h.minor); err != nil {
		return nil, err
	}
	omit := h1wire.OmitHost
	if f.Chunked {
		omit |= h1wire.OmitFraming
		x.req.ContentLength = -1
		x.encoding[0] = "chunked"
		x.req.TransferEncoding = x.encoding[:1:1]
	}
	if x.header == nil {
		x.header = make(http.Header, max(len(c.fields)-1, 0)) // Host is not in it
	}
	x.req.Header = x.header
	c.fields.AddTo(x.req.Header, text, omit, x.values[:])
	x.ctx.heads.Request.Keep(text, c.fields, &c.letters)
	x.w.begin(c, x, &f)
	x.head = h.size
	if x.req.ContentLength != 0 {
		x.body.begin(c, x, &f)
		x.req.Body = &x.body
	} else {
		x.body.complete.Store(true)
	}
	return x, x.readExpect()
}

func refuseFraming(err error) error {
	if coding(err) {
		return &refusal{status: http.StatusNotImplemented, err: err}
	}
	return &refusal{status: http.StatusBadRequest, err: err}
}

// readHost reads the Host field. That of an absolute URL counts more (RFC 9112 section
// 3.2.2).
func (c *conn) readHost(x *exchange, text string, minor int) error {
	hosts := 0
	for _, at := range c.fields {
		if text[at.Name:at.NameEnd] == "Host" {
			hosts++
			x.req.Host = text[at.Value:at.ValueEnd]
		}
	}
	switch {
	case hosts > 1:
		return badRequest("%d Host fields", hosts)
	case hosts == 0 && minor > 0:
		return badRequest("no Host field")
	case !h1wire.AllOf(x.req.Host, h1wire.Host):
		return badRequest("host %q", h1wire.Excerpt([]byte(x.req.Host)))
	}
	if x.url.Host != "" {
		x.req.Host = x.url.Host
	}
	return nil
}

// readExpect reads the Expect field. Clients of HTTP/1.0 know no 100 responses.
func (x *exchange) readExpect() error {
	values := x.req.Header["Expect"]
	switch {
	case len(values) == 0 || len(values) == 1 && values[0] == "":
	case !httpx.HasToken(values, "100-continue"):
		return refuse(http.StatusExpectationFailed, "Expect: %s", strings.Join(values, ", "))
	case x.req.ProtoMinor > 0 && x.req.ContentLength != 0:
		x.body.expected = true
		x.w.mayContinue.Store(true)
	}
	return nil
}
