package router

import (
	"errors"
	"net/http"

	"github.com/meshhop/meshhop/internal/wire"
)

// A replica that refuses a request unread says so by an answer of 503 with one
// of Finagle's headers (HttpNackFilter.scala). Retry-After: 0, which Finagle
// takes for the same, does not count here: it does not say that nothing was
// done.
var (
	//lint:ignore ST1005 these are Finagle's words (Failure.scala)
	errNacked = errors.New("The request was Nacked by the server")
	//lint:ignore ST1005 and these
	errFinalNacked = errors.New("The request was Nacked by the server and should not be retried")
)

// nackOf is the error that an answer stands for; nil: it is an answer.
func nackOf(resp *http.Response) error {
	if resp == nil || resp.StatusCode != http.StatusServiceUnavailable {
		return nil
	}
	if _, ok := resp.Header[wire.NackName]; ok {
		return errNacked
	}
	if _, ok := resp.Header[wire.FinalNackName]; ok {
		return errFinalNacked
	}
	return nil
}
