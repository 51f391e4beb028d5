package dashboard

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/internal/wire"
)

// why says why a request failed.
func (r *request) why() string {
	switch {
	case r.err != "":
		return r.err
	case r.left:
		return "the client left"
	case r.kind != "":
		return r.kind
	}
	return "status " + strconv.Itoa(r.status)
}

// requestFilter is the form of the page, and what it was filled with.
type requestFilter struct {
	Router, Server, Service, Client, Endpoint, Status, Slower, Text, Trace string
	Routers                                                                []string
	slower                                                                 time.Duration
}

func filterOf(where at) (f requestFilter, wrong string) {
	f = requestFilter{
		Router: where.get("router"), Server: where.get("server"), Service: where.get("service"), Client: where.get("client"),
		Endpoint: where.get("endpoint"), Status: where.get("status"), Slower: where.get("slower"), Text: where.get("text"), Trace: where.get("trace"),
	}
	if f.Slower != "" {
		ms, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(f.Slower, "ms")), 64)
		if err != nil || ms < 0 || ms > 1e9 {
			return f, "Slower than: want a number of milliseconds, not " + cut(f.Slower, maxText)
		}
		f.slower = time.Duration(ms * float64(time.Millisecond))
	}
	return f, ""
}

// lets reports whether a request passes.
func (f *requestFilter) lets(r *request) bool {
	has := func(text, part string) bool {
		return part == "" || strings.Contains(strings.ToLower(text), strings.ToLower(part))
	}
	return (f.Router == "" || f.Router == r.router) && (f.Server == "" || f.Server == r.server) &&
		has(r.service, f.Service) && has(r.client, f.Client) && (f.Endpoint == "" || f.Endpoint == addressOf(r.endpoint)) &&
		f.status(r) && r.end >= f.slower && has(r.err+" "+r.kind+" "+r.target+" "+r.again, f.Text) &&
		(f.Trace == "" || strings.Contains(r.trace.String(), strings.ToLower(f.Trace)))
}

func (f *requestFilter) status(r *request) bool {
	switch want := strings.ToLower(f.Status); {
	case want == "":
		return true
	case want == "failed":
		return r.failed()
	case len(want) == 3 && strings.HasSuffix(want, "xx"):
		return r.status > 0 && strconv.Itoa(r.status/100) == want[:1]
	default:
		return strconv.Itoa(r.status) == want
	}
}

// requestsPage is /requests: the last requests that ended, and more of those that failed.
func (d *Dashboard) requestsPage(_ context.Context, s *snapshot, where at) (*page, *problem) {
	all := d.history.requests.list()
	if id := where.get("id"); id != "" {
		return d.requestPage(all, id)
	}
	p := &page{Title: "Requests", Here: "/requests", Extra: "requests"}
	f, wrong := filterOf(where)
	if wrong != "" {
		return nil, &problem{http.StatusBadRequest, wrong}
	}
	for _, r := range s.routers {
		f.Routers = append(f.Routers, r.name)
	}
	p.Body = f
	all = slices.DeleteFunc(all, func(r request) bool { return !f.lets(&r) })
	t := tableOfRows(cmp.Or(d.config.Requests.Rows, maxRows), "requests", "The last requests", all, func(r request) string { return strconv.FormatUint(r.seq, 10) }, d.requestColumns(true), "-number", where.URL)
	t.Empty = "None that ended lately is like this."
	if len(d.config.Servers) == 0 {
		t.Empty = "There is no server whose requests could be shown."
	}
	t.More = "The last " + strconv.Itoa(recentRequests) + " requests, and the last " + strconv.Itoa(recentFailures) + " that failed."
	if every := d.history.requests.every.Load(); every > 1 {
		t.More += fmt.Sprintf(" There are so many that one of %d is taken, of those that did not fail, were not among the slowest in a hundred, were sent once and brought no dtab.", every)
	}
	if rate := d.config.Requests.SampleRate; d.config.Requests.Keep != nil {
		t.More += fmt.Sprintf(" Of those that did not fail, %v %% are kept (io.l5d.recentRequests).", 100*rate)
	}
	p.Tables = []*table{t}
	return p, nil
}

