package resolve

import "time"

// WatchStats is what a client of a server that is watched, such as a
// Kubernetes API server, has of one kind of objects, and what it has done for
// them since it was made.
type WatchStats struct {
	// Resource is the kind of objects, such as "endpointslices".
	Resource string

	// Watches is how many there are now.
	Watches int
	// Connected is how many of them the server tells of changes now.
	Connected int
	// Failing is how many of them the server fails, until it answers again.
	Failing int
	// Age is how long the server has failed the one that it has failed for
	// longest: so old is the oldest answer that names go by, if there was one.
	// It is 0 where the server fails none.
	Age time.Duration
	// Objects is how many the watches hold, and Bytes about how long they were as
	// the server sent them; no more than the fields that are used is held.
	Objects, Bytes int

	// Events counts what the server said of changes, by what that was.
	Events map[string]uint64
	// Relists counts the lists that were not the first of a watch.
	Relists uint64
	// Failures counts the requests that were not answered, and the answers that
	// were errors or could not be read, by the kind of failure.
	Failures map[string]uint64
}
