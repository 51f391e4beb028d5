package collector

import (
	"cmp"
	"net/netip"
	"slices"
)

// A service that gets a trace context and calls others without it breaks its traces in
// two. The collector guesses where, as package internal/lostcontext of meshhop does for the
// requests of one hop: while a request is at an address, another request that comes from
// this address is most likely a call that the first one caused.
//
// A guess keeps to cases that are clear. The call began and ended while requests of one
// service alone were at its address; and of the calls from there at about the time of the trace, those
// like it are at least a tenth, and nine times as many as those without a context that came
// while no request was there or that went on after it, as those of a user at the same
// address would.

const (
	guessAround  = 30_000_000 // µs before and after a trace whose traces are looked at
	guessLeast   = 100_000    // the same, if that is too much to look at
	guessLongest = 60_000_000 // µs of a trace that count
	guessSpans   = 100_000    // spans that are looked at
	guessPlaces  = 64         // addresses of one trace that are looked at
	guessBusy    = 64         // requests at one address at the same time; of more, none is the cause
	guessShown   = 10         // guesses on one page
)

// whereabouts are the requests that were at an address and those that came from it.
type whereabouts struct {
	stays []stay
	calls []call
}

// stay is a request that was at an address, for as long as it was there: a client span of
// a call to it that nothing there reported, or a server span without calls.
type stay struct {
	span     *span
	trace    traceID
	service  string
	from, to int64
}

// call is a server span of a request that came from an address.
type call struct {
	span      *span
	trace     traceID
	from, to  int64
	continued bool
	causes    []*stay // in a clear case: those of its service that were there
}

// tally counts the calls that came from an address while requests of a service were there.
type tally struct {
	lost    int // clear cases
	kept    int // with a context
	longer  int // without one, that went on after the request
	unclear int // without one, while requests of several services were there
	outside int // without one, while no request was there
}

func (t tally) guessed() bool {
	return t.lost > 0 && t.lost*9 >= t.kept && t.lost >= 9*t.longer && t.lost >= 9*t.outside && t.lost >= t.unclear
}

// judge finds the clear cases, and counts all.
func (w *whereabouts) judge() map[string]tally {
	slices.SortFunc(w.stays, func(a, b stay) int { return cmp.Compare(a.from, b.from) })
	slices.SortFunc(w.calls, func(a, b call) int { return cmp.Compare(a.from, b.from) })
	counts := map[string]tally{}
	outside, next := 0, 0
	var there []*stay
	for i := range w.calls {
		c := &w.calls[i]
		for ; next < len(w.stays) && w.stays[next].from <= c.from; next++ {
			there = append(there, &w.stays[next])
		}
		there = slices.DeleteFunc(there, func(s *stay) bool { return s.to < c.from })
		if len(there) > guessBusy {
			there = there[len(there)-guessBusy:] // what was there for the longest time is forgotten
		}
		outside += btoi(len(there) == 0 && !c.continued)
		c.judge(there, counts)
	}
	for name, t := range counts {
		t.outside = outside
		counts[name] = t
	}
	return counts
}

// judge counts a call that came while requests were there.
func (c *call) judge(there []*stay, counts map[string]tally) {
	if len(there) == 0 {
		return
	}
	count := func(name string, add tally) {
		t := counts[name]
		counts[name] = tally{lost: t.lost + add.lost, kept: t.kept + add.kept, longer: t.longer + add.longer, unclear: t.unclear + add.unclear}
	}
	name, last, several := there[0].service, int64(0), false
	for _, s := range there {
		several = several || s.service != name
		last = max(last, s.to)
	}
	switch {
	case several && !c.continued:
		seen := map[string]bool{}
		for _, s := range there {
			if !seen[s.service] {
				seen[s.service] = true
				count(s.service, tally{unclear: 1})
			}
		}
	case several:
	case c.continued:
		count(name, tally{kept: 1})
	case c.to > last || len(there) == guessBusy:
		count(name, tally{longer: 1})
	default:
		count(name, tally{lost: 1})
		for _, s := range there {
			if s.to >= c.to && s.trace != c.trace {
				c.causes = append(c.causes, s)
			}
		}
	}
}

// addresses are those of which a trace asks: from where its first request came, and where
// its calls went that nobody reported.
type addresses map[netip.Addr]*whereabouts

func (a addresses) add(e *endpoint) {
	if e == nil || len(a) == guessPlaces {
		return
	}
	if ip := e.ip(); ip.IsValid() && a[ip] == nil {
		a[ip] = &whereabouts{}
	}
}

func (a addresses) of(e *endpoint) *whereabouts {
	if e == nil {
		return nil
	}
	return a[e.ip()]
}

// gather adds what the spans of a trace say of the addresses.
func (a addresses) gather(id traceID, spans []*span) {
	var below *callees
	for _, s := range spans {
		if s.timestamp == 0 || s.duration == 0 {
			continue
		}
		switch s.kind {
		case kindClient:
			at := a.of(s.remote)
			if at == nil {
				continue
			}
			if below == nil {
				below = calleesOf(spans)
			}
			if !below.reported(s) {
				at.stays = append(at.stays, stay{s, id, cmp.Or(s.remoteService(), s.service()), s.timestamp, s.end()})
			}
		case kindServer:
			if at := a.of(s.remote); at != nil {
				at.calls = append(at.calls, call{span: s, trace: id, from: s.timestamp, to: s.end(), continued: s.parent != 0 || s.shared})
			}
			at := a.of(s.local)
			if _, hop := s.tag(routerTag); at == nil || hop {
				continue
			}
			if below == nil {
				below = calleesOf(spans)
			}
			if !below.calls[s.id] {
				at.stays = append(at.stays, stay{s, id, s.service(), s.timestamp, s.end()})
			}
		}
	}
}

// callees tells which calls of a trace were reported by the called side.
type callees struct {
	servers map[uint64][]*span // by the id of the parent, or their own if it is shared
	calls   map[uint64]bool    // spans with a client span below
}

func calleesOf(spans []*span) *callees {
	c := &callees{map[uint64][]*span{}, map[uint64]bool{}}
	for _, s := range spans {
		switch s.kind {
		case kindServer:
			// Few servers are below one client: of more, the first say enough.
			if at := c.servers[s.parent]; s.parent != 0 && len(at) < 16 {
				c.servers[s.parent] = append(at, s)
			}
			if at := c.servers[s.id]; len(at) < 16 {
				c.servers[s.id] = append(at, s)
			}
		case kindClient:
			c.calls[s.parent] = true
		}
	}
	return c
}

func (c *callees) reported(client *span) bool {
	return slices.ContainsFunc(c.servers[client.id], func(s *span) bool { return receives(s, client) })
}
