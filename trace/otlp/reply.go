package otlp

import "encoding/binary"

// Fields of ExportTraceServiceResponse and of its partial success
// (collector/trace/v1/trace_service.proto), and of google.rpc.Status.
const (
	responsePartialSuccess = 1<<3 | delimited

	partialRejected = 1<<3 | varint
	partialMessage  = 2<<3 | delimited

	rpcMessage = 2<<3 | delimited
)

// replyBytes is how much of a response is read. What is longer is cut.
const replyBytes = 4 << 10

// partialSuccess reads the body of a response with a status 2xx: how many spans are
// rejected, and why; or, if none is, what the collector wants to be known. Of what is no
// such response it says nothing, as of an empty one.
func partialSuccess(reply []byte) (rejected uint64, message string) {
	r := reader{b: reply}
	for r.next() {
		if r.tag != responsePartialSuccess {
			continue
		}
		partial := reader{b: r.bytes}
		for partial.next() {
			switch partial.tag {
			case partialRejected:
				rejected = uint64(max(0, int64(partial.number)))
			case partialMessage:
				message = string(partial.bytes)
			}
		}
		if partial.bad {
			return 0, ""
		}
	}
	if r.bad {
		return 0, ""
	}
	return rejected, message
}

// statusText reads the body of a response that is no success: the message of a Status. A
// body that is none, such as that of a proxy, is the text itself.
func statusText(body []byte) string {
	message := ""
	r := reader{b: body}
	for r.next() {
		if r.tag == rpcMessage {
			message = string(r.bytes)
		}
	}
	if r.bad || message == "" {
		return string(body)
	}
	return message
}

// reader reads the fields of a protobuf message. The last one may be cut.
type reader struct {
	b      []byte
	tag    uint64
	number uint64 // of a varint
	bytes  []byte // of what has a length
	bad    bool   // it is no message
}

// next reads the next field, unless there is none or bad is set.
func (r *reader) next() bool {
	if len(r.b) == 0 {
		return false
	}
	r.bytes, r.number = nil, 0
	if r.tag = r.varint(); r.bad || r.tag>>3 == 0 {
		r.bad = true
		return false
	}
	switch r.tag & 7 {
	case varint:
		r.number = r.varint()
	case fixed64:
		r.take(8)
	case fixed32:
		r.take(4)
	case delimited:
		r.bytes = r.take(r.varint())
	default:
		r.bad = true
	}
	return !r.bad
}

func (r *reader) varint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

// take returns the next n bytes, or what is left of them.
func (r *reader) take(n uint64) []byte {
	n = min(n, uint64(len(r.b)))
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}
