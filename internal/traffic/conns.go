package traffic

import "time"

// Conns is told of connections.
type Conns interface {
	// Opened is called when a connection was accepted, or made.
	Opened()
	// Moved is called with the bytes that a connection has read and written since the
	// last call for it: at the latest when it closes, by a server at least as often as it
	// looks at its connections, a second by default, and by a client at the end of each
	// exchange and after each mebibyte of a longer one. What is in it was handed to, or
	// taken from, the operating system, TLS included. What was written need not have
	// arrived.
	Moved(received, sent uint64)
	// Closed is called once for each connection, after its last Moved and Served. A call
	// to read or to write that was under way on another goroutine, as in a tunnel that is
	// closed, may be followed by one more Moved.
	Closed(Conn)
}

// A Conn is a connection that has ended.
type Conn struct {
	At             time.Time     // when it was closed
	Lasted         time.Duration // since it was accepted, or made
	Requests       uint64        // that were served on it; refused heads are not
	Received, Sent uint64        // bytes
}
