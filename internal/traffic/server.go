package traffic

import "time"

// Server is told of the connections of a server and of the requests on them.
type Server interface {
	Conns
	// Served is called when the response to a request has been written or given up. For a
	// request that took over its connection (an upgrade) that is when the connection
	// closes.
	Served(Exchange)
	// Refused is called for a request that never came to the handler: the server answered
	// it by itself, or its head broke off.
	Refused(Refusal)
}

// An Exchange is a request and its response on one connection.
type Exchange struct {
	Status    int    // of the final response; 0: none was begun
	HeadBytes uint64 // of the request's head; 0: the server cannot tell

	// Bytes on the connection since the exchange before, or since it opened. What a
	// client sends ahead (pipelining) counts to the exchange in which it was read.
	Received, Sent uint64

	Upgraded bool // it took the connection over
	Broken   bool // the handler gave up, or a write failed

	// Times are measured for the first request of a connection and for each eighth one
	// after it, because reading the clock costs more than all the rest. Of the others
	// they are zero.
	Timed bool
	Ended time.Time
	Head  time.Duration // from when the server had to wait for more of the head, until it was whole
	First time.Duration // from then to the first byte of the final response; 0: there was none
	Write time.Duration // from then to the end
}

// TimedEvery is how many requests of a connection there are to one whose times are measured.
const TimedEvery = 8

// A Refusal is a request that never came to the handler.
type Refusal struct {
	Status int // of the answer; 0: there was none
	Reason Reason
}

// Reason is why a request never came to the handler.
type Reason uint8

// The reasons. A server that only knows the status of its answer has ReasonOf.
const (
	Malformed   Reason = iota // 400 and what has no reason of its own
	TooLong                   // 414, 431: the head exceeds a limit
	Unsupported               // 501: a transfer coding that the server does not know
	Version                   // 505
	Expectation               // 417: it expects something else than 100-continue
	Late                      // 408: the head did not come in time
	BrokenOff                 // the connection ended within the head, and there was no answer

	Reasons = iota // how many there are
)

// ReasonOf is the reason for an answer with this status, 0 for none.
func ReasonOf(status int) Reason {
	switch status {
	case 0:
		return BrokenOff
	case 408:
		return Late
	case 414, 431:
		return TooLong
	case 417:
		return Expectation
	case 501:
		return Unsupported
	case 505:
		return Version
	}
	return Malformed
}

// String is the reason as a label of a metric.
func (r Reason) String() string {
	return [Reasons]string{"malformed", "too_long", "unsupported", "version", "expectation", "late", "broken_off"}[r]
}
