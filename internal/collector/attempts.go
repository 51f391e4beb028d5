package collector

import (
	"slices"
	"strconv"
	"strings"
)

// What hops say of requests that were sent several times; package hopspan of meshhop has
// the reference. Linkerd has no number of an attempt.
const (
	attemptTag     = "meshhop.attempt"
	connectsTag    = "meshhop.connect_failures"
	notRetriedTag  = "meshhop.not_retried"
	routerTag      = "router.label" // of the server spans of hops, also of Linkerd's
	statusTag      = "http.rsp.status"
	backoffEvent   = "meshhop.backoff"
	failureEvent   = "l5d.failure"
	retryableEvent = "l5d.retryable"
)

// attempt is what a client span is among those by which a hop sent one request.
type attempt struct {
	number, of int
	why        string // it failed; "": it did not
	from, to   int64  // the wait before it; equal: there was none
	backoff    bool   // the hop waited on purpose
}

// attempts returns the client spans that are attempts of one request, of which there are
// several. The client spans below the server span of a hop are; those of other services
// are calls of their own unless they say which attempt they are.
func (t *tree) attempts() map[*node]*attempt {
	all := map[*node]*attempt{}
	for _, n := range t.nodes {
		if n.span.kind != kindServer || len(n.children) < 2 {
			continue
		}
		_, hop := n.span.tag(routerTag)
		var tries []*node
		for _, c := range n.children { // by start
			if c.span.kind != kindClient {
				continue
			}
			_, numbered := c.span.tag(attemptTag)
			hop = hop || numbered
			tries = append(tries, c)
		}
		if hop && len(tries) > 1 {
			countAttempts(n.span, tries, all)
		}
	}
	return all
}

func countAttempts(server *span, tries []*node, all map[*node]*attempt) {
	waits := backoffs(server)
	number, before := 0, int64(0)
	for _, n := range tries {
		s := n.span
		number++
		if text, ok := s.tag(attemptTag); ok {
			if said, err := strconv.Atoi(text); err == nil && said > number && said <= 1_000_000 {
				number = said
			}
		}
		a := &attempt{number: number, why: s.attemptFailure()}
		if before > 0 && s.timestamp > before {
			a.from, a.to = before, s.timestamp
			// The last that began before this attempt is the one that it waited for.
			for len(waits) > 0 && waits[0] <= s.timestamp {
				a.from, a.backoff = min(max(waits[0], before), s.timestamp), true
				waits = waits[1:]
			}
		}
		before = max(before, s.end())
		all[n] = a
	}
	for _, n := range tries {
		all[n].of = number
	}
}

// backoffs returns when the waits of a server span began, in order. The annotation is
// meshhop.backoff: {"wait":"25ms"}; how long the wait really was is when it ended.
func backoffs(s *span) []int64 {
	var out []int64
	for _, a := range s.annotations { // by time
		if rest, ok := strings.CutPrefix(a.value, backoffEvent); ok && (rest == "" || rest[0] == ':') {
			out = append(out, a.timestamp)
		}
	}
	return out
}

// attemptFailure returns why an attempt failed, in a few words, or "" if it did not.
func (s *span) attemptFailure() string {
	_, failed := s.failure()
	failed = failed || slices.ContainsFunc(s.annotations, func(a annotation) bool {
		return a.value == failureEvent || a.value == retryableEvent
	})
	status, answered := s.tag(statusTag)
	switch {
	case !failed && (len(status) != 3 || status[0] != '5'):
		return ""
	case answered && len(status) <= 3:
		return "status " + status
	}
	if text, _ := s.tag("exception.type"); text != "" && len(text) < 60 {
		return text
	}
	return "no response"
}

// notes returns what a row says of an attempt.
func (a *attempt) notes(s *span) []string {
	text := "attempt " + strconv.Itoa(a.number) + " of " + strconv.Itoa(a.of)
	if a.why != "" {
		text += ", failed: " + a.why
	}
	out := []string{text}
	if wait := a.to - a.from; wait > 0 {
		if a.backoff {
			out = append(out, "after a back-off of "+showDuration(wait))
		} else {
			out = append(out, showDuration(wait)+" after the attempt before")
		}
	}
	return out
}
