package trace

import (
	"context"
	"encoding/binary"
	"net/http"
	"time"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/internal/hopspan"
)

// unnamed is the name of a server span whose router has no label.
const unnamed = "unknown"

func (h *hop) StartServer(ctx context.Context, hdr http.Header, s hopspan.ServerStart) (context.Context, oteltrace.Span) {
	var parent Context
	var o samplingRequest
	if !s.Fresh {
		parent, _ = h.propagator.Extract(hdr)
		o.rate, o.given = sampleRate(h.propagator, hdr)
	}
	var local bool
	if !h.headersFirst || !parent.IsValid() {
		var c Context
		if c, local = localParent(ctx, parent); local {
			parent = c
		}
	}
	name := s.Router
	if name == "" {
		name = unnamed
	}
	if h.foreign != nil {
		return h.startForeignServer(ctx, parent, local, o, name, s)
	}
	o.named = true
	ctx, span, rec := h.own.open(ctx, parent, o, oteltrace.SpanKindServer, time.Time{})
	if rec != nil {
		if h.own.keeper != nil && parent.IsValid() && !local {
			rec.facts = calledWith(hdr, parent)
		}
		limit := h.own.limits.ValueBytes
		rec.Name = truncate(name, limit)
		rec.Local, rec.Peer = s.Connection()
		if s.Service != "" {
			rec.Service = truncate(s.Service, limit)
		}
		if s.Request != nil {
			rec.Request = requestOf(s.Request, limit)
		}
		rec.addTag(hopspan.ServerVersionKey, h.version)
		rec.addEvent(hopspan.WireReceive, rec.Start, nil)
	}
	return ctx, span
}

// calledWith says whether a caller can be told to keep its spans.
func calledWith(hdr http.Header, parent Context) spanFacts {
	if t, ok := ctxhdr.Trace(hdr); ok && t.Trace == binary.BigEndian.Uint64(parent.Trace[8:]) {
		return remoteParent | tellsCaller
	}
	return remoteParent
}

func requestOf(r *http.Request, limit int) ServerRequest {
	q := ServerRequest{
		Method:    truncate(hopspan.Method(r), limit),
		Scheme:    hopspan.Scheme(r),
		Host:      truncate(hopspan.Host(r), limit),
		Proto:     truncate(hopspan.Version(r.Proto), limit),
		UserAgent: truncate(only(r.Header["User-Agent"]), limit),
	}
	if u := r.URL; u != nil {
		q.Path, q.Query = truncate(u.EscapedPath(), limit), truncate(u.RawQuery, limit)
	}
	return q
}

// Identified implements hopspan.Identified.
func (s *recording) Identified(q hopspan.Request) {
	s.change(func(r *Record) {
		s.facts |= isNamed
		if q.LocalDtab != "" {
			s.facts |= hasOverrides
		}
		if s.settle(q.Dst); s.pooledRecord == nil {
			return // it is not sampled
		}
		r.Name = truncate(s.arena.join(q.Router, " ", q.Dst), s.provider.limits.ValueBytes)
		s.tag(hopspan.RouterLabelKey, q.Router)
		s.tag(hopspan.ServiceKey, q.Dst)
		s.tag(hopspan.DtabBaseKey, q.BaseDtab)
		s.tag(hopspan.DtabLocalKey, q.LocalDtab)
	})
}

// Bound implements hopspan.Bound.
func (s *recording) Bound(client, residual string) {
	at := s.now()
	s.change(func(*Record) {
		s.tag(hopspan.ClientKey, client)
		s.tag(hopspan.ResidualKey, residual)
		s.addEvent(hopspan.NamerSuccess, at, nil)
	})
}

// EndServer implements hopspan.EndServer.
func (s *recording) EndServer(status int) {
	at := s.now()
	s.end(at, func() {
		s.Request.Status = status
		s.addEvent(hopspan.WireSend, at, nil)
		s.keepAtEnd(status)
	})
}
