package router_test

import (
	"fmt"
	"net/http"
	"reflect"
	"testing"

	"github.com/meshhop/meshhop/router"
)

// reset is an attempt whose stream was reset.
func reset(code uint32) error {
	return &router.Error{Kind: router.RequestFailed, Err: streamReset(code)}
}

// streamReset is the error of a stream that was reset, with the code. It can be had as
// golang.org/x/net/http2.StreamError, as net/http's can.
type streamReset uint32

func (e streamReset) Error() string { return fmt.Sprintf("reset with %d", uint32(e)) }

func (e streamReset) As(target any) bool {
	to := reflect.ValueOf(target).Elem()
	if to.Kind() != reflect.Struct || to.NumField() != 3 || to.Type().Field(1).Name != "Code" {
		return false
	}
	to.Field(1).SetUint(uint64(e))
	return true
}

// TestGRPCClassifiers: vectors 452 to 455, and what a call comes to without a status.
func TestGRPCClassifiers(t *testing.T) {
	const success, failure, retry, open = router.Success, router.Failure, router.RetryableFailure, router.Undecided
	codes := router.GRPCRetryableCodes([]int{5, 8})
	for _, row := range []struct {
		about      string
		classifier router.StreamClassifier
		head       string // grpc-status in the head
		status     int    // of HTTP; 0: 200
		trailer    string // grpc-status in the trailers; the head decides if it is empty
		err        error
		want       router.Class
		mayRetry   bool
	}{
		{about: "vector 452: always", classifier: router.GRPCAlwaysRetryable(), trailer: "5", want: retry, mayRetry: true},
		{about: "vector 452: never", classifier: router.GRPCNeverRetryable(), trailer: "14", want: failure},
		{about: "vector 452: a code that is listed", classifier: codes, trailer: "8", want: retry, mayRetry: true},
		{about: "vector 452: a code that is not", classifier: codes, trailer: "14", want: failure, mayRetry: true},
		{about: "always, a success", classifier: router.GRPCAlwaysRetryable(), trailer: "0", want: success, mayRetry: true},
		{about: "vector 453: a code that is a success", classifier: router.GRPCNeverRetryable(0, 5), trailer: "5", want: success},
		{about: "vector 453: 0 that is not listed", classifier: router.GRPCNeverRetryable(5), trailer: "0", want: failure},
		{about: "a success that would be retryable", classifier: router.GRPCDefault(14), trailer: "14", want: success, mayRetry: true},
		{about: "default: unavailable", classifier: router.GRPCDefault(), trailer: "14", want: retry, mayRetry: true},
		{about: "default: not found", classifier: router.GRPCDefault(), trailer: "5", want: failure, mayRetry: true},
		{about: "default: a status that is no number", classifier: router.GRPCDefault(), trailer: "x", want: failure, mayRetry: true},
		{about: "default: unavailable without messages", classifier: router.GRPCDefault(), head: "14", want: retry, mayRetry: true},
		{about: "default: ok without messages", classifier: router.GRPCDefault(), head: "0", want: success, mayRetry: true},
		{about: "a head whose status is no number is 2", classifier: router.GRPCDefault(2), head: "x", want: success, mayRetry: true},
		{about: "default: no status", classifier: router.GRPCDefault(), trailer: "none", want: failure, mayRetry: true},
		{about: "default: 503", classifier: router.GRPCDefault(), status: 503, want: failure, mayRetry: true},
		{about: "default: 404", classifier: router.GRPCDefault(), status: 404, want: failure, mayRetry: true},
		{about: "default: an open response", classifier: router.GRPCDefault(), want: open, mayRetry: true},
		{about: "default: refused", classifier: router.GRPCDefault(), err: reset(7), want: failure, mayRetry: true},
		{about: "always: refused", classifier: router.GRPCAlwaysRetryable(), err: reset(7), want: failure, mayRetry: true},
		{about: "vector 454: refused", classifier: router.GRPCCompliant(), err: reset(7), want: retry, mayRetry: true},
		{about: "vector 454: ENHANCE_YOUR_CALM", classifier: router.GRPCCompliant(), err: reset(11), want: failure, mayRetry: true},
		{about: "vector 454: 429", classifier: router.GRPCCompliant(), status: 429, want: retry, mayRetry: true},
		{about: "vector 454: 502", classifier: router.GRPCCompliant(), status: 502, want: retry, mayRetry: true},
		{about: "vector 454: 503", classifier: router.GRPCCompliant(), status: 503, want: retry, mayRetry: true},
		{about: "vector 454: 504", classifier: router.GRPCCompliant(), status: 504, want: retry, mayRetry: true},
		{about: "vector 454: 403", classifier: router.GRPCCompliant(), status: 403, want: failure, mayRetry: true},
		{about: "vector 454: 401", classifier: router.GRPCCompliant(), status: 401, want: failure, mayRetry: true},
		{about: "vector 454: 500", classifier: router.GRPCCompliant(), status: 500, want: failure, mayRetry: true},
		{about: "compliant: 505", classifier: router.GRPCCompliant(), status: 505, want: failure, mayRetry: true},
		{about: "compliant: unavailable", classifier: router.GRPCCompliant(), trailer: "14", want: retry, mayRetry: true},
	} {
		t.Run(row.about, func(t *testing.T) {
			r := &http.Request{Method: "POST"}
			if row.err != nil {
				for range 2 { // before the response, and during it
					if got := row.classifier.Classify(r, nil, row.err); got != row.want {
						t.Errorf("%d, want %d", got, row.want)
					}
					if got := row.classifier.ClassifyEnd(r, &http.Response{StatusCode: 200}, row.err); got != row.want {
						t.Errorf("at the end %d, want %d", got, row.want)
					}
				}
				return
			}
			resp := &http.Response{StatusCode: max(row.status, 200), Header: http.Header{}}
			if row.head != "" {
				resp.Header.Set("grpc-status", row.head)
			}
			got := row.classifier.Classify(r, resp, nil)
			if row.trailer != "" {
				if got != open {
					t.Errorf("the head is %d", got)
				}
				if row.trailer != "none" {
					resp.Trailer = http.Header{"Grpc-Status": {row.trailer}}
				}
				got = row.classifier.ClassifyEnd(r, resp, nil)
			}
			if got != row.want || row.classifier.MayRetry(r, resp) != row.mayRetry {
				t.Errorf("%d, want %d; may be retried %t", got, row.want, row.classifier.MayRetry(r, resp))
			}
		})
	}
}

