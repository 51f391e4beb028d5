package admin

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/meshhop/meshhop/internal/certs"
	"github.com/meshhop/meshhop/internal/handshake"
)

// handshakeFamilies are the metrics of TLS of a side, "server" or "client".
type handshakeFamilies struct{ done, failed family }

func newHandshakeFamilies(side, with string) handshakeFamilies {
	labels := []string{"rt", side}
	return handshakeFamilies{
		done: counter("meshhop_"+side+"_tls_handshakes_total", "TLS handshakes with "+with+" that succeeded.", labels...),
		failed: counter("meshhop_"+side+"_tls_handshake_failures_total",
			"TLS handshakes with "+with+" that failed: name, authority, expired, no_certificate (of the peer), alert (the peer refused), not_tls, version, timeout, closed, cancelled, other.", append(labels, "reason")...),
	}
}

func (f *handshakeFamilies) describe(to chan<- *prometheus.Desc) {
	to <- f.done.desc
	to <- f.failed.desc
}

// collect sends the series of a side that speaks TLS.
func (f *handshakeFamilies) collect(to sink, t handshake.Totals, labels ...string) {
	if !t.Any() {
		return
	}
	f.done.send(to, float64(t.Done), labels...)
	for why := range handshake.Reasons {
		if n := t.Failed(why); n > 0 {
			f.failed.send(to, float64(n), append(labels[:len(labels):len(labels)], why.String())...)
		}
	}
}

// certificateFamilies are the metrics of certificates in files.
type certificateFamilies struct{ notAfter, reloads, good family }

func newCertificateFamilies() certificateFamilies {
	return certificateFamilies{
		notAfter: gauge("meshhop_tls_certificate_not_after_timestamp_seconds", "Unix time until which the certificate of a group tls is valid, with its chain.", "config"),
		reloads:  counter("meshhop_tls_certificate_reloads_total", "Changes of the files of a group tls, by result: taken, refused.", "config", "result"),
		good:     gauge("meshhop_tls_certificate_last_reload_successful", "1 if the files of a group tls are in use as they are, 0 if they were refused when they had changed last.", "config"),
	}
}

func (f *certificateFamilies) describe(to chan<- *prometheus.Desc) {
	for _, one := range []family{f.notAfter, f.reloads, f.good} {
		to <- one.desc
	}
}

func (f *certificateFamilies) collect(to sink, states func() []certs.State) {
	if states == nil {
		return
	}
	for _, s := range states() {
		if !s.NotAfter.IsZero() {
			f.notAfter.send(to, float64(s.NotAfter.Unix()), s.Place)
		}
		f.reloads.send(to, float64(s.Reloads), s.Place, "taken")
		f.reloads.send(to, float64(s.Refused), s.Place, "refused")
		good := 1.0
		if s.Problem != "" {
			good = 0
		}
		f.good.send(to, good, s.Place)
	}
}
