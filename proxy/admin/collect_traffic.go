package admin

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/meshhop/meshhop/internal/histogram"
	"github.com/meshhop/meshhop/internal/traffic"
	"github.com/meshhop/meshhop/internal/traffic/tally"
)

// connFamilies are the metrics of what went over connections, by Linkerd's names
// (ChannelStatsHandler.scala) and by ours.
type connFamilies struct {
	closes, received, sent, ownReceived, ownSent, ownLasted family
	lasted, requests, in, out                               statFamily
}

// newConnFamilies makes the metrics of a side, "server" or "client"; of says of whom the
// connections are.
func newConnFamilies(side, of string) connFamilies {
	labels, linkerd, own := []string{"rt", side}, "rt:"+side+":", "meshhop_"+side+"_"
	return connFamilies{
		closes:      counter(linkerd+"closes", "Connections "+of+" that have closed.", labels...),
		received:    counter(linkerd+"received_bytes", "Bytes that were read from connections "+of+", heads and framing included.", labels...),
		sent:        counter(linkerd+"sent_bytes", "Bytes that were written to connections "+of+", heads and framing included.", labels...),
		ownReceived: counter(own+"received_bytes_total", "Bytes that were read from connections "+of+", heads and framing included.", labels...),
		ownSent:     counter(own+"sent_bytes_total", "Bytes that were written to connections "+of+", heads and framing included.", labels...),
		lasted:      newStat(linkerd+"connection_duration", "Milliseconds that connections "+of+" lasted.", labels...),
		requests:    newStat(linkerd+"connection_requests", "Requests on each connection "+of+" that has closed.", labels...),
		in:          newStat(linkerd+"connection_received_bytes", "Bytes that were read from each connection "+of+" that has closed.", labels...),
		out:         newStat(linkerd+"connection_sent_bytes", "Bytes that were written to each connection "+of+" that has closed.", labels...),
		ownLasted:   counter(own+"connection_seconds_total", "Seconds that those connections "+of+" lasted in all that have closed.", labels...),
	}
}

func (f *connFamilies) describe(to chan<- *prometheus.Desc) {
	for _, one := range []family{f.closes, f.received, f.sent, f.ownReceived, f.ownSent, f.ownLasted} {
		to <- one.desc
	}
	for _, one := range []statFamily{f.lasted, f.requests, f.in, f.out} {
		one.describe(to)
	}
}

func (f *connFamilies) collect(to sink, t tally.ConnTotals, labels ...string) {
	f.closes.send(to, float64(t.Closed), labels...)
	f.received.send(to, float64(t.Received), labels...)
	f.sent.send(to, float64(t.Sent), labels...)
	f.ownReceived.send(to, float64(t.Received), labels...)
	f.ownSent.send(to, float64(t.Sent), labels...)
	f.ownLasted.send(to, t.Lasted.All.Sum/float64(time.Second), labels...)
	if t.Closed == 0 {
		return
	}
	f.lasted.send(to, t.Lasted, labels...)
	f.requests.sendIn(to, t.Requests, histogram.Once, labels)
	f.in.sendIn(to, t.In, histogram.Once, labels)
	f.out.sendIn(to, t.Out, histogram.Once, labels)
}

// serverTrafficFamilies are the metrics of the connections from clients and of the requests
// on them, as far as a server knows them and its handler does not.
type serverTrafficFamilies struct {
	connFamilies
	handshakes                handshakeFamilies
	handle                    statFamily
	refused, broken, upgraded family
	heads                     family
	phases, phaseRequests     family
}

