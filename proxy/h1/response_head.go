package h1

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/meshhop/meshhop/internal/h1wire"
	"github.com/meshhop/meshhop/internal/httpx"
)

// The head of a response is written in two steps. startHead writes the handler's fields
// when it decides the status, because the handler may change the header after that. commit
// adds the fields that say how the body is framed, once that is known.

// startHead writes the status line and the fields of the handler's header.
func (w *response) startHead() {
	out := appendStatusLine(w.c.out[:0], w.x.req.ProtoMinor, w.status)
	start, order := len(out), w.x.ctx.heads.Response.Order()
	for name, values := range w.header {
		if len(name) > len(http.TrailerPrefix) && name[:len(http.TrailerPrefix)] == http.TrailerPrefix {
			w.said.trailers = true
			continue
		}
		if kind := fieldOf(name); kind != otherField && w.note(kind, name, values) {
			continue
		}
		for _, value := range values[order.Claim(name, values):] {
			out = appendField(out, name, value)
		}
	}
	w.c.out = order.Insert(out, start)
	if w.length >= 0 && w.said.coding != "" && !strings.EqualFold(w.said.coding, "identity") {
		w.mistake("both Content-Length and Transfer-Encoding")
		w.length = -1
	}
}

// Kinds of fields that this package has to know.
const (
	otherField = iota
	ownField   // frames the message: this package writes it
	notedField // matters for the fields that this package writes
)

func fieldOf(name string) int {
	switch len(name) {
	case len("Date"):
		if httpx.EqualFold(name, "date") {
			return notedField
		}
	case len("Trailer"):
		if httpx.EqualFold(name, "trailer") {
			return notedField
		}
	case len("Connection"):
		if httpx.EqualFold(name, "connection") {
			return ownField
		}
	case len("Content-Type"):
		if httpx.EqualFold(name, "content-type") {
			return notedField
		}
	case len("Content-Length"):
		if httpx.EqualFold(name, "content-length") {
			return ownField
		}
	case len("Content-Encoding"):
		if httpx.EqualFold(name, "content-encoding") {
			return notedField
		}
	case len("Transfer-Encoding"):
		if httpx.EqualFold(name, "transfer-encoding") {
			return ownField
		}
	}
	return otherField
}

// note records what a field says. It reports whether the field is not written as it is.
func (w *response) note(kind int, name string, values []string) (ours bool) {
	first := ""
	if len(values) > 0 {
		first = values[0]
	}
	switch len(name) {
	case len("Date"):
		w.said.date = true
	case len("Trailer"):
		w.declareTrailers(values)
	case len("Connection"):
		w.said.connection = values
		w.said.close = w.said.close || httpx.HasToken(values, "close")
	case len("Content-Type"):
		w.said.contentType = true
		return w.status == http.StatusNotModified
	case len("Content-Length"):
		if n, ok := h1wire.ParseLength(first); ok {
			w.length = n
		} else if first != "" {
			w.mistake("the Content-Length is not a number")
		}
	case len("Content-Encoding"):
		w.said.contentEncoding = first != ""
	case len("Transfer-Encoding"):
		w.said.coding = first
	}
	return kind == ownField
}

// declareTrailers records the names in the Trailer field.
func (w *response) declareTrailers(values []string) {
	for _, list := range values {
		w.said.trailers = true
		for name := range strings.SplitSeq(list, ",") {
			if name = http.CanonicalHeaderKey(httpx.TrimBlank(name)); name != "" && !h1wire.FramesMessage(name) {
				w.trailers = append(w.trailers, name)
			}
		}
	}
}

// commit decides how the body is framed and ends the head. ended says that what is held is
// all of the body.
func (w *response) commit(ended bool) {
	if w.committed {
		return
	}
	w.committed = true
	allowed := httpx.BodyAllowed(w.status)
	if ended && allowed && w.length < 0 && !w.said.trailers && w.said.coding == "" && (!w.toHead || len(w.c.held) > 0) {
		w.length = int64(len(w.c.held))
	}
	if w.said.close || w.status == http.StatusSwitchingProtocols {
		w.close = true // what follows 101 is no HTTP
	}
	if w.x.req.ProtoMinor == 0 && !(w.keepAlive10 && (w.toHead || w.length >= 0 || !allowed)) {
		w.close = true
	}
	w.frame(allowed)
	w.settleRequestBody()

	out := w.c.out
	if allowed && !w.said.contentType && !w.said.contentEncoding && w.said.coding == "" && len(w.c.held) > 0 {
		out = appendField(out, "Content-Type", http.DetectContentType(w.c.held))
	}
	if !w.said.date {
		out = w.c.server.date.append(out)
	}
	if w.length >= 0 && allowed {
		out = append(out, "Content-Length: "...)
		out = strconv.AppendInt(out, w.length, 10)
		out = append(out, "\r\n"...)
	}
	out = w.appendConnection(out)
	if w.chunked {
		out = append(out, "Transfer-Encoding: chunked\r\n"...)
	}
	w.c.out = append(out, "\r\n"...)
}

// frame decides between a length, chunks, and the end of the connection.
func (w *response) frame(allowed bool) {
	switch {
	case w.toHead || !allowed || w.length >= 0:
	case w.x.req.ProtoMinor == 0 || strings.EqualFold(w.said.coding, "identity"):
		w.close = true
	default:
		w.chunked = true
	}
}

// appendConnection appends the Connection field.
func (w *response) appendConnection(out []byte) []byte {
	switch {
	case w.close && !w.said.close && w.status != http.StatusSwitchingProtocols:
		if w.x.req.ProtoMinor > 0 {
			out = append(out, "Connection: close\r\n"...)
		}
		return out
	case w.said.connection == nil && w.keepAlive10 && !w.close:
		return append(out, "Connection: keep-alive\r\n"...)
	}
	for _, value := range w.said.connection {
		out = appendField(out, "Connection", value)
	}
	return out
}

// settleRequestBody deals with a body that was not read to its end, before the head says
// whether the connection is kept. Many clients send all of a request before they read the
// response. With full duplex the handler may still read it.
func (w *response) settleRequestBody() {
	b := &w.x.body
	switch {
	case w.close || b.complete.Load():
	case b.expected:
		w.close = true // it is not known whether the body will come
	case !w.fullDuplex:
		w.close = !b.drain()
	}
}

// appendField appends a header line, unless the name is no token. Control characters of the
// value become spaces.
func appendField(out []byte, name, value string) []byte {
	if name == "" || !h1wire.AllOf(name, h1wire.Token) {
		return out
	}
	out = append(append(out, name...), ": "...)
	start := len(out)
	out = append(out, httpx.TrimBlank(value)...)
	if !h1wire.ValidValue(out[start:]) {
		for i := start; i < len(out); i++ {
			if c := out[i]; c < ' ' && c != '\t' || c == 0x7f {
				out[i] = ' '
			}
		}
	}
	return append(out, "\r\n"...)
}
