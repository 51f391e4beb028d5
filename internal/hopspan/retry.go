package hopspan

import (
	"time"

	"go.opentelemetry.io/otel/attribute"
	oteltrace "go.opentelemetry.io/otel/trace"
)

// What spans say of requests that are tried again (ClassifiedTracing.scala,
// RetryFilter.scala and Finagle's RequeueFilter.scala). The names that begin
// with "meshhop." are not Linkerd's.
const (
	l5dRetryable    = "l5d.retryable"
	finagleRetry    = "finagle.retry"
	finagleTimeout  = "finagle.timeout"
	requeuedRequest = "Requeued Request"
	backoffEvent    = "meshhop.backoff"
	probeEvent      = "meshhop.endpoint.probe"
	endpointEvent   = "meshhop.endpoint."

	requeueAttemptKey = "clnt/requeue_attempt"
	requeueCauseKey   = "clnt/requeue_exc"
	AttemptKey        = "meshhop.attempt"
	notRetriedKey     = "meshhop.not_retried"
	connectFailedKey  = "meshhop.connect_failures"
	waitKey           = "wait"
	forKey            = "for"
)

// Retryable adds the event l5d.retryable to a client span: the attempt failed
// in a way after which it may be made again.
func Retryable(span oteltrace.Span) { span.AddEvent(l5dRetryable) }

// NotRetryable adds the event l5d.failure to the client span of an attempt that
// had no response; for one that had, Responded does it.
func NotRetryable(span oteltrace.Span) { span.AddEvent(L5dFailure) }

// BackingOff adds the event meshhop.backoff to a server span: the hop waits before a
// retry.
func BackingOff(span oteltrace.Span, wait time.Duration) {
	span.AddEvent(backoffEvent, oteltrace.WithAttributes(attribute.String(waitKey, wait.String())))
}

// Retrying adds the event finagle.retry to a server span: the request is sent
// again now.
func Retrying(span oteltrace.Span) { span.AddEvent(finagleRetry) }

// Attempt sets the tag meshhop.attempt of a client span: which attempt it is,
// from 1 on.
func Attempt(span oteltrace.Span, n int) { tag(span, attribute.Int(AttemptKey, n)) }

// ConnectFailures sets the tag meshhop.connect_failures of a client span: how many
// connections could not be made for it, each to another replica where there is one.
// Nothing was sent over them, and so they are no attempts with a span of their own;
// clnt/requeue_exc says what became of the last of those that were followed by
// another.
func ConnectFailures(span oteltrace.Span, n int) {
	tag(span, attribute.Int(connectFailedKey, n))
}

// NotRetried sets the tag meshhop.not_retried of a client span: why an attempt
// that may be made again is not.
func NotRetried(span oteltrace.Span, why string) {
	tag(span, attribute.String(notRetriedKey, why))
}

// Requeued adds the event "Requeued Request" and the tag clnt/requeue_attempt
// to the client span of a request that was sent before without being seen.
func Requeued(span oteltrace.Span, n int) {
	span.AddEvent(requeuedRequest)
	tag(span, attribute.Int(requeueAttemptKey, n))
}

// RequeueCause sets the tag clnt/requeue_exc of a client span: why the request
// is sent again.
func RequeueCause(span oteltrace.Span, err error) {
	tag(span, attribute.String(requeueCauseKey, TypeName(err)+":"+err.Error()))
}

// TimedOut adds the event finagle.timeout: a time that was set here is up.
func TimedOut(span oteltrace.Span) { span.AddEvent(finagleTimeout) }

// Probing adds the event meshhop.endpoint.probe to a client span: the attempt probes
// whether a dead replica is alive again.
func Probing(span oteltrace.Span) { span.AddEvent(probeEvent) }

// EndpointChanged adds an event to the client span of the attempt by which a replica
// was marked dead, stayed dead, or was marked alive again: meshhop.endpoint.removed,
// .extended or .revived. The first two say for how long the replica is dead.
func EndpointChanged(span oteltrace.Span, what string, wait time.Duration) {
	if wait <= 0 {
		span.AddEvent(endpointEvent + what)
		return
	}
	span.AddEvent(endpointEvent+what, oteltrace.WithAttributes(attribute.String(forKey, wait.String())))
}
