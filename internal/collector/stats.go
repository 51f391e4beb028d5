package collector

import "sync/atomic"

// Stats counts what became of the spans that were sent. Counters never decrease.
type Stats struct {
	// Received counts the spans of all valid bodies. Each of them was stored, was a
	// duplicate, or was refused (TraceFull).
	Received uint64
	// Stored counts the spans that entered the store.
	Stored uint64
	// Uploaded counts those of the stored spans that came from a file, by the form of the
	// first page.
	Uploaded uint64
	// Duplicates counts the spans that were equal to a stored one.
	Duplicates uint64
	// TraceFull counts the spans that were refused because their trace had reached its
	// bound.
	TraceFull uint64
	// Cut counts the stored spans of which text, tags or annotations were cut because of
	// the bounds on one span.
	Cut uint64
	// Evicted and EvictedTraces count the spans and traces that were removed to make
	// room for newer ones.
	Evicted, EvictedTraces uint64

	// ForeignHost counts the requests, of any kind, that were refused because
	// of their Host or Origin.
	ForeignHost uint64

	// Rejected counts the uploads of which nothing was stored.
	Rejected Rejected

	// Spans, Traces and Bytes (an estimate) are what the store has now.
	Spans, Traces int
	Bytes         int64
}

// Rejected counts refused POST requests, and refused calls and connections of a
// [Scribe], by reason. Statuses are those of a POST.
type Rejected struct {
	Malformed uint64 // 400: the body cannot be decoded, or a span is invalid
	TooLarge  uint64 // 413: over MaxBodyBytes
	MediaType uint64 // 415: content type or content encoding not known
	Busy      uint64 // 503: over MaxUploads, MaxHeldBytes or MaxConnections
	Slow      uint64 // 408: the body took longer than UploadTimeout, or was aborted because others needed its bytes
	CrossSite uint64 // 403: a browser sent it for a page of another site
	Closed    uint64 // 503: after Close
	Aborted   uint64 // the sender left before its body was read
}

type counts struct {
	malformed, tooLarge, mediaType, busy, slow, crossSite, foreignHost, closed, aborted atomic.Uint64
}

// Stats returns the current counters.
func (c *Collector) Stats() Stats {
	s := c.store.stats()
	s.ForeignHost = c.counts.foreignHost.Load()
	s.Rejected = Rejected{
		Malformed: c.counts.malformed.Load(),
		TooLarge:  c.counts.tooLarge.Load(),
		MediaType: c.counts.mediaType.Load(),
		Busy:      c.counts.busy.Load(),
		Slow:      c.counts.slow.Load(),
		CrossSite: c.counts.crossSite.Load(),
		Closed:    c.counts.closed.Load(),
		Aborted:   c.counts.aborted.Load(),
	}
	return s
}
