package otlp

import (
	"bytes"
	"encoding/binary"

	"go.opentelemetry.io/otel/attribute"

	"github.com/meshhop/meshhop/trace/internal/post"
	"github.com/meshhop/meshhop/trace/internal/sink"
)

// hopScope is the scope of a hop's spans, as it is for a foreign TracerProvider.
const hopScope = "github.com/meshhop/meshhop/trace"

// schema has the names that a hop's spans have (go.opentelemetry.io/otel/semconv).
const schema = "https://opentelemetry.io/schemas/1.42.0"

// envelope is what a body says beside its spans: a field of a ResourceSpans, and two of a
// ScopeSpans.
type envelope struct {
	resource []byte
	scope    []byte
	schema   []byte
}

func newEnvelope(attributes []attribute.KeyValue) envelope {
	resource, at := open(nil, resourceSpansResource, smallRoom)
	for i := range attributes {
		resource = appendAttribute(resource, resourceAttribute, &attributes[i])
	}
	scope, inner := open(nil, scopeSpansScope, smallRoom)
	scope = appendText(scope, scopeName, hopScope)
	return envelope{
		resource: shut(resource, at, smallRoom),
		scope:    shut(scope, inner, smallRoom),
		schema:   appendText(nil, scopeSpansSchema, schema),
	}
}

// overhead is the greatest number of bytes that the body has beside the parts. A group of
// foreign spans takes no more than they take in the parts: beyond its first span it saves
// the scope, whose name is not empty, and two tags with their lengths, and the length of
// the group takes at most three bytes more than that of the first.
func (e *envelope) overhead() int {
	return len(e.resource) + len(e.scope) + len(e.schema) + 2*(1+maxLength)
}

// group is the spans of one scope.
type group struct {
	scope  []byte   // the field of a ScopeSpans
	pieces [][]byte // fields with spans, several in each
	size   int      // bytes of all that
}

func (g *group) add(piece []byte) {
	if len(piece) > 0 {
		g.pieces = append(g.pieces, piece)
		g.size += len(piece)
	}
}

// maxGroups is how many scopes a span's scope is compared with.
const maxGroups = 32

// request is the ExportTraceServiceRequest with all spans in parts.
func (e *envelope) request(parts []*sink.Part) post.Payload {
	own := group{scope: e.scope, size: len(e.scope) + len(e.schema)}
	var foreign []group
	for _, p := range parts {
		// Spans of the hop that follow each other are one piece.
		rest, from := p.Buf, 0
		for at := 0; at < len(rest); {
			length, n := binary.Uvarint(rest[at+1:])
			begin := at + 1 + n
			end := begin + int(length)
			if rest[at] == foreignSpan {
				own.add(rest[from:at])
				from = end
				foreign = addForeign(foreign, rest[begin:end])
			}
			at = end
		}
		own.add(rest[from:])
	}
	size := len(e.resource)
	if len(own.pieces) > 0 {
		size += 1 + varintSize(own.size) + own.size
	}
	for i := range foreign {
		size += 1 + varintSize(foreign[i].size) + foreign[i].size
	}
	head := binary.AppendUvarint([]byte{requestResourceSpans}, uint64(size))
	body := post.Of(append(head, e.resource...))
	if len(own.pieces) > 0 {
		own.write(&body)
		body.Add(e.schema)
	}
	for i := range foreign {
		foreign[i].write(&body)
	}
	return body
}

func (g *group) write(body *post.Payload) {
	head := binary.AppendUvarint([]byte{resourceSpansScopeSpans}, uint64(g.size))
	body.Add(append(head, g.scope...))
	for _, p := range g.pieces {
		body.Add(p)
	}
}

// addForeign adds a ScopeSpans of one span to the group of its scope.
func addForeign(groups []group, scopeSpans []byte) []group {
	length, n := binary.Uvarint(scopeSpans[1:])
	end := 1 + n + int(length)
	scope, span := scopeSpans[:end], scopeSpans[end:]
	for i := max(0, len(groups)-maxGroups); i < len(groups); i++ {
		if bytes.Equal(groups[i].scope, scope) {
			groups[i].add(span)
			return groups
		}
	}
	g := group{scope: scope, size: len(scope)}
	g.add(span)
	return append(groups, g)
}
