package router

// An Outcome says what became of a request or of one attempt. It is made once, where
// the transport is called, and is given to each stage that had the request, from the
// transport upwards, when it is final: at the end of the response's body, or at once
// if there is none.
type Outcome struct {
	Class Class // what the classifier said of the response or the error
	end   endKind
	again bool  // the request is requeued: another attempt at the same replica set follows
	Err   error // why there is no response, or why its body broke off; nil: neither
}

// String returns in a word or two how the request ended: "answered" also if the response
// was closed before its end, "broke" if the response began and then broke off, "left" and
// "expired" if the client or its deadline ended it, and without a response "unrouted",
// "timed out", "invalid", "unconnected", "unsent", "stale", "refused" or "failed".
func (o Outcome) String() string {
	return [...]string{
		"unrouted", "answered", "broke", "left", "expired", "timed out", "invalid",
		"unconnected", "unsent", "stale", "refused", "failed",
	}[o.end]
}

// endKind is how an attempt ended.
type endKind uint8

const (
	// endUnrouted: the request had no endpoint.
	endUnrouted endKind = iota
	// endAnswered: the response came to its end, or was closed before that by its reader.
	endAnswered
	// endBroke: the response began and then broke off.
	endBroke
	// endLeft: the client left, before the response or during it.
	endLeft
	// endExpired: the time of the request was up; that is not the endpoint's fault.
	endExpired
	// endTimedOut: the endpoint did not respond within ClientPolicy.AttemptTimeout.
	endTimedOut
	// endInvalid: the request or its body cannot be sent, or too many requests wait for
	// a connection.
	endInvalid
	// endUnconnected: there was no connection to the endpoint.
	endUnconnected
	// endUnsent: there was a connection, but not a byte of the request left on it.
	endUnsent
	// endStale: a connection that had served before broke before a byte of the response
	// came, and the method is safe (RFC 9110 section 9.2.2): most likely the endpoint
	// was closing the connection as the request arrived.
	endStale
	// endRefused: the endpoint refused the request unread (nack).
	endRefused
	// endFailed: no valid response came, for another reason.
	endFailed
)
