package router_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"testing"

	"github.com/meshhop/meshhop/internal/h2client"
	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/router/h1"
)

func allMethods() []string {
	return []string{"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE", "POST", "PATCH", "CONNECT", "BREW"}
}

// TestClassifiers: vectors 106 and 107, and what the other kinds make of the
// same.
func TestClassifiers(t *testing.T) {
	reading := []string{"GET", "HEAD", "OPTIONS", "TRACE"}
	idempotent := append(slices.Clone(reading), "PUT", "DELETE")
	for _, kind := range []struct {
		name       string
		classifier router.Classifier
		retryable  []string // the methods of requests that are sent again
	}{
		{"vector 106: retryableRead5XX", router.RetryableRead5XX(), reading},
		{"retryableIdempotent5XX", router.RetryableIdempotent5XX(), idempotent},
		{"retryableAll5XX", router.RetryableAll5XX(), append(slices.Clone(idempotent), "POST", "PATCH")},
	} {
		t.Run(kind.name, func(t *testing.T) {
			for _, method := range allMethods() {
				r := &http.Request{Method: method}
				for status := 100; status < 600; status++ {
					want := router.Unclassified
					if status >= 500 && slices.Contains(kind.retryable, method) {
						want = router.RetryableFailure
					}
					if got := kind.classifier.Classify(r, &http.Response{StatusCode: status}, nil); got != want {
						t.Fatalf("%s %d is %d, want %d", method, status, got, want)
					}
				}
				for _, failure := range failures() {
					want := router.Unclassified
					if failure.maybeSeen && slices.Contains(kind.retryable, method) {
						want = router.RetryableFailure
					}
					if got := kind.classifier.Classify(r, nil, failure.err); got != want {
						t.Errorf("%s %s is %d, want %d", method, failure.name, got, want)
					}
				}
			}
		})
	}
	t.Run("vector 107: nonRetryable5XX", func(t *testing.T) {
		for _, method := range allMethods() {
			for status := 100; status < 600; status++ {
				want := router.Unclassified
				if status >= 500 {
					want = router.Failure
				}
				if got := router.NonRetryable5XX().Classify(&http.Request{Method: method}, &http.Response{StatusCode: status}, nil); got != want {
					t.Fatalf("%s %d is %d, want %d", method, status, got, want)
				}
			}
		}
	})
	t.Run("allSuccessful", func(t *testing.T) {
		for status := 100; status < 600; status++ {
			if got := router.AllSuccessful().Classify(&http.Request{}, &http.Response{StatusCode: status}, nil); got != router.Success {
				t.Fatalf("%d is %d", status, got)
			}
		}
		for _, failure := range failures() {
			if got := router.AllSuccessful().Classify(&http.Request{}, nil, failure.err); got != router.Failure {
				t.Errorf("%s is %d", failure.name, got)
			}
		}
	})
	if got := router.RetryableRead5XX().Classify(&http.Request{}, &http.Response{StatusCode: 500}, nil); got != router.RetryableFailure {
		t.Errorf("without a method, which is GET, it is %d", got)
	}
}

type failure struct {
	name      string
	err       error
	maybeSeen bool // in a way after which another attempt may help
}

func failures() []failure {
	own := func(op string) error { return fmt.Errorf("wrapped: %w", &h1.Error{Op: op, Err: errTest}) }
	failed := func(err error) error { return &router.Error{Kind: router.RequestFailed, Err: err} }
	return []failure{
		{"an attempt's timeout", &router.Error{Kind: router.AttemptTimeout}, true},
		{"no answer", failed(own("read response")), true},
		{"a broken answer", failed(own("parse response")), true},
		{"a broken write", failed(own("write request")), true},
		{"a closed connection", failed(io.EOF), true},
		{"half an answer", failed(fmt.Errorf("x: %w", io.ErrUnexpectedEOF)), true},
		{"a network error", failed(&net.OpError{Op: "read", Err: errTest}), true},
		{"a stream that was reset", failed(&h2client.Error{Op: relay.OpResponseBody, Err: errTest}), true},
		{"no stream", failed(&h2client.Error{Op: relay.OpWait, Err: errTest}), false},
		{"a request that is none", failed(own("check request")), false},
		{"a broken request body", failed(own("read request body")), false},
		{"another error", failed(errTest), false},
		{"another type", errors.New("x"), false},
		{"no connection", &router.Error{Kind: router.ConnectFailed, Err: own("connect")}, false},
		{"nobody there", &router.Error{Kind: router.NoReplicas}, false},
		{"a refusal", &router.Error{Kind: router.Nacked}, false},
		{"the total timeout", &router.Error{Kind: router.TotalTimeout}, false},
		{"the server's timeout", &router.Error{Kind: router.ServerTimeout}, false},
		{"the deadline", &router.Error{Kind: router.DeadlineExceeded}, false},
		{"a caller who left", &router.Error{Kind: router.Canceled, Err: io.EOF}, false},
	}
}

// opinion is a classifier of a test.
type opinion func(*http.Request, *http.Response, error) router.Class

func (o opinion) Classify(r *http.Request, resp *http.Response, err error) router.Class {
	return o(r, resp, err)
}

// TestClassifierDecides: what a classifier says counts, also against the status,
// and where it says nothing the status does.
func TestClassifierDecides(t *testing.T) {
	for _, row := range []struct {
		name   string
		says   router.Class
		status int
		header []string
		class  string
		sent   int
	}{
		{"a success of 500", router.Success, 500, nil, "1.0", 1},
		{"a failure of 200", router.Failure, 200, nil, "0.0", 1},
		{"a failure of 200 that may be retried", router.RetryableFailure, 200, nil, "0.0", 6},
		{"no opinion on 200", router.Unclassified, 200, nil, "1.0", 1},
		{"no opinion on 500", router.Unclassified, 500, nil, "0.0", 1},
		{"no such class", 77, 500, nil, "0.0", 1},
		{"a failure whose answer asks for more", router.Failure, 500, []string{"L5d-Retryable", "TRUE"}, "0.0", 6},
		{"a failure whose answer does not", router.Failure, 500, []string{"L5d-Retryable", "1"}, "0.0", 1},
		{"a success whose answer asks for more", router.Success, 500, []string{"L5d-Retryable", "true"}, "1.0", 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			sent := 0
			f := start(t, over(func(*http.Request) (*http.Response, error) {
				sent++
				return answer(row.status, "", row.header...), nil
			}), policy(router.ServicePolicy{Classifier: opinion(func(*http.Request, *http.Response, error) router.Class { return row.says })}))
			f.names.Bind("/web", "10.0.0.1:80")
			resp, err := f.RoundTrip(request(t, "web"))
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if got := resp.Header.Get("l5d-success-class"); got != row.class || sent != row.sent || resp.StatusCode != row.status {
				t.Errorf("%d of class %s after %d attempts, want %d of %s after %d", resp.StatusCode, got, sent, row.status, row.class, row.sent)
			}
		})
	}
}

// policy is the policy of all services.
func policy(p router.ServicePolicy) func(*router.Config) {
	return func(c *router.Config) { c.Services = always(p) }
}

// clientPolicy is the policy of all replica sets.
func clientPolicy(p router.ClientPolicy) func(*router.Config) {
	return func(c *router.Config) { c.Clients = always(p) }
}
