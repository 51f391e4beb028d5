package trace

import (
	"encoding/binary"
	"encoding/hex"
	"net/http"

	"go.opentelemetry.io/otel/attribute"

	"github.com/meshhop/meshhop/internal/hopspan"
	"github.com/meshhop/meshhop/internal/wire"
)

// What is known of a span for which no sampler may have decided.
type spanFacts uint8

const (
	remoteParent spanFacts = 1 << iota // its parent is in another process
	tellsCaller                        // which sent l5d-ctx-trace
	isNamed                            // its request was identified
	hasOverrides                       // and brought a dtab
	hasBegun                           // the head of the response has gone out
	isLimited                          // it would be kept, but too many are
)

// statusLeft is the status of a request whose client left before the response.
const statusLeft = 499

// Responding implements hopspan.Responding.
func (s *recording) Responding(status int) (kept bool, tell string) {
	k := s.provider.keeper
	if k == nil {
		return false, ""
	}
	took := s.now().Sub(s.start)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pooledRecord == nil {
		return false, ""
	}
	// All count for what is slow.
	slow := k.slowest != nil && s.facts&isNamed != 0 && k.slowest.is(s.Name, took, k.now())
	s.facts |= hasBegun
	if s.settle("") {
		return false, ""
	}
	if s.keep(s.reason(status == statusLeft || status >= http.StatusInternalServerError, slow)); s.why == notKept {
		if s.why = k.keptAs(s.ids.Trace); s.why == notKept {
			return false, ""
		}
	}
	switch {
	case s.facts&tellsCaller != 0:
		k.count.told.Add(1)
		return true, hex.EncodeToString(s.ids.Trace[8:])
	case s.facts&remoteParent != 0:
		s.missing("callers")
	}
	return true, ""
}

// reason is why the request of a span is kept, for what is known of it, as far as the limit
// of traces that are kept allows.
func (s *recording) reason(failed, slow bool) keepReason {
	why := s.wish(failed, slow)
	switch {
	case why == notKept || s.facts&isLimited != 0:
		return notKept
	case !s.provider.keeper.allows(s.ids.Trace):
		s.facts |= isLimited
		return notKept
	}
	return why
}

func (s *recording) wish(failed, slow bool) keepReason {
	switch c := &s.provider.keeper.config; {
	case failed && c.Errors:
		return keptError
	case slow:
		return keptSlow
	case c.Overrides && s.facts&hasOverrides != 0:
		return keptOverride
	}
	return notKept
}

// keep has the trace kept, unless there is no reason.
func (s *recording) keep(why keepReason) {
	if why == notKept {
		return
	}
	s.why = why
	if s.provider.keeper.keep(s.ids.Trace, why) {
		s.missing("evicted")
	}
}

// keepAtEnd decides at the end of a request, which may have failed after its response had
// begun; callers cannot be told then.
func (s *recording) keepAtEnd(status int) {
	if s.provider.keeper == nil || s.settle("") || s.why != notKept {
		return
	}
	failed := status >= http.StatusInternalServerError
	if s.facts&hasBegun == 0 {
		failed = failed || status == 0 || status == statusLeft
	}
	if s.keep(s.reason(failed, false)); s.why != notKept && s.facts&remoteParent != 0 {
		s.missing("callers")
	}
}

// AskedToKeep implements hopspan.AskedToKeep.
func (s *recording) AskedToKeep(from http.Header) {
	k := s.provider.keeper
	if k == nil {
		return
	}
	text, ok := wire.First(from, wire.KeepName)
	if !ok {
		return
	}
	wire.Del(from, wire.KeepName)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.isTrace(text):
		k.count.ignored.Add(1)
	case s.pooledRecord != nil && !s.settle(""):
		why := k.keptAs(s.ids.Trace) // by a hop of this process, perhaps
		if why == notKept {
			why = keptAsked
		}
		s.keep(why)
	}
}

// isTrace reports whether the text is the id of the span's trace, of 16 or 32 digits. What
// is before the last 16 may have been cut off on the way.
func (s *recording) isTrace(text string) bool {
	if n := len(text); n == 32 {
		text = text[16:]
	} else if n != 16 {
		return false
	}
	n, ok := digits(text)
	return ok && n == binary.BigEndian.Uint64(s.ids.Trace[8:])
}

// missing says which spans of the trace are known not to be kept.
func (s *recording) missing(what string) {
	r := &s.Record
	for i := range r.Attributes {
		if a := &r.Attributes[i]; a.Key == hopspan.MissingKey && a.Value.AsString() != what {
			what = a.Value.AsString() + ", " + what
		}
	}
	s.put(hopspan.MissingKey, attribute.StringValue(what))
}

// tagKept says why a span is kept that no sampler chose, also beyond the limits of a span.
func (r *pooledRecord) tagKept(why keepReason) {
	if r.Attributes == nil {
		r.Attributes = r.attributes[:0]
	}
	r.Attributes = append(r.Attributes, attribute.String(hopspan.KeepKey, why.String()))
}
