package h1

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/meshhop/meshhop/internal/h1wire"
)

// refusal is why a request does not reach the handler, and the status that says so.
type refusal struct {
	status int
	err    error

	// What came of the head, for Config.Refuse: an offset is zero where it did not come.
	head head
	text string
}

func (r *refusal) Error() string { return r.err.Error() }
func (r *refusal) Unwrap() error { return r.err }

func refuse(status int, format string, args ...any) error {
	return &refusal{status: status, err: fmt.Errorf(format, args...)}
}

func badRequest(format string, args ...any) error {
	return refuse(http.StatusBadRequest, format, args...)
}

// maxRefusedHead is how much is kept of a head that is refused. What stands behind it is
// unknown to Config.Refuse.
const maxRefusedHead = 16 << 10

// withHead adds to a refusal what came of the head. text is empty if it is still in the
// buffer, perhaps with what follows it.
func (c *conn) withHead(err error, h head, text string) error {
	r, ok := err.(*refusal)
	if !ok || c.server.config.Refuse == nil {
		return err
	}
	if text == "" {
		in := c.Buffered()
		text = string(in[:min(len(in), maxRefusedHead)])
	}
	r.head, r.text = h, text
	return r
}

// refuse has Config.Refuse answer, or answers by itself. The connection closes after it.
func (c *conn) refuse(r *refusal) {
	c.server.refused.Add(1)
	if c.server.config.Refuse == nil {
		c.refusePlainly(r.status)
		return
	}
	x := c.refusedExchange(r)
	c.current.Store(x)
	if cause := c.server.aborted.Load(); cause != nil {
		x.ctx.cancel(*cause)
	}
	c.server.config.Refuse(&x.w, &x.req, r.status, r.err)
	switch {
	case x.w.hijacked:
		return
	case x.w.status == 0:
		c.refusePlainly(r.status)
		return
	}
	x.w.finish()
	c.retire(x)
	if x.w.err == nil {
		c.linger()
	}
}

// refusedExchange is the exchange of a request that is refused, with as much of the request
// as is known.
func (c *conn) refusedExchange(r *refusal) *exchange {
	h, text := r.head, r.text
	x := &exchange{last: true}
	x.ctx.c = c
	req := (&http.Request{
		URL: &x.url, Proto: version, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{},
		Close: true, RemoteAddr: c.remote, TLS: c.tls, Body: http.NoBody,
	}).WithContext(&x.ctx)
	x.req = *req
	x.body.complete.Store(true)
	if h.targetEnd > 0 && h.targetEnd <= len(text) {
		x.req.Method, x.req.RequestURI = text[:h.methodEnd], text[h.target:h.targetEnd]
		if h.minor == 0 {
			x.req.Proto, x.req.ProtoMinor = "HTTP/1.0", 0
		}
		c.readRefusedFields(x, text)
	}
	x.w.begin(c, x, &h1wire.Framing{Close: true, Length: -1})
	return x
}

// readRefusedFields reads those fields that are whole in the text.
func (c *conn) readRefusedFields(x *exchange, text string) {
	known := 0
	for known < len(c.fields) && int(c.fields[known].ValueEnd) <= len(text) {
		known++
	}
	fields := c.fields[:known]
	fields.AddTo(x.req.Header, text, h1wire.OmitHost, x.values[:])
	for _, at := range fields {
		if host := text[at.Value:at.ValueEnd]; text[at.Name:at.NameEnd] == "Host" && h1wire.AllOf(host, h1wire.Host) {
			x.req.Host = host
			break
		}
	}
	if parseTarget(&x.url, x.req.Method, x.req.RequestURI) != nil {
		x.url.Path, x.url.RawQuery, _ = strings.Cut(x.req.RequestURI, "?")
	}
	if x.url.Host != "" {
		x.req.Host = x.url.Host
	}
}

// refusePlainly writes a response that does not quote the request.
func (c *conn) refusePlainly(status int) {
	text := strconv.Itoa(status) + " " + http.StatusText(status)
	out := append(c.out[:0], "HTTP/1.1 "...)
	out = append(append(out, text...), "\r\n"...)
	out = c.server.date.append(out)
	out = append(out, "Content-Type: text/plain; charset=utf-8\r\nConnection: close\r\nContent-Length: "...)
	out = strconv.AppendInt(out, int64(len(text)), 10)
	out = append(append(out, "\r\n\r\n"...), text...)
	c.out = out[:0]
	if _, err := c.nc.Write(out); err == nil {
		c.linger()
	}
}
