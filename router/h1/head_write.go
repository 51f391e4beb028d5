package h1

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/meshhop/meshhop/internal/h1wire"
	"github.com/meshhop/meshhop/internal/httpx"
	"github.com/meshhop/meshhop/internal/wire"
)

// appendHead appends the head of the request. It refuses a head that a peer could read in
// another way than the caller meant.
func (p *outgoing) appendHead(out []byte, req *http.Request) ([]byte, error) {
	if !h1wire.AllOf(p.method, h1wire.Token) {
		return nil, invalid("method %q", p.method)
	}
	host, err := hostOf(req)
	if err != nil {
		return nil, err
	}
	out = append(append(out, p.method...), ' ')
	if out, err = appendTarget(out, p.method, host, req.URL); err != nil {
		return nil, err
	}
	out = append(out, " HTTP/1.1\r\nHost: "...)
	out = append(out, host...)
	out = append(out, "\r\n"...)

	start, order := len(out), p.x.RequestOrder()
	for name, values := range req.Header {
		if p.edit != nil && p.edit.Omits(name) {
			continue
		}
		if out, err = p.appendFields(out, &order, name, values); err != nil {
			return nil, err
		}
	}
	out = order.Insert(out, start)
	if out, err = p.appendAdded(out); err != nil {
		return nil, err
	}
	if out, err = p.appendFraming(out); err != nil {
		return nil, err
	}
	if req.Close && !p.close {
		p.close = true
		out = append(out, "Connection: close\r\n"...)
	}
	return append(out, "\r\n"...), nil
}

// appendFields appends a line for each value that the order does not claim, unless the field
// is one that this package writes itself.
func (p *outgoing) appendFields(out []byte, order *h1wire.Order, name string, values []string) ([]byte, error) {
	ours, err := p.noteField(name, values)
	if err != nil || ours {
		return out, err
	}
	for _, value := range values[order.Claim(name, values):] {
		if out, err = appendField(out, name, value); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// appendAdded appends the fields that the caller's edit adds.
func (p *outgoing) appendAdded(out []byte) ([]byte, error) {
	if p.edit == nil {
		return out, nil
	}
	var added h1wire.Order
	for i := 0; ; i++ {
		name, value, ok := p.edit.Field(i)
		if !ok {
			return out, nil
		}
		values := [1]string{value}
		var err error
		if out, err = p.appendFields(out, &added, name, values[:]); err != nil {
			return nil, err
		}
	}
}

// noteField records what the fields that matter here say. ours is true for those that this
// package writes itself, because they frame the message.
func (p *outgoing) noteField(name string, values []string) (ours bool, err error) {
	switch len(name) {
	case len("Host"):
		ours = httpx.EqualFold(name, "host")
	case len("Expect"):
		p.expect = p.expect || p.body != nil && httpx.EqualFold(name, "expect") && httpx.HasToken(values, "100-continue")
	case len("Upgrade"): // and Trailer
		ours = httpx.EqualFold(name, "trailer")
		p.upgrade = p.upgrade || httpx.EqualFold(name, "upgrade")
	case len("Connection"):
		p.close = p.close || httpx.EqualFold(name, "connection") && httpx.HasToken(values, "close")
	case len("Content-Length"):
		ours = httpx.EqualFold(name, "content-length")
	case len("Idempotency-Key"):
		p.repeatable = p.repeatable || httpx.EqualFold(name, "idempotency-key")
	case len("Transfer-Encoding"): // and X-Idempotency-Key
		ours = httpx.EqualFold(name, "transfer-encoding")
		p.repeatable = p.repeatable || httpx.EqualFold(name, "x-idempotency-key")
	}
	if ours && name != http.CanonicalHeaderKey(name) {
		// net/http would write this field and its own.
		return ours, invalid("header name %q is not in canonical form and frames the message", name)
	}
	return ours, nil
}

// appendFraming appends the fields that say where the message ends.
func (p *outgoing) appendFraming(out []byte) ([]byte, error) {
	switch {
	case p.length < 0:
		out = append(out, "Transfer-Encoding: chunked\r\n"...)
		return appendTrailerNames(out, p.trailer)
	case p.length > 0 || p.method == http.MethodPost || p.method == http.MethodPut || p.method == http.MethodPatch:
		out = append(out, "Content-Length: "...)
		out = strconv.AppendInt(out, p.length, 10)
		return append(out, "\r\n"...), nil
	}
	return out, nil
}

// appendTrailerNames appends the Trailer field.
func appendTrailerNames(out []byte, trailer http.Header) ([]byte, error) {
	if len(trailer) == 0 {
		return out, nil
	}
	names := make([]string, 0, len(trailer))
	for name := range trailer {
		if name == "" || !h1wire.AllOf(name, h1wire.Token) || h1wire.FramesMessage(name) {
			return nil, invalid("trailer name %q", name)
		}
		names = append(names, name)
	}
	slices.Sort(names)
	out = append(out, "Trailer: "...)
	for i, name := range names {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, name...)
	}
	return append(out, "\r\n"...), nil
}

// lowered reports whether Linkerd writes a name in lower case, as it does with its own
// names and those of trace contexts.
func lowered(name string) bool {
	if len(name) > 5 && (strings.HasPrefix(name, wire.MeshPrefix) || strings.HasPrefix(name, wire.B3Prefix)) {
		return true
	}
	return name == wire.B3Name || name == wire.TraceparentName || name == wire.TracestateName
}

// appendField appends a header line.
func appendField(out []byte, name, value string) ([]byte, error) {
	if name == "" || !h1wire.AllOf(name, h1wire.Token) {
		return nil, invalid("header name %q", name)
	}
	if lowered(name) {
		for i := 0; i < len(name); i++ {
			c := name[i]
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			out = append(out, c)
		}
	} else {
		out = append(out, name...)
	}
	out = append(out, ": "...)
	start := len(out)
	out = append(out, httpx.TrimBlank(value)...)
	if !h1wire.ValidValue(out[start:]) {
		return nil, invalid("value of header %s has a control character: %q", name, value)
	}
	return append(out, "\r\n"...), nil
}
