package collector

import "sync/atomic"

// Stats says what became of the spans that were sent. Counters only grow.
type Stats struct {
	// Received counts the spans in bodies that could be read; each was
	// stored, was a duplicate, or was refused as TraceFull.
	Received uint64
	// Stored counts the spans that entered the store.
	Stored uint64
	// Duplicates counts the spans equal to one already stored.
	Duplicates uint64
	// TraceFull counts the spans refused because their trace had reached its
	// bound.
	TraceFull uint64
	// Cut counts the stored spans that lost text, tags or annotations to the
	// bounds on one span.
	Cut uint64
	// Evicted and EvictedTraces count what made room for newer traces.
	Evicted, EvictedTraces uint64

	// ForeignHost counts the requests, of any kind, that were refused because
	// of their Host or Origin.
	ForeignHost uint64

	// Rejected counts the uploads of which nothing was stored.
	Rejected Rejected

	// Spans, Traces and Bytes (estimated) are what is held now.
	Spans, Traces int
	Bytes         int64
}

// Rejected counts refused POST requests, and refused calls and connections of a
// [Scribe], by reason. Statuses are those of a POST.
type Rejected struct {
	Malformed uint64 // 400: not decodable, or a span is not valid
	TooLarge  uint64 // 413: over MaxBodyBytes
	MediaType uint64 // 415: content type or content encoding not known
	Busy      uint64 // 503: over MaxUploads, MaxHeldBytes or MaxConnections
	Slow      uint64 // 408: the body took longer than UploadTimeout, or too long for others to wait
	CrossSite uint64 // 403: a browser sent it for a page of another site
	Closed    uint64 // 503: after Close
	Aborted   uint64 // the sender went away before its body was read
}

type counts struct {
	malformed, tooLarge, mediaType, busy, slow, crossSite, foreignHost, closed, aborted atomic.Uint64
}

// Stats returns the counters as of now.
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
