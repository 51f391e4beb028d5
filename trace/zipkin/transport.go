package zipkin

import "fmt"

// Transport is how a Sink sends spans.
type Transport uint8

const (
	// HTTP posts JSON, version 2, to the Endpoint.
	HTTP Transport = iota
	// Scribe calls the method Log of the Scribe at ScribeAddr, with spans of
	// version 1 in framed TBinaryProtocol: the first way that Zipkin had, and
	// still has if COLLECTOR_SCRIBE_ENABLED is true.
	Scribe
	// Auto is Scribe if there is one at ScribeAddr, which an empty call of Log
	// finds out within 2 s, and else HTTP. It looks again after a failure. A
	// batch of which anything was sent stays with its transport. While it is
	// HTTP, each span is encoded twice.
	Auto
)

// String is the name that a configuration has for it.
func (t Transport) String() string {
	switch t {
	case HTTP:
		return "http"
	case Scribe:
		return "scribe"
	case Auto:
		return "auto"
	default:
		return fmt.Sprintf("transport(%d)", uint8(t))
	}
}

// defaultScribeAddr is where a Zipkin on this machine has its Scribe.
const defaultScribeAddr = "127.0.0.1:9410"

// scribeBatch is the most that one call of Log carries.
const scribeBatch = 1 << 20
