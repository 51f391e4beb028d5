package router

import (
	"io"
	"net/http"
)

// A StreamClassifier judges some responses not by their head but by the end of their
// stream: by the trailers, which have the status of a gRPC call, or because it broke off.
// Its Classify returns [Undecided] for these. For any other Classifier the head decides.
type StreamClassifier interface {
	Classifier

	// MayRetry reports whether ClassifyEnd can call this response a RetryableFailure,
	// whose head Classify has left undecided. Only such a response is held back until its
	// end is known; see ServicePolicy.HoldTime.
	MayRetry(r *http.Request, resp *http.Response) bool

	// ClassifyEnd judges a response by its end. Its trailers are complete if err is nil;
	// else the response broke off, and err, an [*Error], says why.
	ClassifyEnd(r *http.Request, resp *http.Response, err error) Class
}

// WholeStream has a classifier judge the responses that it would call a success by how
// their stream ends as well: one that breaks off is what the classifier says of a request
// without a response. Around the five others it makes the classifiers of Linkerd's router
// for HTTP/2 (io.l5d.h2.nonRetryable5XX and so on, H2Classifiers.scala).
func WholeStream(c Classifier) StreamClassifier { return wholeStream{c} }

type wholeStream struct{ head Classifier }

func (w wholeStream) Classify(r *http.Request, resp *http.Response, err error) Class {
	class := w.head.Classify(r, resp, err)
	if resp == nil || class == Failure || class == RetryableFailure || class != Success && isServerError(resp) {
		return class
	}
	return Undecided
}

// errBroken stands for any response that breaks off.
var errBroken = &Error{Kind: RequestFailed, Err: io.ErrUnexpectedEOF}

func (w wholeStream) MayRetry(r *http.Request, _ *http.Response) bool {
	return w.head.Classify(r, nil, errBroken) == RetryableFailure
}

func (w wholeStream) ClassifyEnd(r *http.Request, _ *http.Response, err error) Class {
	if err == nil {
		return Success
	}
	return w.head.Classify(r, nil, err)
}
