package zipkin

import (
	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/internal/post"
	"github.com/meshhop/meshhop/trace/internal/sink"
)

// appendElement appends a span and the comma before it.
func appendElement(dst []byte, r *trace.Record) []byte { return appendSpan(append(dst, ','), r) }

// listPayload is the list of all spans in parts.
func listPayload(parts []*sink.Part) post.Payload {
	p := post.Of([]byte{'['})
	for i, c := range parts {
		if i == 0 {
			p.Add(c.Buf[1:]) // without the comma
		} else {
			p.Add(c.Buf)
		}
	}
	p.Add([]byte{']'})
	return p
}
