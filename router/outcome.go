package router

// An Outcome says what became of a request or of one attempt. It is made once, where
// the transport is called, and is given to each stage that had the request, from the
// transport upwards, when it is final: at the end of the response's body, or at once
// if there is none.
type Outcome struct {
	Result Result
	Class  Class // what the classifier said of the response or the error
	again  bool  // the request is requeued: another attempt at the same replica set follows
	Err    error // why there is no response, or why its body broke off; nil: neither
}

// Result is how an attempt ended.
type Result uint8

const (
	// Unrouted: the request had no endpoint.
	Unrouted Result = iota
	// Answered: the response came to its end, or was closed before that by its reader.
	Answered
	// Broke: the response began and then broke off.
	Broke
	// Left: the client left, before the response or during it.
	Left
	// Expired: the time of the request was up; that is not the endpoint's fault.
	Expired
	// TimedOut: the endpoint did not respond within ClientPolicy.AttemptTimeout.
	TimedOut
	// Invalid: the request or its body cannot be sent, or too many requests wait for
	// a connection.
	Invalid
	// Unconnected: there was no connection to the endpoint.
	Unconnected
	// Unsent: there was a connection, but not a byte of the request left on it.
	Unsent
	// Stale: a connection that had served before broke before a byte of the response
	// came, and the method is safe (RFC 9110 section 9.2.2): most likely the endpoint
	// was closing the connection as the request arrived.
	Stale
	// Refused: the endpoint refused the request unread (nack).
	Refused
	// Failed: no valid response came, for another reason.
	Failed
)

func (r Result) String() string {
	return [...]string{
		"unrouted", "answered", "broke", "left", "expired", "timed out", "invalid",
		"unconnected", "unsent", "stale", "refused", "failed",
	}[r]
}
