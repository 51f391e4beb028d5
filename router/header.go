package router

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/meshhop/meshhop/internal/hopspan"
	"github.com/meshhop/meshhop/internal/inbound"
	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/internal/wire"
)

// header makes the header of an attempt.
type header struct {
	forwardCert bool // ClientPolicy.ForwardClientCert
	certFormat  ClientCertFormat
	below       stage
}

func (s *header) do(x *exchange) (*http.Response, error) {
	a, hop := x.attempt, x.router.hop
	if n := a.header.writeContext(a.ctx, hop, x.service.name.String(), x.local, x.leaf); n > 0 {
		x.router.stats.contextLeftOut.Add(n)
	}
	if !a.until.isNever() {
		a.header.writeDeadline(a.until)
	}
	if !x.callBy.IsZero() {
		a.header.writeCallTimeout(x.callBy)
	}
	if s.forwardCert {
		a.header.writeClientCert(x.out.TLS, s.certFormat, x.local.OwnURI)
	}
	if x.body.kept(x.out) { // the next hop may refuse to read it
		a.header.add(retryableField, "")
	}
	if x.sends > 1 && x.local.ResponseHeader != nil {
		clear(x.local.ResponseHeader) // of the attempt before
	}
	resp, err := s.below.do(x)
	if err == nil {
		restoreHost(resp.Header, a.endpoint.Address().Authority, x.out.Host)
	}
	return resp, err
}

func (s *header) done(x *exchange, o Outcome) { s.below.done(x, o) }

// outgoing is the header of one attempt, as it differs from that of the request:
// the context headers of the next hop are written anew, and what the proxy says
// is left out or added.
type outgoing struct {
	edit     relay.HeaderEdit // the proxy's; nil: none
	deadline bool             // it is among the fields
	timeout  bool             // grpc-timeout is
	cert     bool             // it is among the fields
	traced   bool             // the fields hold the trace; else the propagator has to write it into a map
	count    uint8
	names    [maxFields]fieldName
	values   [maxFields]string
}

// fieldName is the name of one of our own fields, as its number: a string would double
// the size of an attempt's header.
type fieldName uint8

const (
	dstServiceField fieldName = iota
	dstClientField
	dstResidualField
	traceField
	reqIDField
	dtabField
	deadlineField
	retryableField
	certField
	callTimeoutField
	maxFields
)

func (f fieldName) String() string {
	switch f {
	case dstServiceField:
		return wire.DstServiceName
	case dstClientField:
		return wire.DstClientName
	case dstResidualField:
		return wire.DstResidualName
	case traceField:
		return wire.TraceName
	case reqIDField:
		return wire.ReqIDName
	case dtabField:
		return wire.CtxDtabName
	case deadlineField:
		return wire.DeadlineName
	case callTimeoutField:
		return wire.Lower(wire.GRPCTimeoutName)
	case certField:
		return wire.Lower(wire.XForwardedClientCertName)
	}
	return wire.Lower(wire.RetryableRequestName)
}

func (o *outgoing) add(name fieldName, value string) {
	o.names[o.count], o.values[o.count] = name, value
	o.count++
}

// Omits reports whether a header of the request is left out. Its l5d-reqid is, if the
// fields have one; another propagator may write none.
func (o *outgoing) Omits(name string) bool {
	return wire.IsRenewed(name) && (o.traced || !wire.Is(name, wire.ReqIDName)) || o.deadline && wire.Is(name, wire.DeadlineName) || o.timeout && wire.Is(name, wire.GRPCTimeoutName) || o.cert && wire.Alike(name, wire.XForwardedClientCertName) || o.edit != nil && o.edit.Omits(name)
}

// Field gives our own fields and then the proxy's.
func (o *outgoing) Field(i int) (name, value string, ok bool) {
	if i < int(o.count) {
		return o.names[i].String(), o.values[i], true
	}
	if o.edit == nil {
		return "", "", false
	}
	return o.edit.Field(i - int(o.count))
}

// header is the same as a map, for transports that know no edits.
func (o *outgoing) header(ctx context.Context, hop *hopspan.Hop, from http.Header) http.Header {
	h := make(http.Header, len(from)+int(o.count)+1)
	for name, values := range from {
		if !o.Omits(name) {
			h[name] = slices.Clone(values)
		}
	}
	if !o.traced {
		hop.Clear(h)
		hop.Inject(ctx, h)
	}
	for i := 0; ; i++ {
		name, value, ok := o.Field(i)
		if !ok {
			return h
		}
		h[name] = append(h[name], value)
	}
}

// defaultContextBytes is what a hop takes of all header lines together, unless
// it is configured otherwise (maxHeadersKB).
const defaultContextBytes = 8 << 10

// writeContext makes the context headers that the next hop reads, and those that
// tell the endpoint where the request went. Names show bytes of a request as four
// bytes each, in several headers; beside the dtab, which must go on, they get what
// is left of the bound, and what does not fit is left out: it says how many
// headers are.
func (o *outgoing) writeContext(ctx context.Context, hop *hopspan.Hop, name string, local *inbound.Request, leaf *route) (leftOut uint64) {
	o.edit = local.Header
	room := cmp.Or(local.MaxContextBytes, defaultContextBytes) - len(local.DtabText)
	if !o.addWithin(&room, dstServiceField, name) {
		leftOut++
	}
	if !o.addWithin(&room, dstClientField, leaf.bound) {
		leftOut++
	}
	if !leaf.residual.IsEmpty() && !o.addWithin(&room, dstResidualField, leaf.residual.String()) {
		leftOut++
	}
	var traceID, reqID string
	if traceID, reqID, o.traced = hop.L5d(ctx); o.traced {
		o.add(traceField, traceID)
		o.add(reqIDField, reqID)
	}
	dtab := local.DtabText
	if leaf.left != nil {
		dtab = leaf.left.rest
	}
	if dtab != "" {
		o.add(dtabField, dtab)
	}
	return leftOut
}

// addWithin adds a header if there is room for it.
func (o *outgoing) addWithin(room *int, name fieldName, value string) bool {
	if len(value) > *room {
		return false
	}
	*room -= len(value)
	o.add(name, value)
	return true
}

// writeDeadline tells the next hop what is left of the attempt's time.
func (o *outgoing) writeDeadline(l limit) {
	o.deadline = true
	o.add(deadlineField, l.header())
}

// writeCallTimeout tells the next hop, and the server of a gRPC call, how long its caller
// will wait from now on. The timeouts of this hop are not among it: they bound when the
// response begins, and a call may be a stream.
func (o *outgoing) writeCallTimeout(by time.Time) {
	o.timeout = true
	o.add(callTimeoutField, wire.EncodeGRPCTimeout(time.Until(by)))
}

var _ relay.HeaderEdit = (*outgoing)(nil)
