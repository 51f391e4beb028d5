package collector

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
)

// detail has the contents of the panel of one span.
type detail struct {
	TraceID, ID, Parent  string
	Service, Name, Kind  string
	Duration, Start, ISO string
	Relative             string
	Events               []event
	Facts                []fact
	Shared, Debug        bool
	Cut                  bool
	Failure              string
	Failed               bool
}

type event struct {
	Relative, Name, Time string
}

type fact struct{ Key, Value string }

func newDetail(s *span, traceStart int64) *detail {
	d := &detail{
		TraceID: s.trace.String(), ID: formatID(s.id),
		Service: s.service(), Name: s.name, Kind: kindClass(s.kind),
		Duration: showDuration(s.duration),
		Shared:   s.shared, Debug: s.debug, Cut: s.cut,
		Events: events(s, traceStart), Facts: facts(s),
	}
	if s.timestamp > 0 {
		d.Start, d.ISO = showTime(s.timestamp), isoTime(s.timestamp)
		d.Relative = showDuration(s.timestamp - traceStart)
	}
	if s.parent != 0 {
		d.Parent = formatID(s.parent)
	}
	d.Failure, d.Failed = s.failure()
	return d
}

// events returns the annotations of a span in words, together with the core annotations
// that follow from its kind, start and duration.
func events(s *span, traceStart int64) []event {
	type moment struct {
		at    int64
		value string
	}
	var all []moment
	for _, a := range s.annotations {
		all = append(all, moment{a.timestamp, a.value})
	}
	if begin, end := ends(s.kind); begin != "" && s.timestamp > 0 {
		// In the same microsecond the begin comes first and the end last.
		if m := (moment{s.timestamp, begin}); !slices.Contains(all, m) {
			all = slices.Insert(all, 0, m)
		}
		if m := (moment{s.end(), end}); s.duration > 0 && !slices.Contains(all, m) {
			all = append(all, m)
		}
	}
	slices.SortStableFunc(all, func(a, b moment) int { return cmp.Compare(a.at, b.at) })
	out := make([]event, len(all))
	for i, m := range all {
		out[i] = event{showDuration(m.at - traceStart), longName(m.value), showTime(m.at)}
	}
	return out
}

// ends names the core annotations of Zipkin's format version 1 that version 2
// replaced by kind, timestamp and duration.
func ends(k kind) (begin, end string) {
	switch k {
	case kindClient:
		return "cs", "cr"
	case kindServer:
		return "sr", "ss"
	case kindProducer:
		return "ms", "ws"
	case kindConsumer:
		return "wr", "mr"
	}
	return "", ""
}

func longName(value string) string {
	switch value {
	case "cs":
		return "Client Send"
	case "cr":
		return "Client Receive"
	case "sr":
		return "Server Receive"
	case "ss":
		return "Server Send"
	case "ms":
		return "Producer Send"
	case "mr":
		return "Consumer Receive"
	case "ws":
		return "Wire Send"
	case "wr":
		return "Wire Receive"
	}
	return value
}

// facts returns the local address, the tags and the remote address of a span.
func facts(s *span) []fact {
	var out []fact
	near, far := "Local Address", "Remote Address"
	switch s.kind {
	case kindClient:
		near, far = "Client Address", "Server Address"
	case kindServer:
		near, far = "Server Address", "Client Address"
	case kindProducer:
		near, far = "Producer Address", "Broker Address"
	case kindConsumer:
		near, far = "Consumer Address", "Broker Address"
	}
	first, last := fact{near, s.local.address(false)}, fact{far, s.remote.address(true)}
	if s.kind == kindServer {
		first, last = last, first
	}
	if first.Value != "" {
		out = append(out, first)
	}
	for _, t := range s.tags {
		out = append(out, fact{t.key, t.value})
	}
	if last.Value != "" {
		out = append(out, last)
	}
	return out
}

// address returns host:port, as far as it is known; for the remote side with its name.
func (e *endpoint) address(named bool) string {
	if e == nil {
		return ""
	}
	ip, text := e.ip(), ""
	switch {
	case ip.IsValid() && e.port != 0:
		text = netip.AddrPortFrom(ip, e.port).String()
	case ip.IsValid():
		text = ip.String()
	case e.port != 0:
		text = ":" + strconv.Itoa(int(e.port))
	}
	switch {
	case !named || e.service == "":
		return text
	case text == "":
		return e.service
	}
	return text + " (" + e.service + ")"
}

// ip returns the address of the endpoint, the IPv4 address if it has both.
func (e *endpoint) ip() netip.Addr {
	if e.ipv4.IsValid() {
		return e.ipv4
	}
	return e.ipv6
}
