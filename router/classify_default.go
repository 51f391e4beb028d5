package router

import (
	"net/http"

	"github.com/meshhop/meshhop/internal/wire"
)

// byProtocol is the default classifier. It judges a gRPC call as [GRPCNeverRetryable] does,
// another request that came by HTTP/2 by its whole stream, and any other by the head of its
// response.
type byProtocol struct {
	call, stream StreamClassifier
	message      Classifier
}

func newByProtocol() byProtocol {
	return byProtocol{GRPCNeverRetryable(), WholeStream(NonRetryable5XX()), NonRetryable5XX()}
}

func (c byProtocol) Classify(r *http.Request, resp *http.Response, err error) Class {
	switch {
	case wire.IsGRPC(r.Header):
		return c.call.Classify(r, resp, err)
	case r.ProtoMajor == 2:
		return c.stream.Classify(r, resp, err)
	}
	return c.message.Classify(r, resp, err)
}

func (byProtocol) MayRetry(*http.Request, *http.Response) bool { return false }

func (c byProtocol) ClassifyEnd(r *http.Request, resp *http.Response, err error) Class {
	if wire.IsGRPC(r.Header) {
		return c.call.ClassifyEnd(r, resp, err)
	}
	return c.stream.ClassifyEnd(r, resp, err)
}
