package router

import (
	"errors"
	"io"
	"net"
	"net/http"

	"github.com/meshhop/meshhop/internal/h2client"
	"github.com/meshhop/meshhop/internal/wire"
	"github.com/meshhop/meshhop/router/h1"
)

// Class is what an attempt counts as.
type Class uint8

const (
	// Unclassified: the classifier leaves the decision to [NonRetryable5XX].
	Unclassified Class = iota
	// Success.
	Success
	// Failure: the same request is not sent again.
	Failure
	// RetryableFailure: it may be sent again, even if a replica has seen it.
	RetryableFailure
	// Undecided: the end of the response decides, which only a [StreamClassifier] may say.
	Undecided
)

// A Classifier says what an attempt counts as.
type Classifier interface {
	// Classify gets the request and either its response, of which it may read
	// only the head, or an error, which is an [*Error]. Many goroutines call it
	// at once.
	//
	// Whatever it returns, an attempt is not repeated once its client has
	// cancelled. An attempt that counts as Failure may still be repeated if its
	// response has "l5d-retryable: true".
	Classify(r *http.Request, resp *http.Response, err error) Class
}

// NonRetryable5XX counts responses with a status of 500 and above, and errors, as
// failures that are not retried (io.l5d.http.nonRetryable5XX, the default).
func NonRetryable5XX() Classifier { return nonRetryable5XX{} }

type nonRetryable5XX struct{}

func (nonRetryable5XX) Classify(_ *http.Request, resp *http.Response, err error) Class {
	if err != nil || isServerError(resp) {
		return Failure
	}
	return Unclassified
}

// RetryableRead5XX makes GET, HEAD, OPTIONS and TRACE requests be sent again after a
// response with a status of 500 and above, a timeout of one attempt, or a connection
// that broke (io.l5d.http.retryableRead5XX).
func RetryableRead5XX() Classifier { return retryable5XX(reading) }

// RetryableIdempotent5XX is RetryableRead5XX with PUT and DELETE as well
// (io.l5d.http.retryableIdempotent5XX).
func RetryableIdempotent5XX() Classifier { return retryable5XX(idempotent) }

// RetryableAll5XX is RetryableIdempotent5XX with POST and PATCH as well, which
// may then be done twice (io.l5d.http.retryableAll5XX).
func RetryableAll5XX() Classifier { return retryable5XX(changing) }

// retryable5XX is the boldest kind of request that is sent again.
type retryable5XX uint8

const (
	reading retryable5XX = iota
	idempotent
	changing
	unknownMethod
)

func (c retryable5XX) Classify(r *http.Request, resp *http.Response, err error) Class {
	if boldness(r.Method) > c {
		return Unclassified
	}
	if isServerError(resp) || maybeSeen(err) {
		return RetryableFailure
	}
	return Unclassified
}

func boldness(method string) retryable5XX {
	switch method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return reading
	case http.MethodPut, http.MethodDelete:
		return idempotent
	case http.MethodPost, http.MethodPatch:
		return changing
	}
	return unknownMethod
}

// AllSuccessful takes every answer for a success, whatever its status
// (io.l5d.http.allSuccessful).
func AllSuccessful() Classifier { return allSuccessful{} }

type allSuccessful struct{}

func (allSuccessful) Classify(_ *http.Request, _ *http.Response, err error) Class {
	if err != nil {
		return Failure
	}
	return Success
}

func isServerError(resp *http.Response) bool {
	return resp != nil && resp.StatusCode >= http.StatusInternalServerError
}

// maybeSeen says whether an attempt failed in a way that a further one may not:
// no answer in its time, or none that can be read, or a broken connection. A
// replica may have seen the request. What was not sent at all is another
// matter: see requeue.go.
func maybeSeen(err error) bool {
	failed, ok := errors.AsType[*Error](err)
	if !ok {
		return false
	}
	switch failed.Kind {
	case AttemptTimeout:
		return true
	case RequestFailed:
	default:
		return false
	}
	if own := (*h1.Error)(nil); errors.As(failed.Err, &own) {
		return !isBeforeReplica(own.Op)
	}
	if own := (*h2client.Error)(nil); errors.As(failed.Err, &own) {
		return !isBeforeReplica(own.Op)
	}
	// Another transport says less: only what is of the network will do.
	broken := net.Error(nil)
	return errors.Is(failed.Err, io.EOF) || errors.Is(failed.Err, io.ErrUnexpectedEOF) || errors.As(failed.Err, &broken)
}

// classify asks the service's classifier what a response counts as.
type classify struct{ below stage }

func (s *classify) do(x *exchange) (*http.Response, error) {
	resp, err := s.below.do(x)
	if err == nil {
		x.class = x.service.policy.classify(x.out, resp, nil)
		x.attempt.open = x.class == Undecided
	}
	return resp, err
}

func (s *classify) done(x *exchange, o Outcome) { s.below.done(x, o) }

// classify is what the attempt counts as in the end. An error is never a success.
func (p *ServicePolicy) classify(r *http.Request, resp *http.Response, err error) Class {
	if failed, ok := errors.AsType[*Error](err); ok && failed.Kind.interrupted() {
		return Failure
	}
	class := p.Classifier.Classify(r, resp, err)
	if class == Undecided {
		by, ok := p.Classifier.(StreamClassifier)
		switch {
		case !ok || err != nil || resp.StatusCode == http.StatusSwitchingProtocols:
		case resp.Body != http.NoBody:
			return Undecided
		default:
			class = by.ClassifyEnd(r, resp, nil)
		}
	}
	class = class.orByHead(resp, err)
	if class == Failure && resp != nil && wire.Retryable(resp.Header) {
		class = RetryableFailure
	}
	return class
}

// classifyEnd is what a response counts as whose head left that undecided, by its end.
func (p *ServicePolicy) classifyEnd(r *http.Request, resp *http.Response, err error) Class {
	by, ok := p.Classifier.(StreamClassifier)
	if !ok {
		return Unclassified.orByHead(resp, err)
	}
	return by.ClassifyEnd(r, resp, err).orByHead(resp, err)
}

// orByHead is the class, or what [NonRetryable5XX] says if the classifier decided nothing
// or what cannot be.
func (c Class) orByHead(resp *http.Response, err error) Class {
	if c == Unclassified || c > RetryableFailure || c == Success && err != nil {
		c = Success
		if err != nil || isServerError(resp) {
			c = Failure
		}
	}
	return c
}

// header is the class as l5d-success-class says it.
func (c Class) header() string {
	if c == Success {
		return "1.0"
	}
	return "0.0"
}
