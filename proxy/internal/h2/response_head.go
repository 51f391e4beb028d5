package h2

import (
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/net/http2/hpack"

	"github.com/meshhop/meshhop/internal/h1wire"
	"github.com/meshhop/meshhop/internal/h2wire"
	"github.com/meshhop/meshhop/internal/httpx"
)

// collect notes the fields of the handler's header when the status is decided, because the
// handler may change the header after that. They are written when it is known how long the
// body is.
func (w *response) collect() {
	w.need()
	for name, values := range w.header {
		if strings.HasPrefix(name, http.TrailerPrefix) {
			w.said.trailers = true
			continue
		}
		if w.note(name, values) || !passes(name) {
			continue
		}
		for _, value := range values {
			w.fields = append(w.fields, hpack.HeaderField{Name: name, Value: clean(value)})
		}
	}
}

// note records what a field says. It reports whether the field is not written as it is.
func (w *response) note(name string, values []string) (ours bool) {
	switch name {
	case "Date":
		w.said.date = true
	case "Trailer":
		w.declareTrailers(values)
	case "Content-Type":
		w.said.contentType = true
		return w.status == http.StatusNotModified
	case "Content-Length":
		if len(values) == 0 {
			return true
		}
		n, ok := h1wire.ParseLength(values[0])
		if !ok {
			w.mistake("the Content-Length is not a number")
			return true
		}
		w.length, w.said.length = n, true
		return w.status < 200 || w.status == http.StatusNoContent
	case "Content-Encoding":
		w.said.contentEncoding = len(values) > 0 && values[0] != ""
	}
	return false
}

// declareTrailers records the names in the Trailer field.
func (w *response) declareTrailers(values []string) {
	for _, list := range values {
		w.said.trailers = true
		for name := range strings.SplitSeq(list, ",") {
			if name = http.CanonicalHeaderKey(httpx.TrimBlank(name)); passes(name) && !h1wire.FramesMessage(name) {
				w.trailers = append(w.trailers, name)
			}
		}
	}
}

// appendHead appends the header section, with conn.mu held. whole says that what is held is
// all of the body.
func (w *response) appendHead(first []byte, whole, end bool) {
	c, allowed := w.st.c, httpx.BodyAllowed(w.status)
	w.st.headed = true
	at := c.beginBlock()
	c.encode(":status", statusText(w.status))
	for _, f := range w.fields {
		c.encodeField(f.Name, f.Value)
	}
	if allowed && !w.said.contentType && !w.said.contentEncoding && len(first) > 0 {
		c.encode("content-type", http.DetectContentType(first[:min(len(first), 512)]))
	}
	if !w.said.date {
		c.encode("date", c.server.date.get())
	}
	if whole && allowed && !w.said.length && !w.said.trailers && (!w.toHead || w.written > 0) {
		c.encode("content-length", strconv.FormatInt(w.written, 10))
	}
	c.finishBlock(at, w.st.id, end)
	clear(w.fields)
	w.fields = w.fields[:0]
}

// appendTrailers appends the trailer section, if there are any fields for it: the declared
// ones, and those whose names have http.TrailerPrefix. It ends the stream.
func (w *response) appendTrailers() {
	c := w.st.c
	at := c.beginBlock()
	for _, name := range w.trailers {
		for _, value := range w.header[name] {
			c.encodeField(name, clean(value))
		}
	}
	for key, values := range w.header {
		if name, ok := strings.CutPrefix(key, http.TrailerPrefix); ok && !h1wire.FramesMessage(name) && passes(name) {
			for _, value := range values {
				c.encodeField(name, clean(value))
			}
		}
	}
	c.finishBlock(at, w.st.id, true)
	w.st.ended = true
}

// hasTrailers reports whether there is a field for the trailer section.
func (w *response) hasTrailers() bool {
	if !w.said.trailers && len(w.header) == 0 {
		return false
	}
	for _, name := range w.trailers {
		if len(w.header[name]) > 0 {
			return true
		}
	}
	for key, values := range w.header {
		if strings.HasPrefix(key, http.TrailerPrefix) && len(values) > 0 && passes(key[len(http.TrailerPrefix):]) {
			return true
		}
	}
	return false
}

// beginBlock leaves room for the header of a frame.
func (w *writer) beginBlock() (at int) {
	w.room()
	at = len(w.out)
	w.out = append(w.out, make([]byte, h2wire.HeaderSize)...)
	return at
}

func (w *writer) finishBlock(at int, id uint32, end bool) {
	w.out = h2wire.EndBlock(w.out, at, id, end, w.frame)
}

// encode appends a field whose name is in lower case.
func (w *writer) encode(name, value string) {
	_ = w.encoder.WriteField(hpack.HeaderField{Name: name, Value: value}) // out takes everything
}

// encodeField appends a field of a handler.
func (w *writer) encodeField(key, value string) { w.encode(w.lower.small(key), value) }

// passes reports whether a name is a token and the field none of a connection of HTTP/1.
func passes(key string) bool {
	if _, ok := usualLower[key]; ok {
		return key != "Te"
	}
	return httpx.IsToken(key) && !h2wire.OfConnection(strings.ToLower(key))
}

// clean returns a value in which control characters have become spaces.
func clean(value string) string {
	for i := 0; i < len(value); i++ {
		if c := value[i]; c < ' ' && c != '\t' || c == 0x7f {
			b := []byte(value)
			for ; i < len(b); i++ {
				if c := b[i]; c < ' ' && c != '\t' || c == 0x7f {
					b[i] = ' '
				}
			}
			return httpx.TrimBlank(string(b))
		}
	}
	return httpx.TrimBlank(value)
}

func statusText(status int) string {
	switch status {
	case http.StatusOK:
		return "200"
	}
	return strconv.Itoa(status)
}
