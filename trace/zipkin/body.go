package zipkin

import (
	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/zipkin/internal/post"
)

// appendElement appends a span and the comma before it.
func appendElement(dst []byte, r *trace.Record) []byte { return appendSpan(append(dst, ','), r) }

// listPayload is the list of all spans in chunks.
func listPayload(chunks []*chunk) post.Payload {
	p := post.Of([]byte{'['})
	for i, c := range chunks {
		if i == 0 {
			p.Add(c.buf[1:]) // without the comma
		} else {
			p.Add(c.buf)
		}
	}
	p.Add([]byte{']'})
	return p
}
