package traffic

import "time"

// Client is told of the connections of a client, and of each attempt to make one.
type Client interface {
	Conns
	// Dialed is called when a connection was made, before Opened, or could not be made.
	Dialed(Dial)
}

// A Dial is an attempt to make a connection.
type Dial struct {
	At   time.Time // when it was over
	Took time.Duration
	End  DialEnd
}

// DialEnd is what became of an attempt to make a connection.
type DialEnd uint8

// The ends.
const (
	Connected DialEnd = iota
	Failed
	Cancelled // by the caller, who had no need of it any more
)
