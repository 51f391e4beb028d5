package collector

import (
	"fmt"
	"slices"
)

const maxCalls = 6 // how many calls the text explains one by one

// reading describes a waterfall in words: how long each call took, how much of that was the
// receiver's own span, and where most of the time was spent.
func reading(t *tree) []string {
	var out []string
	if s := t.top().span; s.timestamp > 0 && s.duration > 0 {
		out = append(out, opening(t, s))
	}
	calls := 0
	for i, n := range t.nodes {
		if n.span.kind != kindClient || n.span.duration == 0 {
			continue
		}
		if calls++; calls <= maxCalls {
			out = append(out, callText(n, i+1, t))
		}
	}
	if calls > maxCalls {
		out = append(out, fmt.Sprintf("The %s after these read the same way.", plural(calls-maxCalls, "call")))
	}
	if text := busiest(t); text != "" {
		out = append(out, text)
	}
	if n := t.errors(); n > 0 {
		out = append(out, fmt.Sprintf("%s failed; they are marked in red.", plural(n, "span")))
	}
	return out
}

func opening(t *tree, s *span) string {
	who, took := showService(s.service()), showDuration(s.duration)
	switch s.kind {
	case kindServer:
		return fmt.Sprintf("%s received the request “%s” and had answered it after %s.", who, showName(s.name), took)
	case kindClient:
		return fmt.Sprintf("%s made the call “%s” and had the answer after %s.", who, showName(s.name), took)
	}
	return fmt.Sprintf("%s did “%s” in %s.", who, showName(s.name), took)
}

func callText(n *node, number int, t *tree) string {
	s := n.span
	caller, callee := callSides(n)
	text := fmt.Sprintf("Span %d: %s waited %s for %s", number, showService(caller), showDuration(s.duration), showService(callee))
	c := receiver(n)
	if c == nil {
		text += ", which reported no span of its own: this is the time from sending the request to receiving the response"
		if slices.ContainsFunc(n.children, isServer) {
			text += ". The server spans below it are of calls that were made meanwhile"
		}
		return text + "."
	}
	text += fmt.Sprintf("; %s of that is the receiver's own span", showDuration(min(c.duration, s.duration)))
	if rest := s.duration - c.duration; rest > 0 {
		return text + fmt.Sprintf(", %s the way there and back.", showDuration(rest))
	}
	return text + "."
}

func isServer(n *node) bool { return n.span.kind == kindServer && n.span.duration > 0 }

// receiver returns the span of the service that a client called, or nil if that reported
// none.
func receiver(n *node) *span {
	i := slices.IndexFunc(n.children, func(c *node) bool { return isServer(c) && receives(c.span, n.span) })
	if i < 0 {
		return nil
	}
	return n.children[i].span
}

// receives reports whether a server span below a client span belongs to the same call. An
// application that only forwards the headers of the trace makes no spans. Then the server
// span of the next hop is directly below the client span of the call to that application,
// but its address is not the one that the client called.
func receives(server, client *span) bool {
	if server.id == client.id {
		return true // shared
	}
	at, called := server.local, client.remote
	if at == nil || called == nil {
		return false
	}
	ip, calledIP := at.ip(), called.ip()
	if ip.IsValid() && calledIP.IsValid() {
		return ip == calledIP && !differ(at.port, called.port)
	}
	return at.service != "" && at.service == called.service
}

// callSides returns the caller and the called service of a client span. Some tracers give
// the span the name of the called service, most that of the caller.
func callSides(n *node) (caller, callee string) {
	caller, callee = n.span.service(), n.span.remoteService()
	if n.parent != nil && n.parent.span.kind == kindServer && n.parent.span.service() != caller {
		return n.parent.span.service(), caller
	}
	if s := receiver(n); callee == "" && s != nil {
		callee = s.service()
	}
	if callee == "" {
		callee = "the service it called"
	}
	return caller, callee
}

// busiest describes the span in which the most time passed while none of its children ran.
func busiest(t *tree) string {
	var most *node
	number, self := 0, int64(0)
	for i, n := range t.nodes {
		if d := n.self(); d > self {
			most, number, self = n, i+1, d
		}
	}
	start, end := t.extent()
	if most == nil || len(t.nodes) < 2 || end <= start {
		return ""
	}
	share := 100 * float64(self) / float64(end-start)
	return fmt.Sprintf("The longest time without any call below it, %s (%.0f %% of the whole), passed in span %d, %s.",
		showDuration(self), min(share, 100), number, showService(most.span.service()))
}
