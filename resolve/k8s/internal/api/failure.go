package api

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
)

// failure is why a list or a watch failed, for metrics.
type failure uint8

const (
	noConnection failure = iota // or one that broke, or no TLS
	timeout
	noToken
	unauthorized
	forbidden
	notFound
	gone
	throttled
	serverError
	otherStatus
	unreadable
	failures
)

func (f failure) String() string {
	return [failures]string{"connection", "timeout", "token", "unauthorized", "forbidden", "not_found", "gone",
		"throttled", "server_error", "other_status", "unreadable"}[f]
}

// failureOf says which one an error of a request is.
func failureOf(err error) failure {
	var (
		relist  errRelist
		token   errToken
		tooLong errTooLong
		syntax  *json.SyntaxError
		kind    *json.UnmarshalTypeError
		network net.Error
	)
	switch code := CodeOf(err); {
	case code == http.StatusUnauthorized:
		return unauthorized
	case code == http.StatusForbidden:
		return forbidden
	case code == http.StatusNotFound:
		return notFound
	case code == http.StatusGone:
		return gone
	case code == http.StatusTooManyRequests:
		return throttled
	case code >= 500:
		return serverError
	case code != 0:
		return otherStatus
	case errors.As(err, &token):
		return noToken
	case errors.As(err, &relist), errors.As(err, &tooLong), errors.As(err, &syntax), errors.As(err, &kind):
		return unreadable
	case errors.Is(err, errNoAnswer), errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return timeout
	}
	return noConnection
}

// errTooLong says that an answer is longer than it may be.
type errTooLong string

func (e errTooLong) Error() string { return string(e) }

// errToken says that there is no token to send.
type errToken struct{ why error }

func (e errToken) Error() string { return "read the token: " + e.why.Error() }
func (e errToken) Unwrap() error { return e.why }