// requestColumns are those of requests; all of them, or those of the requests of one
// service.
func (d *Dashboard) requestColumns(all bool) []column[request] {
	text := func(name, title string, of func(request) string) column[request] {
		return column[request]{name: name, title: title, still: true, value: func(r request) any { return of(r) }, show: func(r request) cell { return cell{Text: cut(of(r), 90)} }}
	}
	took := func(name, title string, of func(request) time.Duration) column[request] {
		return column[request]{name: name, title: title, still: true, value: func(r request) any { return of(r) }}
	}
	columns := []column[request]{
		{name: "number", title: "Ended, UTC", still: true, value: func(r request) any { return r.seq }, show: func(r request) cell {
			return cell{Text: r.start.Add(r.end).UTC().Format("15:04:05.000"), Href: linkTo("requests", "id", strconv.FormatUint(r.seq, 10))}
		}},
		{name: "status", title: "Status", still: true, value: func(r request) any { return uint64(r.status) }, show: func(r request) cell {
			one := cell{Text: strconv.Itoa(r.status), Class: rateGood}
			switch {
			case r.failed():
				one.Class = rateBad
			case r.status >= 400:
				one.Class = ratePoor
			}
			return one
		}},
		took("took", "In all", func(r request) time.Duration { return r.end }),
		text("service", "Service", func(r request) string { return r.service }),
		text("method", "Method", func(r request) string { return r.method }),
		text("target", "Target", func(r request) string { return r.target }),
		text("error", "Error", func(r request) string {
			if !r.failed() {
				return ""
			}
			return r.why()
		}),
		{name: "trace", title: "Trace", still: true, value: func(r request) any { return d.traceID(&r) }, show: func(r request) cell {
			return cell{Text: cut(d.traceID(&r), 16), Href: d.traceLink(&r)}
		}},
		text("client", "Client", func(r request) string { return r.client }),
		text("endpoint", "Endpoint", func(r request) string { return addressOf(r.endpoint) }),
		{name: "attempts", title: "Attempts", still: true, value: func(r request) any { return uint64(max(r.attempts, 0)) }},
		took("name", "Name", func(r request) time.Duration { return phase(0, r.bound) }),
		took("attempt", "To last attempt", func(r request) time.Duration { return phase(r.bound, r.sent) }),
		took("head", "To head", func(r request) time.Duration { return phase(r.sent, r.head) }),
		took("body", "Body", func(r request) time.Duration { return phase(r.head, r.end) }),
		text("authority", "Host", func(r request) string { return r.authority }),
	}
	if !all {
		columns = slices.DeleteFunc(columns, func(c column[request]) bool { return c.name == "service" || c.name == "authority" })
	}
	return columns
}

// phase is the time between two moments; negative if one of them never came.
func phase(from, to time.Duration) time.Duration {
	if to == 0 || to < from {
		return -1
	}
	return to - from
}

func (d *Dashboard) traceID(r *request) string {
	if !r.trace.IsValid() {
		return ""
	}
	return shortID(r.trace)
}

// shortID is the id of a trace as Zipkin shows it: with 16 digits if it has 64 bits.
func shortID(id oteltrace.TraceID) string {
	return strings.TrimPrefix(id.String(), strings.Repeat("0", 16))
}

// traceLink is where the trace can be seen: at the collector that spans go to.
func (d *Dashboard) traceLink(r *request) string {
	if !r.trace.IsValid() || !r.sampled {
		return ""
	}
	return d.linkTo(r.trace)
}

func (d *Dashboard) linkTo(id oteltrace.TraceID) string {
	for _, to := range slices.Sorted(mapKeys(d.config.Spans)) {
		at, err := url.Parse(to)
		if err != nil || at.Scheme != "http" && at.Scheme != "https" {
			continue
		}
		at.User, at.RawQuery, at.Fragment = nil, "", ""
		at.Path = strings.TrimSuffix(at.Path, "/api/v2/spans") + "/zipkin/traces/" + shortID(id)
		return at.String()
	}
	return ""
}

func mapKeys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// requestDetail is one request.
type requestDetail struct {
	Facts  []fact
	Phases []phaseBar
	Curl   string
	Trace  string
}

type fact struct{ Name, Text, Href string }

type phaseBar struct {
	Name, Text, X, Width string
}

