package router

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/internal/inbound"
	"github.com/meshhop/meshhop/internal/timeout"
	"github.com/meshhop/meshhop/internal/wire"
	"github.com/meshhop/meshhop/trace"
)

// limit is a deadline and the setting that imposed it. The zero value means no
// deadline.
type limit struct {
	at        time.Time
	after     time.Duration // of a timeout: as it was configured
	kind      Kind          // of the error when it has passed
	byContext bool          // the caller's own context ends then
	byCall    bool          // grpc-timeout says so
}

// within is the deadline of a timeout that starts now; zero if there is no timeout.
func within(after time.Duration, kind Kind) limit {
	if after <= 0 {
		return limit{}
	}
	return limit{at: time.Now().Add(after), kind: kind, after: after}
}

func (l limit) isNever() bool { return l.at.IsZero() }

// bounded is the deadline of a wait that has a timeout of its own besides the
// limit. A limit that the caller's context enforces needs no timer.
func (l limit) bounded(after time.Duration, kind Kind) limit {
	own := within(after, kind)
	if l.byContext {
		return own
	}
	return own.or(l)
}

// or is the earlier of two limits.
func (l limit) or(o limit) limit {
	if l.isNever() || !o.isNever() && o.at.Before(l.at) {
		return o
	}
	return l
}

// half is the limit moved forward to half of the time that is left now.
func (l limit) half() limit {
	if !l.isNever() {
		now := time.Now()
		l.at = now.Add(l.at.Sub(now) / 2)
	}
	return l
}

// passed reports whether the limit has passed at time now.
func (l limit) passed(now time.Time) bool { return !l.isNever() && !now.Before(l.at) }

// limitOf is the deadline of a request: the earliest of the client's deadlines, in
// headers and in the context, and of the timeouts of the server and of the
// service.
//
// A deadline in a header was set by another machine's clock. The time left of it is
// computed once, here, and is never more than what was left when it was sent. From
// then on this machine's clock counts, and the next hop is sent what is left then.
func limitOf(ctx context.Context, local *inbound.Request, call limit, total time.Duration) limit {
	if call.isNever() && local.Timeout <= 0 && total <= 0 {
		return callerLimit(ctx, local)
	}
	return callerLimit(ctx, local).or(call).or(within(local.Timeout, ServerTimeout)).or(within(total, TotalTimeout))
}

// callerLimit is the earlier one of the client's deadlines in l5d-ctx-deadline and in the
// context.
func callerLimit(ctx context.Context, local *inbound.Request) (l limit) {
	if at, has := ctx.Deadline(); has {
		l = limit{at: at, kind: DeadlineExceeded, byContext: true}
	}
	if d := local.Deadline; !d.IsZero() {
		now := time.Now()
		l = l.or(limit{at: now.Add(d.Left(now)), kind: DeadlineExceeded})
	}
	return l
}

// callLimit is the deadline of a gRPC call, by its grpc-timeout.
func callLimit(local *inbound.Request, from http.Header) limit {
	timeout, ok := wire.GRPCTimeout(from)
	if !ok {
		return limit{}
	}
	return limit{at: local.Arrived.Add(timeout), kind: DeadlineExceeded, byCall: true}
}

// setBy names what set the limit, for a span.
func (l limit) setBy() string {
	switch {
	case l.byContext:
		return "the context of the caller"
	case l.byCall:
		return strings.ToLower(wire.GRPCTimeoutName)
	case l.kind == ServerTimeout:
		return "timeoutMs"
	case l.kind == TotalTimeout:
		return "totalTimeoutMs"
	}
	return strings.ToLower(wire.DeadlineName)
}

// header is the limit as it is sent to the next hop.
func (l limit) header() string {
	return ctxhdr.Deadline{Timestamp: time.Now(), Deadline: l.at}.String()
}

const (
	waitingForAttempt = "waiting for a response for an individual request, excluding retries. Remote Info: "
	waitingForAll     = "waiting for a response for the request, including retries (if applicable). Remote Info: "
	notAvailable      = "Not Available"
)

// expired is the cause of an error after the limit. The texts for timeouts are
// Linkerd's; Linkerd does not enforce deadlines, so the text for those is ours.
func (l limit) expired(at, remote string) error {
	switch l.kind {
	case AttemptTimeout, ServerTimeout:
		return &timeout.Error{Limit: l.after, At: at, While: waitingForAttempt + remote}
	case TotalTimeout:
		return &timeout.Error{Limit: l.after, At: at, While: waitingForAll + remote}
	}
	return &timeout.Error{At: at}
}

// remoteInfo says who sent the request and to which replica, in Finagle's words
// (RemoteInfo.scala).
func remoteInfo(ctx context.Context, r *http.Request, peer, label string) string {
	upstream := notAvailable
	if r.RemoteAddr != "" {
		upstream = "/" + r.RemoteAddr
	}
	return "Upstream Address: " + upstream + ", Upstream id: " + notAvailable +
		", Downstream Address: /" + peer + ", Downstream label: " + label + ", Trace Id: " + traceText(ctx)
}

// traceText is a trace id as Finagle prints it (TraceId.scala).
func traceText(ctx context.Context) string {
	id := trace.FromContext(ctx).L5d()
	return fmt.Sprintf("%016x.%016x<:%016x", id.Trace, id.Span, id.Parent)
}
