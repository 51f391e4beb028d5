package h1

import (
	"net/http"

	"github.com/meshhop/meshhop/internal/h1wire"
	"github.com/meshhop/meshhop/internal/relay"
)

// response has what one response needs, in one allocation.
type response struct {
	resp     http.Response
	body     body
	encoding [1]string
	values   [10]string // of the header, if it is short
	free     bool       // it is the memory of no response
}

// newResponse returns the memory of a response, which the caller may use again.
func (p *outgoing) newResponse() *response {
	if p.x == nil {
		return new(response)
	}
	if r, ok := p.x.Room.(*response); ok && r.free {
		r.free = false
		return r
	}
	r := new(response)
	p.x.Room = r
	return r
}

// Reset forgets the response, which nobody has any more.
func (r *response) Reset() { *r = response{free: true} }

// response makes the response of a final head.
func (c *conn) response(req *http.Request, p *outgoing, h head) (*http.Response, error) {
	text := c.takeHead(h)
	var f h1wire.Framing
	if err := f.Read(c.fields, text, h.minor); err != nil {
		return nil, c.failure(relay.OpParse, err)
	}
	tunnel := h.status == http.StatusSwitchingProtocols
	if tunnel && !(p.upgrade && f.Upgrade && f.Protocol) {
		return nil, c.failure(relay.OpParse, h1wire.Malformed("the peer switched protocols without being asked to"))
	}
	tunnel = tunnel || p.method == http.MethodConnect && h.status < 300

	r := p.newResponse()
	resp := &r.resp
	*resp = http.Response{
		Status:        text[h.reason:h.line],
		StatusCode:    h.status,
		Proto:         text[:len("HTTP/1.1")],
		ProtoMajor:    1,
		ProtoMinor:    h.minor,
		ContentLength: f.Length,
		Close:         f.Close || h.minor == 0 && !f.KeepAlive,
		Trailer:       f.Trailer,
		Request:       req,
	}
	if f.Chunked {
		resp.ContentLength = -1
		r.encoding[0] = "chunked"
		resp.TransferEncoding = r.encoding[:1:1]
	}
	if p.x != nil {
		resp.Header = p.x.Header
	}
	if resp.Header == nil {
		resp.Header = make(http.Header, len(c.fields))
	}
	omit := h1wire.OmitNone
	if f.Chunked {
		omit = h1wire.OmitFraming
	}
	c.fields.AddTo(resp.Header, text, omit, r.values[:])
	if p.x != nil && p.x.ResponseLines != nil {
		p.x.ResponseLines.Keep(text, c.fields, &c.letters)
	}

	reuse := !resp.Close && !p.close
	if c.waiting(p) {
		if h.status < 300 && !resp.Close && !tunnel {
			c.stream(p, p.body) // it responds already and still wants the body
		} else {
			reuse = false
			p.closeBody() // the peer does not want it, and could take the next request for it
		}
	} else if c.writer == nil && c.wrote == some {
		reuse = false // the write was cut short
	}
	if tunnel {
		return resp, c.becomeTunnel(resp)
	}
	c.frameBody(r, p.method == http.MethodHead, f, reuse)
	return resp, nil
}

// frameBody decides where the response ends (RFC 9112 section 6.3).
func (c *conn) frameBody(r *response, toHead bool, f h1wire.Framing, reuse bool) {
	resp := &r.resp
	bodiless := resp.StatusCode == http.StatusNoContent || resp.StatusCode == http.StatusNotModified
	if resp.StatusCode == http.StatusNoContent && (f.Chunked || f.Length > 0) {
		reuse = false // RFC 9110 section 8.6: a 204 must not have these
	}
	if f.Chunked && f.Length >= 0 {
		reuse = false // another recipient could use the other one
	}
	b := &r.body
	b.c, b.resp = c, resp
	switch {
	case toHead:
		c.noBody = true
		resp.Body = http.NoBody
		c.finish(reuse)
		return
	case bodiless:
		c.noBody = true
		resp.ContentLength = 0
		resp.Body = http.NoBody
		c.finish(reuse)
		return
	case f.Chunked:
		b.kind = chunked
	case f.Length == 0:
		resp.Body = http.NoBody
		c.finish(reuse)
		return
	case f.Length > 0:
		b.kind, b.left = counted, f.Length
	default:
		resp.Close = true
		b.kind, reuse = untilClose, false
	}
	b.reuse = reuse
	resp.Body = b
}