// TestWholeStream: vector 451, and which of the requests are held back for a retry.
func TestWholeStream(t *testing.T) {
	ends := router.WholeStream(router.NonRetryable5XX())
	r := &http.Request{Method: "GET"}
	for status := 100; status < 600; status++ {
		resp := &http.Response{StatusCode: status}
		want := router.Undecided
		if status >= 500 {
			want = router.Failure
		}
		if got := ends.Classify(r, resp, nil); got != want {
			t.Fatalf("vector 451: the head of %d is %d", status, got)
		}
		if got := ends.ClassifyEnd(r, resp, nil); got != router.Success {
			t.Fatalf("vector 451: the end of %d is %d", status, got)
		}
		if got := ends.ClassifyEnd(r, resp, reset(2)); got != router.Failure {
			t.Fatalf("vector 451: %d that breaks off is %d", status, got)
		}
	}
	for _, row := range []struct {
		about            string
		of               router.Classifier
		method           string
		status           int
		head             router.Class
		mayRetry, broken router.Class
	}{
		{"a GET", router.RetryableRead5XX(), "GET", 200, router.Undecided, router.RetryableFailure, router.RetryableFailure},
		{"a POST", router.RetryableRead5XX(), "POST", 200, router.Undecided, router.Failure, router.Unclassified},
		{"a POST of all", router.RetryableAll5XX(), "POST", 200, router.Undecided, router.RetryableFailure, router.RetryableFailure},
		{"a GET of 500", router.RetryableRead5XX(), "GET", 500, router.RetryableFailure, router.RetryableFailure, router.RetryableFailure},
		{"a POST of 500", router.RetryableRead5XX(), "POST", 500, router.Unclassified, router.Failure, router.Unclassified},
		{"a success of 500", router.AllSuccessful(), "GET", 500, router.Undecided, router.Failure, router.Failure},
	} {
		c, r, resp := router.WholeStream(row.of), &http.Request{Method: row.method}, &http.Response{StatusCode: row.status}
		broke := &router.Error{Kind: router.RequestFailed, Err: http.ErrUseLastResponse}
		if row.broken == router.RetryableFailure {
			broke = failures()[5].err.(*router.Error)
		}
		if head, may, end := c.Classify(r, resp, nil), c.MayRetry(r, resp), c.ClassifyEnd(r, resp, broke); head != row.head ||
			may != (row.mayRetry == router.RetryableFailure) || end != row.broken {
			t.Errorf("%s: the head is %d, retryable %t, broken off %d", row.about, head, may, end)
		}
	}
}
