package resolve

import "time"

// WatchStats are the counts of a client that watches a server, such as a Kubernetes API
// server, for one kind of objects, since the client was made.
type WatchStats struct {
	// Resource is the kind of objects, such as "endpointslices".
	Resource string

	// Watches is the number of watches now.
	Watches int
	// Connected is how many of them are connected, so that changes arrive.
	Connected int
	// Failing is how many of them have failed and not recovered yet.
	Failing int
	// Age is how long the longest failing watch has been failing: so old may the
	// addresses of names be. It is 0 if no watch is failing.
	Age time.Duration
	// Objects is how many objects the watches hold, and Bytes about how long they were
	// as the server sent them; only the fields that are used are kept.
	Objects, Bytes int

	// Events counts the events of watches, by their type.
	Events map[string]uint64
	// Relists counts the lists after the first one of each watch.
	Relists uint64
	// Failures counts the requests without a response, and the responses that were
	// errors or could not be read, by the kind of failure.
	Failures map[string]uint64
}