func (d *Dashboard) requestPage(all []request, id string) (*page, *problem) {
	at := slices.IndexFunc(all, func(r request) bool { return strconv.FormatUint(r.seq, 10) == id })
	if at < 0 {
		return nil, &problem{http.StatusNotFound, "This request has made room for newer ones."}
	}
	r := &all[at]
	b := requestDetail{Curl: curl(r, d.reach(r)), Trace: d.traceLink(r)}
	add := func(name, text, href string) {
		if text != "" {
			b.Facts = append(b.Facts, fact{name, text, href})
		}
	}
	add("Status", strconv.Itoa(r.status), "")
	if r.failed() {
		add("Failed because", r.why(), "")
	}
	add("Step", r.kind, "")
	add("Started", r.start.UTC().Format("2006-01-02T15:04:05.000Z"), "")
	add("Method", r.method, "")
	add("Host", r.authority, "")
	add("Target", r.target, "")
	add("From", addressOf(r.remote), "")
	if r.tls != 0 {
		add("By", tls.VersionName(r.tls), "")
	}
	add("Certificate of the client", r.peer, "")
	add("User agent", r.userAgent, "")
	add("Router", r.router, linkTo("router", "router", r.router))
	add("Server", r.server, linkTo("requests", "router", r.router, "server", r.server))
	if r.service != "" {
		add("Service", r.service, linkTo("service", "router", r.router, "service", r.service))
	}
	if r.client != "" {
		add("Client", r.client, linkTo("client", "router", r.router, "client", r.client))
	}
	add("Its own dtab", r.dtab, "")
	add("Endpoint", addressOf(r.endpoint), "")
	add("Attempts", strconv.Itoa(r.attempts), "")
	add("Sent again because", r.again, "")
	add("Body of the request", showBytes(uint64(max(r.bytesIn, 0))), "")
	add("Body of the response", showBytes(uint64(max(r.bytesOut, 0))), "")
	add("Trace", d.traceID(r), b.Trace)
	if d.traceID(r) != "" && !r.sampled {
		add("Sampled", "no", "")
	}
	whole := float64(max(r.end, 1))
	for _, one := range []struct {
		name     string
		from, to time.Duration
	}{
		{"until its name was bound", 0, r.bound}, {"until the last attempt began", r.bound, r.sent},
		{"until the head of the response", r.sent, r.head}, {"until the end of the body", cmp.Or(r.head, r.sent, r.bound), r.end},
	} {
		if length := phase(one.from, one.to); length >= 0 {
			b.Phases = append(b.Phases, phaseBar{
				one.name, showLatency(length),
				strconv.FormatFloat(600*float64(one.from)/whole, 'f', 1, 64), strconv.FormatFloat(max(600*float64(length)/whole, 1), 'f', 1, 64),
			})
		}
	}
	return &page{Title: "Request " + r.method + " " + cut(r.authority+r.target, 80), Here: "/requests", Extra: "request", Body: b}, nil
}

// curl is a command that sends a request like this one, in the same trace, which is
// recorded, to where the server listens.
func curl(r *request, at netip.AddrPort) string {
	parts := []string{"curl", "-v", "--globoff", "--path-as-is"}
	switch {
	case r.method == http.MethodHead:
		parts = append(parts, "--head")
	case r.method != http.MethodGet:
		parts = append(parts, "-X", quoted(r.method))
	}
	parts = append(parts, "-H", quoted("Host: "+r.authority))
	if r.trace.IsValid() {
		t := ctxhdr.TraceID{
			Span: binary.BigEndian.Uint64(r.span[:]), Parent: binary.BigEndian.Uint64(r.span[:]),
			Trace: binary.BigEndian.Uint64(r.trace[8:]), TraceHigh: binary.BigEndian.Uint64(r.trace[:8]),
		}
		parts = append(parts, "-H", quoted(strings.ToLower(wire.TraceName)+": "+t.String()), "-H", quoted("l5d-sample: 1.0"))
	}
	if r.dtab != "" {
		parts = append(parts, "-H", quoted("l5d-dtab: "+r.dtab))
	}
	if r.userAgent != "" {
		parts = append(parts, "-A", quoted(r.userAgent))
	}
	scheme := "http://"
	if r.tls != 0 {
		scheme, parts = "https://", append(parts, "--insecure") // the certificate is for another name
	}
	command := strings.Join(append(parts, quoted(scheme+at.String()+r.target)), " ")
	switch {
	case r.cut:
		command = "# not whole: some of this request was too long to be kept\n" + command
	case r.bytesIn > 0:
		command = "# without the body, which is not kept\n" + command
	}
	return command
}

// reach is where the server of a request can be reached from its own machine.
func (d *Dashboard) reach(r *request) netip.AddrPort {
	at := netip.AddrPort{}
	if ip, port, ok := strings.Cut(r.server, "/"); ok {
		at, _ = netip.ParseAddrPort(net.JoinHostPort(ip, port))
	}
	for _, s := range d.config.Servers {
		if s.Name == r.server && s.Handler.Router().Label() == r.router && s.Addr != nil {
			if listens := s.Addr(); listens.IsValid() {
				at = listens
			}
		}
	}
	switch {
	case !at.Addr().IsUnspecified():
		return at
	case at.Addr().Is4():
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), at.Port())
	}
	return netip.AddrPortFrom(netip.IPv6Loopback(), at.Port())
}

// quoted is a word for a shell. Control characters, which could end a paste, become "?".
func quoted(word string) string {
	word = strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f || c >= 0x80 && c < 0xa0 {
			return '?'
		}
		return c
	}, word)
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