func newServerTrafficFamilies() serverTrafficFamilies {
	labels := []string{"rt", "server"}
	return serverTrafficFamilies{
		connFamilies: newConnFamilies("server", "from clients"),
		handshakes:   newHandshakeFamilies("server", "clients"),
		handle:       newStat("rt:server:handletime_us", "Microseconds from the head of a request to the first byte of its response, of every eighth request of a connection.", labels...),
		refused: counter("meshhop_server_heads_refused_total",
			"Requests that the server refused or gave up before they came to the handler: malformed, too_long (431, 414), unsupported (a transfer coding), version, expectation, late, broken_off (the client left).", append(labels, "reason")...),
		broken:   counter("meshhop_server_responses_broken_total", "Requests whose response did not get through whole: the client left, or the response broke off.", labels...),
		heads:    counter("meshhop_server_head_bytes_total", "Bytes of the heads of requests. The server of net/http does not tell: 0.", labels...),
		upgraded: counter("meshhop_server_upgrades_total", "Requests that took their connection over, and have ended.", labels...),
		phases: counter("meshhop_server_phase_seconds_total",
			"Seconds that the phases of requests took, of every eighth request of a connection: head (waiting for more of the head), handle (to the first byte of the response), write (to its end).", append(labels, "phase")...),
		phaseRequests: counter("meshhop_server_phase_requests_total", "Requests that meshhop_server_phase_seconds_total is of.", append(labels, "phase")...),
	}
}

func (f *serverTrafficFamilies) describe(to chan<- *prometheus.Desc) {
	f.connFamilies.describe(to)
	f.handshakes.describe(to)
	f.handle.describe(to)
	for _, one := range []family{f.refused, f.broken, f.upgraded, f.heads, f.phases, f.phaseRequests} {
		to <- one.desc
	}
}

// collectServer sends the series of a server that tells of its traffic.
func (f *serverTrafficFamilies) collectServer(to sink, s Server) {
	if s.Traffic == nil {
		return
	}
	t, rt := s.Traffic(), s.Handler.Router().Label()
	f.connFamilies.collect(to, t.ConnTotals, rt, s.Name)
	f.handshakes.collect(to, t.Handshakes, rt, s.Name)
	for reason, n := range t.Refused {
		f.refused.send(to, float64(n), rt, s.Name, traffic.Reason(reason).String())
	}
	f.broken.send(to, float64(t.Broken), rt, s.Name)
	f.upgraded.send(to, float64(t.Upgraded), rt, s.Name)
	f.heads.send(to, float64(t.HeadBytes), rt, s.Name)
	if t.First.All.Count() > 0 {
		f.handle.sendIn(to, t.First, time.Microsecond, []string{rt, s.Name})
	}
	for _, one := range []struct {
		phase string
		of    histogram.Snapshot
	}{{"head", t.Head}, {"handle", t.First}, {"write", t.Write}} {
		f.phases.send(to, one.of.All.Sum/float64(time.Second), rt, s.Name, one.phase)
		f.phaseRequests.send(to, float64(one.of.All.Count()), rt, s.Name, one.phase)
	}
}

// clientTrafficFamilies are the metrics of the connections to endpoints.
type clientTrafficFamilies struct {
	connFamilies
	handshakes        handshakeFamilies
	connected, failed statFamily
	cancelled         family
}

func newClientTrafficFamilies() clientTrafficFamilies {
	labels := []string{"rt", "client"}
	return clientTrafficFamilies{
		connFamilies: newConnFamilies("client", "to endpoints"),
		handshakes:   newHandshakeFamilies("client", "endpoints"),
		connected:    newStat("rt:client:connect_latency_ms", "Milliseconds that it took to establish a connection.", labels...),
		failed:       newStat("rt:client:failed_connect_latency_ms", "Milliseconds until a connection could not be established.", labels...),
		cancelled:    counter("rt:client:cancelled_connects", "Connections that were given up while they were being established, because the client had left or had no time left.", labels...),
	}
}

func (f *clientTrafficFamilies) describe(to chan<- *prometheus.Desc) {
	f.connFamilies.describe(to)
	f.handshakes.describe(to)
	f.connected.describe(to)
	f.failed.describe(to)
	to <- f.cancelled.desc
}

func (f *clientTrafficFamilies) collect(to sink, t tally.ClientTotals, labels ...string) {
	f.connFamilies.collect(to, t.ConnTotals, labels...)
	f.handshakes.collect(to, t.Handshakes, labels...)
	f.cancelled.send(to, float64(t.Cancelled), labels...)
	if t.Connected.All.Count() > 0 {
		f.connected.send(to, t.Connected, labels...)
	}
	if t.Failed.All.Count() > 0 {
		f.failed.send(to, t.Failed, labels...)
	}
}
