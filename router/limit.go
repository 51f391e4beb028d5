package router

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/trace"
)

// limit is when something has to be over, and by whose word. The zero limit is
// never.
type limit struct {
	at    time.Time
	kind  Kind          // of the error when it has passed
	after time.Duration // of a timeout: as it was configured

	byContext bool // the caller's context ends then by itself
}

// within is the limit of a timeout that begins now. None: zero.
func within(after time.Duration, kind Kind) limit {
	if after <= 0 {
		return limit{}
	}
	return limit{at: time.Now().Add(after), kind: kind, after: after}
}

func (l limit) isNever() bool { return l.at.IsZero() }

// bounded is a wait that is bounded by a timeout of its own and by the limit. A
// context that ends by itself needs no timer beside it.
func (l limit) bounded(after time.Duration, kind Kind) limit {
	own := within(after, kind)
	if l.byContext {
		return own
	}
	return own.or(l)
}

// or is the earlier of both limits.
func (l limit) or(o limit) limit {
	if l.isNever() || !o.isNever() && o.at.Before(l.at) {
		return o
	}
	return l
}

// half is when half of the time is over that is left now.
func (l limit) half() limit {
	if !l.isNever() {
		now := time.Now()
		l.at = now.Add(l.at.Sub(now) / 2)
	}
	return l
}

// passed says whether the time was up by now.
func (l limit) passed(now time.Time) bool { return !l.isNever() && !now.Before(l.at) }

// limitOf is when a request has to be answered: by the deadlines of its caller,
// in a header or in its context, and by the timeouts of the server and of its
// service.
//
// A deadline in a header is of another machine's clock. What is left of it is
// taken once, here, and never more than what was left when it was sent; from
// then on this machine's clock counts, and the next hop is told what is left
// then.
func limitOf(ctx context.Context, local *Local, total time.Duration) limit {
	at, has := ctx.Deadline()
	if !has && local.Deadline.IsZero() && local.Timeout <= 0 && total <= 0 {
		return limit{}
	}
	now := time.Now()
	var l limit
	if has {
		l = limit{at: at, kind: DeadlineExceeded, byContext: true}
	}
	if d := local.Deadline; !d.IsZero() {
		l = l.or(limit{at: now.Add(d.Left(now)), kind: DeadlineExceeded})
	}
	return l.or(within(local.Timeout, ServerTimeout)).or(within(total, TotalTimeout))
}

// header is the limit as the next hop is told of it.
func (l limit) header() string {
	return ctxhdr.Deadline{Timestamp: time.Now(), Deadline: l.at}.String()
}

// An ExpiredError says which time was up.
type ExpiredError struct {
	Limit time.Duration // the timeout as it was configured; of a deadline 0
	At    string        // what was waited for, such as "#/io.l5d.fs/web"
	While string        // the rest of the message; of a deadline empty
}

// Error has Finagle's words for timeouts (TimeoutException in
// Exceptions.scala).
func (e *ExpiredError) Error() string {
	if e.Limit == 0 {
		return "exceeded the deadline of the request (l5d-ctx-deadline) while waiting for a response of " + e.At
	}
	return "exceeded " + twitterDuration(e.Limit) + " to " + e.At + " while " + e.While
}

// Timeout reports true, as net.Error has it.
func (e *ExpiredError) Timeout() bool { return true }

// Temporary reports true, as net.Error has it.
func (e *ExpiredError) Temporary() bool { return true }

// Is has an ExpiredError be a [context.DeadlineExceeded].
func (e *ExpiredError) Is(target error) bool { return target == context.DeadlineExceeded }

const (
	waitingForAttempt = "waiting for a response for an individual request, excluding retries. Remote Info: "
	waitingForAll     = "waiting for a response for the request, including retries (if applicable). Remote Info: "
	notAvailable      = "Not Available"
)

// expired is the cause of an error after the limit. A deadline is no matter of
// Linkerd's, and so has words of our own.
func (l limit) expired(at, remote string) error {
	switch l.kind {
	case AttemptTimeout, ServerTimeout:
		return &ExpiredError{l.after, at, waitingForAttempt + remote}
	case TotalTimeout:
		return &ExpiredError{l.after, at, waitingForAll + remote}
	}
	return &ExpiredError{0, at, ""}
}

// remoteInfo tells whose attempt it was, in Finagle's words (RemoteInfo.scala).
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
