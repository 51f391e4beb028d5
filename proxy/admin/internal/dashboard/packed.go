package dashboard

import (
	"net/netip"
	"time"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/internal/record"
)

// The texts of a request, in the order in which a slot has them.
const (
	textRouter = iota
	textServer
	textMethod
	textAuthority
	textTarget
	textUserAgent
	textService
	textClient
	textAgain
	textKind
	textErr
	textDtab
	textPeer
	numberOfTexts
)

// packed is a request without its texts.
type packed struct {
	seq                    uint64
	ends                   [numberOfTexts]uint16 // of the texts
	remote, endpoint       address
	start                  int64 // ns since 1970
	bytesIn, bytesOut      int64
	trace                  oteltrace.TraceID
	span                   oteltrace.SpanID
	attempts, status       int
	bound, sent, head, end time.Duration
	tls                    uint16
	sampled, left, cut     bool
}

// address is an address without its zone.
type address struct {
	ip    [16]byte
	port  uint16
	valid bool
}

func packAddress(a netip.AddrPort) address {
	return address{a.Addr().As16(), a.Port(), a.IsValid()}
}

func (a address) unpack() netip.AddrPort {
	if !a.valid {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(netip.AddrFrom16(a.ip).Unmap(), a.port)
}

// pack keeps a request in place of what was there.
func (s *slot) pack(seq uint64, r *record.Record) {
	s.packed = packed{
		seq: seq, remote: packAddress(r.Remote), endpoint: packAddress(r.Endpoint), start: r.Start.UnixNano(),
		bytesIn: r.BytesIn, bytesOut: r.BytesOut, trace: r.Trace, span: r.Span, attempts: r.Attempts, status: r.Status,
		bound: r.Bound, sent: r.Sent, head: r.Head, end: r.End, sampled: r.Sampled, left: r.Left,
		cut: max(len(r.Target), len(r.Dtab)) > maxSent || max(len(r.Authority), len(r.UserAgent)) > maxText,
	}
	var peer string
	if r.TLS != nil {
		s.tls = r.TLS.Version
		if len(r.TLS.PeerCertificates) > 0 {
			peer = r.TLS.PeerCertificates[0].Subject.String()
		}
	}
	if s.texts = s.texts[:0]; cap(s.texts) > maxText {
		s.texts = nil // texts of the one before were long
	}
	for i, text := range [numberOfTexts]string{
		textRouter: r.Router, textServer: r.Server, textMethod: r.Method, textAuthority: r.Authority, textTarget: r.Target,
		textUserAgent: r.UserAgent, textService: r.Service, textClient: r.Client, textAgain: r.Again,
		textKind: r.Kind, textErr: r.Err, textDtab: r.Dtab, textPeer: peer,
	} {
		most := maxText
		if i == textTarget || i == textDtab {
			most = maxSent
		}
		if len(text) > most {
			text = cut(text, most)
		}
		s.texts = append(s.texts, text...)
		s.ends[i] = uint16(len(s.texts))
	}
}

// unpack returns the request.
func (s *slot) unpack() request {
	all := string(s.texts)
	text := func(i int) string {
		if i == 0 {
			return all[:s.ends[0]]
		}
		return all[s.ends[i-1]:s.ends[i]]
	}
	return request{
		seq: s.seq, router: text(textRouter), server: text(textServer), remote: s.remote.unpack(),
		method: text(textMethod), authority: text(textAuthority), target: text(textTarget), userAgent: text(textUserAgent),
		start: time.Unix(0, s.start), bytesIn: s.bytesIn, bytesOut: s.bytesOut, trace: s.trace, span: s.span, sampled: s.sampled,
		service: text(textService), client: text(textClient), endpoint: s.endpoint.unpack(), attempts: s.attempts, again: text(textAgain),
		bound: s.bound, sent: s.sent, head: s.head, end: s.end, status: s.status, left: s.left,
		kind: text(textKind), err: text(textErr), dtab: text(textDtab), tls: s.tls, peer: text(textPeer), cut: s.cut,
	}
}
