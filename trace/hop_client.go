package trace

import (
	"context"
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/internal/hopspan"
)

func (h *hop) StartClient(ctx context.Context, r *http.Request, c hopspan.ClientStart) (context.Context, oteltrace.Span) {
	if h.foreign != nil {
		return h.startForeignClient(ctx, r, c)
	}
	ctx, span, rec := h.own.open(ctx, settledFrom(ctx), samplingRequest{}, oteltrace.SpanKindClient, time.Time{})
	if rec != nil {
		limit := h.own.limits.ValueBytes
		rec.Local, rec.Peer = c.Local, c.Peer
		if c.Service != "" {
			rec.Service = truncate(c.Service, limit)
		}
		name, uri := rec.arena.nameOf(r)
		rec.Name = truncate(name, limit)
		rec.addTag(hopspan.ClientVersionKey, h.version)
		rec.addTag(hopspan.ReqMethodKey, hopspan.Method(r))
		rec.addTag(hopspan.ReqHostKey, hopspan.Host(r))
		rec.addTag(hopspan.ReqVersionKey, hopspan.Version(r.Proto))
		rec.addTag(hopspan.URIKey, uri)
		rec.tagMessage(r.Header, r.TransferEncoding, r.ContentLength, hopspan.ReqLengthKey, hopspan.ReqTypeKey, hopspan.ReqEncodingKey)
	}
	return ctx, span
}

// Connected implements hopspan.Connected.
func (s *recording) Connected(local, peer netip.AddrPort) {
	s.change(func(r *Record) {
		if local.IsValid() {
			r.Local = local
		}
		if peer.IsValid() {
			r.Peer = peer
		}
	})
}

// Responded implements hopspan.Responded.
func (s *recording) Responded(resp *http.Response, success float64) {
	s.change(func(*Record) { s.responded(resp, success) })
}

func (s *recording) responded(resp *http.Response, success float64) {
	s.put(hopspan.RspStatusKey, attribute.IntValue(resp.StatusCode))
	s.tag(hopspan.RspVersionKey, hopspan.Version(resp.Proto))
	s.tagMessage(resp.Header, resp.TransferEncoding, resp.ContentLength, hopspan.RspLengthKey, hopspan.RspTypeKey, hopspan.RspEncodingKey)
	switch {
	case math.IsNaN(success):
	case success > 0:
		s.put(hopspan.L5dSuccessKey, attribute.Float64Value(success))
	default:
		s.addEvent(hopspan.L5dFailure, s.now(), nil)
	}
}

// nameOf returns the name of a client span and the tag http.uri, as parts of one
// string if possible.
func (a *arena) nameOf(r *http.Request) (name, target string) {
	u := r.URL
	if u == nil || u.ForceQuery {
		return hopspan.ClientName(r), hopspan.URI(u)
	}
	m, path := hopspan.Method(r), u.EscapedPath()
	if path == "" {
		path = "/"
	}
	if u.Opaque != "" && (u.Opaque != path || strings.HasPrefix(path, "//")) {
		return hopspan.ClientName(r), hopspan.URI(u)
	}
	var all string
	if u.RawQuery == "" {
		all = a.join(m, " ", path)
	} else {
		all = a.join(m, " ", path, "?", u.RawQuery)
	}
	return all[:len(m)+1+len(path)], all[len(m)+1:]
}

// tagMessage sets the tags of headers that the message has.
func (s *recording) tagMessage(h http.Header, encodings []string, length int64, lengthKey, typeKey, encodingKey attribute.Key) {
	switch text := only(h["Content-Length"]); {
	case text != "":
		s.tag(lengthKey, s.own(text))
	case length > 0:
		s.tag(lengthKey, strconv.FormatInt(length, 10))
	}
	s.tagIf(typeKey, s.own(only(h["Content-Type"])))
	switch len(encodings) {
	case 0:
	case 1:
		s.tag(encodingKey, encodings[0])
	default:
		s.tag(encodingKey, strings.Join(encodings, ", "))
	}
}

// own returns the text. For a span that may be held it is a copy, because a text of a
// header may keep all of the header in memory.
func (s *recording) own(text string) string {
	if s.provider.keeper == nil {
		return text
	}
	return s.arena.join(text)
}

// only returns a header's first value.
func only(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}
