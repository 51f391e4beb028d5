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
	closes, received, sent, ownReceived, ownSent family
	lasted, requests, in, out                    statFamily
	ownLasted                                    summary
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
		ownLasted:   newSummary(own+"connection_duration_seconds", "Duration of connections "+of+" that have closed, in seconds.", labels...),
	}
}

func (f *connFamilies) describe(to chan<- *prometheus.Desc) {
	for _, one := range []family{f.closes, f.received, f.sent, f.ownReceived, f.ownSent} {
		to <- one.desc
	}
	for _, one := range []statFamily{f.lasted, f.requests, f.in, f.out} {
		one.describe(to)
	}
	f.ownLasted.describe(to)
}

func (f *connFamilies) collect(to chan<- prometheus.Metric, t tally.ConnTotals, labels ...string) {
	f.closes.send(to, float64(t.Closed), labels...)
	f.received.send(to, float64(t.Received), labels...)
	f.sent.send(to, float64(t.Sent), labels...)
	f.ownReceived.send(to, float64(t.Received), labels...)
	f.ownSent.send(to, float64(t.Sent), labels...)
	if t.Closed == 0 {
		return
	}
	f.lasted.send(to, t.Lasted, labels...)
	f.requests.sendNumbers(to, t.Requests, labels)
	f.in.sendNumbers(to, t.In, labels)
	f.out.sendNumbers(to, t.Out, labels)
	f.ownLasted.send(to, t.Closed, t.Lasted.All.Sum/float64(time.Second), labels...)
}

// sendNumbers sends the series of numbers.
func (f *statFamily) sendNumbers(to chan<- prometheus.Metric, a tally.Amounts, labels []string) {
	number := func(d time.Duration) float64 { return float64(tally.Number(d)) }
	f.sendStat(to, numbersOf(a.Recent, number, tally.Sum), a.All.Count(), tally.Sum(a.All.Sum), labels)
}

// sendMicros sends the series of durations in microseconds.
func (f *statFamily) sendMicros(to chan<- prometheus.Metric, s histogram.Snapshot, labels []string) {
	micros := func(d time.Duration) float64 { return float64(d.Microseconds()) }
	sum := func(nanos float64) float64 { return nanos / float64(time.Microsecond) }
	f.sendStat(to, numbersOf(s.Recent, micros, sum), s.All.Count(), sum(s.All.Sum), labels)
}

func numbersOf(c histogram.Counts, number func(time.Duration) float64, sum func(float64) float64) *stat {
	s := &stat{count: c.Count(), sum: sum(c.Sum)}
	if s.count > 0 {
		for i, q := range quantiles {
			s.quantiles[i] = number(c.Quantile(q.share))
		}
	}
	return s
}

// serverTrafficFamilies are the metrics of the connections from clients and of the requests
// on them, as far as a server knows them and its handler does not.
type serverTrafficFamilies struct {
	connFamilies
	handle                    statFamily
	refused, broken, upgraded family
	phases                    summary
}

func newServerTrafficFamilies() serverTrafficFamilies {
	labels := []string{"rt", "server"}
	return serverTrafficFamilies{
		connFamilies: newConnFamilies("server", "from clients"),
		handle:       newStat("rt:server:handletime_us", "Microseconds from the head of a request to the first byte of its response, of every eighth request of a connection.", labels...),
		refused: counter("meshhop_server_heads_refused_total",
			"Requests that the server refused or gave up before they came to the handler: malformed, too_long (431, 414), unsupported (a transfer coding), version, expectation, late, broken_off (the client left).", append(labels, "reason")...),
		broken:   counter("meshhop_server_responses_broken_total", "Requests whose response did not get through whole: the client left, or the response broke off.", labels...),
		upgraded: counter("meshhop_server_upgrades_total", "Requests that took their connection over, and have ended.", labels...),
		phases: newSummary("meshhop_server_phase_seconds",
			"Duration of the phases of a request in seconds, of every eighth request of a connection: head (waiting for more of the head), handle (to the first byte of the response), write (to its end).", append(labels, "phase")...),
	}
}

func (f *serverTrafficFamilies) describe(to chan<- *prometheus.Desc) {
	f.connFamilies.describe(to)
	f.handle.describe(to)
	f.phases.describe(to)
	for _, one := range []family{f.refused, f.broken, f.upgraded} {
		to <- one.desc
	}
}

// collectServer sends the series of a server that tells of its traffic.
func (f *serverTrafficFamilies) collectServer(to chan<- prometheus.Metric, s Server) {
	if s.Traffic == nil {
		return
	}
	t, rt := s.Traffic(), s.Handler.Router().Label()
	f.connFamilies.collect(to, t.ConnTotals, rt, s.Name)
	for reason, n := range t.Refused {
		f.refused.send(to, float64(n), rt, s.Name, traffic.Reason(reason).String())
	}
	f.broken.send(to, float64(t.Broken), rt, s.Name)
	f.upgraded.send(to, float64(t.Upgraded), rt, s.Name)
	if t.First.All.Count() > 0 {
		f.handle.sendMicros(to, t.First, []string{rt, s.Name})
	}
	for _, one := range []struct {
		phase string
		of    histogram.Snapshot
	}{{"head", t.Head}, {"handle", t.First}, {"write", t.Write}} {
		f.phases.send(to, one.of.All.Count(), one.of.All.Sum/float64(time.Second), rt, s.Name, one.phase)
	}
}

// clientTrafficFamilies are the metrics of the connections to endpoints.
type clientTrafficFamilies struct {
	connFamilies
	connected, failed statFamily
	cancelled         family
}

func newClientTrafficFamilies() clientTrafficFamilies {
	labels := []string{"rt", "client"}
	return clientTrafficFamilies{
		connFamilies: newConnFamilies("client", "to endpoints"),
		connected:    newStat("rt:client:connect_latency_ms", "Milliseconds that it took to establish a connection.", labels...),
		failed:       newStat("rt:client:failed_connect_latency_ms", "Milliseconds until a connection could not be established.", labels...),
		cancelled:    counter("rt:client:cancelled_connects", "Connections that were given up while they were being established, because the client had left or had no time left.", labels...),
	}
}

func (f *clientTrafficFamilies) describe(to chan<- *prometheus.Desc) {
	f.connFamilies.describe(to)
	f.connected.describe(to)
	f.failed.describe(to)
	to <- f.cancelled.desc
}

func (f *clientTrafficFamilies) collect(to chan<- prometheus.Metric, t tally.ClientTotals, labels ...string) {
	f.connFamilies.collect(to, t.ConnTotals, labels...)
	f.cancelled.send(to, float64(t.Cancelled), labels...)
	if t.Connected.All.Count() > 0 {
		f.connected.send(to, t.Connected, labels...)
	}
	if t.Failed.All.Count() > 0 {
		f.failed.send(to, t.Failed, labels...)
	}
}
